"""Rows on their way into a table: ids off its sequence, COPY, statistics."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from django.db import connection, models

#: Stands for a missing value in COPY's text format (PostgreSQL, COPY, “Text Format”).
NULL = r"\N"
#: Rows handed over at once: about 64 kB where they have text.
_ROWS = 400

Model = type[models.Model]
Progress = Callable[[Model, int], None]


def take_ids(model: Model, count: int) -> int:
    """The first of `count` ids in a row, taken off the table's sequence, so that nobody else gets one of them."""
    if not count:
        return 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT min(n), max(n) FROM "
                # looked up once, in a query of its own: that takes ten times as long as drawing a number
                "(SELECT nextval((SELECT pg_get_serial_sequence(%s, 'id')::regclass)) AS n "
                "FROM generate_series(1, %s)) taken",
                [model._meta.db_table, count],
            )
            first, last = cursor.fetchone()
            # somebody else may have drawn one in between
            if last - first + 1 == count:
                return int(first)


def copy(model: Model, columns: Sequence[str], rows: Iterable[str], progress: Progress) -> int:
    """Streams rows of tab-separated values, each with its line feed, into a table. Their number.

    The table is analysed afterwards: the plans of triggers that follow would otherwise take it for empty.
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
