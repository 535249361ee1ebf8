"""Django's PostgreSQL engine, on the server in DATABASES or on the private one.

In place of HOST, PORT and PASSWORD, DATABASES may contain `EMBEDDED`: the folder of a private cluster.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import psycopg
from django.db.backends.postgresql import base, client, creation, operations
from django.db.backends.postgresql.psycopg_any import IsolationLevel
from psycopg.pq import TransactionStatus

from claimsdb.postgresql import embedded
from claimsdb.postgresql.connection import Connection, Unusable, cluster_in, is_quiet
from claimsdb.postgresql.joined import JoinedCursor, Query, Rows

OLDEST_VERSION = (15, 0)
#: seconds that a request waits during an outage while another request tries to connect
OUTAGE_WAIT = 1
#: seconds that a request waits for a connection, and for a lock
CONNECT_TIMEOUT = 3
LOCK_TIMEOUT = 5
#: seconds that a transaction may be idle; longer means that its thread has died or hangs
IDLE_TIMEOUT = 60
#: seconds beyond the statement timeout after which a server that doesn't respond is given up
GRACE = 5


class DatabaseClient(client.DatabaseClient):
    def runshell(self, parameters: Iterable[str]) -> None:
        """Open psql; for the private server, the one that is installed with it."""
        self.connection.ensure_connection()
        if self.connection.settings_dict.get("EMBEDDED"):
            self.executable_name = str(embedded.BINARIES / "psql")
            host = self.connection.get_connection_params()["host"]
            self.connection.settings_dict |= {"HOST": host, "PORT": str(embedded.PORT)}
        super().runshell(parameters)


class DatabaseCreation(creation.DatabaseCreation):
    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        """Drop a test database, together with the sessions of servers that a test has stopped just now."""
        with self._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute(f"DROP DATABASE {self.connection.ops.quote_name(test_database_name)} WITH (FORCE)")


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        """The SQL for the query log; for a prepared statement without its values, which are sent separately."""
        return super().last_executed_query(cursor, sql, params) or str(sql)


class DatabaseWrapper(base.DatabaseWrapper):
    """`queries_made` and `seconds_taken` count the statements of this thread and their time.

    `statement_timeout` is in seconds; 0 means no limit.
    """

    client_class = DatabaseClient
    creation_class = DatabaseCreation
    ops_class = DatabaseOperations

    #: connection options that limit the statements of this process
    limit_options = ""
    #: the statement timeout of this process in seconds; 0 for none
    default_timeout = 0.0
    #: why the last attempt to connect failed, if none has succeeded since
    outage: str | None = None
    _connect_lock = threading.Lock()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queries_made, self.seconds_taken = 0, 0.0
        self.statement_timeout = self.default_timeout
        #: the timeout last set on the server; None if unknown
        self._server_timeout: float | None = None
        self.execute_wrappers.append(self._count)

    def _count(self, execute: Callable[..., Any], *args: Any) -> Any:
        if self.statement_timeout != self._server_timeout:
            self._set_server_timeout()
        began = time.perf_counter()
        try:
            return execute(*args)
        finally:
            self.queries_made += 1
            self.seconds_taken += time.perf_counter() - began

    @classmethod
    def limit_statements(cls, seconds: float) -> None:
        """Set the statement timeout of this process (0 for none). Call it before the process connects.

        Also limits how long a statement waits for a lock and how long a transaction may be idle. If the server hangs
        or becomes unreachable, the connection is closed GRACE seconds after the timeout.
        """
        cls.default_timeout = seconds
        limits = {
            "statement_timeout": int(seconds * 1000),
            "lock_timeout": LOCK_TIMEOUT * 1000,
            "idle_in_transaction_session_timeout": IDLE_TIMEOUT * 1000,
        }
        cls.limit_options = "".join(f" -c {name}={value}" for name, value in limits.items())
        Connection.response_timeout = seconds + GRACE if seconds else None

    def set_statement_timeout(self, seconds: float | None) -> None:
        """Set the timeout of this thread's next statements, at most that of the process; None resets it to that.

        Makes no query itself: the next statement sets the timeout on the server, if it has changed.
        """
        most = self.default_timeout
        self.statement_timeout = min(seconds or most, most or seconds or 0) if self.limit_options else 0.0

    def _set_server_timeout(self) -> None:
        if self.connection.pgconn.transaction_status == TransactionStatus.INERROR:
            return  # only a rollback is possible now; the statement after it sets the timeout
        if self.limit_options:
            with self.wrap_database_errors:
                self.connection.execute(f"SET statement_timeout = {int(self.statement_timeout * 1000)}")
        # a rollback would undo it
        self._server_timeout = None if self.in_atomic_block else self.statement_timeout

    @cached_property
    def cluster(self) -> embedded.Cluster | None:
        """The private server; None if another one is used."""
        path = self.settings_dict.get("EMBEDDED")
        return cluster_in(path) if path else None

    def is_usable(self) -> bool:
        """Whether the connection still works. Django checks this before the first query of a request.

        When a server stops, it closes its end of the connection. Seeing that takes 2 µs; a query would take 60. For
        the private server this also checks its main process: a backend may outlive a killed server for a while.
        """
        if self.cluster is not None and not self.cluster.is_running():
            return False
        if self.connection.pgconn.transaction_status == TransactionStatus.INERROR:
            return False
        return is_quiet(self.connection) or super().is_usable()

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        if self.limit_options:
            params |= {"options": params.get("options", "") + self.limit_options, "connect_timeout": CONNECT_TIMEOUT}
        if (cluster := self.cluster) is not None:
            params |= {"cluster": cluster, "host": str(cluster.socket_folder), "port": embedded.PORT}
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open a connection. Raises Unusable with the cause.

        During an outage one thread at a time tries to connect. The others wait up to OUTAGE_WAIT seconds for it, then
        raise the error of the last attempt.
        """
        self.isolation_level = IsolationLevel.READ_COMMITTED
        in_outage = self.outage is not None
        if in_outage and not self._connect_lock.acquire(timeout=OUTAGE_WAIT):
            raise Unusable(self.outage)
        try:
            connection = Connection.connect(**conn_params)
        except embedded.EmbeddedError as error:
            DatabaseWrapper.outage = str(error)
            raise Unusable(str(error)) from error
        except psycopg.OperationalError as error:
            cause = " ".join(str(error).split())
            server = "private PostgreSQL" if "cluster" in conn_params else "database in DATABASE_URL"
            DatabaseWrapper.outage = f"The {server} can't be reached: {cause}"
            raise Unusable(self.outage) from error
        finally:
            if in_outage:
                self._connect_lock.release()
        DatabaseWrapper.outage = None
        self._server_timeout = self.default_timeout
        return connection

    def fetch_prepared(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query, which is prepared when it is repeated.

        Reuses one cursor: creating one takes longer than a short query.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        cursor = self.connection.prepared
        wrapped = self.make_debug_cursor(cursor) if self.queries_logged else self.make_cursor(cursor)
        wrapped.execute(sql, params)
        return wrapped.fetchall()

    def fetch_joined(self, queries: Sequence[Query], *, last: bool = False) -> list[Rows]:
        """The rows of each of the queries, which are prepared and executed in one round trip.

        A transaction that has not begun on the server begins with them. With `last`, no statement follows in it: if it
        is the outermost one, they also commit it.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        cursor: Any = JoinedCursor(self.connection, commits=last and self._ends_here())
        wrapped = self.make_debug_cursor(cursor) if self.queries_logged else self.make_cursor(cursor)
        wrapped.execute("; ".join(sql for sql, _ in queries), queries)
        self.queries_made += len(queries) - 1
        found: list[Rows] = cursor.found
        return found

    def _ends_here(self) -> bool:
        """Whether a transaction is open that ends on the server when the innermost atomic block does."""
        return self.in_atomic_block and not self.savepoint_ids and self.commit_on_exit and not self.needs_rollback

    def check_constraints(self, table_names: Iterable[str] | None = None) -> None:
        """Check deferred constraints now, in one round trip. Raises IntegrityError."""
        with self.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")

    def check_database_version_supported(self) -> None:
        version = self.get_database_version()
        if version < OLDEST_VERSION:
            raise Unusable(
                f"PostgreSQL {OLDEST_VERSION[0]} or later is required, but the server in DATABASE_URL has version "
                f"{'.'.join(map(str, version))}."
            )
