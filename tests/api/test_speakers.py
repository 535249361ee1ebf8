"""Assertions whose speaker is not known."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from claims.models import Assertion
from tests import factories as make
from tests.client import RESOURCES, administrator, bridge, get, ids, problem, send, url

pytestmark = pytest.mark.django_db


def unknown(**more):
    body = RESOURCES["assertions"].body()
    del body["speaker"]
    return body | more


def test_a_speaker_may_be_not_known():
    made = send("POST", url("assertions"), unknown())
    assert made.status_code == 201, made.content
    assertion = made.json()
    assert assertion["speaker"] is None
    assert get(url("assertions", assertion["id"]), expand="speaker")["speaker"] is None
    address = url("assertions", assertion["id"])
    actor = make.make_actor()
    assert administrator().patch(address, {"speaker": actor.slug}, format="json").json()["speaker"] == actor.slug
    assert administrator().patch(address, {"speaker": None}, format="json").json()["speaker"] is None
    assert administrator().patch(address, {"speaker": actor.slug}, format="json").json()["speaker"] == actor.slug
    replaced = {key: assertion[key] for key in ("claim", "source")}
    assert administrator().put(address, replaced, format="json").json()["speaker"] is None


def test_it_is_one_assertion_as_long_as_nobody_is_named():
    body = unknown()
    assert send("POST", url("assertions"), body).status_code == 201
    again = send("POST", url("assertions"), body)
    assert "already" in problem(again, 400)["detail"]
    assert send("POST", url("assertions"), body | {"speaker": make.make_actor().slug}).status_code == 201
    assert send("POST", url("assertions"), body | {"stance": "denies"}).status_code == 201
    twice = send("POST", url("assertions", "bulk"), {"items": [body | {"locator": "page 2"}] * 2})
    assert "already" in problem(twice, 400)["detail"]


def test_new_claims_and_bulk_writes_take_them():
    source = make.make_source()
    body = {"text": "The bridge fell.", "kind": "fact", "assertions": [{"source": source.slug}]}
    assert send("POST", url("claims"), body).status_code == 201
    assert send("POST", url("assertions", "bulk"), {"items": [unknown(), unknown()]}).status_code == 201
    assert Assertion.objects.filter(speaker=None).count() == 3


def test_they_can_be_asked_for():
    known, not_known, both, neither = (bridge() for _ in range(4))
    of_known = [make.make_assertion(claim=claim) for claim in (known, both)]
    of_unknown = [make.make_assertion(claim=claim, speaker=None) for claim in (not_known, both)]
    assert set(ids(url("assertions"), speaker__isnull="true")) == {a.pk for a in of_unknown}
    assert set(ids(url("assertions"), speaker__isnull="false")) == {a.pk for a in of_known}
    assert set(ids(url("claims"), speaker__isnull="true")) == {not_known.pk, both.pk}
    assert set(ids(url("claims"), speaker__isnull="false")) == {known.pk, both.pk}
    assert set(ids(url("claims"), assertions__isnull="true")) == {neither.pk}
    # of one and the same assertion
    source = of_unknown[1].source.slug
    assert ids(url("claims"), speaker__isnull="true", source=source) == [both.pk]
    assert ids(url("claims"), speaker__isnull="false", source=source) == []


def test_a_merged_actor_leaves_them_alone():
    assertion = make.make_assertion(speaker=None)
    other = make.make_assertion(claim=assertion.claim, source=assertion.source)
    into = make.make_actor()
    merged = administrator().post(url("actors", other.speaker.slug, "merge"), {"into": into.slug}, format="json")
    assert merged.status_code == 200
    assert set(Assertion.objects.values_list("speaker", flat=True)) == {None, into.pk}


def test_the_admin_says_so():
    client = Client()
    client.force_login(User.objects.create_superuser("admin"))
    assertion = make.make_assertion(snapshot=make.make_snapshot(), start=0, end=12, speaker=None)
    make.make_assertion(claim=assertion.claim)
    claim, source = assertion.claim_id, assertion.source_id
    for address, words in {
        "assertion/": "not known",
        "assertion/?speaker__isempty=1": "not known",
        f"assertion/{assertion.pk}/change/": "Speaker not known",
        f"assertion/{assertion.pk}/history/": "Speaker not known",
        f"assertion/{assertion.pk}/delete/": "Speaker not known",
        "claim/": "not known",
        f"claim/{claim}/change/": "Speaker not known",
        f"source/{source}/change/": "Speaker not known",
        f"source/{source}/reading/": "Speaker not known",
    }.items():
        page = client.get(f"/admin/claims/{address}")
        assert page.status_code == 200, address
        assert words in page.content.decode(), address
