"""Four eyes: nobody publishes a verdict of which they wrote any present words or made any present choice."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError

from claims.desk.verdicts import written_by
from claims.models import Verdict, VerdictEvidence
from tests import factories as make
from tests.client import problem
from tests.reviewers import (
    WAYS,
    WORDS,
    ByAdmin,
    ByApi,
    at_commit,
    done,
    draft_of,
    evidence_on,
    named,
    newest,
    published,
    refused,
    reviewer,
    reviewers,
    seal,
    submitted,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def users() -> tuple[User, User]:
    return reviewers()


@pytest.fixture
def anna(users: tuple[User, User]) -> User:
    return users[0]


@pytest.fixture
def boris(users: tuple[User, User]) -> User:
    return users[1]


def change(user: User, verdict: Verdict, **values: Any) -> None:
    """A change that the database sees the user make."""
    with named(user):
        Verdict.objects.filter(pk=verdict.pk).update(**values)


def publish(user: User, verdict: Verdict) -> None:
    """Submits and publishes it as the database sees the user do, without the desk's own check."""

    def act() -> None:
        with named(user):
            Verdict.objects.filter(pk=verdict.pk).update(state="submitted")
            Verdict.objects.filter(pk=verdict.pk).update(state="published")
            seal()

    at_commit(act)


def may_publish(verdict: Verdict, *users: User) -> set[str]:
    """The users that the database lets publish the verdict; the desk agrees."""
    found = set()
    for user in users:
        authored = written_by(verdict, user)
        if authored:
            with pytest.raises(IntegrityError, match="published by somebody who wrote none"):
                publish(user, verdict)
        else:
            found.add(user.username)
    for user in users:
        if user.username in found:
            publish(user, verdict)
            break
    return found


# The doors


@pytest.mark.parametrize("way", WAYS)
def test_the_author_does_not_publish(way: Any, users: Any) -> None:
    verdict = submitted(way(users[0]), make.make_claim(), make.make_actor())
    answer = way(users[0]).step(verdict, "publish")
    refused(answer, "You wrote or chose part of this verdict (claim, evidence, issuer, rationale, status)")
    assert "somebody else must publish it" in answer.words
    if answer.response is not None:
        problem(answer.response, 403)
    verdict.refresh_from_db()
    assert (verdict.state, verdict.published_by) == ("submitted", None)
    done(way(users[1]).step(verdict, "publish"))
    verdict.refresh_from_db()
    assert (verdict.published_by, verdict.second_reader) == (users[1], True)


@pytest.mark.parametrize("way", WAYS)
def test_superusers_neither(way: Any) -> None:
    root = User.objects.create(username="root", is_superuser=True, is_staff=True)
    verdict = submitted(way(root), make.make_claim(), make.make_actor())
    refused(way(root).step(verdict, "publish"), "somebody else must publish it")


def test_the_form_of_a_claim_has_no_way_round(users: Any) -> None:
    """There, a verdict takes its first step as it is added."""
    anna = ByAdmin(users[0])
    claim = make.make_claim()
    evidence = evidence_on(claim)
    values = {"status": "refuted", "rationale": WORDS[0], "issuer": make.make_actor().pk, "step": "on"}
    answer = anna._save(
        f"/admin/claims/claim/{claim.pk}/change/",
        **{f"verdicts-0-{name}": value for name, value in values.items()} | {"verdicts-0-relies_on": evidence},
        **{"verdicts-TOTAL_FORMS": "1"},
    )
    done(answer)
    assert newest().state == "submitted"
    refused(anna.step(newest(), "publish"), "somebody else must publish it")


def test_whoever_only_returned_it_may_publish_it(users: Any) -> None:
    anna, boris = (ByApi(user) for user in users)
    verdict = submitted(anna, make.make_claim(), make.make_actor())
    done(boris.step(verdict, "return", comment="Say how often."))
    done(boris.step(verdict, "submit"))
    done(boris.step(verdict, "publish"))


def test_who_writes_of_late_is_an_author(users: Any) -> None:
    anna, boris, carol = (ByApi(user) for user in (*users, reviewer("carol")))
    verdict = submitted(anna, make.make_claim(), make.make_actor())
    done(boris.step(verdict, "return", comment="A label, please."))
    done(boris.change(verdict, label="Half true"))
    done(boris.step(verdict, "submit"))
    for author in (anna, boris):
        refused(author.step(verdict, "publish"), "somebody else must publish it")
    done(carol.step(verdict, "publish"))


# The database


def test_the_database_refuses_it_too(anna: User, boris: User) -> None:
    verdict = draft_of(anna)
    assert may_publish(verdict, anna, boris) == {"boris"}
    verdict.refresh_from_db()
    # the database knows who published it, whatever the statement says
    assert verdict.published_by == boris


