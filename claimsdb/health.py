"""Liveness and readiness checks for containers and load balancers."""

import functools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from threading import Lock

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse

LIVE, READY = "/healthz", "/readyz"
#: seconds in which the database must respond
TIMEOUT = 3
NO_RESPONSE = "the database does not answer"


class HealthMiddleware:
    """Answers health checks with one line of text. It is third in MIDDLEWARE: before the host, https and user checks.

    GET /healthz: 200 if this process responds. GET /readyz: 200 if the database responds, has all migrations and
    accepts writes; otherwise 503 with the reason.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.readiness = Readiness()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == LIVE:
            return _answer(None)
        if request.path == READY:
            return _answer(self.readiness.problem())
        return self.get_response(request)


class Readiness:
    """The readiness check. One thread runs it, one check at a time, so that no caller waits longer than TIMEOUT."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "readyz")
        self._running: Future[str | None] | None = None
        self._guard = Lock()
        self._migrated = False

    def problem(self) -> str | None:
        """Why the site is not ready, in a few words; None if it is. Callers share a check that is running."""
        with self._guard:
            if self._running is None or self._running.done():
                self._running = self._thread.submit(self._check)
            check = self._running
        try:
            return check.result(TIMEOUT)
        except NotYet:
            return NO_RESPONSE

    def _check(self) -> str | None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SHOW transaction_read_only")
                read_only = cursor.fetchone()[0] == "on"
            # checked until it is true: migrations are not undone while a process runs
            self._migrated = self._migrated or _leaves() <= set(MigrationRecorder(connection).applied_migrations())
        except (DatabaseError, InterfaceError):
            return "the database can't be reached"
        finally:
            connection.close()
        if not self._migrated:
            return "migrations are missing: run manage.py migrate"
        return "the database is read-only" if read_only else None


@functools.cache
def _leaves() -> frozenset[tuple[str, str]]:
    """The last migration of each app in this version."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def _answer(problem: str | None) -> HttpResponse:
    text = "ok" if problem is None else problem
    status = 200 if problem is None else 503
    headers = {"Cache-Control": "no-store"} | ({} if problem is None else {"Retry-After": "5"})
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8", headers=headers)
