"""Django's PostgreSQL engine, on a server named in DATABASES or on the private one.

DATABASES may give `EMBEDDED`, the folder of a private cluster, in place of HOST, PORT, USER and PASSWORD.
"""

from collections.abc import Iterable
from typing import Any

import psycopg
from django.db.backends.postgresql import base, client, operations
from django.db.backends.postgresql.psycopg_any import IsolationLevel
from django.db.backends.utils import CursorWrapper
from psycopg_pool import ConnectionPool, PoolTimeout

from claimsdb import embedded
from claimsdb.postgresql.connection import Connection, Unusable, cluster_in, is_quiet

OLDEST_VERSION = (15, 0)


class PreparedCursor(psycopg.Cursor[Any]):
    """Statements go to the server by themselves, and are prepared when they come again."""

    #: pghistory puts its settings in front of a statement, but not of a named cursor's
    name = "prepared"


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
    client_class = DatabaseClient
    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        if path := self.settings_dict.get("EMBEDDED"):
            cluster = cluster_in(path)
            params |= {"cluster": cluster, "host": str(cluster.socket_folder), "port": embedded.PORT}
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection that works, from the pool. Errors are `Unusable`, at once and with the cause.

        The pool alone would try for many seconds, and then tell that there is no connection, but not why.
        """
        try:
            if self.pool is None:  # outside of any database: to create or drop one
                self.isolation_level = IsolationLevel.READ_COMMITTED
                return Connection.connect(**conn_params)
            if self.pool.closed:
                Connection.connect(**conn_params).close()
            return self._from_pool(conn_params)
        except embedded.Failed as error:
            raise Unusable(str(error)) from error
        except psycopg.OperationalError as error:
            cause = " ".join(str(error).split())
            what = "private PostgreSQL" if "cluster" in conn_params else "database of DATABASE_URL"
            raise Unusable(f"The {what} can't be reached: {cause}") from error

    def _from_pool(self, conn_params: dict[str, Any]) -> Any:
        """A connection that works. When one is broken, the server was restarted and all are.

        The pool's own check would meet them one by one, with a longer pause after each, and ask the server each time.
        A server that went away has closed its end, which shows without asking.
        """
        try:
            connection = super().get_new_connection(conn_params)
            if is_quiet(connection):
                return connection
            try:
                ConnectionPool.check_connection(connection)
                return connection
            except psycopg.OperationalError:
                self.pool.putconn(connection)
                self.pool.drain()
                Connection.connect(**conn_params).close()
                return super().get_new_connection(conn_params)
        except PoolTimeout:
            Connection.connect(**conn_params).close()
            raise Unusable(
                f"No connection came free within {self.pool.timeout:g} s. A process opens at most "
                f"{self.pool.max_size} to the database: set DATABASE_POOL to more."
            ) from None

    def prepared_cursor(self) -> CursorWrapper:
        """A cursor whose statements are prepared when they come again."""
        self.ensure_connection()
        return self._prepare_cursor(PreparedCursor(self.connection))  # type: ignore[attr-defined]

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
