"""What the API's tests share: resources and their bodies, clients, checks of problems."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from rest_framework.test import APIClient

from claims.api.urls import router
from claims.models import Claim
from tests import factories as make

API = "/api/v1/"
VIEWS: dict[str, Any] = {prefix: view for prefix, view, _ in router.registry}


@dataclass(frozen=True)
class Resource:
    """`make` creates a row; `body` returns the body of a POST and creates what it refers to; `change` is a PATCH."""

    make: Callable[..., Any]
    body: Callable[[], dict[str, Any]]
    change: dict[str, Any]


def _place() -> dict[str, Any]:
    start = make.TEXT.index("Was it old?")
    return {"snapshot": make.make_snapshot().pk, "start": start, "end": start + 11}


RESOURCES = {
    "claims": Resource(make.make_claim, lambda: {"text": "The bridge fell.", "kind": "fact"}, {"context": "By 2020."}),
    "sources": Resource(make.make_source, lambda: {"title": "A report", "kind": "report"}, {"reliability": "B"}),
    "snapshots": Resource(
        make.make_snapshot,
        lambda: {"source": make.make_source().slug, "text": "It fell.", "captured_at": "2026-01-02T03:04:05+00:00"},
        {"media_type": "text/html"},
    ),
    "actors": Resource(make.make_actor, lambda: {"name": "Jane Roe", "kind": "person"}, {"country": "US"}),
    "assertions": Resource(
        make.make_assertion,
        lambda: {
            "claim": make.make_claim().slug,
            "source": make.make_source().slug,
            "speaker": make.make_actor().slug,
        },
        {"voice": "quoted"},
    ),
    "evidence": Resource(
        make.make_evidence,
        lambda: {
            "claim": make.make_claim().slug,
            "source": make.make_source().slug,
            "stance": "refutes",
            "summary": "It stood.",
        },
        {"credibility": 2},
    ),
    "verdicts": Resource(
        make.make_verdict,
        lambda: {
            "claim": make.make_claim().slug,
            "issuer": make.make_actor().slug,
            "status": "refuted",
            "rationale": "It stood.",
        },
        # of what a published one says, this can be corrected
        {"url": "https://verdicts.example/7"},
    ),
    "relations": Resource(
        make.make_relation,
        lambda: {"from_claim": make.make_claim().slug, "to_claim": make.make_claim().slug, "kind": "refines"},
        {"note": "In part."},
    ),
    "topics": Resource(make.make_topic, lambda: {"name": "Bridges"}, {"description": "Over water."}),
    "skipped-passages": Resource(
        make.make_skipped_passage, lambda: _place() | {"reason": "question"}, {"reason": "rhetoric"}
    ),
    "errata": Resource(
        make.make_erratum,
        lambda: _place() | {"printed": "Was it old?", "meant": "Was it cold?", "kind": "spelling"},
        {"meant": "Was it bold?"},
    ),
}

#: a row of each resource, of those that nobody writes directly, too
MAKE: dict[str, Callable[..., Any]] = {name: resource.make for name, resource in RESOURCES.items()}
MAKE |= {"rewordings": make.make_rewording}


def anonymous() -> APIClient:
    return APIClient(raise_request_exception=False)


def administrator() -> APIClient:
    """A client authenticated as an administrator. It sends `If-Match: *`."""
    user, _ = User.objects.get_or_create(username="admin", is_superuser=True, is_staff=True)
    client = anonymous()
    client.force_authenticate(user)
    client.credentials(HTTP_IF_MATCH="*")
    return client


def send(method: str, path: str, body: object) -> Any:
    """Sends a write as the administrator. The JSON is ASCII, so the body can contain what UTF-8 can't encode."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return administrator().generic(method, path, raw, content_type="application/json")


def url(*parts: object) -> str:
    return API + "".join(f"{part}/" for part in parts)


def get(path: str, **params: Any) -> Any:
    """The body of a successful GET."""
    response = anonymous().get(path, params)
    assert response.status_code == 200, response.content
    return response.json()


def ids(path: str, **params: Any) -> list[int]:
    """The ids of the rows on the first page of a list."""
    return [row["id"] for row in get(path, **params)["results"]]


def problem(response: Any, status: int, *fields: str | None) -> dict[str, Any]:
    """The body of an error response, checked to be an RFC 9457 problem with this status and these fields."""
    assert response.status_code == status, (response.status_code, response.content[:1000])
    assert response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content.decode())
    assert {"type", "title", "status", "detail", "instance"} <= body.keys()
    assert body["status"] == status
    assert body["detail"]
    assert body["instance"].startswith("/api")
    if fields:
        assert {error["field"] for error in body["errors"]} == set(fields), body
        assert all(error["detail"] and error["code"] for error in body["errors"])
    return body


def bridge(**kw: Any) -> Claim:
    return make.make_claim(**{"text": "The bridge fell."} | kw)


def save(record, **values):
    """Changes a record as another user would, not through the API."""
    type(record).objects.filter(pk=record.pk).update(**values)


#: a strong ETag
STRONG = re.compile(r'"[!#-~]+"')


def writer() -> APIClient:
    """A client authenticated as an administrator, without a precondition."""
    client = administrator()
    client.credentials()
    return client


def tag(address: str, client: Any = None, **params: Any) -> str:
    """The ETag of a successful GET, checked to be a strong one."""
    response = (client or writer()).get(address, params)
    assert response.status_code == 200, response.content
    assert STRONG.fullmatch(response["ETag"])
    return str(response["ETag"])


def change(address: str, body: Any, method: str = "PATCH", **headers: str) -> Any:
    """Sends a write as an administrator; without a body if `body` is None."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    raw = "" if body is None else json.dumps(body)
    return writer().generic(method, address, raw, content_type="application/json", headers=names)
