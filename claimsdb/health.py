"""Whether this installation lives, and whether it can work: for health checks of containers and load balancers."""

import functools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from threading import Lock

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse

LIVES, READY = "/healthz", "/readyz"
#: seconds in which the database must answer
PATIENCE = 3
HANGS = "the database does not answer"


class HealthMiddleware:
    """Answers in one line of plain text, before anything asks who it is, by which name, or whether by https.

    GET /healthz: 200 as long as this process answers. GET /readyz: 200 when it can work: the database answers, has all
    migrations and takes writes; otherwise 503 with the reason.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.check = Check()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == LIVES:
            return _answer(None)
        if request.path == READY:
            return _answer(self.check.obstacle())
        return self.get_response(request)


class Check:
    """Asks the database from a thread of its own, one question at a time: who asks is never held up for long."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "readyz")
        self._asked: Future[str | None] | None = None
        self._guard = Lock()
        self._migrated = False

    def obstacle(self) -> str | None:
        """What is in the way of working, in a few words; None when all is well."""
        with self._guard:
            if self._asked is None or self._asked.done():
                self._asked = self._thread.submit(self._ask)
            asked = self._asked
        try:
            return asked.result(PATIENCE)
        except NotYet:
            return HANGS

    def _ask(self) -> str | None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SHOW transaction_read_only")
                read_only = cursor.fetchone()[0] == "on"
            # asked until it is true: a process that found its migrations keeps them
            self._migrated = self._migrated or _leaves() <= set(MigrationRecorder(connection).applied_migrations())
        except (DatabaseError, InterfaceError):
            return "the database can't be reached"
        finally:
            connection.close()
        if not self._migrated:
            return "migrations are missing: manage.py migrate"
        return "the database can only be read" if read_only else None


@functools.cache
def _leaves() -> frozenset[tuple[str, str]]:
    """The last migration of each app, as this version has them."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def _answer(obstacle: str | None) -> HttpResponse:
    text = "ok" if obstacle is None else obstacle
    status = 200 if obstacle is None else 503
    headers = {"Cache-Control": "no-store"} | ({} if obstacle is None else {"Retry-After": "5"})
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8", headers=headers)
