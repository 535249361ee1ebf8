"""Django's PostgreSQL engine, on a server named in DATABASES or on the private one.

DATABASES may give `EMBEDDED`, the folder of a private cluster, in place of HOST, PORT, USER and PASSWORD.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psycopg
from django.db.backends.postgresql import base, client, operations
from django.db.backends.postgresql.psycopg_any import IsolationLevel
from psycopg.pq import TransactionStatus

from claimsdb.postgresql import embedded
from claimsdb.postgresql.connection import Connection, Unusable, cluster_in, is_quiet

OLDEST_VERSION = (15, 0)
#: seconds that a request waits for another one to find out whether the server is back
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


class DatabaseWrapper(base.DatabaseWrapper):
    """`queries_made` and `seconds_taken` grow with each statement of the thread whose connection this is.

    `statement_timeout`: seconds after which they are cut off; 0: never.
    """

    client_class = DatabaseClient
    ops_class = DatabaseOperations

    #: what bounds the statements of this process: options of its connections
    limits = ""
    #: seconds that a statement of this process may run
    longest = 0.0
    #: why the last attempt to connect failed, if none has succeeded since
    outage: str | None = None
    _trying = threading.Lock()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queries_made, self.seconds_taken = 0, 0.0
        self.statement_timeout = self.longest
        #: what the server was told last; None: nobody knows
        self._timeout_told: float | None = None
        self.execute_wrappers.append(self._count)

    def _count(self, execute: Callable[..., Any], *args: Any) -> Any:
        if self.statement_timeout != self._timeout_told:
            self._tell_timeout()
        began = time.perf_counter()
        try:
            return execute(*args)
        finally:
            self.queries_made += 1
            self.seconds_taken += time.perf_counter() - began

    @classmethod
    def keep_within(cls, seconds: float) -> None:
        """Have each statement of this process cut off after so long (0: never), before it connects.

        Waiting for a lock ends sooner, and so does a transaction that lies idle. A server that doesn't even cut off,
        because it hangs or can't be reached any more, is given up a little later.
        """
        cls.longest = seconds
        limits = {
            "statement_timeout": int(seconds * 1000),
            "lock_timeout": LOCK_TIMEOUT * 1000,
            "idle_in_transaction_session_timeout": IDLE_TIMEOUT * 1000,
        }
        cls.limits = "".join(f" -c {name}={value}" for name, value in limits.items())
        Connection.patience = seconds + GRACE if seconds else None

    def bound_statements(self, seconds: float | None) -> None:
        """Have the next statements of this thread cut off after so long, at most as late as those of the process, which
        None means. The server is told with the next statement, and only if it was told otherwise before."""
        self.statement_timeout = min(seconds or self.longest, self.longest or seconds or 0) if self.limits else 0.0

    def _tell_timeout(self) -> None:
        if self.limits:
            with self.wrap_database_errors:
                self.connection.execute(f"SET statement_timeout = {int(self.statement_timeout * 1000)}")
        # undone where the transaction is
        self._timeout_told = None if self.in_atomic_block else self.statement_timeout

    @property
    def cluster(self) -> embedded.Cluster | None:
        """The private server, if that is the one used."""
        path = self.settings_dict.get("EMBEDDED")
        return cluster_in(path) if path else None

    def is_usable(self) -> bool:
        """Whether the connection still works, which Django asks before its first use in a request.

        A server that went away has closed its end, which shows without asking: that takes 2 µs, a question 60. A
        killed private server is seen at once, though the process behind the connection may take a while to notice.
        """
        if self.cluster is not None and not self.cluster.is_running():
            return False
        if self.connection.pgconn.transaction_status == TransactionStatus.INERROR:
            return False
        return is_quiet(self.connection) or super().is_usable()

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        if self.limits:
            params |= {"options": params.get("options", "") + self.limits, "connect_timeout": CONNECT_TIMEOUT}
        if (cluster := self.cluster) is not None:
            params |= {"cluster": cluster, "host": str(cluster.socket_folder), "port": embedded.PORT}
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A new connection. Raises Unusable with the cause.

        While the server is away one thread at a time tries; others wait a moment for it, then repeat what it met last.
        """
        self.isolation_level = IsolationLevel.READ_COMMITTED
        tries_for_all = self.outage is not None
        if tries_for_all and not self._trying.acquire(timeout=MOMENT):
            raise Unusable(self.outage)
        try:
            connection = Connection.connect(**conn_params)
        except embedded.Failed as error:
            DatabaseWrapper.outage = str(error)
            raise Unusable(str(error)) from error
        except psycopg.OperationalError as error:
            cause = " ".join(str(error).split())
            what = "private PostgreSQL" if "cluster" in conn_params else "database of DATABASE_URL"
            DatabaseWrapper.outage = f"The {what} can't be reached: {cause}"
            raise Unusable(self.outage) from error
        finally:
            if tries_for_all:
                self._trying.release()
        DatabaseWrapper.outage = None
        self._timeout_told = self.longest
        return connection

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
