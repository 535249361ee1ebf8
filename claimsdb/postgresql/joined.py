"""Several queries in one round trip, by libpq's pipeline mode.

psycopg's own pipelines wait for BEGIN, send every query separately, and keep the names of statements whose preparation
never ran because a query before them failed.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors, generators
from psycopg._preparing import Prepare
from psycopg._queries import PostgresRawQuery
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn

from claimsdb.postgresql.connection import Connection, numbered

#: SQL with `%s` for each parameter, and the parameters
Query = tuple[str, Sequence[Any]]
#: the rows of a query
Rows = list[tuple[Any, ...]]


class JoinedCursor:
    """What Django's wrapper of a cursor needs. `found` has the rows of each query of the last `execute`."""

    #: keeps pghistory from prepending its settings, which it does to statements of unnamed cursors only
    name = "joined"
    #: the text for the query log, if it isn't that given to `execute`
    _query = None

    def __init__(self, connection: Connection, *, commits: bool) -> None:
        self.connection, self.commits = connection, commits
        self.found: list[Rows] = []

    def execute(self, sql: str, queries: Sequence[Query]) -> None:
        """Execute `queries`; `sql` is their text. A COMMIT follows them if the cursor `commits`.

        If the connection is to be in a transaction and isn't, a BEGIN precedes them. After an error, no more queries
        are executed. Raises psycopg.Error, for the first error.
        """
        connection = self.connection
        limit = connection.response_timeout
        with connection.lock:
            gen = _execute(connection, queries, commits=self.commits)
            self.found = connection.wait(gen, timeout=limit and limit * max(1, len(queries)))


def _execute(connection: Connection, queries: Sequence[Query], *, commits: bool) -> PQGen[list[Rows]]:
    """Prepare the queries that are new to the connection, and execute them all."""
    server, statements = connection.pgconn, connection._prepared
    #: the statement that each of the expected results prepares, and whether it has the rows of a query
    expected: list[tuple[PostgresRawQuery | None, bytes, bool]] = []
    transformer = Transformer(connection)
    with _pipeline_mode(server):
        if not connection.autocommit and server.transaction_status == TransactionStatus.IDLE:
            server.send_query_params(b"BEGIN", None)
            expected.append((None, b"", False))
        for sql, params in queries:
            query = PostgresRawQuery(transformer)
            query.convert(numbered(sql), params)
            prepare, name = statements.get(query, prepare=True)
            if prepare is Prepare.SHOULD:
                server.send_prepare(name, query.query, param_types=query.types)
                expected.append((query, name, False))
            server.send_query_prepared(name, query.params, param_formats=query.formats)
            expected.append((None, b"", True))
        if commits:
            server.send_query_params(b"COMMIT", None)
            expected.append((None, b"", False))
        server.pipeline_sync()
        yield from generators.send(server)
        found: list[Rows] = []
        error: errors.Error | None = None
        for prepared, name, has_rows in expected:
            (result,) = yield from generators.fetch_many(server)
            if result.status == ExecStatus.FATAL_ERROR:
                error = errors.error_from_result(result, encoding=server._encoding)
            elif error is None and prepared is not None:
                statements.maybe_add_to_cache(prepared, Prepare.SHOULD, name)
                statements._rotate()
            elif error is None and has_rows:
                transformer.set_pgresult(result)
                found.append(transformer.load_rows(0, result.ntuples, tuple))
        yield from generators.fetch_many(server)  # the end of the pipeline
    yield from statements.maintain_gen(connection)
    if error is not None:
        raise error
    return found


@contextmanager
def _pipeline_mode(server: PGconn) -> Iterator[None]:
    """Close the connection if it can't leave the mode, because results are missing."""
    server.enter_pipeline_mode()
    try:
        yield
    finally:
        try:
            if server.status == ConnStatus.OK:
                server.exit_pipeline_mode()
        except psycopg.OperationalError:
            server.finish()
