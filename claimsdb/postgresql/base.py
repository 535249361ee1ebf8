"""Django's PostgreSQL engine, on a server named in DATABASES or on the private one.

DATABASES may give `EMBEDDED`, the folder of a private cluster, in place of HOST, PORT, USER and PASSWORD.
"""

import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from django.db.backends.postgresql import base, client, operations
from django.db.backends.postgresql.psycopg_any import IsolationLevel
from django.db.backends.utils import CursorWrapper
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool, PoolTimeout

from claimsdb.postgresql import embedded
from claimsdb.postgresql.connection import Connection, Unusable, cluster_in, is_quiet

OLDEST_VERSION = (15, 0)
#: seconds in which a connection in use comes back, or the server is asked whether it is there at all
MOMENT = 1
#: seconds that a request waits for a server that doesn't answer at all, and for a lock
CONNECT_TIMEOUT = 3
LOCK_TIMEOUT = 5
#: seconds that a transaction may lie idle: the thread that began it is gone, or hangs
IDLE_TIMEOUT = 60
#: seconds after which a statement should have been cut off, and was not
GRACE = 5


class DatabaseClient(client.DatabaseClient):
    def runshell(self, parameters: Iterable[str]) -> None:
        """Open psql, on the private server with the psql that came with it."""
        self.connection.ensure_connection()
        if self.connection.settings_dict.get("EMBEDDED"):
            self.executable_name = str(embedded.BINARIES / "psql")
            host = self.connection.get_connection_params()["host"]
            self.connection.settings_dict |= {"HOST": host, "PORT": str(embedded.PORT)}
        super().runshell(parameters)


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        """The SQL for the log of queries: of a prepared statement without its values, which went apart from it."""
        return super().last_executed_query(cursor, sql, params) or str(sql)


class Cursor(CursorWrapper):
    """Counts its statements, and how long they took, on the connection: for the log of requests."""

    db: "DatabaseWrapper"

    def _execute(self, sql: Any, params: Any, *ignored: Any) -> Any:
        began = time.perf_counter()
        try:
            return super()._execute(sql, params, *ignored)  # type: ignore[misc]
        finally:
            self.db.queries_made += 1
            self.db.seconds_taken += time.perf_counter() - began

    def _executemany(self, sql: Any, param_list: Any, *ignored: Any) -> Any:
        began = time.perf_counter()
        try:
            return super()._executemany(sql, param_list, *ignored)  # type: ignore[misc]
        finally:
            self.db.queries_made += 1
            self.db.seconds_taken += time.perf_counter() - began


