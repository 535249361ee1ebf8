"""Records in preparation leave no trace in the admin for readers, and reviewers release them there."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from claims.models import (
    Actor,
    Assertion,
    Claim,
    ClaimRelation,
    Evidence,
    Rewording,
    Snapshot,
    Source,
    Verdict,
)
from tests import factories as make
from tests.admin.test_visibility import pages, signed_in
from tests.adminpages import MODELS
from tests.adminpages import url as page
from tests.private import HIDDEN, WORD, Private, private_world

pytestmark = pytest.mark.django_db


def addresses(world: Private) -> Iterator[str]:
    for model in MODELS:
        yield page(model, "changelist")
        yield f"{page(model, 'changelist')}?q={WORD}"
    for record in (*world.public, *world.hidden):
        if type(record) in MODELS:
            yield from (page(type(record), name, record.pk) for name in ("change", "history", "delete"))
        if type(record) is Source:
            yield reverse("admin:claims_source_reading", args=[record.pk])
        if type(record) is Claim:
            yield reverse("admin:claims_claim_next", args=[record.pk])
    for source, field in (
        (Source, "publisher"),
        (Source, "derived_from"),
        (Assertion, "claim"),
        (Assertion, "speaker"),
        (Assertion, "snapshot"),
        (Evidence, "source"),
        (Verdict, "issuer"),
        (Verdict, "supersedes"),
        (Rewording, "claim"),
        (ClaimRelation, "to_claim"),
    ):
        for term in ("", WORD, "The", "A"):
            asked = {"app_label": "claims", "model_name": source._meta.model_name, "field_name": field, "term": term}
            yield f"{reverse('admin:autocomplete')}?{urlencode(asked)}"
    found: dict[type, list[str]] = {Claim: ["speaker", "source", "about"], Source: ["publisher"], Snapshot: ["source"]}
    found |= {Actor: ["within"], Evidence: ["claim", "source"], Verdict: ["issuer", "claim"], Rewording: ["claim"]}
    for model, parameters in found.items():
        for parameter in parameters:
            rows = (row for row in (*world.hidden, *world.public) if type(row) in (Actor, Source, Claim))
            yield from (f"{page(model, 'changelist')}?{parameter}={row.pk}" for row in rows)
    yield f"{page(Claim, 'changelist')}?said_from=1987&said_to=1988"
    yield f"{page(Claim, 'changelist')}?occurred_from=1987&occurred_to=1988"
    yield f"{page(Source, 'changelist')}?text=yes"
    yield reverse("admin:index")
    yield "/"


def test_the_admin_shows_nothing_of_them_to_readers() -> None:
    world = private_world()
    client = signed_in(world.users["reader"])
    asked = list(addresses(world))
    before = pages(client, iter(asked))
    world.forget()
    after = pages(client, iter(asked))
    assert [address for address in asked if before[address] != after[address]] == []
    assert [a for a, (_, text) in before.items() if WORD in text and WORD not in a] == []


@pytest.fixture
def reviewer(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("rita"))
    return client


def test_a_release_says_what_it_does_before_it_does_it(reviewer: Client) -> None:
    claim, speaker = make.make_claim(text="The bridge fell.", **HIDDEN), make.make_actor(name="Jane Roe", **HIDDEN)
    make.make_assertion(claim=claim, speaker=speaker)
    address = reverse("admin:claims_claim_release", args=[claim.pk])
    assert address in reviewer.get(page(Claim, "change", claim.pk)).content.decode()
    text = reviewer.get(address).content.decode()
    assert "Stays hidden" in text
    assert "Jane Roe" in text
    chosen: dict[str, Any] = {"also": [f"actor-{speaker.pk}"]}
    assert "Stays hidden" not in reviewer.post(address, chosen | {"_show": "1"}).content.decode()
    assert Client().get(f"/api/v1/claims/{claim.slug}/").status_code == 404
    # the page that is confirmed must have shown what was chosen
    text = reviewer.post(address, chosen | {"_confirm": "1", "shown": ""}).content.decode()
    assert "ticked other records since" in text
    assert f'name="shown" value="actor-{speaker.pk}"' in text
    assert Client().get(f"/api/v1/claims/{claim.slug}/").status_code == 404
    assert reviewer.post(address, chosen | {"_confirm": "1", "shown": f"actor-{speaker.pk}"}).status_code == 302
    assert Client().get(f"/api/v1/claims/{claim.slug}/").status_code == 200
    assert Client().get(f"/api/v1/actors/{speaker.slug}/").status_code == 200
    address = reverse("admin:claims_claim_withhold", args=[claim.pk])
    assert "back to preparation" in reviewer.get(address).content.decode()
    assert reviewer.post(address).status_code == 302
    assert Client().get(f"/api/v1/claims/{claim.slug}/").status_code == 404


def test_a_release_lists_the_rewordings_that_it_shows(reviewer: Client) -> None:
    claim = make.make_claim()
    evidence = make.make_evidence(claim=claim)
    verdict = make.make_verdict(claim=claim, evidence=[evidence])
    shown = make.make_rewording(claim=claim, reason="The year was wrong.")
    make.make_rewording(evidence=evidence, reason="The page was wrong.")
    gone = {"state": "withdrawn", "of_record": False, "withdrawal": "It was wrong."}
    Verdict.objects.filter(pk=verdict.pk).update(**gone)
    assert reviewer.post(reverse("admin:claims_claim_withhold", args=[claim.pk])).status_code == 302
    make.make_rewording(claim=claim, reason="Nobody else has seen this.")
    text = reviewer.get(reverse("admin:claims_claim_release", args=[claim.pk])).content.decode()
    assert "The year was wrong." in text
    assert "The page was wrong." in text
    assert "Nobody else" not in text
    assert page(Rewording, "change", shown.pk) in text


def test_what_a_release_needs_further_can_be_chosen_on_its_page(reviewer: Client) -> None:
    publisher = make.make_actor(name="The Gazette", **HIDDEN)
    source = make.make_source(publisher=publisher, **HIDDEN)
    claim = make.make_claim(**HIDDEN)
    make.make_assertion(claim=claim, source=source)
    evidence = make.make_evidence(claim=claim, source=source, **HIDDEN)
    address = reverse("admin:claims_claim_release", args=[claim.pk])
    text = reviewer.get(address).content.decode()
    assert "It is asserted in this source. Evidence is in this source." in text
    assert f'value="actor-{publisher.pk}"' not in text
    chosen = [f"source-{source.pk}"]
    text = reviewer.post(address, {"also": chosen, "_confirm": "1"}).content.decode()
    assert "Must be released, too" in text
    assert f'value="actor-{publisher.pk}"' in text
    chosen += [f"actor-{publisher.pk}"]
    shown = ",".join(sorted(chosen))
    assert reviewer.post(address, {"also": chosen, "_confirm": "1", "shown": shown}).status_code == 302
    for parts in (("claims", claim.slug), ("actors", publisher.slug), ("evidence", evidence.pk)):
        assert Client().get(f"/api/v1/{parts[0]}/{parts[1]}/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_readers_see_no_history_from_before_the_release() -> None:
    world = private_world()
    claim = make.make_claim(**HIDDEN)
    evidence = make.make_evidence(claim=claim, summary="An early note.")
    Evidence.objects.filter(pk=evidence.pk).update(summary="A later note.")
    Claim.objects.filter(pk=claim.pk).update(public_from=timezone.now())
    Evidence.objects.filter(pk=evidence.pk).update(summary="The last note.")
    address = page(Evidence, "history", evidence.pk)
    assert "early note" in signed_in(world.users["contributor"]).get(address).content.decode()
    text = signed_in(world.users["reader"]).get(address).content.decode()
    assert "early note" not in text
    assert "later note" in text
    assert "last note" in text


def test_a_card_shows_readers_no_confidential_evidence() -> None:
    world = private_world()
    verdict = make.make_verdict(claim=make.make_claim())
    witness = make.make_source(title="A witness in the ministry")
    confidential = make.make_evidence(claim=verdict.claim, source=witness, confidential=True)
    make.make_verdict_evidence(verdict=verdict, evidence=confidential)
    for role, is_shown in (("reader", False), ("contributor", True)):
        shown = signed_in(world.users[role]).get(page(Claim, "change", verdict.claim.pk)).content.decode()
        assert verdict.rationale in shown
        assert ("A witness in the ministry" in shown) is is_shown, role
