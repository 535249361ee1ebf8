"""No thread waits for a client, and what is kept for clients that send or read slowly is bounded."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
import requests
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.core.management import call_command

from claimsdb.worker import BODY_TIMEOUT, HEAD_TIMEOUT, SEND_TIMEOUT
from tests.claimsdb.test_slow_clients import BUNDLE, clients_of, connect, form, head
from tests.client import API
from tests.running import HOST, PATIENCE, Server, serving
from tests.running import test_database as address_of_database

#: half of a form whose token has to be looked for in the body, which doesn't arrive in one read
HALF = head(
    "POST",
    "/admin/login/",
    "Content-Type: application/x-www-form-urlencoded",
    f"Cookie: csrftoken={'a' * 32}",
    "Content-Length: 400000",
) + (b"a" * 200_000)


@pytest.fixture(scope="module")
def serve(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Any]:
    """A function that serves the site with one worker and these settings of gunicorn and variables, as a context."""
    with django_db_blocker.unblock():
        database = address_of_database()

    def begin(arguments: str = "", **variables: str) -> Any:
        folder = tmp_path_factory.mktemp("waiting")
        return serving(folder, database, WEB_CONCURRENCY="1", GUNICORN_CMD_ARGS=arguments, **variables)

    return begin


@pytest.fixture(scope="module")
def server(serve: Callable[..., Any]) -> Iterator[Server]:
    with serve() as running:
        yield running


@contextlib.contextmanager
def clients(server: Server, count: int, sent: Callable[[int], bytes]) -> Iterator[list[socket.socket]]:
    """Connections that have sent `sent(number)` and don't read."""
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(connect()) for _ in range(count)]
        for number, client in enumerate(opened):
            client.settimeout(PATIENCE)
            client.connect((HOST, server.port))
            client.sendall(sent(number))
        yield opened


def seconds_for_a_request(server: Server) -> float:
    began = time.monotonic()
    assert requests.get(f"{server.url}{API}topics/", timeout=PATIENCE).status_code == 200
    return time.monotonic() - began


def response_to(server: Server, *parts: bytes) -> bytes:
    """All of the response to a request after which the server closes the connection."""
    with socket.create_connection((HOST, server.port), timeout=PATIENCE) as client:
        for part in parts:
            client.sendall(part)
        return b"".join(iter(lambda: client.recv(65536), b""))


def from_client(number: int, request: bytes) -> bytes:
    """The request, from one of many clients of a proxy."""
    return request.replace(b"\r\n", b"\r\nX-Forwarded-For: 203.0.113.%d\r\n" % number, 1)


# No thread waits


@pytest.mark.parametrize("count", [16, 200])
def test_clients_that_do_not_read_hold_no_thread(server: Server, count: int) -> None:
    with clients(server, count, lambda _: head("GET", BUNDLE) * 2):
        assert max(seconds_for_a_request(server) for _ in range(3)) < SEND_TIMEOUT / 3


def test_half_sent_bodies_hold_no_thread(server: Server) -> None:
    with clients(server, 40, lambda _: HALF):
        assert max(seconds_for_a_request(server) for _ in range(3)) < BODY_TIMEOUT / 3


def test_a_slow_reader_gets_all_of_its_responses(server: Server) -> None:
    whole = requests.get(server.url + BUNDLE, headers={"Accept-Encoding": "identity"}, timeout=PATIENCE).content
    last = head("GET", "/healthz", "Connection: close")
    with clients(server, 1, lambda _: head("GET", BUNDLE) * 5 + last) as (client,):
        time.sleep(0.5)
        received = b"".join(iter(lambda: client.recv(65536), b""))
    assert received.count(whole) == 5
    assert received.endswith(b"\r\n\r\nok\n")


# What is kept is bounded


@pytest.fixture(scope="module")
def tight(serve: Callable[..., Any]) -> Iterator[Server]:
    with serve("--worker-class tests.tight.Worker --worker-connections 100", PROXIES="1") as running:
        yield running


def wait_for_cuts(server: Server, opened: list[socket.socket], kept: int) -> None:
    """Wait until the server has cut all but `kept` of the clients. Raises AssertionError before they time out."""
    ports = {client.getsockname()[1] for client in opened}
    deadline = time.monotonic() + SEND_TIMEOUT / 2
    while len(ports & clients_of(server)) > kept:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize(("addresses", "kept"), [(1, 5), (20, 10)])
def test_the_bodies_that_are_kept_are_bounded(tight: Server, addresses: int, kept: int) -> None:
    """A megabyte per client and two in all: five or ten halves of a body."""
    with clients(tight, 20, lambda number: from_client(number % addresses, HALF)) as opened:
        wait_for_cuts(tight, opened, kept)
        assert seconds_for_a_request(tight) < BODY_TIMEOUT / 3


