"""/healthz and /readyz. tests/claimsdb/test_trouble.py tests them with a database that is down or hangs."""

import threading
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from claimsdb import health

pytestmark = pytest.mark.django_db


def test_health_checks_need_no_known_host_no_https_and_no_login(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    for path in (health.LIVE, health.READY):
        answer = client.get(path, HTTP_HOST="10.0.0.7")
        assert (answer.status_code, answer.content) == (200, b"ok\n")
        assert answer["Cache-Control"] == "no-store"


def test_alive_without_a_database(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert client.get(health.LIVE).status_code == 200


def test_not_ready_before_all_migrations(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = health._leaves()
    assert ("claims", "9999_next") not in wanted
    assert {app for app, _ in wanted} >= {"claims", "auth", "sessions"}
    monkeypatch.setattr(health, "_leaves", lambda: wanted | {("claims", "9999_next")})
    for _ in range(2):
        answer = client.get(health.READY)
        assert answer.status_code == 503
        assert b"migrations" in answer.content
        assert answer["Retry-After"]
    monkeypatch.setattr(health, "_leaves", lambda: wanted)
    assert client.get(health.READY).status_code == 200


def test_migrations_are_checked_only_until_they_are_complete(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get(health.READY).status_code == 200

    def fail() -> None:
        raise AssertionError("checked again")

    monkeypatch.setattr(health, "_leaves", fail)
    assert client.get(health.READY).status_code == 200


def test_not_ready_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> None:
        raise OperationalError("at 10.0.0.1 as claimsdb")

    monkeypatch.setattr(type(connection._connections[connection._alias]), "cursor", refuse)
    answer = client.get(health.READY)
    assert (answer.status_code, answer.content) == (503, b"the database can't be reached\n")


def test_a_check_that_hangs_delays_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "TIMEOUT", 0.05)
    check, release, started = health.Readiness(), threading.Event(), []

    def hang() -> None:
        started.append(1)
        release.wait()

    monkeypatch.setattr(check, "_check", hang)
    assert [check.problem() for _ in range(5)] == [health.NO_RESPONSE] * 5
    assert len(started) == 1, "one check at a time"
    release.set()
    monkeypatch.setattr(health, "TIMEOUT", 30)
    assert check.problem() is None
