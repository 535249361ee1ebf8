"""Where a request's time goes, in one process and without load: the database's part, Python's, the queries.

Run with the environment of an installation; prints JSON. All questions of the application go
through the wrappers of Django's cursors, and there their time is taken. A COMMIT goes past them, and is counted with
them; it is no query.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

from bench.request import NUMBER, Request

#: before any is measured
WARM_UP = 30
Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


class Stopwatch:
    """The seconds and the number of the queries since `reset`."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.seconds, self.queries = 0.0, 0

    def time(self, execute: Callable[..., Any], *args: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(*args)
        finally:
            self.seconds += time.perf_counter() - begun

    def query(self, execute: Callable[..., Any], *args: Any) -> Any:
        self.queries += 1
        return self.time(execute, *args)


def environ_of(request: Request, token: str, number: int) -> dict[str, Any]:
    """As a server would hand it to the application."""
    content = request.content().replace(NUMBER.encode(), b"%08d" % number)
    path, _, query = request.path.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "HTTP_HOST": "127.0.0.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": BytesIO(content),
    }
    if content:
        environ |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(content))}
        environ["HTTP_AUTHORIZATION"] = f"Token {token}"
    setup_testing_defaults(environ)
    return environ


def call(application: Application, environ: dict[str, Any]) -> None:
    """Raises RuntimeError with what was said if it isn't 2xx."""
    told: list[str] = []
    answer = application(environ, lambda status, headers, error=None: told.append(status))
    body = b"".join(answer)
    answer.close()
    if not told[0].startswith("2"):
        raise RuntimeError(f"{environ['PATH_INFO']}: {told[0]} {body[:1000]!r}")


def measure(
    application: Application, connection: Any, requests: list[Request], token: str, first: int
) -> dict[str, Any]:
    """Medians of a request: `database` and `python` in milliseconds, and `queries`."""
    watch = Stopwatch()
    commit = connection._commit
    connection._commit = lambda: watch.time(commit)
    rows = []
    with connection.execute_wrapper(watch.query):
        warm = [requests[number % len(requests)] for number in range(WARM_UP)]
        for number, request in enumerate([*warm, *requests], first):
            environ = environ_of(request, token, number)
            watch.reset()
            begun = time.perf_counter()
            call(application, environ)
            taken = time.perf_counter() - begun
            rows.append((watch.seconds * 1000, (taken - watch.seconds) * 1000, watch.queries))
    del connection._commit
    medians = (statistics.median(values) for values in zip(*rows[WARM_UP:], strict=True))
    return dict(zip(("database", "python", "queries"), medians, strict=True))


def main() -> None:
    """Reads, as JSON, a token and for each operation its requests and the number of its first write."""
    from django.db import connection

    from claimsdb.wsgi import application

    asked = json.load(sys.stdin)
    found = {}
    for name, one in asked["operations"].items():
        requests = [Request(**request) for request in one["requests"]]
        found[name] = measure(application, connection, requests, asked["token"], one["number"])
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
