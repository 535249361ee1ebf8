"""Unpublished verdicts leave no trace in the admin for readers: the pages are the same without them."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from claims.models import Actor, Claim, Evidence, Topic, Verdict, VerdictEvidence
from tests.adminpages import MODELS
from tests.adminpages import url as page
from tests.hidden import WORD, World, hidden_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return hidden_world()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def of_admin(world: World) -> Iterator[str]:
    rows = [record for records in world.keys.values() for record in records]
    for model in MODELS:
        address = page(model, "changelist")
        yield address
        yield f"{address}?q={WORD}"
        rows += list(model._default_manager.exclude(pk__in=[r.pk for r in rows if type(r) is model])[:1])
    for record in rows:
        for name in ("change", "history", "delete"):
            yield page(type(record), name, record.pk)
    for source, field in (
        (Verdict, "supersedes"),
        (Verdict, "claim"),
        (Verdict, "issuer"),
        (Evidence, "claim"),
        (VerdictEvidence, "verdict"),
        (VerdictEvidence, "evidence"),
    ):
        for term in ("", WORD, "claim"):
            asked = {"app_label": "claims", "model_name": source._meta.model_name, "field_name": field, "term": term}
            yield f"{reverse('admin:autocomplete')}?{urlencode(asked)}"
    pk = world.draft.pk
    for model, query in (
        (Verdict, f"id={pk}"),
        (Verdict, f"id__exact={world.withdrawn.pk}"),
        (Verdict, f"issuer={world.draft.issuer_id}"),
        (Verdict, f"claim={world.draft.claim_id}"),
        (Verdict, "state__exact=draft"),
        (Verdict, "status__exact=conflicting"),
        (Verdict, "of_record__exact=0"),
        (Verdict, "issued_from=1987&issued_to=1988"),
        (Verdict, f"rationale__startswith=A+{WORD}"),
        (Verdict, f"superseded_by={world.shown.pk}"),
        (Verdict, f"supersedes={world.withdrawn.pk}"),
        (Verdict, "supersedes__isnull=False"),
        (Verdict, f"supersedes__rationale__contains={WORD}"),
        (Claim, f"verdicts={pk}"),
        (Claim, "verdicts__isnull=False"),
        (Claim, "verdicts__state=draft"),
        (Claim, f"verdicts__rationale__contains={WORD}"),
        (Actor, f"verdicts={pk}"),
        (Actor, f"verdicts__in={pk}"),
        (Actor, "verdicts__isnull=False"),
        (Evidence, f"verdicts={pk}"),
        (Evidence, "verdicts__isnull=False"),
        (Evidence, "verdict_links__isnull=False"),
        (Topic, f"claim_links__claim__verdicts={pk}"),
    ):
        yield f"{page(model, 'changelist')}?{query}"
    yield reverse("admin:index")
    yield page(Claim, "changelist") + f"?topic={world.keys['topics'][0].pk}"


def words_of(response: Any) -> str:
    """A page without the parts that differ each time."""
    return re.sub(r'name="(csrfmiddlewaretoken|_form)" value="[^"]*"', "", response.content.decode())


def pages(client: Client, addresses: Iterator[str]) -> dict[str, tuple[int, str]]:
    found = {}
    for address in addresses:
        response = client.get(address, follow=True)
        found[address] = (response.status_code, words_of(response))
    return found


def test_the_admin_shows_nothing_of_them(world: World) -> None:
    client = signed_in(world.users["reader"])
    addresses = list(of_admin(world))
    before = pages(client, iter(addresses))
    world.hide()
    after = pages(client, iter(addresses))
    assert {address for address in addresses if before[address] != after[address]} == set()
    # the pages repeat the search term
    leaked = {address: text for address, (_, text) in before.items() if WORD in text and WORD not in address}
    assert leaked == {}
    hidden = page(Verdict, "change", world.withdrawn.pk)
    assert [address for address, (_, text) in before.items() if hidden in text and address != hidden] == []
    assert all(f"Supersedes no. {world.withdrawn.revision}" not in text for _, text in before.values())
    seen = pages(signed_in(world.users["contributor"]), iter([page(Claim, "change", world.claim.pk)]))
    assert all(WORD in text for _, text in seen.values())


def test_hidden_is_answered_as_absent_in_the_admin(world: World) -> None:
    client = signed_in(world.users["reader"])
    for name in ("change", "history", "delete"):
        heard = []
        for pk in (world.draft.pk, world.withdrawn.pk, 10**9):
            for call in (client.get, client.post):
                response = call(page(Verdict, name, pk))
                text = words_of(response)
                heard.append(
                    (call.__name__, response.status_code, response.get("Location"), text.replace(str(pk), "#"))
                )
        assert len(set(heard)) == 2, (name, heard)
