"""`manage.py check_record` finds inconsistencies between rows, and reports them in its exit status."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from claims.desk.audit import audit
from claims.models import Claim, Evidence, Rewording, Verdict
from claims.models.choices import EvidenceStance, RelationKind, SourceKind, Status
from tests.factories import (
    make_actor,
    make_assertion,
    make_claim,
    make_evidence,
    make_relation,
    make_snapshot,
    make_source,
    make_verdict,
)

pytestmark = pytest.mark.django_db


def judged(status: str, *sources: dict[str, object], stance: str | None = None) -> Claim:
    """A claim with an assertion and a verdict of record that relies on evidence from these sources."""
    claim = make_claim()
    make_assertion(claim=claim)
    carrying = stance or (EvidenceStance.REFUTES if status == Status.REFUTED else EvidenceStance.SUPPORTS)
    evidence = []
    for kw in sources:
        source = make_source(**({"published": "2024", "publisher": make_actor(), "kind": SourceKind.ARTICLE} | kw))
        evidence.append(make_evidence(claim=claim, source=source, stance=carrying))
    make_verdict(claim=claim, status=status, evidence=evidence)
    connection.check_constraints()  # as a commit does: now the verdict is published
    claim.refresh_from_db()
    return claim


def broken() -> list[tuple[str, str]]:
    return [(finding.rule, finding.record) for finding in audit()]


def bypass(sql: str, *params: Any) -> None:
    """Execute SQL without triggers, as a faulty restore would."""
    connection.check_constraints()  # run the deferred triggers
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, params)
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_a_sound_record_passes() -> None:
    judged(Status.SUPPORTED, {}, {})
    judged(Status.REFUTED, {}, {})
    judged(Status.NOT_CHECKABLE)
    out = StringIO()
    call_command("check_record", stdout=out)
    assert "No violations of the 12 rules." in out.getvalue()


def test_a_broken_rule_ends_with_status_1() -> None:
    claim = make_claim()
    out = StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command("check_record", stdout=out)
    assert stop.value.code == 1
    assert f"claim without assertion: {claim.slug}" in out.getvalue()


def test_a_verdict_needs_evidence() -> None:
    claim = judged(Status.SUPPORTED)
    assert broken() == [("verdict without evidence", claim.slug)]


def test_a_source_needs_a_date() -> None:
    claim = judged(Status.SUPPORTED, {"published": ""}, {})
    assert broken() == [("evidence without a source date", claim.slug)]


def test_two_papers_of_one_owner_are_one_origin() -> None:
    owner = make_actor()
    mine = {"publisher": make_actor(part_of=owner)}
    claim = judged(Status.SUPPORTED, mine, {"publisher": make_actor(part_of=owner)})
    assert broken() == [("verdict on one origin", claim.slug)]


def test_ten_prints_of_one_wire_story_are_one_origin() -> None:
    wire = make_source(publisher=make_actor(), published="2024")
    claim = judged(Status.REFUTED, *({"derived_from": wire} for _ in range(10)))
    assert broken() == [("verdict on one origin", claim.slug)]


@pytest.mark.parametrize("kind", [SourceKind.SPEECH, SourceKind.STATEMENT])
def test_a_primary_source_is_enough(kind: str) -> None:
    judged(Status.SUPPORTED, {"kind": kind})
    assert broken() == []


def test_context_does_not_back_a_verdict() -> None:
    claim = judged(Status.SUPPORTED, {}, {}, stance=EvidenceStance.CONTEXT)
    assert broken() == [("verdict on evidence that does not carry it", claim.slug)]


def test_a_span_is_compared_with_the_text() -> None:
    assertion = make_assertion(snapshot=make_snapshot(), start=0, end=12)
    assert broken() == []
    bypass("UPDATE claims_assertion SET quote_sha256 = %s", "0" * 64)
    assert broken() == [("span that does not match", f"{assertion.source.slug} 0–12")]


def test_a_status_is_that_of_the_verdict_of_record() -> None:
    claim = judged(Status.SUPPORTED, {}, {})
    bypass("UPDATE claims_claim SET status = 'refuted'")
    assert broken() == [("status without its verdict", claim.slug)]


def test_a_published_verdict_relies_on_what_it_relied_on() -> None:
    claim, other = judged(Status.SUPPORTED, {}, {}, {}), judged(Status.SUPPORTED, {}, {})
    assert broken() == []
    bypass("DELETE FROM claims_publication WHERE verdict_id = %s", other.verdicts.get().pk)
    assert broken() == [("published verdict without its evidence recorded", other.slug)]
    bypass("DELETE FROM claims_verdictevidence WHERE evidence_id = %s", claim.evidence.latest("pk").pk)
    assert broken() == [
        ("published verdict on other evidence", claim.slug),
        ("published verdict without its evidence recorded", other.slug),
    ]


def test_a_withdrawn_verdict_relies_on_what_it_relied_on_too() -> None:
    claim = judged(Status.SUPPORTED, {}, {})
    verdict = claim.verdicts.get()
    Verdict.objects.filter(pk=verdict.pk).update(state="withdrawn", of_record=False, withdrawal="It was wrong.")
    assert broken() == []
    bypass("DELETE FROM claims_verdictevidence WHERE verdict_id = %s", verdict.pk)
    assert broken() == [("published verdict on other evidence", claim.slug)]


def test_what_a_draft_relies_on_can_change() -> None:
    claim = judged(Status.SUPPORTED, {}, {})
    draft = make_verdict(claim=claim, state="draft", of_record=False, evidence=[*claim.evidence.all()])
    connection.check_constraints()
    draft.evidence_links.first().delete()
    assert broken() == []


def test_an_issuer_has_one_current_verdict_per_claim() -> None:
    claim = judged(Status.SUPPORTED, {}, {})
    first = claim.verdicts.get()
    make_verdict(claim=claim, of_record=False)
    later = make_verdict(
        claim=claim, issuer=first.issuer, supersedes=first, reason="News.", evidence=[*claim.evidence.all()]
    )
    connection.check_constraints()
    assert broken() == []
    bypass("UPDATE claims_verdict SET supersedes_id = NULL WHERE id = %s", later.pk)
    assert broken() == [("several current verdicts", claim.slug)]
    assert {finding.detail for finding in audit()} == {f"{first.issuer.slug}: 2"}


def test_a_superseded_verdict_is_not_the_position_of_record() -> None:
    claim = judged(Status.SUPPORTED, {}, {})
    first = claim.verdicts.get()
    later = {"issuer": first.issuer, "supersedes": first, "reason": "News.", "evidence": [*claim.evidence.all()]}
    make_verdict(claim=claim, state="draft", of_record=False, **later)
    assert broken() == []
    make_verdict(claim=claim, **later)
    connection.check_constraints()
    bypass("UPDATE claims_verdict SET of_record = false")
    bypass("UPDATE claims_verdict SET of_record = true WHERE id = %s", first.pk)
    assert broken() == [("superseded verdict of record", claim.slug)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["claim", "evidence"])
def test_a_verdict_on_earlier_words_says_so(what: str) -> None:
    claim = judged(Status.SUPPORTED, {}, {})
    first, other = claim.evidence.order_by("pk")
    beside = make_verdict(claim=claim, of_record=False, evidence=[other])
    with transaction.atomic():
        Rewording.objects.create(
            claim=claim, evidence=first if what == "evidence" else None, kind="error", reason="Slip."
        )
        if what == "claim":
            Claim.objects.filter(pk=claim.pk).update(text="Other words.")
        else:
            Evidence.objects.filter(pk=first.pk).update(summary="Other words.")
    make_verdict(claim=claim, of_record=False, evidence=[first])
    assert broken() == []
    with transaction.atomic():
        bypass("UPDATE claims_verdict SET on_earlier_words = false")
    # the one from before, and if the claim was reworded the other from before, but none that came later
    marked = [claim.slug] * (2 if what == "claim" else 1)
    assert broken() == [("verdict on earlier words unmarked", slug) for slug in marked]
    assert (f"{beside.issuer}: supported" in {finding.detail for finding in audit()}) == (what == "claim")


def test_the_number_of_statements_does_not_grow() -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            audit()
        return len(queries)

    judged(Status.SUPPORTED, {}, {})
    few = statements()
    for _ in range(5):
        judged(Status.REFUTED, {}, {})
    bypass("DELETE FROM claims_publication")
    assert len(broken()) == 6
    assert statements() == few


@pytest.mark.parametrize(
    ("kind", "one", "other", "sound"),
    [
        (RelationKind.CONTRADICTS, Status.SUPPORTED, Status.SUPPORTED, False),
        (RelationKind.CONTRADICTS, Status.SUPPORTED, Status.REFUTED, True),
        (RelationKind.CONTRADICTS, Status.REFUTED, Status.REFUTED, True),
        (RelationKind.REPEATS, Status.SUPPORTED, Status.REFUTED, False),
        (RelationKind.REPEATS, Status.REFUTED, Status.SUPPORTED, False),
        (RelationKind.REPEATS, Status.REFUTED, Status.REFUTED, True),
        (RelationKind.PART_OF, Status.REFUTED, Status.SUPPORTED, False),
        (RelationKind.PART_OF, Status.SUPPORTED, Status.REFUTED, True),
        (RelationKind.REFINES, Status.SUPPORTED, Status.REFUTED, False),
        (RelationKind.REFINES, Status.REFUTED, Status.SUPPORTED, True),
        (RelationKind.ATTRIBUTES, Status.SUPPORTED, Status.REFUTED, True),
    ],
)
def test_related_claims_have_compatible_statuses(kind: str, one: str, other: str, sound: bool) -> None:
    a, b = judged(one, {}, {}), judged(other, {}, {})
    make_relation(from_claim=a, to_claim=b, kind=kind)
    assert broken() == ([] if sound else [("relation against the statuses", a.slug)])


@pytest.mark.parametrize(
    ("kind", "one", "other", "finds"),
    [
        (RelationKind.PRESUPPOSES, Status.SUPPORTED, Status.SUPPORTED, None),
        (RelationKind.PRESUPPOSES, Status.SUPPORTED, Status.NOT_ENOUGH_EVIDENCE, "one"),
        (RelationKind.PRESUPPOSES, Status.SUPPORTED, Status.REFUTED, "one"),
        (RelationKind.PRESUPPOSES, Status.CONFLICTING, Status.REFUTED, None),
        (RelationKind.REFINES, Status.SUPPORTED, Status.CONFLICTING, "one"),
        (RelationKind.REFINES, Status.CONFLICTING, Status.SUPPORTED, None),
        (RelationKind.PART_OF, Status.NOT_ENOUGH_EVIDENCE, Status.SUPPORTED, "other"),
        (RelationKind.PART_OF, Status.SUPPORTED, Status.NOT_ENOUGH_EVIDENCE, None),
        (RelationKind.ATTRIBUTES, Status.SUPPORTED, Status.CONFLICTING, None),
    ],
)
def test_a_supported_claim_depends_on_supported_ones(kind: str, one: str, other: str, finds: str | None) -> None:
    claims = {
        "one": judged(one, {}, {}),
        "other": judged(other, {}, {}),
    }
    make_relation(from_claim=claims["one"], to_claim=claims["other"], kind=kind)
    assert broken() == ([("supported on open ground", claims[finds].slug)] if finds else [])
