"""Connections that start the private server when it isn't running, and errors that people understand."""

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
    """No PostgreSQL to work with. The message is one line, says what to do, and holds no password."""


class RawJson(Loader):
    """JSON as the bytes that the server sent: it goes on to the client as it is."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


class AnyDate(DateLoader):
    """Dates as Python has them; those before the year 1 and beyond 9999, which it hasn't, as the server's text."""

    def load(self, data: Buffer) -> Any:
        try:
            return super().load(data)
        except psycopg.DataError:
            return bytes(data).decode()


@lru_cache(maxsize=1024)
def _numbered(sql: str) -> bytes:
    """With `$1` for the first `%s` and so on. psycopg itself would look for them each time in a long statement."""
    first, *rest = sql.split("%s")
    return "".join([first, *(f"${number}{part}" for number, part in enumerate(rest, 1))]).replace("%%", "%").encode()


class PreparedCursor(psycopg.RawCursor[Any]):
    """Statements go to the server by themselves, and are prepared when they come again."""

    #: pghistory puts its settings in front of a statement, but not of a named cursor's
    name = "prepared"

    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> Any:
        return super().execute(_numbered(query), params, **kwargs)


class Connection(psycopg.Connection[Any]):
    #: seconds in which the server must answer a statement; None: it may take its time
    patience: float | None = None

    @classmethod
    def connect(  # type: ignore[override]
        cls, conninfo: str = "", *, cluster: embedded.Cluster | None = None, **kwargs: Any
    ) -> psycopg.Connection:
        """psycopg's `connect()`, giving JSON (not jsonb) as bytes and far dates as text; with a `cluster`, its server
        is started if it can't be reached."""
        connection = cls._connect(conninfo, cluster, kwargs)
        connection.adapters.register_loader("json", RawJson)
        connection.adapters.register_loader("date", AnyDate)
        return connection

    @classmethod
    def _connect(cls, conninfo: str, cluster: embedded.Cluster | None, kwargs: dict[str, Any]) -> psycopg.Connection:
        if cluster is None:
            return super().connect(conninfo, **kwargs)
        if cluster.may_start:
            cluster.hold()
        try:
            connection = super().connect(conninfo, **kwargs)
        except psycopg.OperationalError:
            cluster.start()
            connection = super().connect(conninfo, **kwargs)
        cluster.watch()
        return connection

    @cached_property
    def prepared(self) -> PreparedCursor:
        """The one cursor for statements that come again, whose rows are fetched at once."""
        return PreparedCursor(self)

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """As psycopg's. A server that doesn't answer in time is given up, and the connection with it."""
        patience = self.patience if timeout is None else timeout
        try:
            return super().wait(gen, interval, patience)
        except psycopg.OperationalError:
            if timeout is None and self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()  # lest the end of the transaction waits as long
            raise


def is_quiet(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server has sent nothing unasked: neither a message nor the end of the connection."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLPRI)
    return not poll.poll(0)


_clusters: dict[Path, embedded.Cluster] = {}


def cluster_in(path: Path) -> embedded.Cluster:
    """The one object that stands for the cluster in `path` in this process."""
    return _clusters.setdefault(path, embedded.Cluster(path))
