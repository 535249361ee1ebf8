"""Connections that start the private server if it isn't running, and cursors for prepared statements."""

import select
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import psycopg
from django.db import OperationalError
from psycopg.abc import RV, Buffer, PQGen
from psycopg.adapt import Loader
from psycopg.pq import TransactionStatus
from psycopg.types.datetime import DateLoader

from claimsdb.postgresql import embedded


class Unusable(OperationalError):
    """The database can't be used. The message is one line and contains no password."""


class RawJson(Loader):
    """JSON as the bytes that the server sent, to pass on to the client unchanged."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


class AnyDate(DateLoader):
    """Dates as `datetime.date`; those outside the years 1 to 9999, which Python lacks, as PostgreSQL's text."""

    def load(self, data: Buffer) -> Any:
        try:
            return super().load(data)
        except psycopg.DataError:
            return bytes(data).decode()


@lru_cache(maxsize=1024)
def numbered(sql: str) -> bytes:
    """The SQL with `$1`, `$2` … for each `%s`. Cached, as psycopg itself would parse a long statement every time."""
    first, *rest = sql.split("%s")
    return "".join([first, *(f"${number}{part}" for number, part in enumerate(rest, 1))]).replace("%%", "%").encode()


class PreparedCursor(psycopg.RawCursor[Any]):
    """A cursor that prepares a statement when it is repeated."""

    #: keeps pghistory from prepending its settings, which it does to statements of unnamed cursors only
    name = "prepared"

    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> Any:
        return super().execute(numbered(query), params, **kwargs)


class Connection(psycopg.Connection[Any]):
    #: seconds in which the server must respond to a statement; None for no limit
    response_timeout: float | None = None

    @classmethod
    def connect(  # type: ignore[override]
        cls, conninfo: str = "", *, cluster: embedded.Cluster | None = None, **kwargs: Any
    ) -> psycopg.Connection:
        """Connect as psycopg does, but read `json` (not `jsonb`) as bytes and dates that Python lacks as text.

        With a `cluster`, start its server if it can't be reached. Raises psycopg.OperationalError and EmbeddedError.
        """
        connection = cls._connect(conninfo, cluster, kwargs)
        connection.adapters.register_loader("json", RawJson)
        connection.adapters.register_loader("date", AnyDate)
        return connection

    @classmethod
    def _connect(cls, conninfo: str, cluster: embedded.Cluster | None, kwargs: dict[str, Any]) -> psycopg.Connection:
        if cluster is None:
            return super().connect(conninfo, **kwargs)
        if cluster.may_start:
            cluster.register_user()
        try:
            connection = super().connect(conninfo, **kwargs)
        except psycopg.OperationalError:
            cluster.start()
            connection = super().connect(conninfo, **kwargs)
        cluster.watch()
        return connection

    @cached_property
    def prepared(self) -> PreparedCursor:
        """The cursor for prepared statements. Fetch all rows before you use it again."""
        return PreparedCursor(self)

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """As psycopg's, but close the connection if the server doesn't respond in time."""
        limit = self.response_timeout if timeout is None else timeout
        try:
            return super().wait(gen, interval, limit)
        except psycopg.OperationalError:
            if timeout is None and self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()  # otherwise ending the transaction would wait as long again
            raise


def is_quiet(connection: psycopg.Connection[Any]) -> bool:
    """Whether the connection is open and has nothing to read: neither a message nor its end."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLPRI)
    return not poll.poll(0)


_clusters: dict[Path, embedded.Cluster] = {}


def cluster_in(path: Path) -> embedded.Cluster:
    """The Cluster of `path`: always the same object in this process."""
    return _clusters.setdefault(path, embedded.Cluster(path))
