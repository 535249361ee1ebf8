"""Where the time of a request goes: microseconds per step in one process, and what a server adds to them.

Each step is a function that STEPS names, or a middleware of the settings. For some of the requests it is replaced by
one that takes the time, less the time of the steps that it calls. Waiting for PostgreSQL is a step of its own for each
step that waits. Reads the same JSON as `bench/inside.py`, with the `host` of a running server; prints JSON.
"""

import functools
import importlib
import inspect
import json
import socket
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from bench.inside import Application, call, environ_of
from bench.request import NUMBER, PATIENCE, Request

#: turns, and requests per turn in each of the three ways; the first turn warms up
TURNS, REQUESTS = 6, 60
OPERATIONS = ("claim", "list", "actor", "create")
#: waiting for the database; shown with the step that waits
DATABASE = "PostgreSQL"
#: what is in none of the steps: the call of the application
REST = "outside Django"
#: Module, attribute and label of each step, in the order of the table. Middleware is added from the settings.
STEPS = (
    ("django.core.handlers.wsgi", "WSGIHandler.__call__", "Django: handler"),
    ("django.core.handlers.wsgi", "WSGIRequest.__init__", "Django: request object"),
    ("django.dispatch.dispatcher", "Signal.send", "Django: signals"),
    ("claims.rest.direct", "DirectReads.respond", "the short way: routing, call of the view"),
    ("django.core.handlers.base", "BaseHandler.resolve_request", "Django: routing"),
    ("django.core.handlers.base", "BaseHandler._get_response", "Django: call of the view"),
    ("django.http.response", "HttpResponseBase.close", "Django: end of the request"),
    ("rest_framework.views", "APIView.dispatch", "view: dispatch"),
    ("rest_framework.viewsets", "ViewSetMixin.initialize_request", "view: request object"),
    ("claims.rest.dispatch", "QuickDispatch.perform_content_negotiation", "view: content negotiation"),
    ("claims.rest.dispatch", "QuickDispatch.perform_authentication", "view: sign-in"),
    ("rest_framework.views", "APIView.check_permissions", "view: permissions"),
    ("rest_framework.views", "APIView.check_throttles", "view: limits"),
    ("claims.rest.views", "RecordViewSet.initial", "view: parameters"),
    ("claims.rest.views", "RecordViewSet.get_statement", "view: shape of the records"),
    ("claims.rest.views", "RecordViewSet.listing", "list: filters"),
    ("claims.rest.pages", "KeysetPagination.ids", "list: order, cursor, links"),
    ("claims.rest.pages", "Listing.keys", "list: SQL of the page"),
    ("claims.rest.shapes", "Statement.where", "rows read"),
    ("claims.rest.views", "RecordViewSet.list", "list: action"),
    ("claims.rest.views", "RecordViewSet.retrieve", "record: action"),
    ("claims.rest.pages", "KeysetPagination.get_paginated_response", "list: links"),
    ("claims.rest.parsers", "StrictJSONParser.parse", "write: parsing the body"),
    ("claims.rest.views", "RecordViewSet.create", "write: action"),
    ("claims.rest.writing", "WriteBatch.read", "write: fields of the body, records looked up"),
    ("claims.rest.writing", "WriteBatch.validate", "write: checks"),
    ("claims.rest.writing", "WriteBatch.create", "write: rows"),
    ("claims.models.batches", "inserting", "write: SQL of the inserts"),
    ("claims.rest.views", "RecordViewSet.saved", "write: rows inserted and read, commit"),
    ("django.db.transaction", "Atomic.__enter__", "write: begin"),
    ("django.db.transaction", "Atomic.__exit__", "write: end of the transaction"),
    ("claims.rest.views", "RecordViewSet.address", "write: location"),
    ("claims.rest.views", "etag_of", "ETag"),
    ("claims.rest.views", "RecordViewSet.finalize_response", "response: list assembled, headers"),
    ("rest_framework.response", "Response.rendered_content", "response: rendering"),
    ("claims.rest.renderers", "FragmentRenderer.render", "response: bytes passed on"),
    ("logging", "Logger.info", "log"),
    ("claimsdb.postgresql.connection", "Connection.wait", DATABASE),
)


