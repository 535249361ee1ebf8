"""Records in preparation, under embargo and confidential leave no trace for readers, in any response of the API.

Everything is asked twice: with the hidden records there, and after they are deleted as if they had never been. The
answers must be the same to the last byte, and hold none of the hidden words.
"""

import re

import pytest
from django.db import models
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator

from claims.models import Claim, Verdict
from claims.models.visibility import HIDDEN, SEEN_WITH
from tests.client import API, VIEWS, url
from tests.hidden import answers
from tests.people import CHANGES, client_of
from tests.private import PROBES, RELEASED, WORD, Private, private_world

pytestmark = pytest.mark.django_db

#: paths of the API that show nothing of the record, or only one's own
APART = {f"{API}{path}" for path in ("", "schema/", "docs/", "tokens/", "tokens/{key}/")}


#: further addresses of a record
ENDS: dict[type, tuple[str, ...]] = {
    Claim: ("parts/", "origins/", "rewordings/"),
    Verdict: ("submit/", "return/", "publish/", "withdraw/"),
}


@pytest.fixture
def world() -> Private:
    return private_world()


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("who", ["stranger", "reader"])
def test_the_api_shows_nothing_of_them(world: Private, who: str, probe: str) -> None:
    client = client_of(world.users.get(who))
    addresses = list(PROBES[probe](world))
    before = answers(client, addresses, limit=2)
    world.forget()
    after = answers(client, addresses, limit=2)
    assert [address for address in after if before.get(address) != after[address]][:20] == []
    assert before.keys() == after.keys()
    assert len(before) > 20
    told = [
        address
        for address, (_, _, body) in before.items()
        # errors and links repeat what was asked
        if WORD in body.replace(address.split("?")[-1], "") and WORD not in address
    ]
    assert told == []


@pytest.mark.parametrize("probe", PROBES)
def test_contributors_see_them_there(world: Private, probe: str) -> None:
    found = answers(client_of(world.users["contributor"]), list(PROBES[probe](world)), limit=2)
    assert sum(WORD in body for *_, body in found.values()) > 5


def test_every_address_is_asked(world: Private) -> None:
    """A new list, resource or action must be added to the probes."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    wanted = {path for path, operations in schema["paths"].items() if "get" in operations} - APART
    asked = {
        re.sub(r"\(\?P<key>[^)]*\)|<\w+:key>", "{key}", "/" + resolve(address.split("?")[0]).route.replace("$", ""))
        for probe in PROBES.values()
        for address in probe(world)
    }
    asked = {re.sub(r"/\^?", "/", route) for route in asked}
    assert wanted <= asked, wanted - asked


def test_hidden_records_look_absent_whatever_the_method(world: Private) -> None:
    for name, view in VIEWS.items():
        model = view.serializer_class.Meta.model
        hidden = next((row for row in world.hidden if type(row) is model), None)
        if hidden is None:
            continue
        for who in ("stranger", "reader"):
            client = client_of(world.users.get(who))
            for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "POST"):
                for end in ("", *("release/", "withhold/") * (model in RELEASED), *ENDS.get(model, ())):
                    heard = []
                    for pk in (hidden.pk, 10**9):
                        body = {} if method in ("GET", "HEAD") else {"data": CHANGES.get(name), "format": "json"}
                        call = getattr(client, method.lower())
                        response = call(f"{url(name, pk)}{end}", headers={"If-Match": "*"}, **body)
                        heard.append((response.status_code, response.content.decode().replace(str(pk), "#")))
                    assert heard[0] == heard[1], (name, who, method, end)


def test_every_model_and_reference_has_a_rule() -> None:
    """A model that refers to one with hidden rows needs a rule; what its rule doesn't ask is asked by each query."""
    records = {
        model
        for model in Claim._meta.apps.get_app_config("claims").get_models()
        if not hasattr(model, "pgh_tracked_model") and model._meta.label_lower != "claims.topic"
    }
    for model in records:
        references = {
            f.name
            for f in model._meta.concrete_fields
            if isinstance(f, models.ForeignKey) and f.related_model._meta.label_lower in HIDDEN
        }
        if references:
            assert model._meta.label_lower in HIDDEN, model
        asked = HIDDEN.get(model._meta.label_lower)
        if asked is None:
            continue
        named = {path.split("__")[0] for path in asked.public} | {*asked.if_any}
        # the others are refused by triggers
        pointing = {"claims.source": {"publisher", "derived_from"}, "claims.actor": {"part_of", "merged_into"}}
        allowed = named | pointing.get(model._meta.label_lower, set())
        assert SEEN_WITH.get(model._meta.label_lower, frozenset()) <= allowed, model


def test_counts_of_origins(world: Private) -> None:
    bare = next(
        row
        for row in world.public
        if type(row) is Claim and row.evidence.exists() and not row.verdicts.filter(of_record=True)
    )
    address = url("claims", bare.slug, "origins")
    assert client_of(None).get(address).json() == []
    (row,) = client_of(world.users["contributor"]).get(address).json()
    assert row["sources"] > row["public_sources"] == row["public_origins"] == 0
