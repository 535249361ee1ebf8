"""Writing rows to a table: ids from its sequence, COPY, ANALYZE."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from django.db import connection, models

#: NULL in the text format of COPY.
NULL = r"\N"
#: Rows per write: about 64 kB if they have text.
_ROWS = 400

Model = type[models.Model]
Progress = Callable[[Model, int], None]


def take_ids(model: Model, count: int) -> int:
    """Reserve `count` consecutive ids in the table's sequence, so that no other row gets them; the first of them."""
    if not count:
        return 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT min(n), max(n) FROM "
                # a subquery, so that the sequence is looked up once: that takes ten times as long as nextval
                "(SELECT nextval((SELECT pg_get_serial_sequence(%s, 'id')::regclass)) AS n "
                "FROM generate_series(1, %s)) reserved",
                [model._meta.db_table, count],
            )
            first, last = cursor.fetchone()
            # another session may have drawn one in between; then try again
            if last - first + 1 == count:
                return int(first)


def copy(model: Model, columns: Sequence[str], rows: Iterable[str], progress: Progress) -> int:
    """Stream rows of tab-separated values, each ending in a line feed, into a table; their number.

    Then analyse the table, because the plans of later triggers would otherwise assume that it is empty.
    """
    table = model._meta.db_table
    names = ", ".join(map(connection.ops.quote_name, columns))
    written, left = 0, iter(rows)
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as into:
            for chunk in _chunks(left):
                into.write("".join(chunk).encode())
                written += len(chunk)
                progress(model, written)
        cursor.execute(f"ANALYZE {table}")
    return written


def _chunks(rows: Iterator[str]) -> Iterator[list[str]]:
    while chunk := list(islice(rows, _ROWS)):
        yield chunk
