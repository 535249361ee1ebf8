"""The response to each kind of database failure, by SQLSTATE."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import psycopg
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection

#: writes that conflicted: deadlock, serialisation failure, lock not available
CONCURRENCY_FAILURES = frozenset({"40P01", "40001", "55P03"})
#: a statement that was cancelled, here by its timeout
QUERY_CANCELED = "57014"
#: a read-only server: a standby, or one configured so
READ_ONLY = "25006"
#: class 53, insufficient resources (disk, memory, a limit), except connections, which may be free again in a moment
INSUFFICIENT_RESOURCES = "53"
TOO_MANY_CONNECTIONS = "53300"
#: classes of a lost connection, and of a server that stops, starts, recovers or has crashed
CONNECTION_LOST = ("08", "57P", "25P03", TOO_MANY_CONNECTIONS)

#: seconds after which to retry
SOON, LATER = 5, 60


@dataclass(frozen=True)
class Failure:
    """A response: the status, a message for people, and the seconds for `Retry-After`, if any."""

    status: HTTPStatus
    detail: str
    retry_after: int | None = None

    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


UNREACHABLE = Failure(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The database can't be reached. Try again in a moment; after a write, check first whether it was saved.",
    SOON,
)
OUT_OF_RESOURCES = Failure(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The database has run out of disk space or memory. Nothing was saved; try again later.",
    LATER,
)
READ_ONLY_DATABASE = Failure(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The database is read-only at present. Nothing was saved; try again later.",
    LATER,
)
CONFLICT = Failure(HTTPStatus.CONFLICT, "Another write conflicted with this one. Nothing was saved; send it again.")


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE of an error of Django or psycopg; None if the server sent none."""
    return getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)


def timed_out() -> Failure:
    """The response to a statement that was cancelled by its timeout."""
    database: Any = connection
    seconds = database.statement_timeout
    condition = "" if seconds == settings.STATEMENT_TIMEOUT else " without signing in"
    return Failure(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"A query took longer than the {seconds:g} s allowed{condition} and was cancelled; nothing was saved. "
        "Request less at a time: use narrower filters, another order, a smaller limit or no exact count.",
        SOON,
    )


def failure_of(error: BaseException | None) -> Failure | None:
    """The response to a failure of the database; None for any other error."""
    if not isinstance(error, DatabaseError | InterfaceError | psycopg.Error):
        return None
    state = sqlstate(error)
    if state is None:
        lost = isinstance(error, OperationalError | InterfaceError | psycopg.OperationalError | psycopg.InterfaceError)
        return UNREACHABLE if lost else None
    if state in CONCURRENCY_FAILURES:
        return CONFLICT
    if state == QUERY_CANCELED:
        return timed_out()
    if state == READ_ONLY:
        return READ_ONLY_DATABASE
    if state.startswith(CONNECTION_LOST):
        return UNREACHABLE
    return OUT_OF_RESOURCES if state.startswith(INSUFFICIENT_RESOURCES) else None
