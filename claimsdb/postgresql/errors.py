"""What PostgreSQL's refusals mean for who asked: one place that knows which SQLSTATE is what."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import psycopg
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection

#: writes that got in each other's way: deadlock, serialisation failure, lock not available
CONCURRENCY_FAILURES = frozenset({"40P01", "40001", "55P03"})
#: a statement that ran longer than it may
CUT_OFF = "57014"
#: a server that only answers questions: a standby, or one that was set so
READ_ONLY = "25006"
#: no room: class 53 (disk, memory, a limit), but for connections, of which there may be one again in a moment
FULL = "53"
TOO_MANY_CONNECTIONS = "53300"
#: classes of a connection that is gone, and of a server that stops, starts, recovers or crashed
GONE = ("08", "57P", "25P03", TOO_MANY_CONNECTIONS)

#: seconds after which it is worth asking again
SOON, LATER = 5, 60


@dataclass(frozen=True)
class Failure:
    """What to answer: a status, words for people, and the seconds after which it is worth asking again."""

    status: HTTPStatus
    detail: str
    retry_after: int | None = None

    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


UNREACHABLE = Failure(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The database can't be reached; try again in a moment. If this was to be saved, look first whether it was.",
    SOON,
)
NO_ROOM = Failure(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The database has run out of disk or memory. Nothing was saved; try again later.",
    LATER,
)
NO_WRITING = Failure(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The database can only be read at present. Nothing was saved; try again later.",
    LATER,
)
COLLIDED = Failure(HTTPStatus.CONFLICT, "Another write got in the way of this one; nothing was saved. Send it again.")


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE of an error of Django's or the driver's, if the server gave one."""
    return getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)


def too_slow() -> Failure:
    database: Any = connection
    seconds = database.statement_timeout
    here = "" if seconds == settings.STATEMENT_TIMEOUT else " without signing in"
    return Failure(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"This took longer than the {seconds:g} s that a query may run{here}, and was cut off; nothing was saved. Ask "
        "for less at once: narrower filters, a smaller limit, no exact count.",
        SOON,
    )


def failure_of(error: BaseException | None) -> Failure | None:
    """What to answer when the database was in trouble; None for errors that are another's fault."""
    if not isinstance(error, DatabaseError | InterfaceError | psycopg.Error):
        return None
    state = sqlstate(error)
    if state is None:
        lost = isinstance(error, OperationalError | InterfaceError | psycopg.OperationalError | psycopg.InterfaceError)
        return UNREACHABLE if lost else None
    if state in CONCURRENCY_FAILURES:
        return COLLIDED
    if state == CUT_OFF:
        return too_slow()
    if state == READ_ONLY:
        return NO_WRITING
    if state.startswith(GONE):
        return UNREACHABLE
    return NO_ROOM if state.startswith(FULL) else None
