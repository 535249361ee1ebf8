"""The workflow of verdicts, over the API and in the admin: from the first draft to its withdrawal."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from claims.models import Verdict
from tests import factories as make
from tests.client import problem, url
from tests.people import client_of, people
from tests.reviewers import (
    WAYS,
    WORDS,
    ByAdmin,
    ByApi,
    desk,
    done,
    evidence_on,
    newest,
    published,
    refused,
    reviewers,
    seal,
    statuses,
    submitted,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(params=WAYS)
def way(request: Any) -> Any:
    return request.param


@pytest.fixture
def hands(way: Any) -> tuple[Any, Any]:
    """Two reviewers."""
    anna, boris = reviewers()
    return way(anna), way(boris)


def test_from_the_first_draft_to_its_withdrawal(hands: Any) -> None:
    anna, boris = hands
    claim, issuer = make.make_claim(), desk()
    first, second = evidence_on(claim, 2)
    verdict = submitted(hands[0], claim, issuer, evidence=[first])
    assert (verdict.state, verdict.revision, verdict.drafted_by) == ("submitted", 0, anna.user)

    done(boris.step(verdict, "return", comment="Say how often."))
    verdict.refresh_from_db()
    assert (verdict.state, verdict.comment) == ("returned", "Say how often.")
    done(anna.change(verdict, rationale=WORDS[1]))
    done(anna.step(verdict, "submit"))
    done(boris.step(verdict, "publish"))
    verdict.refresh_from_db()
    assert (verdict.state, verdict.revision, verdict.of_record, verdict.comment) == ("published", 1, True, "")
    assert (verdict.published_by, verdict.second_reader) == (boris.user, True)
    assert verdict.issued == f"{timezone.now():%Y-%m-%d}"
    assert verdict.published_at is not None

    values = {"supersedes": verdict, "reason_kind": "new_evidence", "reason": "New figures.", "status": "supported"}
    later = submitted(boris, claim, issuer, evidence=[first, second], rationale=WORDS[2], **values)
    assert Verdict.objects.of_record().get() == verdict
    done(anna.step(later, "publish"))
    verdict.refresh_from_db()
    later.refresh_from_db()
    assert (verdict.state, verdict.of_record) == ("published", False)
    assert (later.revision, later.of_record) == (2, True)

    done(anna.step(later, "withdraw", kind="error", reason="A figure was wrong."))
    later.refresh_from_db()
    assert (later.state, later.of_record) == ("withdrawn", False)
    assert (later.withdrawal_kind, later.withdrawal) == ("error", "A figure was wrong.")
    # the claim was never without a decision when one superseded the other, not even in its history
    assert statuses(claim) == ["unverified", "refuted", "supported", "unverified"]
    seal()


# Steps and states

VERBS = ("submit", "return", "publish", "withdraw")
BODIES = {"return": {"comment": "Say how often."}, "withdraw": {"kind": "error", "reason": "It was wrong."}}
POSSIBLE = {
    "draft": ["submit"],
    "submitted": ["return", "publish"],
    "returned": ["submit"],
    "published": ["withdraw"],
    "withdrawn": [],
}


@pytest.mark.parametrize(("state", "verb"), [(s, verb) for s in POSSIBLE for verb in VERBS if verb not in POSSIBLE[s]])
def test_a_step_from_another_state_says_what_is_possible(state: str, verb: str, way: Any) -> None:
    verdict = make.make_verdict(state=state, of_record=state == "published")
    version = verdict.version
    answer = way(reviewers()[0]).step(verdict, verb, **BODIES.get(verb, {}))
    refused(answer, f"A verdict that is {state} can’t be")
    assert all(step in answer.words for step in POSSIBLE[state] or ["A new verdict can supersede it."])
    if answer.response is not None:
        found = problem(answer.response, 409)
        assert (found["state"], found["possible"]) == (state, POSSIBLE[state])
    verdict.refresh_from_db()
    assert (verdict.state, verdict.version) == (state, version)


def test_a_step_needs_a_condition_that_holds() -> None:
    client = client_of(reviewers()[0])
    verdict = make.make_verdict(state="draft", of_record=False)
    address = url("verdicts", verdict.pk, "submit")
    problem(client.post(address, {}, format="json"), 428)
    problem(client.post(address, {"version": 2}, format="json"), 412)
    problem(client.post(address, {}, format="json", headers={"If-Match": '"other"'}), 412)
    assert client.post(address, {"version": 1}, format="json").json()["state"] == "submitted"
    # of many at once, those who come late learn the state, not only that their version is old
    assert problem(client.post(address, {"version": 1}, format="json"), 409)["state"] == "submitted"


def test_a_step_under_a_key_is_taken_once() -> None:
    client = client_of(reviewers()[0])
    verdict = make.make_verdict(state="draft", of_record=False)
    address, headers = url("verdicts", verdict.pk, "submit"), {"Idempotency-Key": "one"}
    first, second = (client.post(address, {"version": 1}, format="json", headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content == second.content
    assert second["Idempotency-Replayed"] == "true"


def test_a_step_returns_the_record_with_its_etag() -> None:
    client = client_of(reviewers()[0])
    verdict = make.make_verdict(state="draft", of_record=False)
    answer = client.post(url("verdicts", verdict.pk, "submit"), {"version": 1}, format="json")
    read = client.get(url("verdicts", verdict.pk))
    assert (answer.json(), answer["ETag"]) == (read.json(), read["ETag"])


@pytest.mark.parametrize("verb", VERBS)
def test_steps_are_for_reviewers(verb: str) -> None:
    users = people()
    before = next(state for state, possible in POSSIBLE.items() if verb in possible)
    verdict = make.make_verdict(state=before, of_record=before == "published")
    for name in ("reader", "contributor"):
        found = ByApi(users[name]).step(verdict, verb, **BODIES.get(verb, {}))
        assert "You need the role of reviewer" in problem(found.response, 403)["detail"]
    if verb != "publish":
        done(ByApi(users["administrator"]).step(verdict, verb, **BODIES.get(verb, {})))


#: the states that follow one another, also for statements that ask nobody
ALLOWED = {
    ("draft", "submitted"),
    ("returned", "submitted"),
    ("submitted", "returned"),
    ("submitted", "published"),
    ("published", "withdrawn"),
}


@pytest.mark.parametrize("before", POSSIBLE)
def test_the_database_holds_the_order_of_states(before: str) -> None:
    verdict = make.make_verdict(state=before, of_record=False)
    rows = Verdict.objects.filter(pk=verdict.pk)
    for after in POSSIBLE:
        if after != before and (before, after) not in ALLOWED:
            with pytest.raises(IntegrityError, match=f"that is {before} cannot become {after}"), transaction.atomic():
                rows.update(state=after, withdrawal="It was wrong." if after == "withdrawn" else "")
    assert rows.get().state == before


def test_there_is_no_other_way_to_another_state() -> None:
    anna = ByApi(reviewers()[0])
    draft = make.make_verdict(state="draft", of_record=False)
    for values in ({"state": "published"}, {"of_record": True}, {"revision": 3}, {"second_reader": True}):
        problem(anna.change(draft, **values).response, 400, *values)
    claim, issuer = make.make_claim(), make.make_actor()
    problem(anna.draft(claim, issuer, state="published").response, 400, "state")


@pytest.mark.parametrize("words", ["", " \t", "\u200b"])
def test_a_verdict_is_returned_with_a_comment(way: Any, words: str) -> None:
    verdict = make.make_verdict(state="submitted", of_record=False)
    answer = way(reviewers()[0]).step(verdict, "return", comment=words)
    assert not answer
    assert Verdict.objects.get().state == "submitted"
    if answer.response is not None:
        problem(answer.response, 400, "comment")


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "error", "reason": " "},
        {"kind": "error", "reason": "\u200b"},
        {"kind": "error"},
        {"kind": "", "reason": "It was wrong."},
        {"kind": "mood", "reason": "It was wrong."},
        {"reason": "It was wrong."},
    ],
)
def test_a_verdict_is_withdrawn_with_a_typed_reason(way: Any, body: dict[str, str]) -> None:
    verdict = published()
    answer = way(reviewers()[0]).step(verdict, "withdraw", **body)
    assert not answer
    assert Verdict.objects.get().state == "published"
    if answer.response is not None:
        problem(answer.response, 400, "kind" if body.get("kind") != "error" else "reason")


def test_unknown_members_of_a_step_are_refused() -> None:
    verdict = make.make_verdict(state="draft", of_record=False)
    problem(ByApi(reviewers()[0]).step(verdict, "submit", comment="Please.").response, 400, "comment")


# What is submitted can't change until it is returned


def changes_of(verdict: Verdict) -> dict[str, Any]:
    """A change of each field that people write."""
    (other,) = evidence_on(verdict.claim)
    earlier = published(claim=verdict.claim, issuer=verdict.issuer)
    return {
        "issuer": make.make_actor(),
        "status": "conflicting",
        "rationale": WORDS[3],
        "label": "Half true",
        "url": "https://example.org/",
        "issued": "2020-01-01",
        "evidence": [other],
        "supersedes": earlier,
        "reason_kind": "error",
    }


def test_a_submitted_verdict_is_read_only_until_it_is_returned() -> None:
    anna, boris = (ByApi(user) for user in reviewers())
    verdict = submitted(anna, make.make_claim(), make.make_actor(slug="others"))
    before = anna.client.get(url("verdicts", verdict.pk)).json()
    changes = changes_of(verdict)
    for name, value in changes.items():
        more = {"reason": "Figures."} if name == "supersedes" else {}
        found = anna.change(verdict, **{name: value} | more)
        assert "it can change only after it has been returned" in problem(found.response, 400, name)["detail"], name
    moved = make.make_claim()
    problem(anna.change(verdict, claim=moved).response, 400, "claim")
    refused(anna.delete(verdict), "it can change only after it has been returned")
    assert anna.client.get(url("verdicts", verdict.pk)).json() == before
    done(boris.step(verdict, "return", comment="Say how often."))
    done(anna.change(verdict, issuer=changes.pop("issuer")))
    done(anna.change(verdict, issuer=verdict.issuer))
    for name, value in changes.items():
        done(anna.change(verdict, **{name: value} | ({"reason": "Figures."} if name == "supersedes" else {})))
    done(anna.delete(verdict))


def test_nor_in_the_admin() -> None:
    anna, _ = reviewers()
    verdict = submitted(ByApi(anna), make.make_claim(), make.make_actor())
    values = {"rationale": WORDS[1], "status": "supported", "label": "Half true", "issued": "2020", "evidence": []}
    ByAdmin(anna).change(verdict, **values)
    assert not ByAdmin(anna).delete(verdict)
    assert Verdict.objects.get().version == verdict.version
    assert verdict.evidence.count() == 1


# Drafts


def test_a_draft_can_move_and_be_deleted(way: Any) -> None:
    anna = way(reviewers()[0])
    draft, other = make.make_verdict(state="draft", of_record=False), make.make_claim()
    done(anna.change(draft, claim=other.slug if way is ByApi else other.pk))
    draft.refresh_from_db()
    assert draft.claim == other
    done(anna.delete(draft))


def test_a_form_that_supersedes_starts_from_what_the_other_says() -> None:
    anna = ByAdmin(reviewers()[0])
    first = published(status="refuted", rationale=WORDS[2], label="False", url="https://example.org/")
    evidence_on(first.claim)
    done(anna.draft(first.claim, first.issuer, supersedes=first, rationale=WORDS[2], reason="So.", reason_kind="error"))
    draft = newest()
    assert (draft.status, draft.rationale, draft.label, draft.url) == ("refuted", WORDS[2], "False", first.url)
    assert [*draft.evidence.all()] == [*first.evidence.all()]


def test_a_draft_holds_the_claim_of_a_contributor() -> None:
    users = people()
    claim = make.make_claim(created_by=users["contributor"])
    make.make_verdict(claim=claim, state="draft", of_record=False, created_by=users["contributor"])
    client = client_of(users["contributor"])
    answer = client.delete(url("claims", claim.pk), headers={"If-Match": "*"})
    assert "ask a reviewer" in problem(answer, 403)["detail"]
    assert Verdict.objects.exists()
