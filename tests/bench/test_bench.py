"""The parts of `make bench`, with too few rows to measure speed."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client

from bench import ablations, bulk, inside, limit, load, page, queries, sameness, steps, table
from bench.databases import last_id, remove_after
from bench.operations import Operation, operations
from bench.request import NUMBER, Request
from claims.models import Assertion, Claim, Token

ROOT = Path(__file__).parent.parent.parent
#: prints the status and the number of results or members for each path; the first argument is the database
REQUEST_STOCK = """
import json, sys
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
from bench.stock.wsgi import application
from django.test import Client
for path in json.load(sys.stdin):
    answer = Client(headers={"host": "127.0.0.1"}).get(path)
    body = answer.json()
    sys.stdout.write(f"{answer.status_code} {len(body.get('results', body))} {'relations_out' in body}\\n")
"""


@pytest.fixture
def token(django_user_model: Any, transactional_db: None) -> str:
    user = django_user_model.objects.create_superuser("visitor")
    return str(Token.objects.create(user, name="tests")[1])


class Silent(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def limit_host() -> Iterator[str]:
    def answer(*args: Any) -> Any:
        try:
            return limit.application(*args)
        finally:
            limit.close()

    with make_server("127.0.0.1", 0, answer, handler_class=Silent) as server, serving(server):
        yield f"127.0.0.1:{server.server_port}"


@contextmanager
def serving(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def test_limit_returns_the_same_as_ours(
    record: Any, token: str, live_server: Any, limit_host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = f"{live_server.thread.host}:{live_server.thread.port}"
    asked = operations(record)
    found = sameness.same_bytes(asked, ours, limit_host, token, 1)
    assert set(found) == {operation.name for operation in asked} - {"create"}
    assert Claim.objects.filter(text__startswith="Bench 0").count() == 2 * len(asked[-1].requests[:: step(asked[-1])])

    monkeypatch.setattr(queries, "ONE_ACTOR", queries.ONE_ACTOR.replace("a.name,", "upper(a.name) AS name,"))
    with pytest.raises(SystemExit, match="gets different responses"):
        sameness.same_bytes([o for o in asked if o.name == "actor"], ours, limit_host, token, 1)


def step(operation: Operation) -> int:
    return max(1, len(operation.requests) // sameness.SAMPLE)


def test_stock_answers_the_requests_of_the_bench(record: Any) -> None:
    paths = [o.requests[0].path for o in operations(record) if o.stock and not o.writes]
    asked = subprocess.run(
        [sys.executable, "-c", REQUEST_STOCK, str(connection.settings_dict["NAME"])],
        input=json.dumps(paths),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "bench.stock.settings"},
    )
    answers = [line.split() for line in asked.stdout.splitlines()]
    assert [status for status, _, _ in answers] == ["200"] * len(paths), asked.stderr
    assert answers[0][-1] == "True", "these are not the stock's responses"
    ours = [Client().get(path).json() for path in paths]
    lists = [
        (len(body["results"]), int(count))
        for body, (_, count, _) in zip(ours, answers, strict=True)
        if "results" in body
    ]
    assert len(lists) == 3
    assert all(expected == count for expected, count in lists)


def test_requests_differ_within_an_operation_but_not_between_runs(record: Any) -> None:
    asked = operations(record)
    assert asked == operations(record)
    for operation in asked:
        if operation.name != "deep":
            assert len({str(request) for request in operation.requests}) > 10, operation.name
    deep = next(operation for operation in asked if operation.name == "deep")
    for request in deep.requests:
        page = Client().get(request.path).json()
        assert page["previous"]
        assert page["next"]
        assert len(page["results"]) == 50


class Counting(BaseHTTPRequestHandler):
    """Answers 201 to POST, 404 to GET /no and 200 to other GET requests; keeps the bodies."""

    protocol_version = "HTTP/1.1"
    bodies: list[bytes]

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.respond(201)

    def do_GET(self) -> None:
        self.respond(404 if self.path == "/no" else 200)

    def respond(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: object) -> None:
        pass


WRK = pytest.param(load.by_wrk, marks=pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is not installed"))


@pytest.mark.parametrize("generator", [load.by_python, WRK])
def test_load_is_counted(generator: Any, tmp_path: Path) -> None:
    handler = type("Handler", (Counting,), {"bodies": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, serving(server):
        host = f"127.0.0.1:{server.server_port}"

        def figures(*requests: Request) -> dict[str, float]:
            operation = Operation("one", "an operation", requests)
            return dict(generator(load.Requests(operation, host, "token", tmp_path), 2, 1, 0, 7))

        found = figures(Request("/write", {"text": f"Number {NUMBER}"}), Request("/write", {"text": NUMBER}))
        assert found["requests"] > 10
        assert found["refused"] == found["broken"] == 0
        assert 0 < found["p50"] <= found["p99"] <= found["longest"]
        assert 0.5 < found["seconds"] < 10, "not the second that it should take, or a little more"
        texts = [json.loads(body)["text"] for body in handler.bodies]
        assert {text[:6] for text in texts} == {"Number", "000000"}
        assert len(texts) == len(set(texts)) >= found["requests"]
        assert figures(Request("/"), Request("/no"))["refused"] > 0


def test_refused_request_ends_the_bench(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Counting) as server, serving(server):
        operation = Operation("one", "an operation", [Request("/"), Request("/no")])
        with pytest.raises(SystemExit, match=r"GET /no of .*: 404"):
            load.Requests(operation, f"127.0.0.1:{server.server_port}", "", tmp_path).run(1, 1)


def test_time_in_one_process(record: Any, token: str) -> None:
    asked = {operation.name: operation for operation in operations(record)}
    one = inside.measure(get_wsgi_application(), connection, list(asked["actor"].requests), token, 1)
    assert one["queries"] >= 1
    assert one["database"] > 0
    assert one["python"] > 0
    before = Claim.objects.count()
    inside.measure(get_wsgi_application(), connection, list(asked["create"].requests[:3]), token, 1)
    assert Claim.objects.count() == before + inside.WARM_UP + 3


def test_the_bench_leaves_no_rows_behind(record: Any, token: str) -> None:
    before = [set(model.objects.values_list("pk", "updated_at")) for model in (Claim, Assertion)]
    last = {table: last_id(record, table) for table in ("claims_assertion", "claims_claim")}
    assert bulk.load(record)["rows"] == sum(map(len, before))
    create = operations(record)[-1]
    inside.measure(get_wsgi_application(), connection, list(create.requests[:1]), token, 1)
    remove_after(record, last)
    assert [set(model.objects.values_list("pk", "updated_at")) for model in (Claim, Assertion)] == before
    for model in (Claim, Assertion):
        events = model._meta.get_field("events").related_model
        assert not events.objects.filter(pgh_label="delete").exists()


def figures(factor: float) -> dict[str, Any]:
    """The results at one size, with all times multiplied by `factor`."""
    median = {"rate": 100 / factor, "p50": 10 * factor, "p99": 20 * factor}
    rates = {"ours": 100, "limit": 400, "gthread": 250, "peer": 200, "stock": 25}
    by = {server: median | {"rate": rate / factor} for server, rate in rates.items()}
    operation = {
        "title": "an operation",
        "target": 0.5,
        "growth_target": 1.3,
        "inside": {"database": 2.0, "python": 1.0, "queries": 3},
        "medians": {"4": by},
    }
    return {
        "operations": {"list": operation, "deep": operation},
        "bulk": {"rate": 5000},
        "memory": [{"rss": 90.5, "pss": 60.1}],
        "admin": [{"page": "claims", "median": 41}],
        "deep": {"4": 0.98},
    }


@pytest.fixture
def found() -> dict[str, Any]:
    return {
        "settings": {"sizes": [100, 1000], "connections": [4], "rounds": 5, "seconds": 3},
        "sizes": {"100": figures(1), "1000": figures(1.5)},
        "growth": {name: {"ours": [10, 12], "limit": [4, 6]} for name in ("list", "deep")},
        "machine": {
            "date": "2026-11-22T10:00",
            "processor": "Some",
            "cores": 2,
            "memory": 8,
            "versions": {"load": "wrk"},
        },
    }


def test_table(found: dict[str, Any]) -> None:
    lines = table.write(found).splitlines()
    assert "| an operation | 66.7 | 15 | 30 | 2 | 1 | 3 |" in lines
    assert "| an operation | 66.7 | 267 | 0.25 | ≥ 0.5 | 133 | 0.50 | 0.50 | 167 | 0.40 | 16.7 | 4 | ≥ 4 |" in lines
    assert "| an operation | 10 | 12 | 1.20 | ≤ 1.3 | 1.50 |" in lines
    assert "| page 5,000 to first page, requests/s, 4 connections | 0.98 | 1 |" in lines
    assert "| claims | 41 | ≤ 300 |" in lines
    assert all(line.count("|") == above.count("|") for above, line in pairwise(lines) if above and line)


def test_picture(found: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="make bench installs matplotlib")
    from bench import plot

    plot.draw(found, tmp_path / "bench.png")
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")


def test_steps_of_a_request(record: Any, token: str, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmark replaces functions by name, which a rename would break."""
    monkeypatch.setattr(steps, "TURNS", 2)
    monkeypatch.setattr(steps, "REQUESTS", 8)
    client = steps.Client(f"{live_server.thread.host}:{live_server.thread.port}")
    clock = steps.Clock()
    with steps.all_replaced(clock):
        timed = get_wsgi_application()
    found = {}
    for operation in operations(record):
        if operation.name in steps.OPERATIONS:
            requests, number = list(operation.requests), load.Requests.take_numbers()
            found[operation.name] = steps.measure(get_wsgi_application(), timed, clock, client, requests, token, number)
    assert list(found) == list(steps.OPERATIONS)
    called = {label for one in found.values() for label, taken in one["steps"].items() if taken}
    assert called <= set(steps.labels())
    unused = {label for _, _, label in steps.STEPS} - called - {steps.DATABASE}
    assert not unused, f"no request takes these steps of bench/steps.py: {unused}"
    assert found["claim"]["steps"]["rows read: PostgreSQL"] > 0
    rows = page.steps({"labels": steps.labels(), "operations": found}).splitlines()
    assert rows[0] == "| step, µs | claim | list | actor | create |"
    assert rows[-1].startswith("| **through the server** | ")
    assert all(row.count("|") == 6 for row in rows)


def test_time_of_a_step_excludes_the_steps_it_calls() -> None:
    clock = steps.Clock()
    clock.cost = 0
    inner = clock.timed(lambda: time.sleep(0.05), steps.DATABASE)
    clock.timed(lambda: inner(), "outer")()
    assert clock.taken["outer: PostgreSQL"] >= 50_000_000
    assert clock.taken["outer"] < clock.taken["outer: PostgreSQL"]


def test_step_that_is_gone_is_named() -> None:
    with (
        pytest.raises(SystemExit, match=r"claims.rest.views has no RecordViewSet.gone any more: .*“a step”"),
        steps.replaced(steps.Clock(), "claims.rest.views", "RecordViewSet.gone", "a step"),
    ):
        pass


@pytest.mark.django_db
@pytest.mark.parametrize("optimisation", ablations.OPTIMISATIONS, ids=lambda one: one.title)
def test_each_optimisation_can_be_switched_off(optimisation: Any, client: Client) -> None:
    """The benchmark replaces functions by name, which a rename would break."""
    with optimisation.off():
        assert client.get("/api/v1/claims/?limit=1").status_code == 200
    assert client.get("/api/v1/claims/?limit=1").status_code == 200