class DatabaseWrapper(base.DatabaseWrapper):
    """`queries_made` and `seconds_taken` grow with each statement of the thread whose connection this is."""

    client_class = DatabaseClient
    ops_class = DatabaseOperations

    #: what bounds the statements of this process: options of its connections
    limits = ""
    #: whether a thread keeps its connection from one request to the next: for servers, whose threads are few and stay
    kept = False
    #: why the last attempt to connect failed, if none has succeeded since
    outage: str | None = None
    _trying = threading.Lock()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queries_made, self.seconds_taken = 0, 0.0

    @classmethod
    def keep_within(cls, seconds: float) -> None:
        """Have each statement of this process cut off after so long (0: never), before it connects.

        Waiting for a lock ends sooner, and so does a transaction that lies idle. A server that doesn't even cut off,
        because it hangs or can't be reached any more, is given up a little later.
        """
        limits = {
            "statement_timeout": int(seconds * 1000),
            "lock_timeout": LOCK_TIMEOUT * 1000,
            "idle_in_transaction_session_timeout": IDLE_TIMEOUT * 1000,
        }
        cls.limits = "".join(f" -c {name}={value}" for name, value in limits.items())
        Connection.patience = seconds + GRACE if seconds else None

    def close_if_unusable_or_obsolete(self) -> None:
        """Gives the connection back to the pool between two requests, unless it is kept and in good order.

        To hand it back and take it again costs a tenth of a short request.
        """
        connection = self.connection
        in_order = connection is not None and not self.errors_occurred and self.autocommit and not self.in_atomic_block
        idle = in_order and connection.pgconn.transaction_status == TransactionStatus.IDLE
        if self.kept and idle and is_quiet(connection):
            return
        super().close_if_unusable_or_obsolete()

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        if self.limits:
            params |= {"options": params.get("options", "") + self.limits, "connect_timeout": CONNECT_TIMEOUT}
        if path := self.settings_dict.get("EMBEDDED"):
            cluster = cluster_in(path)
            params |= {"cluster": cluster, "host": str(cluster.socket_folder), "port": embedded.PORT}
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection that works, from the pool. Errors are `Unusable`, at once and with the cause.

        The pool alone would try for many seconds, and then tell that there is no connection, but not why.
        """
        self.isolation_level = IsolationLevel.READ_COMMITTED
        try:
            if self.pool is None:  # outside of any database: to create or drop one
                return Connection.connect(**conn_params)
            if self.outage or self.pool.closed:
                self._try_again(conn_params)
            return self._from_pool(conn_params)
        except embedded.Failed as error:
            DatabaseWrapper.outage = str(error)
            raise Unusable(str(error)) from error
        except psycopg.OperationalError as error:
            cause = " ".join(str(error).split())
            what = "private PostgreSQL" if "cluster" in conn_params else "database of DATABASE_URL"
            DatabaseWrapper.outage = f"The {what} can't be reached: {cause}"
            raise Unusable(self.outage) from error

    def _try_again(self, conn_params: dict[str, Any]) -> None:
        """Whether the server is back. One thread asks; the others wait a moment for it, then say what it said last.

        It has a new pool then: the old one may still wait between its own attempts.
        """
        if not self._trying.acquire(timeout=MOMENT):
            raise Unusable(self.outage)
        try:
            if self.outage or self.pool.closed:
                Connection.connect(**conn_params).close()
                DatabaseWrapper.outage = None
                if not self.pool.closed:
                    self._connection_pools.pop(self.alias).close(timeout=MOMENT)  # type: ignore[attr-defined]
        finally:
            self._trying.release()

    def _from_pool(self, conn_params: dict[str, Any]) -> Any:
        """A connection that works. When one is broken, the server was restarted and all are.

        The pool's own check would meet them one by one, with a longer pause after each, and ask the server each time.
        A server that went away has closed its end, which shows without asking.
        """
        connection = self._take(conn_params)
        if is_quiet(connection):
            return connection
        try:
            ConnectionPool.check_connection(connection)
            return connection
        except psycopg.OperationalError:
            self.pool.putconn(connection)
            self.pool.drain()
            Connection.connect(**conn_params).close()
            return self._take(conn_params)

    def _take(self, conn_params: dict[str, Any]) -> Any:
        """The next connection of the pool. When none comes in a moment, either all are in use or the server is away."""
        self.pool.open()
        try:
            return self.pool.getconn(timeout=MOMENT)
        except PoolTimeout:
            Connection.connect(**conn_params).close()
        try:
            return self.pool.getconn()
        except PoolTimeout:
            raise Unusable(
                f"No connection came free within {self.pool.timeout:g} s. A process opens at most "
                f"{self.pool.max_size} to the database: set DATABASE_POOL to more."
            ) from None

    def make_cursor(self, cursor: Any) -> CursorWrapper:
        return Cursor(cursor, self)

    def fetch_prepared(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows that a statement gives, which is prepared when it comes again.

        As with a cursor of its own, which takes longer to make than a short statement to answer.
        """
        self.ensure_connection()
        cursor = self.connection.prepared
        asking = self.make_debug_cursor(cursor) if self.queries_logged else self.make_cursor(cursor)
        asking.execute(sql, params)
        return asking.fetchall()

    def check_constraints(self, table_names: Iterable[str] | None = None) -> None:
        """Has deferred constraints checked now, in one journey to the server. Raises IntegrityError."""
        with self.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")

    def check_database_version_supported(self) -> None:
        found = self.get_database_version()
        if found < OLDEST_VERSION:
            raise Unusable(
                f"PostgreSQL {OLDEST_VERSION[0]} or later is required; DATABASE_URL names a server of version "
                f"{'.'.join(map(str, found))}."
            )