@pytest.mark.parametrize("addresses", [1, 20])
def test_the_responses_that_are_kept_are_bounded(tight: Server, addresses: int) -> None:
    with clients(tight, 20, lambda number: from_client(number % addresses, head("GET", BUNDLE)) * 5) as opened:
        wait_for_cuts(tight, opened, 4)
        assert seconds_for_a_request(tight) < SEND_TIMEOUT / 3


def test_silent_connections_make_room_for_others(tight: Server) -> None:
    with clients(tight, 150, lambda _: b""):
        assert seconds_for_a_request(tight) < HEAD_TIMEOUT / 2


# Refused requests


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (form("Transfer-Encoding: chunked") + b"zz\r\n{}\r\n0\r\n\r\n", b"400 Bad Request"),
        (form("Transfer-Encoding: chunked") + b"2\r\n{}xx0\r\n\r\n", b"400 Bad Request"),
        (form("Content-Length: +2") + b"{}", b"400 Bad Request"),
        (form("Content-Length: " + "9" * 5000) + b"{}", b"400 Bad Request"),
        (form("Content-Length: 2\r\nTransfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n\r\n", b"400 Bad Request"),
        (b"nonsense\r\n\r\n", b"400 Bad Request"),
        (head("GET", "/" + "a" * 8200), b"414 "),
        (head("GET", "/", "X-Long: " + "a" * 8200), b"431 Request Header Fields Too Large"),
        (head("GET", "/", *(f"X-{n}: {'a' * 8000}" for n in range(30))), b"431 Request Header Fields Too Large"),
        (head("GET", "/", "Transfer-Encoding: nonsense"), b"501 Not Implemented"),
    ],
)
def test_what_can_not_be_parsed_is_refused(server: Server, request_: bytes, status: bytes) -> None:
    response = response_to(server, request_)
    assert response.startswith(b"HTTP/1.1 " + status), response
    assert b"\r\nContent-Type: application/problem+json\r\n" in response
    assert b"\r\nConnection: close\r\n" in response


def test_a_body_that_is_too_long_is_refused_before_it_is_read(server: Server) -> None:
    long = configured.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
    json = ["Content-Type: application/json"]
    for declared in ([f"Content-Length: {long}"], [f"Content-Length: {long}", "Expect: 100-continue"]):
        for path in (f"{API}topics/", "/admin/login/"):
            response = response_to(server, head("POST", path, *json, *declared))
            assert response.startswith((b"HTTP/1.1 413", b"HTTP/1.1 403", b"HTTP/1.1 401")), response[:300]
    chunks = b"%x\r\n%b\r\n" % (long, b" " * long)
    response = response_to(server, head("POST", f"{API}topics/", *json, "Transfer-Encoding: chunked"), chunks)
    assert response.startswith(b"HTTP/1.1 4"), response[:300]


@pytest.mark.django_db(transaction=True)
def test_bodies_are_read_whole_or_refused(serve: Callable[..., Any]) -> None:
    printed = StringIO()
    User.objects.create_superuser("waiting")
    call_command("create_token", "waiting", stdout=printed)
    token = printed.getvalue().strip()
    json = ["Content-Type: application/json", f"Authorization: Token {token}", "Connection: close"]
    limit = configured.DATA_UPLOAD_MAX_MEMORY_SIZE
    chunked = "Transfer-Encoding: chunked"
    with serve("--worker-class tests.hasty.Worker") as server:

        def post(*parts: bytes, length: str) -> bytes:
            return response_to(server, head("POST", f"{API}topics/", *json, length), *parts)

        body = b'{"name": "In chunks"}'
        assert post(b"8\r\n%b\r\n" % body[:8], b"d\r\n%b\r\n0\r\n\r\n" % body[8:], length=chunked).startswith(
            b"HTTP/1.1 201"
        )
        for response, status in [
            (post(length=f"Content-Length: {limit + 1}"), b"413"),
            (post(b"%x\r\n%b" % (limit + 1, b" " * (limit + 1)), length=chunked), b"413"),
            (post(b"1\r\n \r\n" * 100_000, length=chunked), b"400"),
            (post(body[:8], length="Content-Length: 21"), b"408"),
            (post(b"8\r\n%b\r\n" % body[:8], length=chunked), b"408"),
            (post(length=chunked), b"408"),
        ]:
            assert response.startswith(b"HTTP/1.1 " + status), response[:300]
            assert b"Content-Type: application/problem+json\r\n" in response


def test_a_stopping_server_finishes_what_it_began(serve: Callable[..., Any]) -> None:
    with serve() as server:
        whole = requests.get(server.url + BUNDLE, headers={"Accept-Encoding": "identity"}, timeout=PATIENCE).content
        with clients(server, 1, lambda _: head("GET", BUNDLE) * 5 + head("GET", "/healthz")[:9]) as (client,):
            assert client.recv(12) == b"HTTP/1.1 200"
            server.process.terminate()
            time.sleep(1)
            received = b"".join(iter(lambda: client.recv(65536), b""))
    assert received.count(whole) >= 1
    assert received.endswith(whole)
