"""A client's slow requests delay only that client, and unauthenticated queries have a shorter timeout."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import psycopg
import pytest
import requests
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection

from claimsdb.turns import Turns
from claimsdb.worker import SHARE, THREADS
from tests.client import API
from tests.running import PATIENCE, Server, serving
from tests.running import test_database as address_of_database

#: statement timeouts in seconds
ANONYMOUS, SIGNED_IN = 1, 3
#: how many statements wait for a lock on topics
WAITING = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE datname = current_database() AND relation = 'claims_topic'::regclass AND NOT granted
"""
SLOW, QUICK = f"{API}topics/", f"{API}actors/"


@pytest.fixture(scope="module")
def server(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, str]]:
    """A site with one worker behind a proxy, and a token for it."""
    printed = StringIO()
    with django_db_blocker.unblock():
        database = address_of_database()
        user = User.objects.create_user("shares")
        call_command("create_token", "shares", stdout=printed)
        connection.close()
    limits = {"STATEMENT_TIMEOUT": str(SIGNED_IN), "ANONYMOUS_STATEMENT_TIMEOUT": str(ANONYMOUS)}
    with serving(tmp_path_factory.mktemp("shares"), database, WEB_CONCURRENCY="1", PROXIES="1", **limits) as running:
        yield running, printed.getvalue().strip()
    with django_db_blocker.unblock():
        user.delete()
        connection.close()


@contextmanager
def topics_locked() -> Iterator[psycopg.Connection[Any]]:
    """A context in which reads of topics wait. Yields the connection that holds the lock."""
    connection.ensure_connection()
    info = connection.connection.info
    where = psycopg.conninfo.make_conninfo(
        host=info.host, port=info.port, user=info.user, password=info.password, dbname=info.dbname
    )
    with psycopg.connect(where) as holder:
        holder.execute("LOCK TABLE claims_topic IN ACCESS EXCLUSIVE MODE")
        yield holder


def ask(server: Server, path: str, client: str, **headers: str) -> tuple[requests.Response, float]:
    """The response to a client of the proxy, and the seconds that it took."""
    began = time.monotonic()
    answer = requests.get(server.url + path, headers={"X-Forwarded-For": client} | headers, timeout=PATIENCE)
    return answer, time.monotonic() - began


@pytest.mark.django_db
def test_one_client_leaves_threads_to_others(server: tuple[Server, str]) -> None:
    site, token = server
    statuses: list[int] = []

    def greedy(number: int) -> None:
        client = f"203.0.113.9:{4000 + number}"
        statuses.append(ask(site, SLOW, client, Authorization=f"Token {token}")[0].status_code)

    threads = [threading.Thread(target=greedy, args=(number,)) for number in range(2 * THREADS)]
    with topics_locked() as holder:
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + PATIENCE
        while holder.execute(WAITING).fetchone() != (SHARE,):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        took = [ask(site, QUICK, "203.0.113.10")[1] for _ in range(5)]
    for thread in threads:
        thread.join(PATIENCE)
    assert max(took) < SIGNED_IN / 2
    assert len(statuses) == 2 * THREADS  # the greedy client's other requests had their turn later
    assert set(statuses) <= {200, 503}


@pytest.mark.django_db
def test_an_unauthenticated_query_has_a_shorter_timeout(server: tuple[Server, str]) -> None:
    site, token = server
    with topics_locked():
        # one thread may answer all three, so each must replace the timeout of the one before
        for limit, words, headers in [
            (ANONYMOUS, f"the {ANONYMOUS} s allowed without signing in and", {}),
            (SIGNED_IN, f"the {SIGNED_IN} s allowed and", {"Authorization": f"Token {token}"}),
            (ANONYMOUS, f"the {ANONYMOUS} s allowed without signing in and", {}),
        ]:
            answer, seconds = ask(site, SLOW, "203.0.113.11", **headers)
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
            assert words in answer.json()["detail"]
            assert limit <= seconds < (SIGNED_IN if limit == ANONYMOUS else PATIENCE)


@pytest.mark.django_db
def test_logs_contain_the_clients_address_and_not_the_proxys(server: tuple[Server, str]) -> None:
    site, _ = server
    for number, client in enumerate(("203.0.113.12:4711", "[2001:db8::12]:4711"), 1):
        ask(site, QUICK, client, **{"X-Request-ID": f"named-{number}"})
    found = {line["request_id"]: line["address"] for line in site.lines() if "address" in line}
    assert found["named-1"] == "203.0.113.12"
    assert found["named-2"] == "2001:db8::12"


# Turns


def turns(*waiting: str) -> Turns[int]:
    """The turns of numbered requests of these clients."""
    queue: Turns[int] = Turns(THREADS, SHARE)
    for number, client in enumerate(waiting):
        queue.add(client, number)
    return queue


def take_all(queue: Turns[int]) -> list[str]:
    """The clients that get the free threads, in order."""
    return [turn[0] for turn in iter(queue.take, None)]


def test_no_client_has_more_than_its_share() -> None:
    queue = turns(*"a" * 20)
    assert take_all(queue) == ["a"] * SHARE
    queue.add("b", 20)
    assert take_all(queue) == ["b"]
    queue.end("a")
    assert take_all(queue) == ["a"]


def test_clients_take_turns_whatever_the_number_of_their_requests() -> None:
    queue = turns(*"aaaaaaaabbbbc")
    assert take_all(queue) == list("abcababa")
    for client in "abc":
        queue.end(client)
    queue.add("d", 99)
    assert take_all(queue) == list("bad")


def test_requests_of_a_client_keep_their_order_and_nothing_is_left() -> None:
    queue = turns(*"abab")
    assert [queue.take() for _ in range(5)] == [("a", 0), ("b", 1), ("a", 2), ("b", 3), None]
    for client in "abab":
        queue.end(client)
    assert (queue.free, dict(queue.running), dict(queue.waiting)) == (THREADS, {}, {})