def test_it_takes_no_others_name(anna: User, boris: User) -> None:
    verdict = draft_of(anna, state="submitted")

    def act() -> None:
        with named(anna):
            Verdict.objects.filter(pk=verdict.pk).update(state="published", published_by=boris)
            seal()

    with pytest.raises(IntegrityError, match="by somebody who wrote none"):
        at_commit(act)


def test_nor_for_what_was_added(anna: User, boris: User) -> None:
    claim = make.make_claim()
    (evidence,) = evidence_on(claim)
    with named(anna):
        verdict = make.make_verdict(claim=claim, state="draft", of_record=False, created_by=boris)
        make.make_verdict_evidence(verdict=verdict, evidence=evidence, created_by=boris)
    assert written_by(verdict, boris) == []
    assert may_publish(verdict, anna, boris) == {"boris"}


def test_somebody_must_have_published_it(anna: User) -> None:
    verdict = draft_of(anna, state="submitted")
    with pytest.raises(IntegrityError, match="by somebody who wrote none"):
        at_commit(lambda: Verdict.objects.filter(pk=verdict.pk).update(state="published"))


def test_a_draft_is_not_published_without_being_submitted(anna: User, boris: User) -> None:
    verdict = draft_of(anna)
    with pytest.raises(IntegrityError, match="A verdict that is draft cannot become published"):
        change(boris, verdict, state="published")


@pytest.mark.parametrize("publisher", ["anna", "boris", None])
def test_a_verdict_added_as_published_has_no_second_reader(anna: User, boris: User, publisher: Any) -> None:
    """The user who adds it wrote all of it, in spite of the publisher that it names."""
    claim, by = make.make_claim(), {"anna": anna, "boris": boris}.get(publisher)
    values = {"claim": claim, "issuer": make.make_actor(), "status": "not_checkable", "rationale": WORDS[0]}

    def add(**more: Any) -> None:
        with named(anna):
            Verdict.objects.create(**values, state="published", published_by=by, **more)
            seal()

    for more in ({}, {"second_reader": True}, {"created_by": boris}):
        with pytest.raises(IntegrityError, match="second_reader must be false"):
            at_commit(lambda more=more: add(**more))  # type: ignore[misc]
    at_commit(lambda: add(second_reader=False))
    assert Verdict.objects.get().second_reader is False


# Who wrote the present words


TEXTS = ("rationale", "label", "reason")


@pytest.fixture(params=TEXTS)
def text(request: Any) -> str:
    return request.param


def draft_with(user: User, text: str, words: str) -> Verdict:
    """A draft of which the user wrote only this one text."""
    verdict = make.make_verdict(state="draft", of_record=False, rationale="As the table shows.")
    make.make_verdict_evidence(verdict=verdict)
    change(user, verdict, **{text: words})
    verdict.refresh_from_db()
    return verdict


def test_a_corrected_slip_makes_an_author(anna: User, boris: User, text: str) -> None:
    verdict = draft_with(anna, text, WORDS[0])
    change(boris, verdict, **{text: WORDS[0].replace("counted", "recounted")})
    assert may_publish(verdict, anna, boris, reviewer("carol")) == {"carol"}


def test_a_shorter_text_makes_an_author(anna: User, boris: User, text: str) -> None:
    verdict = draft_with(anna, text, WORDS[0])
    change(boris, verdict, **{text: WORDS[0].removesuffix(", and both counts agree.")})
    assert may_publish(verdict, anna, boris) == set()


def test_who_rewrites_a_text_is_its_only_author(anna: User, boris: User, text: str) -> None:
    verdict = draft_with(anna, text, WORDS[0])
    change(boris, verdict, **{text: WORDS[1]})
    assert may_publish(verdict, anna, boris) == {"anna"}


def test_one_sentence_that_is_left_is_enough(anna: User, boris: User, text: str) -> None:
    verdict = draft_with(anna, text, f"{WORDS[0]} {WORDS[1]}")
    change(boris, verdict, **{text: f"{WORDS[2]} {WORDS[1]} {WORDS[3]}"})
    assert may_publish(verdict, anna, boris) == set()


def test_who_restores_a_text_is_no_author(anna: User, boris: User, text: str) -> None:
    verdict = draft_with(anna, text, WORDS[0])
    change(boris, verdict, **{text: WORDS[1]})
    change(boris, verdict, **{text: WORDS[0]})
    assert may_publish(verdict, anna, boris) == {"boris"}


def test_other_spaces_are_the_same_words(anna: User, boris: User) -> None:
    verdict = draft_with(anna, "rationale", WORDS[0])
    change(boris, verdict, rationale=WORDS[0].replace(" ", "\n  "))
    assert may_publish(verdict, anna, boris) == {"boris"}


