"""Slow clients are disconnected and don't delay others, and connections are balanced between workers."""

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

from claimsdb.worker import READ_SIZE
from tests.client import API
from tests.running import HOST, PATIENCE, Server, serving
from tests.running import test_database as address_of_database

#: more clients than threads (2 workers with 8 each)
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
    # no connection ends because it was idle, which would hide one that was not closed for being slow
    arguments = "--worker-class tests.hasty.Worker --keep-alive 600"
    with serving(folder, database, GUNICORN_CMD_ARGS=arguments) as running:
        yield running


def head(method: str, path: str, *lines: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


def form(length: str) -> bytes:
    return head("POST", "/admin/login/", "Content-Type: application/x-www-form-urlencoded", length)


def nothing(client: socket.socket) -> None:
    """Only open a connection, as browsers do in advance."""


def head_by_the_byte(client: socket.socket) -> None:
    for byte in head("GET", "/healthz", "X-Long: " + "a" * 500):
        client.send(bytes([byte]))
        time.sleep(0.2)


def no_body(client: socket.socket) -> None:
    client.send(form("Content-Length: 100") + b"username=")


def half_a_long_body(client: socket.socket) -> None:
    client.send(form(f"Content-Length: {2 * READ_SIZE}") + b"a" * (READ_SIZE + 1000))


def half_a_body_in_chunks(client: socket.socket) -> None:
    client.send(form("Transfer-Encoding: chunked") + b"9\r\nusername=")


def no_reading(client: socket.socket) -> None:
    client.send(head("GET", BUNDLE) * 5)


def test_the_bundle_is_longer_than_a_client_can_leave_unread(server: Server) -> None:
    """Otherwise `no_reading` would not be slow."""
    response = requests.get(server.url + BUNDLE, headers={"Accept-Encoding": "identity"}, timeout=PATIENCE)
    assert response.status_code == 200
    assert 5 * len(response.content) > 6_000_000


def connect() -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
    return client


@pytest.mark.parametrize(
    "slow", [nothing, head_by_the_byte, no_body, half_a_long_body, half_a_body_in_chunks, no_reading]
)
def test_slow_clients_are_disconnected_and_others_served(server: Server, slow: Slow) -> None:
    clients = [connect() for _ in range(MANY)]

    def run(client: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it was disconnected
            slow(client)

    for client in clients:
        client.connect((HOST, server.port))
    ports = {client.getsockname()[1] for client in clients}
    threads = [threading.Thread(target=run, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            assert requests.get(f"{server.url}{API}topics/", timeout=PATIENCE).status_code == 200
        deadline = time.monotonic() + PATIENCE
        while ports & clients_of(server):
            assert time.monotonic() < deadline, "a slow client is still connected"
            time.sleep(0.05)
        for thread in threads:
            thread.join(PATIENCE)
    finally:
        for client in clients:
            client.close()


def clients_of(server: Server) -> set[int]:
    """The ports of the clients whose connections the workers have open."""
    found = [connection for worker in server.workers() for connection in worker.net_connections("tcp")]
    return {c.raddr.port for c in found if c.raddr and c.laddr.port == server.port}


def test_clients_that_stay_connected_after_their_response_delay_nobody(server: Server) -> None:
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


def test_requests_in_pieces_and_several_at_once(server: Server) -> None:
    with connect() as client:
        client.settimeout(PATIENCE)
        client.connect((HOST, server.port))
        one = head("GET", "/healthz")
        client.sendall(one[:10])
        time.sleep(0.2)
        client.sendall(one[10:] + one + one[:20])
        time.sleep(0.2)
        client.sendall(one[20:])
        received = b""
        while received.count(b"HTTP/1.1 200") < 3:
            data = client.recv(65536)
            assert data
            received += data


def response_to(server: Server, request: bytes) -> bytes:
    with socket.create_connection((HOST, server.port), timeout=PATIENCE) as client:
        client.sendall(request)
        return client.recv(65536)


def test_an_unknown_transfer_coding_is_refused_at_once(server: Server) -> None:
    for coding in ("gzip", "nonsense"):
        response = response_to(server, head("GET", "/healthz", f"Transfer-Encoding: {coding}"))
        assert response.startswith((b"HTTP/1.1 501", b"HTTP/1.1 400")), response


def test_no_header_changes_the_path_of_the_site(server: Server) -> None:
    """Not even one sent from this machine, where a proxy may run: it would evade the proxy's rules for paths."""
    moved = requests.get(f"{server.url}{API}topics/", headers={"SCRIPT_NAME": "/evil"}, timeout=PATIENCE)
    assert moved.status_code == 200
    assert "evil" not in moved.text + str(moved.headers)
    response = response_to(server, head("GET", "/x/admin/login/", "SCRIPT_NAME: /x", "Connection: close"))
    assert response.startswith(b"HTTP/1.1 404"), response


def test_long_bodies_are_accepted(server: Server) -> None:
    """Longer than one read, with a length or in chunks, with and without `Expect: 100-continue`."""
    for data in (b"a" * 3 * READ_SIZE, [b"a" * READ_SIZE] * 3):
        for expect in ({}, {"Expect": "100-continue"}):
            headers = {"Content-Type": "application/x-www-form-urlencoded"} | expect
            body = iter(data) if isinstance(data, list) else data
            response = requests.post(f"{server.url}/admin/login/", data=body, headers=headers, timeout=PATIENCE)
            assert response.status_code == 403, "it was read, but had no CSRF token"


def test_connections_are_balanced_between_workers(server: Server) -> None:
    def open_connections(worker: psutil.Process) -> int:
        return sum(c.status == "ESTABLISHED" and c.laddr.port == server.port for c in worker.net_connections("tcp"))

    def counts() -> list[int]:
        return [open_connections(worker) for worker in server.workers()]

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


def test_silent_connections_do_not_hold_up_a_new_client(server: Server) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(400):
            stack.enter_context(socket.create_connection((HOST, server.port)))
        # each worker waits up to 50 ms for the other to take the next one: strictly in turn, these would take 5 s
        began = time.monotonic()
        assert requests.get(f"{server.url}/healthz", timeout=PATIENCE).status_code == 200
        assert time.monotonic() - began < 3


class Interrupted(io.BytesIO):
    """A body whose rest never arrives."""

    def read(self, *args: int) -> bytes:
        raise TimeoutError


@pytest.mark.django_db
def test_a_body_that_does_not_arrive_gets_408(admin_client: Client) -> None:
    admin_client.raise_request_exception = False
    body = {"wsgi.input": Interrupted(), "CONTENT_LENGTH": "9", "CONTENT_TYPE": "application/json"}
    response = admin_client.post(f"{API}topics/", **body)
    assert response.status_code == 408
    assert response["Content-Type"] == "application/problem+json"
