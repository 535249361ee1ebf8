"""A rewording is kept as the database wrote it, and readers see it if they could see the earlier words."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from claims.models import Claim, Evidence, Rewording, Verdict
from tests import factories as make
from tests.client import anonymous, problem, url
from tests.private import HIDDEN
from tests.reviewers import (
    ByApi,
    at_commit,
    done,
    evidence_on,
    published,
    reviewer,
    seal,
)

pytestmark = pytest.mark.django_db

REASON = {"kind": "clarification", "reason": "It was not clear which one."}


@pytest.fixture
def anna() -> User:
    return reviewer("anna")


def placed(**kw: Any) -> Verdict:
    """A published verdict on evidence at a place in a snapshot."""
    claim = make.make_claim()
    evidence = make.make_evidence(claim=claim, snapshot=make.make_snapshot(), start=0, end=12)
    return published(claim=claim, evidence=[evidence], **kw)


def test_a_rewording_is_kept_as_it_is(anna: User) -> None:
    verdict = published()
    done(ByApi(anna).reword(verdict.claim, text="The old bridge fell.", **REASON))
    kept = Rewording.objects.get()
    for attempt in (
        lambda: Rewording.objects.update(reason="Because."),
        lambda: Rewording.objects.update(earlier={}),
        lambda: Rewording.objects.update(public_from=None),
        lambda: kept.delete(),
        lambda: Rewording.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="A rewording is kept as it is"), transaction.atomic():
            attempt()
    client = ByApi(anna).client
    for method in (client.patch, client.put, client.delete):
        problem(method(url("rewordings", kept.pk), {"reason": "Because."}, format="json"), 405)
    problem(client.post(url("rewordings"), {"claim": verdict.claim.slug, **REASON}, format="json"), 405)


def test_the_database_fills_in_the_earlier_words(anna: User) -> None:
    """Whatever the statement says they were."""
    verdict = placed()
    lies = {"earlier": {"text": "No."}, "new_version": 9, "source": make.make_source(), "public_from": None}

    def reword() -> None:
        Rewording.objects.create(claim=verdict.claim, **REASON, **lies)
        Claim.objects.filter(pk=verdict.claim_id).update(text="The old bridge fell.")

    at_commit(reword)
    kept = Rewording.objects.get()
    assert kept.earlier == {"text": verdict.claim.text, "context": ""}
    assert (kept.new_version, kept.source) == (Claim.objects.get().version, None)
    assert kept.public_from is not None


# Who sees them


def seen(claim: Claim) -> list[int]:
    """The rewordings that a stranger finds."""
    lists = [
        anonymous().get(address).json()["results"]
        for address in (url("rewordings"), url("claims", claim.slug, "rewordings"))
    ]
    found = [[row["id"] for row in rows] for rows in lists]
    assert found[0] == found[1]
    for pk in Rewording.objects.values_list("pk", flat=True):
        assert anonymous().get(url("rewordings", pk)).status_code == (200 if pk in found[0] else 404)
    return found[0]


def test_strangers_see_what_was_public_when_it_was_reworded(anna: User) -> None:
    hand = ByApi(anna)
    issuer = make.make_actor()
    claim = make.make_claim(**HIDDEN)
    evidence = make.make_evidence(claim=claim, **HIDDEN)
    published(claim=claim, issuer=issuer, evidence=[evidence])
    done(hand.reword(claim, text="The old bridge fell.", **REASON))
    done(hand.reword(evidence, summary="It fell.", **REASON))
    assert anonymous().get(url("claims", claim.slug, "rewordings")).status_code == 404
    assert len(hand.client.get(url("rewordings")).json()["results"]) == 2
    assert hand.client.post(url("claims", claim.slug, "release"), {}, format="json").status_code == 200
    assert seen(claim) == []
    done(hand.reword(claim, text="The oldest bridge fell.", **REASON))
    done(hand.reword(evidence, summary="It fell over.", **REASON))
    newest = [*Rewording.objects.order_by("-pk").values_list("pk", flat=True)[:2]]
    assert seen(claim) == newest


def test_words_about_what_was_in_preparation_are_not_shown_later(anna: User) -> None:
    """Evidence that is public in name only, since its source isn't."""
    hand = ByApi(anna)
    claim, source = make.make_claim(), make.make_source(**HIDDEN)
    evidence = make.make_evidence(claim=claim, source=source, **HIDDEN)
    shown = evidence_on(claim)
    published(claim=claim, evidence=shown, issuer=make.make_actor())
    make.make_verdict(claim=claim, evidence=[evidence], issuer=make.make_actor(**HIDDEN), of_record=False)
    seal()
    Evidence.objects.filter(pk=evidence.pk).update(public_from="2020-01-01T00:00:00Z")
    done(hand.reword(evidence, summary="It fell.", **REASON))
    type(source).objects.filter(pk=source.pk).update(public_from="2020-01-01T00:00:00Z")
    seal()
    assert anonymous().get(url("evidence", evidence.pk)).status_code == 200
    assert seen(claim) == []


def test_strangers_see_nothing_of_confidential_evidence(anna: User) -> None:
    hand = ByApi(anna)
    claim = make.make_claim()
    open_, secret = make.make_evidence(claim=claim), make.make_evidence(claim=claim, confidential=True)
    published(claim=claim, evidence=[open_, secret])
    done(hand.reword(secret, summary="It fell.", **REASON))
    assert seen(claim) == []
    # the verdict says that something has changed
    assert anonymous().get(url("verdicts")).json()["results"][0]["on_earlier_words"] is True
    done(hand.reword(open_, summary="It fell.", **REASON))
    assert len(seen(claim)) == 1
    done(hand.reword(open_, confidential=True))
    assert seen(claim) == []


def test_contributors_do_not_reword(anna: User) -> None:
    """They can't change what belongs to a decided claim."""
    user = User.objects.create(username="carla")
    user.groups.add(anna.groups.model.objects.get(name="contributor"))  # type: ignore[attr-defined]
    claim = make.make_claim(created_by=user)
    published(claim=claim)
    problem(ByApi(user).reword(claim, text="The old bridge fell.", **REASON).response, 403)
