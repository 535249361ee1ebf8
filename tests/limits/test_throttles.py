"""How fast one client may ask: what is counted together, what the answers say of it, and what happens above it."""

import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from claims.limits import counters
from claims.limits.addresses import address, network
from claims.limits.rates import Rate
from claims.models import Token
from tests.claimsdb.test_settings import one_line, start
from tests.client import anonymous, problem, url

pytestmark = pytest.mark.django_db

TOPICS = url("topics")


@pytest.fixture(autouse=True)
def _rates(settings: Any) -> None:
    """Low rates, and nothing counted yet."""
    counters.clear()
    settings.RATES = {
        "anonymous": Rate("anonymous", 3, 60),
        "user": Rate("user", 5, 3600),
        "failed": Rate("failed", 2, 60),
    }


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clock that stands still: `clock.now` is in seconds."""
    found = type("Clock", (), {"now": 1000.5})()
    monkeypatch.setattr(counters, "monotonic", lambda: found.now)
    return found


def signed_in(name: str, **extra: Any) -> Any:
    user, _ = User.objects.get_or_create(username=name)
    client = anonymous()
    secret = Token.objects.create(user, name=f"{Token.objects.count()}")[1]
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}", **extra)
    return client


def bad_token() -> Any:
    client = anonymous()
    client.credentials(HTTP_AUTHORIZATION="Token wrong")
    return client


def statuses(client: Any, times: int, **extra: Any) -> list[int]:
    return [client.get(TOPICS, **extra).status_code for _ in range(times)]


# What a client is told


def test_each_answer_tells_what_is_left(clock: Any) -> None:
    client = anonymous()
    for left in (2, 1, 0):
        response = client.get(TOPICS)
        assert response.status_code == 200
        assert response["RateLimit-Policy"] == '"anonymous";q=3;w=60'
        assert response["RateLimit"] == f'"anonymous";r={left};t=60'
    clock.now += 20
    response = client.get(TOPICS)
    body = problem(response, 429)
    assert response["RateLimit"] == '"anonymous";r=0;t=40'
    assert response["Retry-After"] == "40"
    assert body["type"].endswith("#quota-exceeded")
    assert body["violated-policies"] == ["anonymous"]
    assert "3 in 60 seconds" in body["detail"]
    assert "Try again in 40 seconds" in body["detail"]


def test_after_its_window_a_client_begins_anew(clock: Any) -> None:
    assert statuses(anonymous(), 4) == [200] * 3 + [429]
    clock.now += 59
    waiting = anonymous().get(TOPICS)
    assert (waiting.status_code, waiting["Retry-After"]) == (429, "1")
    clock.now += 1
    assert statuses(anonymous(), 4) == [200] * 3 + [429]


def test_a_user_is_counted_whatever_the_address_and_the_token() -> None:
    one, other = signed_in("bob", REMOTE_ADDR="192.0.2.1"), signed_in("bob", REMOTE_ADDR="192.0.2.2")
    assert one.get(TOPICS)["RateLimit-Policy"] == '"user";q=5;w=3600'
    assert statuses(one, 2) + statuses(other, 3) == [200] * 4 + [429]
    assert statuses(signed_in("eve", REMOTE_ADDR="192.0.2.1"), 1) == [200]
    assert statuses(anonymous(), 1, REMOTE_ADDR="192.0.2.1") == [200]


def test_addresses_are_counted_apart() -> None:
    for client, times in (("192.0.2.1", 4), ("192.0.2.2", 4)):
        assert statuses(anonymous(), times, REMOTE_ADDR=client) == [200] * 3 + [429]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", url("nowhere"), 404),
        ("post", url("topics"), 401),
        ("post", url("schema"), 405),
        ("get", url("claims", "none"), 404),
        ("get", url("tokens"), 401),
        ("get", url("schema"), 200),
        ("options", url("topics"), 200),
    ],
)
def test_whatever_is_answered_counts(method: str, path: str, status: int) -> None:
    for left in (2, 1):
        response = getattr(anonymous(), method)(path)
        assert response.status_code == status
        assert response["RateLimit"].startswith(f'"anonymous";r={left};')


REFUSED = {
    "unknown address": ("get", url("nowhere"), {}, 404),
    "another unknown address": ("post", "/api", {}, 404),
    "unknown record": ("get", url("claims", "none"), {}, 404),
    "no slash": ("get", "/api/v1/claims", {}, 308),
    "not signed in": ("post", TOPICS, {}, 401),
    "a wrong scheme": ("get", TOPICS, {"HTTP_AUTHORIZATION": "Digest x"}, 401),
    "not there": ("post", url("schema"), {}, 405),
    "not JSON": ("get", TOPICS, {"HTTP_ACCEPT": "text/csv"}, 406),
    "a wrong parameter": ("get", TOPICS, {"QUERY_STRING": "x=1"}, 400),
    "an old session": ("post", TOPICS, {"HTTP_COOKIE": "sessionid=x"}, 401),
}


@pytest.mark.parametrize(("method", "path", "extra", "status"), REFUSED.values(), ids=REFUSED)
def test_refusals_are_counted_and_stopped(
    method: str, path: str, extra: dict[str, str], status: int, settings: Any
) -> None:
    settings.RATES["failed"] = Rate("failed", 100, 60)
    client = anonymous()
    found = [getattr(client, method)(path, **extra) for _ in range(6)]
    assert [response.status_code for response in found] == [status] * 3 + [429] * 3
    for response in found[3:]:
        assert problem(response, 429)["violated-policies"] == ["anonymous"]
        assert int(response["Retry-After"]) > 0
        assert response["Cache-Control"] == "no-store"
    assert statuses(anonymous(), 1) == [429]


def test_above_the_limit_nothing_is_looked_up() -> None:
    client = anonymous()
    assert statuses(client, 3) == [200] * 3
    with CaptureQueriesContext(connection) as queries:
        for path in (TOPICS, url("claims", "none"), url("nowhere"), url("tokens"), url("schema")):
            assert client.get(path).status_code == 429
        assert client.post(TOPICS, b"{" * 1000, content_type="application/json").status_code == 429
    assert not queries


def test_one_who_may_not_is_counted_as_the_user_and_stopped() -> None:
    client = signed_in("bob")
    found = [client.post(TOPICS, {"name": "x"}, format="json") for _ in range(7)]
    assert [response.status_code for response in found] == [403] * 5 + [429] * 2
    assert all(response["RateLimit-Policy"].startswith('"user"') for response in found)


def test_what_was_saved_is_not_answered_with_429() -> None:
    from claims.models import Topic

    User.objects.create(username="bob", is_superuser=True)
    found = [signed_in("bob").post(TOPICS, {"name": "x"}, format="json").status_code for _ in range(7)]
    assert found == [201] * 5 + [429] * 2
    assert Topic.objects.count() == 5


def test_pages_are_not_counted() -> None:
    response = anonymous().get("/")
    assert "RateLimit" not in response


def test_a_rate_can_be_off(settings: Any) -> None:
    settings.RATES = dict.fromkeys(settings.RATES)
    assert statuses(anonymous(), 10) == [200] * 10
    assert statuses(bad_token(), 10) == [401] * 10
    assert "RateLimit" not in anonymous().get(TOPICS)


def test_counting_takes_no_query(settings: Any) -> None:
    with CaptureQueriesContext(connection) as counted:
        anonymous().get(TOPICS)
    settings.RATES = dict.fromkeys(settings.RATES)
    with CaptureQueriesContext(connection) as uncounted:
        anonymous().get(TOPICS)
    assert len(counted) == len(uncounted)


# Guessing


def test_failed_sign_ins_count_for_the_address() -> None:
    good, bad = signed_in("bob"), bad_token()
    first = bad.get(TOPICS)
    assert first["RateLimit"].startswith('"failed";r=1;')
    assert '"anonymous";r=2;' in first["RateLimit"]
    assert first["RateLimit-Policy"] == '"failed";q=2;w=60, "anonymous";q=3;w=60'
    assert statuses(bad, 2) == [401, 429]
    with CaptureQueriesContext(connection) as found:
        response = bad.get(TOPICS)
        assert problem(response, 429)["violated-policies"] == ["failed"]
        assert int(response["Retry-After"]) > 0
        # not even a good one is looked up, or a lucky guess would be let in
        problem(good.get(TOPICS), 429)
    assert not found
    assert statuses(good, 1, REMOTE_ADDR="192.0.2.7") == [200]
    assert statuses(anonymous(), 1) == [200]


def test_wrong_passwords_count_as_well_whatever_the_name() -> None:
    client = anonymous()
    found = []
    for pair in ("YTp4", "Yjp4", "Yzp4"):
        client.credentials(HTTP_AUTHORIZATION=f"Basic {pair}")
        found.append(client.post(url("tokens"), {"name": "x"}, format="json").status_code)
    assert found == [401, 401, 429]


# Whose address it is


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 198.51.100.1, 203.0.113.9", "198.51.100.1"),
        (2, "203.0.113.9", "203.0.113.9"),
        (1, "not an address", "192.0.2.1"),
        (1, "203.0.113.7:4711", "203.0.113.7"),
        (1, "203.0.113.7:not a port", "203.0.113.7"),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, "[2001:DB8::7]", "2001:db8::7"),
        (1, "[2001:db8::7]:4711", "2001:db8::7"),
        (1, '"[2001:db8::7]:4711"', "2001:db8::7"),
        (1, "fe80::7%eth0", "fe80::7"),
        (1, "::ffff:203.0.113.7", "203.0.113.7"),
        (1, "for=203.0.113.7;proto=https;by=203.0.113.43", "203.0.113.7"),
        (1, 'For="[2001:db8::7]:4711"', "2001:db8::7"),
        (1, "9.9.9.9, for=203.0.113.7:80", "203.0.113.7"),
        (2, "203.0.113.7:1, [2001:db8::7]:2", "203.0.113.7"),
        (1, "for=_hidden", "192.0.2.1"),
        (1, "unknown", "192.0.2.1"),
        (1, "[", "192.0.2.1"),
        (1, "203.0.113.7,", "192.0.2.1"),
        (1, "1" * 8000, "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, None, "192.0.2.1"),
        (1, "2001:DB8::1", "2001:db8::1"),
    ],
)
def test_the_address_is_taken_from_trusted_proxies_alone(
    settings: Any, proxies: int, forwarded: str | None, expected: str
) -> None:
    settings.PROXIES = proxies
    given = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    assert address(RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", **given)) == expected


def test_a_forged_header_does_not_make_another_client() -> None:
    found = [anonymous().get(TOPICS, HTTP_X_FORWARDED_FOR=f"203.0.113.{n}").status_code for n in range(4)]
    assert found == [200] * 3 + [429]


def test_what_is_counted_as_one() -> None:
    assert network("192.0.2.1") == network("::ffff:192.0.2.1") == "192.0.2.1"
    assert network("192.0.2.1") != network("192.0.2.2")
    assert network("2001:db8:0:1::1") == network("2001:db8:0:1:ffff::2")
    assert network("2001:db8:0:1::1") != network("2001:db8:0:2::1")
    assert network("") == ""


# Rates


@pytest.mark.parametrize(
    ("text", "quota", "window"),
    [("600/minute", 600, 60), (" 5 / second ", 5, 1), ("1/hour", 1, 3600), ("1000000000/day", 10**9, 86_400)],
)
def test_a_rate_is_read(text: str, quota: int, window: int) -> None:
    assert Rate.read("user", text) == Rate("user", quota, window)


@pytest.mark.parametrize("text", ["", "600", "0/minute", "-1/minute", "600/fortnight", "1e3/minute", "9999999999/day"])
def test_a_wrong_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a rate"):
        Rate.read("user", text)


def test_a_wrong_rate_stops_every_command_with_one_line() -> None:
    process = start("manage.py", "check", SECRET_KEY="for tests only", RATE_USER="fast")
    assert one_line(process).startswith("RATE_USER: “fast” is not a rate")


# The counters


def test_a_full_table_still_counts_who_asks_most(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "SLOTS", 16)
    for _ in range(50):
        counters.hit("often", 1000, 60)
    for number in range(500):
        assert counters.hit(f"once {number}", 1000, 60)[0] >= 1
    assert counters.hit("often", 1000, 60)[0] == 51
    clock.now += 60
    assert counters.hit("often", 1000, 60) == (1, 60)


def test_a_place_is_free_again_when_its_window_is_over(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "SLOTS", 8)
    for _ in range(50):
        counters.hit("over", 1000, 60)
    clock.now += 30
    for number in range(7):
        counters.hit(f"present {number}", 1000, 60)
    clock.now += 31
    counters.hit("new", 1000, 60)
    assert [counters.counted(f"present {number}")[0] for number in range(7)] == [1] * 7


def test_many_names_are_counted_apart() -> None:
    for number in range(2000):
        assert counters.hit(f"name {number}", 10, 60)[0] == 1
    assert {counters.hit(f"name {number}", 10, 60)[0] for number in range(2000)} == {2}


def test_a_count_stops_above_the_limit(clock: Any) -> None:
    assert [counters.hit("x", 2, 60)[0] for _ in range(5)] == [1, 2, 3, 3, 3]
    assert counters.counted("x") == (3, 60)
    assert counters.counted("y") == (0, 0)


def test_processes_count_in_one_table() -> None:
    counters.hit("shared", 1000, 60)
    child = os.fork()
    if not child:
        for _ in range(100):
            counters.hit("shared", 1000, 60)
        os._exit(0)
    os.waitpid(child, 0)
    assert counters.counted("shared")[0] == 101


def test_the_workers_of_the_server_count_together() -> None:
    """With a counter of their own each, two workers would let twice as many through."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    named = {"DATABASE_URL": os.environ["DATABASE_URL"]} if "DATABASE_URL" in os.environ else {}
    server = start(
        *("-m", "gunicorn", "--log-level", "error"),
        **named,
        CLAIMSDB_DATA=str(configured.DATA),
        SECRET_KEY="for tests only",
        HTTPS="off",
        PORT=str(port),
        WEB_CONCURRENCY="2",
        RATE_ANONYMOUS="20/day",
    )
    address = f"http://127.0.0.1:{port}/api/v1/"
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and server.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: requests.get(address, timeout=30).status_code, range(80)))
    finally:
        server.terminate()
        server.communicate(timeout=60)
    assert set(found) == {200, 429}
    # two that ask within the same microsecond count as one
    assert 20 <= found.count(200) <= 25
