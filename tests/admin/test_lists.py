"""Lists and autocompletes of the admin: what they find, in which order, and how they report unknown filters."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from claims.models import Actor, Assertion, Claim, Source, Verdict
from tests.admin.test_pages import complete, ids
from tests.adminpages import form_of, url
from tests.factories import (
    make_actor,
    make_assertion,
    make_claim,
    make_evidence,
    make_snapshot,
    make_source,
    make_topic,
    make_verdict,
)
from tests.reviewers import draft_of, reviewer

pytestmark = pytest.mark.django_db


def choices(client: Client, model: str, field: str, term: str, **query: Any) -> list[dict[str, Any]]:
    asked = {"app_label": "claims", "model_name": model, "field_name": field, "term": term} | query
    found: list[dict[str, Any]] = client.get(reverse("admin:autocomplete"), asked).json()["results"]
    return found


def test_what_begins_as_typed_comes_first(admin_client: Client) -> None:
    texts = ["The bridge fell down.", "Somebody said the bridge fell.", "Of the bridge: it fell.", "The bridge fell"]
    for text in texts:
        make_claim(text=text)
    found = complete(admin_client, "assertion", "claim", "the bridge fell")
    assert found[:2] == ["The bridge fell", "The bridge fell down."]
    assert len(found) == 4
    for name in ("Bank of Russia", "Russia Today", "Russia", "Great Russia"):
        make_actor(name=name)
        make_topic(name=name)
        make_source(title=name)
    for model, field in (("assertion", "speaker"), ("topic", "parent"), ("assertion", "source")):
        assert complete(admin_client, model, field, "russia")[:2] == ["Russia", "Russia Today"], model


def test_actors_of_one_name_can_be_told_apart(admin_client: Client) -> None:
    make_actor(name="Alexander Petrov", country="RU", description="A general.")
    make_actor(name="Alexander Petrov", kind="outlet", country="BG")
    about = [each["about"] for each in choices(admin_client, "assertion", "speaker", "petrov")]
    assert sorted(about) == ["outlet · BG · alexander-petrov-2", "person · RU · A general. · alexander-petrov"]


def test_a_record_is_not_offered_to_itself(admin_client: Client) -> None:
    actor, other = make_actor(name="Russia"), make_actor(name="Russia Today")
    page = admin_client.get(url(Actor, "merge", actor.pk)).content.decode()
    address = f'data-ajax--url="{reverse("admin:autocomplete")}?not={actor.pk}"'
    assert address in page
    assert address in admin_client.get(url(Actor, "change", actor.pk)).content.decode()
    found = choices(admin_client, "source", "publisher", "russia", **{"not": actor.pk})
    assert [each["id"] for each in found] == [str(other.pk)]
    assert len(choices(admin_client, "source", "publisher", "russia", **{"not": "x"})) == 2


def test_an_unknown_parameter_leaves_the_filters_in_place(admin_client: Client) -> None:
    claim = make_claim(kind="number")
    make_claim()
    for odd in ({name: "x"} for name in ("foo", "kind__foo", "created_at", "id", "kind__exact__foo", "")):
        response = admin_client.get(url(Claim, "changelist"), {"kind__exact": "number"} | odd)
        assert response.status_code == 200, odd
        assert ids(response) == {claim.pk}
        page = response.content.decode()
        assert "is not a filter of this list" in page
        assert "=x" not in page
    assert ids(admin_client.get(url(Claim, "changelist"), {"id": claim.pk})) == {claim.pk}
    gone = admin_client.get(url(Claim, "changelist"), {"kind__exact": "number", "p": "9999"})
    assert gone.status_code in (200, 302)
    if gone.status_code == 302:
        assert gone.url == f"{url(Claim, 'changelist')}?kind__exact=number"


def test_a_lookup_that_can_fail_in_the_database_is_ignored(admin_client: Client) -> None:
    claim = make_claim(kind="number")
    make_claim()
    odd = {"text__regex": "(", "text__iregex": "(a+)+$", "version__any": "1", "version__range": "1", "text": "a\0"}
    for name, value in odd.items() | {("id__contained_by", "x"), ("kind__exact__exact", "fact"), ("slug__gte", "\0")}:
        response = admin_client.get(url(Claim, "changelist"), {"kind__exact": "number", name: value})
        assert response.status_code == 200, name
        assert ids(response) == {claim.pk}, name
        assert "is not a filter of this list" in response.content.decode()


def test_sources_are_filtered_by_their_text_and_assertions_by_topic(admin_client: Client) -> None:
    held, without = make_snapshot().source, make_snapshot(text=None, sha256="a" * 64, length=5).source
    none = make_source()
    assert ids(admin_client.get(url(Source, "changelist"), {"text": "yes"})) == {held.pk}
    assert ids(admin_client.get(url(Source, "changelist"), {"text": "no"})) == {without.pk, none.pk}
    topic = make_topic()
    assertion = make_assertion(claim=make_claim(topics=[make_topic(parent=topic)]))
    make_assertion()
    assert ids(admin_client.get(url(Assertion, "changelist"), {"topic": topic.pk})) == {assertion.pk}


def test_a_list_is_ordered_by_what_has_an_index(admin_client: Client) -> None:
    late, none, early = make_claim(occurred="2024-03"), make_claim(), make_claim(occurred="2017")

    def listed(**query: str) -> list[int]:
        return [each.pk for each in admin_client.get(url(Claim, "changelist"), query).context["cl"].result_list]

    assert listed(o="6") == [early.pk, late.pk, none.pk]
    assert listed(o="-6") == [late.pk, early.pk, none.pk]
    assert listed(o="3") == [early.pk, none.pk, late.pk]  # as ever


# Dates


def test_dates_are_in_iso_form(admin_client: Client) -> None:
    script = admin_client.get("/admin/jsi18n/").content.decode()
    assert '"DATE_INPUT_FORMATS": [\n      "%Y-%m-%d"' in script
    evidence = make_evidence(read_on="2026-11-28")
    assert ">2026-11-28<" in admin_client.get(url(type(evidence), "changelist")).content.decode()
    address = url(type(evidence), "change", evidence.pk)
    data = form_of(admin_client, address) | {"read_on": "28/11/2026"}
    assert "Enter a valid date" in admin_client.post(address, data).content.decode()
    assert admin_client.post(address, data | {"read_on": "2026-11-27"}).status_code == 302


def test_a_capture_is_offered_the_present_moment(admin_client: Client) -> None:
    source = make_source()
    page = admin_client.get(url(Source, "change", source.pk)).content.decode()
    assert 'name="snapshots-__prefix__-captured_at_0" value="20' in page
    add = "/admin/claims/snapshot/add/"
    assert 'name="captured_at_0" value="20' in admin_client.get(add).content.decode()


# What may only be read


def test_pages_without_a_form_show_what_there_is(client: Client) -> None:
    topics, actors = [make_topic(name=f"Matter {n}") for n in range(3)], [make_actor(name="Ada Byron")]
    claim = make_claim(topics=topics, about=actors)
    snapshot = make_snapshot()
    evidence = [make_evidence(claim=claim, snapshot=snapshot, start=18, end=33), make_evidence(claim=claim)]
    verdict = make_verdict(claim=claim, evidence=evidence)
    assertion = make_assertion(claim=claim, snapshot=snapshot, start=18, end=33)
    for role in ("reader", "contributor"):
        user = User.objects.create_user(role, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)

        def shown(record: Any) -> str:
            return client.get(url(type(record), "change", record.pk)).content.decode()

        page = shown(claim)
        assert all(f">Matter {n}</bdi></a>" in page for n in range(3))
        assert ">Ada Byron</bdi></a>" in page
        assert all(each.source.title in shown(verdict) for each in evidence)
        for placed in (assertion, evidence[0]):
            assert "the bridge fell</div>" in shown(placed)
        for record in (claim, verdict, assertion, *evidence, snapshot, snapshot.source, topics[0], actors[0]):
            assert '<div class="readonly">None</div>' not in shown(record)
            assert ">None</div>" not in shown(record), record


# Two at once


def test_a_conflict_says_who_changed_what(admin_client: Client) -> None:
    claim, issuer = make_claim(text="First words."), make_actor(name="Desk of Facts", slug="claimsdb-desk")
    verdict = draft_of(reviewer("anna"), claim=claim, issuer=issuer, status="refuted")
    Verdict.objects.update(state="submitted")
    verdict.refresh_from_db()
    address = url(Claim, "change", claim.pk)
    mine = form_of(admin_client, address) | {"text": "Mine."}
    rita = Client()
    rita.force_login(User.objects.create_superuser("rita"))
    theirs = form_of(rita, address) | {"context": "Theirs.", "_step": f"publish-{verdict.pk}-{verdict.version}"}
    assert rita.post(address, theirs).status_code == 302
    page = admin_client.post(address, mine).content.decode()
    assert "rita changed this claim while you had it open" in page
    assert "context, status" in page or "status, context" in page
    assert "A verdict by Desk of Facts was published. The status changed from “Unverified” to “Refuted”." in page
    assert "Save again to overwrite theirs." in page

    draft = make_verdict(claim=claim, state="draft", of_record=False)
    both = form_of(admin_client, address) | {"_step": f"submit-{draft.pk}-{draft.version}"}
    change = url(Verdict, "change", draft.pk)
    rita.post(change, form_of(rita, change) | {"rationale": "Something else."})
    page = admin_client.post(address, both, follow=True).content.decode()
    assert "The verdict was not submitted. rita changed this verdict while you had it open" in page
    assert "rationale" in page
