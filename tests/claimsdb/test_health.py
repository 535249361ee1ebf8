"""/healthz and /readyz tell the truth. That a database is away or hangs: tests/claimsdb/test_trouble.py."""

import threading
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from claimsdb import health

pytestmark = pytest.mark.django_db


def test_told_by_any_name_without_https_and_without_signing_in(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    for path in (health.LIVES, health.READY):
        answer = client.get(path, HTTP_HOST="10.0.0.7")
        assert (answer.status_code, answer.content) == (200, b"ok\n")
        assert answer["Cache-Control"] == "no-store"


def test_alive_without_a_database(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert client.get(health.LIVES).status_code == 200


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


def test_migrations_are_looked_at_until_they_are_there(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get(health.READY).status_code == 200

    def fail() -> None:
        raise AssertionError("asked once more")

    monkeypatch.setattr(health, "_leaves", fail)
    assert client.get(health.READY).status_code == 200


def test_not_ready_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> None:
        raise OperationalError("at 10.0.0.1 as claimsdb")

    monkeypatch.setattr(type(connection._connections[connection._alias]), "cursor", refuse)
    answer = client.get(health.READY)
    assert (answer.status_code, answer.content) == (503, b"the database can't be reached\n")


def test_a_question_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    check, release, asked = health.Check(), threading.Event(), []

    def hang() -> None:
        asked.append(1)
        release.wait()

    monkeypatch.setattr(check, "_ask", hang)
    assert [check.obstacle() for _ in range(5)] == [health.HANGS] * 5
    assert len(asked) == 1, "one question at a time"
    release.set()
    monkeypatch.setattr(health, "PATIENCE", 30)
    assert check.obstacle() is None
