"""Users, rows and requests for the tests of the roles."""

from io import StringIO
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.management import call_command
from rest_framework.test import APIClient

from claims.models import Claim
from tests import factories as make
from tests.client import MAKE, RESOURCES, VIEWS, anonymous, url

#: a PATCH that needs only the permission to change the record
CHANGES = {prefix: resource.change for prefix, resource in RESOURCES.items()} | {"sources": {"note": "Read twice."}}


def decided_claim(**kw: Any) -> Claim:
    claim = make.make_claim(**kw)
    make.make_verdict(claim=claim)
    return claim


def row(prefix: str, user: User, *, decided: bool = False) -> Any:
    """A row that the user added, or their token; `decided`: if it belongs to a claim, that has a verdict of record."""
    if prefix == "tokens":
        return make.make_token(user=user)
    kw: dict[str, Any] = {"created_by": user}
    if decided and prefix == "claims":
        return decided_claim(**kw)
    if decided and prefix in ("assertions", "evidence"):
        kw["claim"] = decided_claim()
    if decided and prefix == "relations":
        kw["to_claim"] = decided_claim()
    return MAKE[prefix](**kw)


def people() -> dict[str, User]:
    users = {
        name: User.objects.create(username=name) for name in ("reader", "contributor", "reviewer", "administrator")
    }
    for name, user in users.items():
        user.groups.add(Group.objects.get(name=name))
    return users


def client_of(user: User | None) -> APIClient:
    client = anonymous()
    if user is not None:
        client.force_authenticate(user)
    return client


def disabled_client() -> APIClient:
    """A client with the valid token of a superuser who was then disabled."""
    User.objects.create(username="gone", is_superuser=True)
    token = token_of("gone")
    User.objects.filter(username="gone").update(is_active=False)
    client = anonymous()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def token_of(name: str) -> str:
    out = StringIO()
    call_command("create_token", name, stdout=out)
    return out.getvalue().strip()


def write(client: APIClient, method: str, address: str, body: Any, record: Any = None) -> Any:
    """Sends one request with `If-Match: *`."""
    headers = {"If-Match": "*"}
    if body is None:
        return client.generic(method, address, headers=headers)
    return getattr(client, method.lower())(address, body, format="json", headers=headers)


def put_body(prefix: str, record: Any) -> dict[str, Any]:
    """The body of a PUT that changes nothing, with the fields that any role may write."""
    shown = anonymous().get(url(prefix, record.pk)).json()
    fields = VIEWS[prefix].serializer_class().fields
    locked = ("slug", "reliability", "confidential")
    return {n: shown[n] for n, f in fields.items() if not (f.read_only or f.write_only or n in locked)}
