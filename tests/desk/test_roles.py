"""Permissions in the API: every URL, every method, every role."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from claims.desk.roles import STEPS
from tests import factories as make
from tests.client import API, RESOURCES, anonymous, problem
from tests.people import CHANGES, client_of, disabled_client, people, put_body, row, write

pytestmark = pytest.mark.django_db

METHODS = ("GET", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")

# The users. There are three cases of a contributor: on a record of their own, on another user's, and on their own but
# for a claim with a verdict of record. The disabled user (“off”) has a token from before.
WHO = ("anonymous", "reader", "own", "others", "decided", "reviewer", "administrator", "off")

# method → the status for each of WHO; a missing method is 405, or 401 with the disabled user's token
# fmt: off
#          anonymous reader own others decided reviewer administrator off
ANYBODY   = (200,    200,   200, 200,  200,    200,     200,          401)
ADDING    = (401,    403,   201, 201,  201,    201,     201,          401)
CHANGING  = (401,    403,   200, 403,  403,    200,     200,          401)
DELETING  = (401,    403,   204, 403,  403,    204,     204,          401)
OWN_ONLY  = (401,    403,   200, 403,  200,    200,     200,          401)
OWN_GOES  = (401,    403,   204, 403,  204,    204,     204,          401)
DECIDING  = (401,    403,   403, 403,  403,    201,     201,          401)
DECIDED   = (401,    403,   403, 403,  403,    200,     200,          401)
# of a published verdict: it keeps its word, whoever asks
UNSAYING  = (401,    403,   403, 403,  403,    403,     403,          401)
STEPPING  = (401,    403,   403, 403,  403,    200,     200,          401)
MERGING   = (401,    403,   403, 403,  403,    200,     200,          401)
# of a public record: it can be taken back, but not released again
FORESEEN  = (401,    403,   409, 409,  409,    409,     409,          401)
RELEASING = (401,    403,   403, 403,  403,    409,     409,          401)
NOT_THERE = (405,    405,   405, 405,  405,    405,     405,          401)
# the user's own tokens; those of others are 404, except to administrators
SIGNED_IN = (401,    200,   200, 200,  200,    200,     200,          401)
TOKEN_NEW = (401,    201,   201, 201,  201,    201,     201,          401)
TOKEN_OWN = (401,    404,   200, 404,  200,    404,     200,          401)
TOKEN_END = (401,    404,   204, 404,  204,    404,     204,          401)
NO_METHOD = (401,    405,   405, 405,  405,    405,     405,          401)
# fmt: on

READ = {"GET": ANYBODY, "OPTIONS": ANYBODY}
LIST = READ | {"POST": ADDING}
OF_CLAIM = READ | {"PUT": CHANGING, "PATCH": CHANGING, "DELETE": DELETING}
RECORD = READ | {"PUT": OWN_ONLY, "PATCH": OWN_ONLY, "DELETE": OWN_GOES}
BULK_OF_CLAIMS = {"OPTIONS": ANYBODY, "POST": ADDING, "PATCH": CHANGING, "DELETE": DELETING}
VERDICTS = READ | {"POST": DECIDING}
VERDICT = READ | {"PUT": DECIDED, "PATCH": DECIDED, "DELETE": UNSAYING}

ENDPOINTS: dict[str, dict[str, tuple[int, ...]]] = {
    "": READ,
    "schema/": READ,
    "docs/": {"GET": ANYBODY},
    "claims/": LIST,
    "claims/bulk/": BULK_OF_CLAIMS,
    "claims/{key}/": OF_CLAIM,
    "claims/{key}/assertions/": READ,
    "claims/{key}/evidence/": READ,
    "claims/{key}/verdicts/": READ,
    "claims/{key}/relations/": READ,
    "claims/{key}/rewordings/": READ,
    "claims/{key}/parts/": READ,
    "claims/{key}/origins/": READ,
    "sources/": LIST,
    "sources/{key}/": RECORD,
    "sources/{key}/snapshots/": READ,
    "sources/{key}/assertions/": READ,
    "sources/{key}/evidence/": READ,
    "snapshots/": LIST,
    "snapshots/{key}/": RECORD,
    "snapshots/{key}/assertions/": READ,
    "snapshots/{key}/skipped-passages/": READ,
    "snapshots/{key}/errata/": READ,
    "snapshots/{key}/coverage/": READ,
    "snapshots/{key}/drift/": READ,
    "actors/": LIST,
    "actors/{key}/": RECORD,
    "actors/{key}/assertions/": READ,
    "actors/{key}/claims/": READ,
    "actors/{key}/sources/": READ,
    "actors/{key}/verdicts/": READ,
    "actors/{key}/merge/": {"OPTIONS": ANYBODY, "POST": MERGING},
    "assertions/": LIST,
    "assertions/bulk/": BULK_OF_CLAIMS,
    "assertions/{key}/": OF_CLAIM,
    "evidence/": LIST,
    "evidence/bulk/": BULK_OF_CLAIMS,
    "evidence/{key}/": OF_CLAIM,
    "verdicts/": VERDICTS,
    "verdicts/{key}/": VERDICT,
    **{f"verdicts/{{key}}/{step}/": {"OPTIONS": ANYBODY, "POST": STEPPING} for step in STEPS},
    "rewordings/": READ,
    "rewordings/{key}/": READ,
    "relations/": LIST,
    "relations/{key}/": OF_CLAIM,
    "topics/": LIST,
    "topics/{key}/": RECORD,
    "topics/{key}/claims/": READ,
    "skipped-passages/": LIST,
    "skipped-passages/{key}/": RECORD,
    "errata/": LIST,
    "errata/{key}/": RECORD,
    "tokens/": {"OPTIONS": SIGNED_IN, "GET": SIGNED_IN, "POST": TOKEN_NEW, "PUT": NO_METHOD, "DELETE": NO_METHOD}
    | {"PATCH": NO_METHOD},
    "tokens/{key}/": {"OPTIONS": SIGNED_IN, "GET": TOKEN_OWN, "DELETE": TOKEN_END, "POST": NO_METHOD}
    | {"PUT": NO_METHOD, "PATCH": NO_METHOD},
}

for _name in ("claims", "sources", "snapshots", "actors", "evidence"):
    ENDPOINTS |= {
        f"{_name}/{{key}}/release/": {"OPTIONS": ANYBODY, "GET": FORESEEN, "POST": RELEASING},
        f"{_name}/{{key}}/withhold/": {"OPTIONS": ANYBODY, "POST": MERGING},
    }

#: what a verdict that can take a step is like, and the body
STEPPED: dict[str, tuple[str, dict[str, Any]]] = {
    "submit": ("draft", {}),
    "return": ("submitted", {"comment": "Say who said so."}),
    "publish": ("submitted", {}),
    "withdraw": ("published", {"kind": "error", "reason": "It was wrong."}),
}

#: bodies that can't be derived from the resource, as functions of the row
BODIES: dict[tuple[str, str], Callable[[Any], dict[str, Any]]] = {
    ("tokens/", "POST"): lambda token: {"name": "another program"},
    ("actors/{key}/merge/", "POST"): lambda actor: {"into": make.make_actor().slug},
}


for _name, (_, _body) in STEPPED.items():
    BODIES[f"verdicts/{{key}}/{_name}/", "POST"] = lambda verdict, body=_body: body


def named(record: Any) -> dict[str, Any]:
    return {"id": record.pk, "version": record.version}


for _name in ("claims", "assertions", "evidence"):
    BODIES |= {
        (f"{_name}/bulk/", "POST"): lambda record, of=_name: {"items": [RESOURCES[of].body()]},
        (f"{_name}/bulk/", "PATCH"): lambda record, of=_name: {"items": [named(record) | CHANGES[of]]},
        (f"{_name}/bulk/", "DELETE"): lambda record: {"items": [named(record)]},
    }


def addresses() -> Iterator[str]:
    """Every URL below /api/v1/, as written in the table."""

    def walk(patterns: list[Any], before: str) -> Iterator[str]:
        for pattern in patterns:
            route = before + str(pattern.pattern).lstrip("^").rstrip("$")
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, route)
            elif isinstance(pattern, URLPattern):
                yield re.sub(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>", r"{\1\2}", route)

    return (a.removeprefix("api/v1/") for a in walk(get_resolver().url_patterns, "") if a.startswith("api/v1/"))


def test_every_url_is_in_the_table() -> None:
    assert set(addresses()) == set(ENDPOINTS)


def ask(endpoint: str, method: str, who: str, users: dict[str, User], off: APIClient) -> Any:
    """The response to `who`."""
    contributor = users["contributor"]
    client = (
        off if who == "off" else client_of(users.get("contributor" if who in ("own", "others", "decided") else who))
    )
    prefix = endpoint.partition("/")[0]
    record, body = None, None
    made = BODIES.get((endpoint, method))
    if "{key}" in endpoint or made:
        owner = users["reviewer"] if who == "others" else contributor
        record = row(prefix, owner, decided=who == "decided")
    if (step := endpoint.removeprefix("verdicts/{key}/").rstrip("/")) in STEPPED:
        values = {"state": STEPPED[step][0], "of_record": False, "status": "not_checkable", "created_by": contributor}
        record = make.make_verdict(**values)
    if made:
        body = made(record)
    elif method == "POST":
        body = RESOURCES[prefix].body() if endpoint == f"{prefix}/" and prefix in RESOURCES else {}
    elif method == "PUT" and endpoint == f"{prefix}/{{key}}/" and prefix in RESOURCES:
        body = put_body(prefix, record)
    elif method == "PATCH" and endpoint == f"{prefix}/{{key}}/" and prefix in RESOURCES:
        body = CHANGES[prefix]
    address = API + endpoint.replace("{key}", str(record.pk) if record is not None else "")
    return write(client, method, address, body, record)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_permissions(endpoint: str) -> None:
    users, off = people(), disabled_client()
    wrong = []
    for method in METHODS:
        there = method in ENDPOINTS[endpoint]
        for who, expected in zip(WHO, ENDPOINTS[endpoint].get(method, NOT_THERE), strict=True):
            if not there and who not in ("anonymous", "administrator", "off"):
                continue  # if the method is not allowed, these roles represent the others
            with transaction.atomic():
                response = ask(endpoint, method, who, users, off)
                transaction.set_rollback(True)
            if response.status_code != expected:
                wrong.append(f"{method} by {who}: {response.status_code}, not {expected}: {response.content[:200]!r}")
            elif expected == 401:
                assert response["WWW-Authenticate"].startswith("Token")
            elif expected == 403:
                assert len(problem(response, 403)["detail"]) > 40
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_without_anonymous_reading_every_url_requires_signing_in(endpoint: str, settings: Any) -> None:
    users = people()
    settings.ANONYMOUS_READING = False
    record = row(endpoint.partition("/")[0], users["reviewer"]) if "{key}" in endpoint else None
    address = API + endpoint.replace("{key}", str(record.pk) if record is not None else "")
    for method in ("OPTIONS", *ENDPOINTS[endpoint], "DELETE"):
        response = anonymous().generic(method, address)
        assert response.status_code == 401, method
        assert response["WWW-Authenticate"]
    assert client_of(users["reader"]).get(address).status_code in (200, 403, 404, 405)


def test_without_anonymous_reading_the_front_page_shows_no_titles(client: Any, settings: Any) -> None:
    source = make.make_snapshot().source
    assert source.title in client.get("/").content.decode()
    settings.ANONYMOUS_READING = False
    assert source.title not in client.get("/").content.decode()
