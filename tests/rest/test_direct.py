"""Reads without a session go straight to their view: clients see no difference."""

from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client

from claims.rest.direct import DirectReads
from tests import factories as make
from tests.client import anonymous

pytestmark = pytest.mark.django_db

PATHS = (
    "claims/",
    "claims/?limit=1&order=oldest&status=unverified",
    "claims/?nonsense=1",
    "claims/?cursor=nonsense",
    "claims/a-claim/",
    "claims/a-former-claim/",
    "claims/a-claim/assertions/?limit=1",
    "claims/nothing/",
    "claims/a-claim",
    "claims/bulk/",
    "sources/?q=word",
    "actors/Q42/",
    "tokens/",
    "nothing/",
    "",
)
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"Accept": "text/html"},
    {"Accept": "text/csv"},
    {"Accept": "text/html, application/json;q=0.9"},
    {"If-None-Match": "*"},
    {"Accept-Encoding": "gzip"},
    {"Authorization": "Token nonsense"},
    {"Authorization": "Basic nonsense"},
    {"Host": "elsewhere.example"},
)


@pytest.fixture(autouse=True)
def record() -> None:
    claim = make.make_claim(slug="a-former-claim")
    claim.slug = "a-claim"
    claim.save()
    make.make_assertion(claim=claim)
    make.make_assertion(claim=claim)


def seen(path: str, method: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    response: Any = getattr(Client(), method)(f"/api/v1/{path}", headers=headers)
    # the long way varies by cookie only once it has come to the session, which some errors are raised before
    other = {"X-Request-ID", "RateLimit"} | ({"Vary"} if response.status_code >= 400 else set())
    own = {name: value for name, value in response.headers.items() if name not in other}
    return response.status_code, own, response.content


@pytest.mark.parametrize("headers", HEADERS, ids=str)
@pytest.mark.parametrize("method", ["get", "head"])
def test_both_ways_give_the_same(monkeypatch: pytest.MonkeyPatch, method: str, headers: dict[str, str]) -> None:
    short = [seen(path, method, headers) for path in PATHS]
    monkeypatch.setattr(DirectReads, "respond", lambda self, request: None)
    for path, found in zip(PATHS, short, strict=True):
        assert found == seen(path, method, headers), path


def test_a_session_and_a_write_go_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    respond = DirectReads.respond
    monkeypatch.setattr(DirectReads, "respond", lambda self, request: found.append(respond(self, request)) or found[-1])
    client = anonymous()
    client.get("/api/v1/claims/")
    client.post("/api/v1/claims/", {}, format="json")
    client.options("/api/v1/claims/")
    client.cookies[configured.SESSION_COOKIE_NAME] = "anything"
    client.get("/api/v1/claims/")
    client.get("/api/v1/docs/")
    assert [each is not None for each in found] == [True, False, False, False, False]
