"""What publication needs, and which verdict is the position of record."""

from typing import Any

import pytest

from claims.models import Verdict
from tests import factories as make
from tests.client import problem
from tests.reviewers import (
    WAYS,
    ByAdmin,
    ByApi,
    desk,
    done,
    evidence_on,
    published,
    refused,
    reviewers,
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


# What a verdict needs


def test_publication_needs_evidence(hands: Any) -> None:
    verdict = submitted(hands[0], make.make_claim(), make.make_actor(), evidence=[])
    refused(hands[1].step(verdict, "publish"), "Choose the evidence that it relies on.")


@pytest.mark.parametrize("status", ["not_checkable", "not_enough_evidence"])
def test_unless_there_is_none(hands: Any, status: str) -> None:
    verdict = submitted(hands[0], make.make_claim(), make.make_actor(), evidence=[], status=status)
    done(hands[1].step(verdict, "publish"))


def test_only_evidence_on_the_claim(hands: Any) -> None:
    claim, issuer, (foreign,) = make.make_claim(), make.make_actor(), evidence_on(make.make_claim())
    answer = hands[0].draft(claim, issuer, evidence=[foreign])
    assert not answer
    if answer.response is not None:
        assert str(foreign.pk) in problem(answer.response, 400, "evidence")["detail"]


def test_superseding_needs_a_kind_and_words() -> None:
    anna, boris = (ByApi(user) for user in reviewers())
    first = published()
    values = {"supersedes": first, "evidence": [*first.evidence.all()]}
    problem(anna.draft(first.claim, first.issuer, **values).response, 400, "reason")
    problem(
        anna.draft(first.claim, first.issuer, **values, reason="So.", reason_kind="mood").response, 400, "reason_kind"
    )
    verdict = submitted(anna, first.claim, first.issuer, **values, reason="New figures.")
    answer = boris.step(verdict, "publish")
    assert (
        "new_evidence, error, clarification, retraction, context"
        in problem(answer.response, 400, "reason_kind")["detail"]
    )


def test_a_verdict_supersedes_one_of_the_same_issuer_on_the_same_claim() -> None:
    anna = ByApi(reviewers()[0])
    first = published()
    values = {"supersedes": first, "reason": "So.", "reason_kind": "error"}
    for claim, issuer in ((make.make_claim(), first.issuer), (first.claim, make.make_actor())):
        found = problem(anna.draft(claim, issuer, **values).response, 400, "supersedes")
        assert "same issuer on the same claim" in found["detail"]


def test_what_was_never_published_is_not_superseded(hands: Any) -> None:
    claim, issuer = make.make_claim(), make.make_actor()
    draft = make.make_verdict(claim=claim, issuer=issuer, state="draft", of_record=False)
    values = {"supersedes": draft, "reason": "So.", "reason_kind": "error"}
    verdict = submitted(hands[0], claim, issuer, **values)
    refused(hands[1].step(verdict, "publish"), "was never published; change that one instead")


def test_a_verdict_is_superseded_once(hands: Any) -> None:
    first = published()
    values = {"supersedes": first, "reason": "So.", "reason_kind": "error"}
    one, two = (submitted(hands[0], first.claim, first.issuer, **values) for _ in range(2))
    done(hands[1].step(one, "publish"))
    refused(hands[1].step(two, "publish"), f"has been superseded by verdict {one.pk}; supersede that one.")
    # also once that one was withdrawn
    done(hands[1].step(one, "withdraw", kind="error", reason="It was wrong."))
    refused(hands[1].step(two, "publish"), f"has been superseded by verdict {one.pk}; supersede that one.")
    done(hands[1].step(two, "return", comment="Supersede the other."))
    done(hands[0].change(two, supersedes=one))
    done(hands[0].step(two, "submit"))
    done(hands[1].step(two, "publish"))
    two.refresh_from_db()
    assert two.revision == 3


def test_an_issuer_has_one_current_verdict_on_a_claim(hands: Any) -> None:
    first = published()
    verdict = submitted(hands[0], first.claim, first.issuer)
    refused(hands[1].step(verdict, "publish"), f"{first.pk}: supersede that one, and say why")
    done(hands[0].step(first, "withdraw", kind="error", reason="It was wrong."))
    done(hands[1].step(verdict, "publish"))
    verdict.refresh_from_db()
    assert (verdict.revision, verdict.supersedes) == (2, None)
    # others decide on it as well
    other = submitted(hands[0], first.claim, make.make_actor())
    done(hands[1].step(other, "publish"))


def test_a_day_that_was_given_stays(hands: Any) -> None:
    verdict = submitted(hands[0], make.make_claim(), make.make_actor(), issued="2024-03")
    done(hands[1].step(verdict, "publish"))
    verdict.refresh_from_db()
    assert verdict.issued == "2024-03"


def test_the_buttons_say_what_is_missing_before_they_are_pressed() -> None:
    anna, boris = reviewers()
    verdict = submitted(ByApi(anna), make.make_claim(), make.make_actor(), evidence=[])
    for user, own in ((anna, True), (boris, False)):
        shown = ByAdmin(user).client.get(f"/admin/claims/verdict/{verdict.pk}/change/").content.decode()
        assert "Choose the evidence that it relies on." in shown
        assert ("somebody else must publish it" in shown) == own


# The position of record


def test_the_desks_first_verdict_becomes_the_position_of_record(hands: Any) -> None:
    claim = make.make_claim()
    others = submitted(hands[0], claim, make.make_actor(), status="supported")
    done(hands[1].step(others, "publish"))
    assert statuses(claim) == ["unverified"]
    ours = submitted(hands[0], claim, desk())
    done(hands[1].step(ours, "publish"))
    assert Verdict.objects.of_record().get() == ours
    assert statuses(claim) == ["unverified", "refuted"]


def test_without_a_desk_anybodys_first(hands: Any, settings: Any) -> None:
    settings.DESK = ""
    claim = make.make_claim()
    first, second = (submitted(hands[0], claim, make.make_actor()) for _ in range(2))
    for verdict in (first, second):
        done(hands[1].step(verdict, "publish"))
    assert Verdict.objects.of_record().get() == first


def test_a_reviewer_can_decide_otherwise() -> None:
    anna, boris = (ByApi(user) for user in reviewers())
    claim = make.make_claim()
    ours = submitted(anna, claim, desk())
    assert boris.step(ours, "publish", of_record=False).response.json()["of_record"] is False
    others, more = (submitted(anna, claim, make.make_actor()) for _ in range(2))
    assert boris.step(others, "publish", of_record=True).response.json()["of_record"] is True
    found = problem(boris.step(more, "publish", of_record=True).response, 400, "of_record")
    assert "supersede that one" in found["detail"]
    assert Verdict.objects.of_record().get() == others


def test_one_that_supersedes_it_takes_its_place() -> None:
    anna, boris = (ByApi(user) for user in reviewers())
    first = published(status="supported")
    values = {"supersedes": first, "reason": "So.", "reason_kind": "error"}
    verdict = submitted(anna, first.claim, first.issuer, **values)
    found = problem(boris.step(verdict, "publish", of_record=False).response, 400, "of_record")
    assert "takes its place" in found["detail"]
    done(boris.step(verdict, "publish"))
    assert statuses(first.claim) == ["unverified", "supported", "refuted"]
    first.refresh_from_db()
    assert (first.state, first.of_record) == ("published", False)
    # the first one never comes back
    done(boris.step(verdict, "withdraw", kind="error", reason="It was wrong."))
    assert statuses(first.claim)[-1] == "unverified"
    assert not Verdict.objects.of_record().exists()


def test_one_beside_the_record_is_superseded_beside_it(hands: Any) -> None:
    of_record = published(status="supported")
    beside = published(claim=of_record.claim, of_record=False)
    values = {"supersedes": beside, "reason": "So.", "reason_kind": "context"}
    verdict = submitted(hands[0], of_record.claim, beside.issuer, **values)
    done(hands[1].step(verdict, "publish"))
    assert Verdict.objects.of_record().get() == of_record


def test_a_withdrawn_verdict_can_be_superseded(hands: Any) -> None:
    first = published(issuer=desk())
    done(hands[0].step(first, "withdraw", kind="retraction", reason="The source was."))
    values = {"supersedes": first, "reason": "So.", "reason_kind": "retraction"}
    verdict = submitted(hands[0], first.claim, first.issuer, **values)
    done(hands[1].step(verdict, "publish"))
    verdict.refresh_from_db()
    assert (verdict.of_record, verdict.revision) == (True, 2)
