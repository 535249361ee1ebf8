"""Merging actors moves their verdicts, also published ones: with what it merges, and only so."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from claims.desk.merging import merge
from claims.models import Actor, Verdict
from tests import factories as make
from tests.client import administrator, problem, url
from tests.reviewers import (
    ONCE_PUBLISHED,
    WORDS,
    at_commit,
    draft_of,
    named,
    once_published,
    published,
    relied_on,
    reviewers,
    seal,
    stored,
    superseded,
    withdrawn,
)

pytestmark = pytest.mark.django_db


def revisions(issuer: Actor) -> list[tuple[int, int]]:
    return [*Verdict.objects.issued_by(issuer).order_by("pk").values_list("pk", "revision")]


@pytest.mark.parametrize("how", ONCE_PUBLISHED)
def test_verdicts_move_with_their_issuer(how: str) -> None:
    verdict, into = once_published(how), make.make_actor()
    earlier, before, issuer = verdict.supersedes, stored(verdict), verdict.issuer
    merge(issuer, into)
    seal()
    after = stored(verdict)
    moved = {name for name in before if before[name] != after[name]}
    assert moved == {"issuer_id", "version", "updated_at"}
    assert after["issuer_id"] == into.pk
    assert stored(earlier)["issuer_id"] == into.pk  # type: ignore[arg-type]
    assert relied_on(verdict) == before["evidence"]


def test_they_are_numbered_after_those_of_the_other() -> None:
    claim, one, two = make.make_claim(), make.make_actor(), make.make_actor()
    first = withdrawn(claim=claim, issuer=one)
    older = superseded(claim=claim, issuer=two)
    (newer,) = older.superseded_by.all()
    draft = make.make_verdict(claim=claim, issuer=two, state="draft", of_record=False)
    elsewhere = published(issuer=two)
    merge(two, one)
    seal()
    assert revisions(one) == [(first.pk, 1), (older.pk, 2), (newer.pk, 3), (draft.pk, 0), (elsewhere.pk, 1)]
    assert Verdict.objects.of_record().filter(claim=claim).get() == newer
    assert not Verdict.objects.issued_by(two).exists()


def test_a_submitted_verdict_moves_and_is_published_by_the_second_reader() -> None:
    anna, boris = reviewers()
    verdict, into = draft_of(anna, state="submitted"), make.make_actor()
    with named(boris):
        # the reader who merges makes no choice of the verdict's
        merge(verdict.issuer, into)
    verdict.refresh_from_db()
    assert (verdict.issuer, verdict.state) == (into, "submitted")
    client = administrator()
    client.force_authenticate(boris)
    assert client.post(url("verdicts", verdict.pk, "publish"), {}, format="json").status_code == 200


def test_two_with_a_current_verdict_on_the_same_claim_are_not_merged() -> None:
    claim, one, two = make.make_claim(text="The bridge fell."), make.make_actor(), make.make_actor()
    published(claim=claim, issuer=one)
    other = published(claim=claim, issuer=two, of_record=False)
    words = "Both actors have a published verdict on “The bridge fell.”; withdraw one of the two first."
    with pytest.raises(ValidationError, match=words):
        merge(one, two)
    answer = administrator().post(url("actors", one.pk, "merge"), {"into": two.slug}, format="json")
    assert words in problem(answer, 400, "into")["detail"]
    assert Verdict.objects.issued_by(one).count() == 1
    answer = administrator().post(
        url("verdicts", other.pk, "withdraw"), {"kind": "context", "reason": "They are one."}, format="json"
    )
    assert answer.status_code == 200
    assert administrator().post(url("actors", one.pk, "merge"), {"into": two.slug}, format="json").status_code == 200
    seal()
    assert Verdict.objects.issued_by(two).count() == 2


@pytest.mark.parametrize("how", ONCE_PUBLISHED)
def test_they_move_in_no_other_way(how: str) -> None:
    verdict, into = once_published(how), make.make_actor()
    merge(make.make_actor(), into)
    before = stored(verdict)
    rows: Any = Verdict.objects.filter(pk=verdict.pk)
    for values in ({"issuer": into}, {"revision": 7}, {"issuer": into, "revision": 7}):
        with pytest.raises(IntegrityError, match="keeps its word"):
            at_commit(lambda values=values: rows.update(**values))  # type: ignore[misc]
    # not even to the actor that replaced another, or with other words
    merge(verdict.issuer, into)
    seal()
    with pytest.raises(IntegrityError, match="keeps its word"):
        at_commit(lambda: rows.update(rationale=WORDS[3]))
    assert stored(verdict)["rationale"] == before["rationale"]
    with pytest.raises(IntegrityError, match="keeps its word"):
        at_commit(lambda: rows.update(issuer=make.make_actor()))


def test_the_database_refuses_two_current_verdicts_of_merged_actors() -> None:
    claim, one, two = make.make_claim(), make.make_actor(), make.make_actor()
    published(claim=claim, issuer=one)
    published(claim=claim, issuer=two, of_record=False)

    def move() -> None:
        Actor.objects.filter(pk=one.pk).update(merged_into=two)
        Verdict.objects.issued_by(one).update(issuer=two, revision=2)

    with pytest.raises(IntegrityError, match="supersede that one, or withdraw it first"):
        at_commit(move)