@pytest.mark.parametrize(
    "words", ["票经过两次清点，两次结果一致。", "มีการนับคะแนนสองครั้งและผลตรงกัน", "票は二度数えられ、結果は一致した。"]
)
def test_in_scripts_without_spaces_signs_are_words(anna: User, boris: User, words: str) -> None:
    verdict = draft_with(anna, "rationale", words)
    change(boris, verdict, rationale=words[:-1])
    assert may_publish(verdict, anna, boris) == set()


def test_a_text_of_one_word(anna: User, boris: User) -> None:
    verdict = draft_with(anna, "label", "False")
    assert written_by(verdict, anna) == ["label"]
    change(boris, verdict, label="Wrong")
    assert (written_by(verdict, anna), written_by(verdict, boris)) == ([], ["label"])
    change(boris, verdict, label="")
    assert may_publish(verdict, anna, boris) == {"anna", "boris"}


def test_many_hands(anna: User, boris: User) -> None:
    carol, dora = reviewer("carol"), reviewer("dora")
    verdict = draft_with(anna, "rationale", WORDS[0])
    for user, words in ((boris, WORDS[1]), (carol, WORDS[2])):
        verdict.refresh_from_db()
        change(user, verdict, rationale=f"{verdict.rationale} {words}")
    assert may_publish(verdict, anna, boris, carol, dora) == {"dora"}


# Who made the present choices


CHOICES: dict[str, Callable[[Verdict], tuple[Any, Any]]] = {
    "status": lambda verdict: ("conflicting", verdict.status),
    "url": lambda verdict: ("https://example.org/", ""),
    "issuer": lambda verdict: (make.make_actor(), verdict.issuer),
}


@pytest.mark.parametrize("field", CHOICES)
def test_for_a_choice_the_last_one_counts(anna: User, boris: User, field: str) -> None:
    carol = reviewer("carol")
    verdict = make.make_verdict(state="draft", of_record=False)
    make.make_verdict_evidence(verdict=verdict)
    one, two = CHOICES[field](verdict)
    change(anna, verdict, **{field: one})
    assert [user.username for user in (anna, boris) if written_by(verdict, user)] == ["anna"]
    change(boris, verdict, **{field: two})
    change(boris, verdict, **{field: one})
    change(carol, verdict, **{field: one}, issued="2020")
    assert written_by(verdict, boris) == [field]
    assert may_publish(verdict, anna, boris, carol) == {"anna", "carol"}


def test_the_claim_is_a_choice(anna: User, boris: User) -> None:
    verdict = make.make_verdict(state="draft", of_record=False, status="not_checkable")
    change(boris, verdict, claim=make.make_claim())
    assert may_publish(verdict, anna, boris) == {"anna"}


def test_what_it_supersedes_and_why(anna: User, boris: User) -> None:
    carol, first = reviewer("carol"), published(of_record=False)
    about = {"claim": first.claim, "issuer": first.issuer, "state": "draft", "of_record": False}
    verdict = make.make_verdict(**about, evidence=[*first.evidence.all()])
    change(anna, verdict, supersedes=first, reason="New figures.")
    change(boris, verdict, reason_kind="error")
    assert (written_by(verdict, anna), written_by(verdict, boris)) == (["reason", "supersedes"], ["reason_kind"])
    assert may_publish(verdict, anna, boris, carol) == {"carol"}


def test_ticks(anna: User, boris: User) -> None:
    verdict = make.make_verdict(state="draft", of_record=False)
    one, two = evidence_on(verdict.claim, 2)
    for user, evidence in ((anna, one), (boris, two)):
        with named(user):
            make.make_verdict_evidence(verdict=verdict, evidence=evidence)
    assert (written_by(verdict, anna), written_by(verdict, boris)) == (["evidence"], ["evidence"])
    # whose tick is gone made no present choice
    with named(anna):
        VerdictEvidence.objects.filter(evidence=two).delete()
    assert may_publish(verdict, anna, boris) == {"boris"}


def test_a_tick_that_leads_elsewhere(anna: User, boris: User) -> None:
    verdict = make.make_verdict(state="draft", of_record=False)
    one, two = evidence_on(verdict.claim, 2)
    with named(anna):
        link = make.make_verdict_evidence(verdict=verdict, evidence=one)
    with named(boris):
        VerdictEvidence.objects.filter(pk=link.pk).update(evidence=two)
    assert may_publish(verdict, anna, boris) == set()


def test_ticks_over_the_api_and_in_the_admin(users: Any) -> None:
    for way, user in zip(WAYS, users, strict=True):
        verdict = make.make_verdict(state="draft", of_record=False)
        done(way(user).change(verdict, evidence=evidence_on(verdict.claim)))
        assert written_by(verdict, user) == ["evidence"]
