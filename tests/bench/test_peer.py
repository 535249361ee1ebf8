"""The peer of `make bench` answers as the API does, and refuses what the API refuses."""

import copy
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bench import sameness
from bench.operations import operations
from bench.request import connect
from claims.models import Claim, Token

uvicorn = pytest.importorskip("uvicorn", reason="make bench installs uvicorn")
CLAIMS = "/api/v1/claims/"
Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def token(django_user_model: Any, transactional_db: None) -> str:
    user = django_user_model.objects.create_superuser("visitor")
    return str(Token.objects.create(user, name="tests")[1])


@pytest.fixture
def host(record: Any) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config("bench.peer:application", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def ask(host: str, live_server: Any, token: str) -> Ask:
    """Sends a request to the peer and then to the API: the status of both, and the peer's response."""

    def both(path: str, body: Any = None) -> tuple[tuple[int, int], Any]:
        statuses, answers = [], []
        for server in (host, f"{live_server.thread.host}:{live_server.thread.port}"):
            connection = connect(server)
            headers = {"Content-Type": "application/json", "Authorization": f"Token {token}"}
            content = None if body is None else json.dumps(body)
            connection.request("GET" if body is None else "POST", path, content, headers)
            answer = connection.getresponse()
            statuses.append(answer.status)
            answers.append(json.loads(answer.read()))
            connection.close()
        return (statuses[0], statuses[1]), answers[0]

    return both


def test_it_returns_the_same_as_ours(record: Any, host: str, live_server: Any, token: str) -> None:
    asked = operations(record)
    ours = f"{live_server.thread.host}:{live_server.thread.port}"
    found = sameness.same_bytes(asked, ours, host, token, 1)
    assert set(found) == {operation.name for operation in asked} - {"create"}


def test_it_refuses_what_the_api_refuses(record: Any, ask: Ask) -> None:
    good = dict(operations(record)[-1].requests[0].body or {})
    assert ask(CLAIMS, good)[0] == (201, 201)
    before = Claim.objects.count()
    for name, value in (
        ("text", ""),
        ("text", " \n "),
        ("text", "x" * 1001),
        ("text", "a\0b"),
        ("kind", "rumour"),
        ("language", "zz-nonsense"),
        ("occurred", "yesterday"),
        ("context", "x" * 10_001),
        ("author", "me"),
        ("source", "nowhere"),
        ("speaker", "nobody"),
        ("voice", "loud"),
        ("stance", "shrugs"),
        ("said", "2024-13"),
        ("locator", "x" * 501),
        ("hedged", [1]),
    ):
        body = copy.deepcopy(good)
        (body if name in ("text", "kind", "language", "occurred", "context", "author") else body["assertions"][0])[
            name
        ] = value
        peer, ours = ask(CLAIMS, body)[0]
        assert (peer in (400, 422), ours) == (True, 400), (name, value, peer)
    assert Claim.objects.count() == before


def test_it_numbers_a_slug_that_is_taken(record: Any, ask: Ask) -> None:
    body = dict(operations(record)[-1].requests[0].body or {})
    slugs = [ask(CLAIMS, body)[1]["slug"] for _ in range(2)]
    assert slugs[1].startswith(f"{slugs[0]}-")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{CLAIMS}nothing-here/", 404),
        ("/api/v1/actors/nobody/", 404),
        (f"{CLAIMS}?status=rumour", 400),
        (f"{CLAIMS}?topic=nothing", 400),
        (f"{CLAIMS}?status=refuted&occurred__gte=soon", 400),
        (f"{CLAIMS}?status=refuted&occurred__gte=2020-01-01&cursor=abc", 400),
        (f"{CLAIMS}?colour=red", 400),
    ],
)
def test_it_refuses_the_same_addresses(ask: Ask, path: str, status: int) -> None:
    peer, ours = ask(path)[0]
    assert ours == status
    assert peer in ({404} if status == 404 else {400, 422})
