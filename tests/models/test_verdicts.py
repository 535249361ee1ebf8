"""The rules of verdicts, both ways: the database refuses a direct write, and `full_clean()` reports it before."""

import pytest
from django.db import connection, transaction

from claims.models import Verdict, VerdictEvidence
from tests import factories as make
from tests.models.test_models import columns, complained, refused

pytestmark = pytest.mark.django_db


def test_verdicts():
    row, other = make.make_verdict(state="draft", of_record=False), make.make_claim()
    verdicts = Verdict.objects.filter(pk=row.pk)
    refused("verdict_of_record_published", lambda: verdicts.update(of_record=True))
    complained(row, "of_record", of_record=True)
    refused("verdict_status_decides", lambda: verdicts.update(status="unverified"))
    complained(row, "status", status="unverified")
    refused("verdict_withdrawal_stated", lambda: verdicts.update(withdrawal="It was wrong."))
    complained(row, "withdrawal", withdrawal="It was wrong.")
    link = make.make_verdict_evidence(verdict=row)
    refused("verdict_evidence_same_claim", lambda: verdicts.update(claim=other))
    complained(row, "claim", claim=other)
    refused("verdict_evidence_same_claim", lambda: type(link.evidence).objects.update(claim=other))
    complained(link.evidence, "claim", claim=other)
    foreign = VerdictEvidence(verdict=row, evidence=make.make_evidence())
    refused("verdict_evidence_same_claim", lambda: VerdictEvidence.objects.bulk_create([foreign]))
    complained(foreign, "evidence")


def test_a_withdrawal_has_a_reason():
    row = make.make_verdict(of_record=False)
    verdicts = Verdict.objects.filter(pk=row.pk)
    refused("verdict_withdrawal_given", lambda: verdicts.update(state="withdrawn", withdrawal=" "))
    complained(row, "withdrawal", state="withdrawn")
    verdicts.update(state="withdrawn", withdrawal="It was wrong.")


@pytest.mark.parametrize("state", ["draft", "published"])
def test_a_verdict_supersedes_an_earlier_one_of_its_own(state):
    first = make.make_verdict(state=state, of_record=False)
    same = {"claim": first.claim, "issuer": first.issuer, "state": "draft", "of_record": False}
    second = make.make_verdict(**same, supersedes=first, reason="News.")
    # numbers are given on publication
    assert (first.revision, second.revision) == (0 if state == "draft" else 1, 0)
    refused("verdict_reason_given", lambda: Verdict.objects.filter(pk=second.pk).update(reason=" "))
    complained(second, "reason", reason="")
    for row in (first, second) if state == "draft" else (second,):
        for changes in ({"claim": make.make_claim()}, {"issuer": make.make_actor()}):
            write = Verdict.objects.filter(pk=row.pk).update
            refused("verdict_supersedes_earlier", lambda: write(**changes))  # noqa: B023
            complained(row, "supersedes", **changes)
    itself = {"supersedes": second, "reason": "x"}
    refused("verdict_supersedes_earlier", lambda: Verdict.objects.filter(pk=second.pk).update(**itself))
    complained(second, "supersedes", **itself)
    if state == "draft":
        with transaction.atomic():  # both can move together
            Verdict.objects.filter(claim=first.claim).update(issuer=make.make_actor())
            connection.check_constraints()


def test_a_verdict_supersedes_one_with_a_lower_number():
    first = make.make_verdict(revision=3, of_record=False)
    values = columns(first) | {"supersedes_id": first.pk, "reason": "News.", "reason_kind": "error"}
    refused("verdict_supersedes_earlier", lambda: Verdict.objects.bulk_create([Verdict(**values | {"revision": 2})]))
    complained(Verdict(**values), "supersedes", revision=2)
    Verdict.objects.bulk_create([Verdict(**values | {"revision": 4})])
    connection.check_constraints()
