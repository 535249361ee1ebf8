"""Clients that take their time are cut off, and others are served meanwhile; and which worker serves whom."""

import contextlib
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator

import psutil
import pytest
import requests
from django.test import Client

from claimsdb.worker import SHORT
from tests.client import API
from tests.running import HOST, PATIENCE, Server, serving
from tests.running import test_database as address_of_database

#: more clients than there are threads (8 of each of 2 workers)
MANY = 20
BUNDLE = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
Slow = Callable[[socket.socket], None]


@pytest.fixture(scope="module")
def server(
    django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("slow")
    with django_db_blocker.unblock():
        database = address_of_database()
    with serving(folder, database, GUNICORN_CMD_ARGS="--worker-class tests.hasty.Worker") as running:
        yield running


def head(method: str, path: str, *lines: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


def form(length: str) -> bytes:
    return head("POST", "/admin/login/", "Content-Type: application/x-www-form-urlencoded", length)


def nothing(client: socket.socket) -> None:
    """Opens a connection, as browsers do beforehand."""


def head_by_the_byte(client: socket.socket) -> None:
    for byte in head("GET", "/healthz", "X-Long: " + "a" * 500):
        client.send(bytes([byte]))
        time.sleep(0.2)


def no_body(client: socket.socket) -> None:
    client.send(form("Content-Length: 100") + b"username=")


def half_a_long_body(client: socket.socket) -> None:
    client.send(form(f"Content-Length: {2 * SHORT}") + b"a" * (SHORT + 1000))


def half_a_body_in_chunks(client: socket.socket) -> None:
    client.send(form("Transfer-Encoding: chunked") + b"9\r\nusername=")


def no_reading(client: socket.socket) -> None:
    client.send(head("GET", BUNDLE) * 5)
    time.sleep(3)  # longer than its answers may take


def connect() -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
    return client


@pytest.mark.parametrize(
    "slow", [nothing, head_by_the_byte, no_body, half_a_long_body, half_a_body_in_chunks, no_reading]
)
def test_slow_clients_are_cut_off_and_others_served(server: Server, slow: Slow) -> None:
    clients = [connect() for _ in range(MANY)]

    def run(client: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it was cut off
            slow(client)

    for client in clients:
        client.connect((HOST, server.port))
    threads = [threading.Thread(target=run, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            assert requests.get(f"{server.url}{API}topics/", timeout=PATIENCE).status_code == 200
        for thread in threads:
            thread.join(PATIENCE)
        for client in clients:
            assert is_cut_off(client)
    finally:
        for client in clients:
            client.close()


def is_cut_off(client: socket.socket) -> bool:
    """Whether the server ends the connection while the client stays, after what was on the way."""
    client.settimeout(PATIENCE)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    try:
        while client.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def test_clients_that_stay_after_their_answer_hold_nobody_up(server: Server) -> None:
    clients = [connect() for _ in range(MANY)]
    for client in clients:
        client.connect((HOST, server.port))
        client.send(head("GET", "/healthz", "Connection: close"))
    for client in clients:
        client.settimeout(PATIENCE)
        assert client.recv(12) == b"HTTP/1.1 200"
    assert requests.get(f"{server.url}/healthz", timeout=PATIENCE).status_code == 200
    for client in clients:
        client.close()


def test_requests_in_pieces_and_several_in_one_piece(server: Server) -> None:
    with connect() as client:
        client.settimeout(PATIENCE)
        client.connect((HOST, server.port))
        one = head("GET", "/healthz")
        client.sendall(one[:10])
        time.sleep(0.2)
        client.sendall(one[10:] + one + one[:20])
        time.sleep(0.2)
        client.sendall(one[20:])
        found = b""
        while found.count(b"HTTP/1.1 200") < 3:
            piece = client.recv(65536)
            assert piece
            found += piece


def answer_to(server: Server, request: bytes) -> bytes:
    with socket.create_connection((HOST, server.port), timeout=5) as client:
        client.sendall(request)
        return client.recv(65536)


def test_an_unknown_transfer_coding_is_refused_at_once(server: Server) -> None:
    for coding in ("gzip", "nonsense"):
        answer = answer_to(server, head("GET", "/healthz", f"Transfer-Encoding: {coding}"))
        assert answer.startswith((b"HTTP/1.1 501", b"HTTP/1.1 400")), answer


def test_no_header_moves_the_site(server: Server) -> None:
    """Not even from this machine, where a proxy might be: it would pass a proxy's rules by address."""
    moved = requests.get(f"{server.url}{API}topics/", headers={"SCRIPT_NAME": "/evil"}, timeout=PATIENCE)
    assert moved.status_code == 200
    assert "evil" not in moved.text + str(moved.headers)
    answer = answer_to(server, head("GET", "/x/admin/login/", "SCRIPT_NAME: /x", "Connection: close"))
    assert answer.startswith(b"HTTP/1.1 404"), answer


def test_long_bodies_are_taken(server: Server) -> None:
    """Beyond what is collected beforehand, in one piece and in chunks, and from clients that ask first."""
    for data in (b"a" * 3 * SHORT, [b"a" * SHORT] * 3):
        for asked in ({}, {"Expect": "100-continue"}):
            headers = {"Content-Type": "application/x-www-form-urlencoded"} | asked
            body = iter(data) if isinstance(data, list) else data
            answer = requests.post(f"{server.url}/admin/login/", data=body, headers=headers, timeout=PATIENCE)
            assert answer.status_code == 403, "there was no token of a form in it, but it was read"


def test_connections_are_shared_out(server: Server) -> None:
    def held(worker: psutil.Process) -> int:
        return sum(c.status == "ESTABLISHED" and c.laddr.port == server.port for c in worker.net_connections("tcp"))

    def counts() -> list[int]:
        return [held(worker) for worker in server.workers()]

    with contextlib.ExitStack() as stack:

        def open_another() -> None:
            session = stack.enter_context(requests.Session())
            assert session.get(f"{server.url}/healthz", timeout=PATIENCE).status_code == 200

        deadline = time.monotonic() + PATIENCE
        while not all(counts()):  # one of them may still be starting
            assert time.monotonic() < deadline
            open_another()
        for _ in range(MANY):
            open_another()
        assert max(counts()) - min(counts()) <= 2


class Interrupted(io.BytesIO):
    """A body of which the rest doesn't come."""

    def read(self, *args: int) -> bytes:
        raise TimeoutError


@pytest.mark.django_db
def test_a_body_that_does_not_arrive_is_told(admin_client: Client) -> None:
    admin_client.raise_request_exception = False
    body = {"wsgi.input": Interrupted(), "CONTENT_LENGTH": "9", "CONTENT_TYPE": "application/json"}
    answer = admin_client.post(f"{API}topics/", **body)
    assert answer.status_code == 408
    assert answer["Content-Type"] == "application/problem+json"
