"""The triggers can't be disabled, and a claim can be deleted with everything that depends on it."""

import pgtrigger
import pytest
from django.db import IntegrityError, connection, transaction

from claims.models import Claim, Evidence, Verdict, VerdictEvidence
from tests.factories import make_actor, make_claim, make_evidence, make_snapshot, make_verdict

pytestmark = pytest.mark.django_db


def break_a_rule() -> None:
    with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic():
        type(snapshot := make_snapshot()).objects.filter(pk=snapshot.pk).update(text="Another text.")


def test_not_by_the_library() -> None:
    with pgtrigger.ignore():
        break_a_rule()


def test_not_by_a_setting_of_the_session() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pgtrigger.ignore', array_agg(tgname)::text, true) FROM pg_trigger")
    break_a_rule()


def test_many_verdicts_at_once_set_their_claims_statuses() -> None:
    issuer, claims = make_actor(), [make_claim() for _ in range(5)]

    def verdicts(status: str, supersedes: dict[int, int]) -> list[Verdict]:
        values = {"issuer": issuer, "status": status, "rationale": "It says so.", "reason": "News."}
        values |= {"reason_kind": "error", "state": "published", "of_record": True, "second_reader": False}
        return [Verdict(claim=claim, supersedes_id=supersedes.get(claim.pk), **values) for claim in claims]

    def statuses() -> list[str]:
        return [Claim.objects.get(pk=claim.pk).status for claim in claims]

    first = Verdict.objects.bulk_create(verdicts("not_checkable", {}))
    assert statuses() == ["not_checkable"] * 5
    Verdict.objects.bulk_create(verdicts("not_enough_evidence", {v.claim_id: v.pk for v in first}))
    assert statuses() == ["not_enough_evidence"] * 5
    assert Verdict.objects.of_record().count() == 5
    withdrawn = {"state": "withdrawn", "of_record": False, "withdrawal": "They were wrong."}
    Verdict.objects.of_record().filter(claim__in=claims[:3]).update(**withdrawn)
    assert statuses() == ["unverified"] * 3 + ["not_enough_evidence"] * 2
    connection.check_constraints()


def test_a_claim_is_deleted_with_its_evidence_and_the_drafts_that_rely_on_it() -> None:
    claim = make_claim()
    evidence, first = make_evidence(claim=claim), make_verdict(claim=claim, state="draft", of_record=False)
    draft = {"claim": claim, "issuer": first.issuer, "state": "draft", "of_record": False}
    make_verdict(**draft, supersedes=first, reason="New evidence.")
    VerdictEvidence.objects.create(verdict=first, evidence=evidence)
    claim.delete()
    connection.check_constraints()
    assert [m.objects.count() for m in (Evidence, Verdict, VerdictEvidence)] == [0, 0, 0]


@pytest.mark.parametrize("state", ["published", "withdrawn"])
def test_a_claim_with_a_verdict_that_was_published_is_kept(state: str) -> None:
    verdict = make_verdict(state=state, of_record=False)
    with pytest.raises(IntegrityError, match="cannot be deleted"), transaction.atomic():
        verdict.claim.delete()
    connection.check_constraints()