class Clock:
    """Nanoseconds per step since `taken` was cleared."""

    def __init__(self) -> None:
        self.taken: dict[str, int] = defaultdict(int)
        #: the label of each step that runs, and the time of the steps that it called
        self.running: list[list[Any]] = []
        #: what taking the time costs the calling step
        self.cost = 0
        self.cost = self._measured_cost()

    def timed(self, function: Callable[..., Any], label: str) -> Callable[..., Any]:
        running, now = self.running, time.perf_counter_ns

        @functools.wraps(function)
        def step(*args: Any, **options: Any) -> Any:
            own: list[Any] = [f"{running[-1][0]}: {label}" if label == DATABASE and running else label, 0]
            running.append(own)
            begun = now()
            try:
                return function(*args, **options)
            finally:
                taken = now() - begun
                running.pop()
                self.taken[own[0]] += taken - own[1]
                if running:
                    running[-1][1] += taken + self.cost

        return step

    def _measured_cost(self) -> int:
        many = 10_000
        step = self.timed(lambda: None, "inner")

        def calls() -> None:
            for _ in range(many):
                step()

        outer = self.timed(calls, "outer")
        costs = []
        for _ in range(5):
            self.taken.clear()
            outer()
            costs.append(self.taken["outer"] // many)
        self.taken.clear()
        return min(costs)


@contextmanager
def replaced(clock: Clock, module: str, attribute: str, label: str) -> Iterator[None]:
    """Time a function in this context. Exits if there is none of that name."""
    owner: Any = importlib.import_module(module)
    *path, name = attribute.split(".")
    try:
        for part in path:
            owner = getattr(owner, part)
        function = inspect.getattr_static(owner, name)
    except AttributeError:
        sys.exit(f"{module} has no {attribute} any more: change or remove “{label}” in STEPS of bench/steps.py.")
    if isinstance(function, property):
        timed: Any = property(clock.timed(function.fget, label))  # type: ignore[arg-type]
    elif isinstance(function, staticmethod | classmethod):
        timed = type(function)(clock.timed(function.__func__, label))
    else:
        timed = clock.timed(function, label)
    with mock.patch.object(owner, name, timed):
        yield


@contextmanager
def replaced_middleware(clock: Clock, path: str) -> Iterator[None]:
    module, _, name = path.rpartition(".")
    found, label = getattr(importlib.import_module(module), name), label_of(path)
    with ExitStack() as stack:
        if isinstance(found, type):
            for method in ("__call__", "process_view"):
                if hasattr(found, method):
                    stack.enter_context(replaced(clock, module, f"{name}.{method}", label))
        else:

            @functools.wraps(found)
            def factory(get_response: Any) -> Any:
                return clock.timed(found(get_response), label)

            stack.enter_context(mock.patch(path, factory))
        yield


def label_of(middleware: str) -> str:
    return f"middleware: {middleware.rpartition('.')[2]}"


@contextmanager
def all_replaced(clock: Clock) -> Iterator[None]:
    from django.conf import settings

    with ExitStack() as stack:
        for path in settings.MIDDLEWARE:
            stack.enter_context(replaced_middleware(clock, path))
        for step in STEPS:
            stack.enter_context(replaced(clock, *step))
        yield


def labels() -> list[str]:
    """All steps in the order of the table."""
    from django.conf import settings

    steps = [REST, *map(label_of, settings.MIDDLEWARE), *(label for _, _, label in STEPS)]
    return [name for step in dict.fromkeys(steps) for name in (step, f"{step}: {DATABASE}")]


class Client:
    """A connection to a server, as fast as Python can use it."""

    def __init__(self, host: str) -> None:
        self.host = host

    def connect(self) -> None:
        """Open a new connection: the server closes one that hasn't been used for a while."""
        name, _, port = self.host.partition(":")
        self.socket = socket.create_connection((name, int(port)), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, raw: bytes) -> None:
        """Send a request and read the response. Raises RuntimeError if it isn't 2xx."""
        self.socket.sendall(raw)
        received = self.socket.recv(1 << 20)
        while (end := received.find(b"\r\n\r\n") + 4) < 4:
            received += self.socket.recv(1 << 20)
        length = int(received[:end].lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        while len(received) < end + length:
            received += self.socket.recv(1 << 20)
        if not received.startswith(b"HTTP/1.1 2"):
            raise RuntimeError(received[:1000])


def measure(
    plain: Application,
    timed: Application,
    clock: Clock,
    client: Client,
    requests: list[Request],
    token: str,
    number: int,
) -> dict[str, Any]:
    """Median microseconds: `steps` by label, `inside` without timing steps, `served` through the server.

    `timed` is an application that was built while all steps were replaced.
    """
    inside: list[int] = []
    served: list[int] = []
    steps: list[dict[str, int]] = []
    timed_call = clock.timed(call, REST)
    for turn in range(TURNS):
        chosen = [requests[(turn * REQUESTS + place) % len(requests)] for place in range(REQUESTS)]
        for way in ("inside", "steps", "served"):
            if way == "served":
                client.connect()
            with all_replaced(clock) if way == "steps" else ExitStack():
                for request in chosen:
                    number += 1
                    environ = environ_of(request, token, number)
                    raw = request.raw(client.host, token).replace(NUMBER.encode(), b"%08d" % number)
                    clock.taken.clear()
                    begun = time.perf_counter_ns()
                    if way == "inside":
                        call(plain, environ)
                    elif way == "steps":
                        timed_call(timed, environ)
                    else:
                        client.send(raw)
                    taken = time.perf_counter_ns() - begun
                    if not turn:
                        continue
                    if way == "steps":
                        steps.append(dict(clock.taken))
                    else:
                        (inside if way == "inside" else served).append(taken)
    names = {name for one in steps for name in one}
    return {
        "steps": {name: statistics.median(one.get(name, 0) for one in steps) / 1000 for name in names},
        "inside": statistics.median(inside) / 1000,
        "served": statistics.median(served) / 1000,
    }


def main() -> None:
    from django.core.wsgi import get_wsgi_application

    from claimsdb.wsgi import application

    asked = json.load(sys.stdin)
    clock = Clock()
    with all_replaced(clock):
        timed = get_wsgi_application()
    found: dict[str, Any] = {"labels": labels(), "operations": {}}
    for name in OPERATIONS:
        one = asked["operations"][name]
        requests = [Request(**fields) for fields in one["requests"]]
        found["operations"][name] = measure(
            application, timed, clock, Client(asked["host"]), requests, asked["token"], one["number"]
        )
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
