"""Where a request's time goes, in one process without load: database time, Python time, number of queries.

Runs in the environment of an installation and prints JSON. Queries are timed in an execute wrapper of Django. COMMIT
bypasses the wrapper; its time is added to database time, but it doesn't count as a query.
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

#: unmeasured requests at the start
WARM_UP = 30
Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


class Stopwatch:
    """Seconds in the database and number of queries since `reset`."""

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
    """The WSGI environ of a request; `number` replaces NUMBER in its body."""
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
    """Run the application on a request. Raises RuntimeError with the response if it isn't 2xx."""
    statuses: list[str] = []
    answer = application(environ, lambda status, headers, error=None: statuses.append(status))
    body = b"".join(answer)
    answer.close()
    if not statuses[0].startswith("2"):
        raise RuntimeError(f"{environ['PATH_INFO']}: {statuses[0]} {body[:1000]!r}")


def measure(
    application: Application, connection: Any, requests: list[Request], token: str, first: int
) -> dict[str, Any]:
    """Medians per request: `database` and `python` in milliseconds, and `queries`. Writes are numbered from `first`."""
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
    """Read JSON: a `token` and, for each of the `operations`, its `requests` and the `number` of its first write."""
    from django.db import connection

    from claimsdb.wsgi import application

    request = json.load(sys.stdin)
    found = {}
    for name, one in request["operations"].items():
        requests = [Request(**fields) for fields in one["requests"]]
        found[name] = measure(application, connection, requests, request["token"], one["number"])
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
