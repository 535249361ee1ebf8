"""The workflow of verdicts, over the API and in the admin: from the first draft to its withdrawal."""

from typing import Any

import pytest
from django.utils import timezone

from claims.models import Claim, Verdict
from tests import factories as make
from tests.reviewers import WAYS, WORDS, Answer, desk, evidence_on, reviewers, seal

pytestmark = pytest.mark.django_db


@pytest.fixture(params=WAYS)
def way(request: Any) -> Any:
    return request.param


@pytest.fixture
def hands(way: Any) -> tuple[Any, Any]:
    """Two reviewers."""
    anna, boris = reviewers()
    return way(anna), way(boris)


def done(answer: Answer) -> None:
    assert answer, answer.words


def refused(answer: Answer, words: str) -> None:
    assert not answer
    assert words in answer.words


def statuses(claim: Claim) -> list[str]:
    """All statuses that the claim ever had, oldest first."""
    claim.refresh_from_db()
    return [*claim.events.order_by("pgh_id").values_list("status", flat=True), claim.status]  # type: ignore[attr-defined]


def newest() -> Verdict:
    return Verdict.objects.order_by("pk").last()  # type: ignore[return-value]


def submitted(hands: Any, claim: Claim, issuer: Any, **values: Any) -> Verdict:
    """A verdict that the first reviewer drafted and submitted."""
    values.setdefault("evidence", evidence_on(claim))
    evidence = values.pop("evidence")
    done(hands[0].draft(claim, issuer, **values))
    verdict = newest()
    done(hands[0].change(verdict, evidence=evidence))
    done(hands[0].step(verdict, "submit"))
    verdict.refresh_from_db()
    return verdict


def test_from_the_first_draft_to_its_withdrawal(hands: Any) -> None:
    anna, boris = hands
    claim, issuer = make.make_claim(), desk()
    first, second = evidence_on(claim, 2)
    verdict = submitted(hands, claim, issuer, evidence=[first])
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
    later = submitted((boris, anna), claim, issuer, evidence=[first, second], rationale=WORDS[2], **values)
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
