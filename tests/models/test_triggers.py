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
    Verdict.objects.bulk_create(
        Verdict(
            claim=c, issuer=issuer, revision=1, status="refuted", rationale="No.", state="published", of_record=True
        )
        for c in claims
    )
    assert set(Claim.objects.values_list("status", flat=True)) == {"refuted"}
    Verdict.objects.update(status="supported")
    assert set(Claim.objects.values_list("status", flat=True)) == {"supported"}
    Verdict.objects.filter(claim__in=claims[:2]).update(of_record=False)
    Verdict.objects.filter(claim=claims[2]).delete()
    assert [Claim.objects.get(pk=c.pk).status for c in claims] == ["unverified"] * 3 + ["supported"] * 2
    connection.check_constraints()


def test_a_claim_is_deleted_with_its_evidence_and_the_verdicts_that_rely_on_it() -> None:
    claim = make_claim()
    evidence, first = make_evidence(claim=claim), make_verdict(claim=claim, of_record=False)
    make_verdict(claim=claim, issuer=first.issuer, supersedes=first, reason="New evidence.")
    VerdictEvidence.objects.create(verdict=first, evidence=evidence)
    claim.delete()
    connection.check_constraints()
    assert [m.objects.count() for m in (Evidence, Verdict, VerdictEvidence)] == [0, 0, 0]
