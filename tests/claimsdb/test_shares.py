"""What one client asks for holds up that client alone: threads are shared out, and a stranger may not ask for long."""

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

#: seconds that a statement may run: a stranger's, and anybody's
STRANGER, ANYBODY = 3, 4.5
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
    limits = {"STATEMENT_TIMEOUT": str(ANYBODY), "ANONYMOUS_STATEMENT_TIMEOUT": str(STRANGER)}
    with serving(tmp_path_factory.mktemp("shares"), database, WEB_CONCURRENCY="1", PROXIES="1", **limits) as running:
        yield running, printed.getvalue().strip()
    with django_db_blocker.unblock():
        user.delete()
        connection.close()


@contextmanager
def topics_locked() -> Iterator[None]:
    """Whoever reads topics waits."""
    connection.ensure_connection()
    info = connection.connection.info
    where = psycopg.conninfo.make_conninfo(
        host=info.host, port=info.port, user=info.user, password=info.password, dbname=info.dbname
    )
    with psycopg.connect(where) as holder:
        holder.execute("LOCK TABLE claims_topic IN ACCESS EXCLUSIVE MODE")
        yield


def ask(server: Server, path: str, client: str, **headers: str) -> tuple[requests.Response, float]:
    """The answer to a client of the proxy, and the seconds that it took."""
    began = time.monotonic()
    answer = requests.get(server.url + path, headers={"X-Forwarded-For": client} | headers, timeout=PATIENCE)
    return answer, time.monotonic() - began


@pytest.mark.django_db
def test_one_client_leaves_threads_to_others(server: tuple[Server, str]) -> None:
    site, _ = server
    answers: list[int] = []
    greedy = [
        threading.Thread(
            target=lambda n=n: answers.append(ask(site, SLOW, f"203.0.113.9:{4000 + n}")[0].status_code)  # type: ignore[misc]
        )
        for n in range(2 * THREADS)
    ]
    with topics_locked():
        for thread in greedy:
            thread.start()
        time.sleep(0.5)
        took = [ask(site, QUICK, "203.0.113.10")[1] for _ in range(5)]
    for thread in greedy:
        thread.join(PATIENCE)
    assert max(took) < STRANGER / 2
    assert len(answers) == 2 * THREADS  # the others had their turn
    assert set(answers) <= {200, 503}


@pytest.mark.django_db
def test_a_strangers_statement_is_cut_off_sooner(server: tuple[Server, str]) -> None:
    site, token = server
    with topics_locked():
        for _ in range(2):
            answer, seconds = ask(site, SLOW, "203.0.113.11")
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
            assert f"the {STRANGER} s that a query may run without signing in" in answer.json()["detail"]
            assert STRANGER <= seconds < ANYBODY
            answer, seconds = ask(site, SLOW, "203.0.113.11", Authorization=f"Token {token}")
            assert answer.status_code == 503
            assert f"the {ANYBODY} s that a query may run, and" in answer.json()["detail"]
            assert seconds >= ANYBODY


@pytest.mark.django_db
def test_logs_name_the_client_and_not_the_proxy(server: tuple[Server, str]) -> None:
    site, _ = server
    for number, client in enumerate(("203.0.113.12:4711", "[2001:db8::12]:4711"), 1):
        ask(site, QUICK, client, **{"X-Request-ID": f"named-{number}"})
    found = {line["request_id"]: line["address"] for line in site.lines() if "address" in line}
    assert found["named-1"] == "203.0.113.12"
    assert found["named-2"] == "2001:db8::12"


# Turns


def turns(*waiting: str) -> Turns[int]:
    found: Turns[int] = Turns(THREADS, SHARE)
    for number, client in enumerate(waiting):
        found.add(client, number)
    return found


def taken(found: Turns[int]) -> list[str]:
    return [took[0] for took in iter(found.take, None)]


def test_no_client_has_more_than_its_share() -> None:
    found = turns(*"a" * 20)
    assert taken(found) == ["a"] * SHARE
    found.add("b", 20)
    assert taken(found) == ["b"]
    found.end("a")
    assert taken(found) == ["a"]


def test_clients_take_turns_whatever_the_number_of_their_requests() -> None:
    found = turns(*"aaaaaaaabbbbc")
    assert taken(found) == list("abcababa")
    for client in "abc":
        found.end(client)
    found.add("d", 99)
    assert taken(found) == list("bad")


def test_requests_of_a_client_come_in_their_order_and_nothing_is_left() -> None:
    found = turns(*"abab")
    assert [found.take() for _ in range(5)] == [("a", 0), ("b", 1), ("a", 2), ("b", 3), None]
    for client in "abab":
        found.end(client)
    assert (found.free, dict(found.under_way), dict(found.waiting)) == (THREADS, {}, {})
