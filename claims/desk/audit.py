"""Consistency checks: rules of the desk that concern several rows, each as a query over all of them.

Spans, statuses and what verdicts keep are also checked by the database; they are checked again here in case texts or
verdicts were loaded in a way that bypassed its triggers.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, Func, OuterRef, Q, TextField

from claims.models import (
    Assertion,
    Claim,
    ClaimRelation,
    Erratum,
    Evidence,
    Rewording,
    SkippedPassage,
    Verdict,
    VerdictEvidence,
)
from claims.models.choices import EvidenceStance, RelationKind, SourceKind, Status

#: statuses that say what is true, and so need evidence
DECIDED = (Status.SUPPORTED, Status.REFUTED, Status.CONFLICTING)
#: primary sources, such as the speech itself or the government's statement
PRIMARY = (SourceKind.SPEECH, SourceKind.STATEMENT)
#: the stance of evidence that backs a status
BACKS = {Status.SUPPORTED: EvidenceStance.SUPPORTS, Status.REFUTED: EvidenceStance.REFUTES}
ENOUGH_ORIGINS = 2


@dataclass(frozen=True)
class Finding:
    """A broken rule: its name, the record that breaks it, and details."""

    rule: str
    record: str
    detail: str = ""


def claims_without_assertion() -> Iterator[Finding]:
    """Claims that nobody is recorded as making."""
    for claim in Claim.objects.filter(~Exists(Assertion.objects.filter(claim=OuterRef("pk")))).order_by("slug"):
        yield Finding("claim without assertion", claim.slug)


def verdicts_without_evidence() -> Iterator[Finding]:
    """Positions of record that say what is true but rely on no evidence."""
    verdicts = Verdict.objects.of_record().filter(status__in=DECIDED, evidence_links__isnull=True)
    for verdict in verdicts.select_related("claim", "issuer").order_by("claim__slug", "pk"):
        yield Finding("verdict without evidence", verdict.claim.slug, f"{verdict.issuer}: {verdict.status}")


def evidence_without_date() -> Iterator[Finding]:
    """Evidence from sources without a publication date."""
    undated = Evidence.objects.filter(source__published="").select_related("claim", "source")
    for evidence in undated.order_by("claim__slug", "pk"):
        yield Finding("evidence without a source date", evidence.claim.slug, evidence.source.slug)


def one_origin_verdicts() -> Iterator[Finding]:
    """Claims supported or refuted on fewer than two independent origins and no primary source, or on unfit evidence."""
    verdicts = Verdict.objects.of_record().filter(status__in=list(BACKS)).select_related("claim")
    evidence_of: dict[int, list[tuple[str, str, str]]] = {}
    links = Evidence.objects.with_origin().filter(verdicts__in=verdicts)
    for verdict_id, stance, kind, origin in links.values_list("verdicts", "stance", "source__kind", "origin"):
        evidence_of.setdefault(verdict_id, []).append((stance, kind, origin))
    for verdict in verdicts.order_by("claim__slug"):
        backing = [
            (kind, origin)
            for stance, kind, origin in evidence_of.get(verdict.pk, ())
            if stance == BACKS[verdict.status]
        ]
        origins = {origin for _, origin in backing}
        if backing and len(origins) < ENOUGH_ORIGINS and not any(kind in PRIMARY for kind, _ in backing):
            yield Finding(
                "verdict on one origin", verdict.claim.slug, f"{verdict.status} on {', '.join(sorted(origins))}"
            )
        if not backing and verdict.pk in evidence_of:
            yield Finding("verdict on evidence that does not carry it", verdict.claim.slug, verdict.status)


def spans_that_do_not_match() -> Iterator[Finding]:
    """Spans whose words in the held text have a different SHA-256 from the recorded one."""
    for model in (Assertion, Evidence, SkippedPassage, Erratum):
        words = Func(
            F("snapshot__text"), F("start") + 1, F("end") - F("start"), function="substr", output_field=TextField()
        )
        digest = Func(
            words, template="encode(sha256(convert_to(%(expressions)s, 'UTF8')), 'hex')", output_field=TextField()
        )
        rows = model._default_manager.filter(end__isnull=False, snapshot__text__isnull=False)
        for row in rows.annotate(digest=digest).exclude(quote_sha256=F("digest")).select_related("snapshot__source"):
            place = f"{row.snapshot.source.slug} {row.start}–{row.end}"
            yield Finding("span that does not match", place, str(model._meta.verbose_name))


def statuses_without_their_verdict() -> Iterator[Finding]:
    """Claims whose status is not that of their verdict of record."""
    record = Verdict.objects.of_record().filter(claim=OuterRef("pk"))
    same = Exists(record.filter(status=OuterRef("status")))
    wrong = Claim.objects.filter((Exists(record) & ~same) | (~Exists(record) & ~Q(status=Status.UNVERIFIED)))
    for claim in wrong.order_by("slug"):
        yield Finding("status without its verdict", claim.slug, claim.status)


def verdicts_without_their_evidence() -> Iterator[Finding]:
    """Verdicts that are or were published, and don't rely on what they relied on at that moment."""
    links = VerdictEvidence.objects.filter(verdict=OuterRef("pk")).order_by("evidence")
    verdicts = Verdict.objects.once_published().annotate(relied=ArraySubquery(links.values("evidence")))
    changed = verdicts.filter(Q(publication__isnull=True) | ~Q(publication__evidence=F("relied")))
    for verdict in changed.select_related("claim", "issuer", "publication").order_by("claim__slug", "pk"):
        recorded = hasattr(verdict, "publication")
        rule = "published verdict on other evidence" if recorded else "published verdict without its evidence recorded"
        yield Finding(rule, verdict.claim.slug, f"{verdict.issuer}: {verdict.status}")


def verdicts_of_one_issuer() -> Iterator[Finding]:
    """Issuers with more than one published verdict on a claim that none of their others supersedes."""
    current = Verdict.objects.current().order_by("claim__slug", "issuer__slug").values("claim__slug", "issuer__slug")
    for row in current.annotate(number=Count("pk")).filter(number__gt=1):
        yield Finding("several current verdicts", row["claim__slug"], f"{row['issuer__slug']}: {row['number']}")


def superseded_verdicts_of_record() -> Iterator[Finding]:
    """Positions of record that a later published verdict supersedes."""
    later = Verdict.objects.once_published().filter(supersedes=OuterRef("pk"))
    superseded = Verdict.objects.of_record().filter(Exists(later)).select_related("claim", "issuer")
    for verdict in superseded.order_by("claim__slug", "pk"):
        yield Finding("superseded verdict of record", verdict.claim.slug, f"{verdict.issuer}: {verdict.status}")


def verdicts_on_earlier_words() -> Iterator[Finding]:
    """Verdicts whose claim or evidence was reworded after their publication, and which don't say so."""
    later = Rewording.objects.filter(claim=OuterRef("claim"), created_at__gt=OuterRef("publication__sealed_at"))
    its = Q(evidence__isnull=True) | Q(evidence__verdict_links__verdict=OuterRef("pk"))
    verdicts = Verdict.objects.filter(Exists(later.filter(its)), on_earlier_words=False)
    for verdict in verdicts.select_related("claim", "issuer").order_by("claim__slug", "pk"):
        yield Finding("verdict on earlier words unmarked", verdict.claim.slug, f"{verdict.issuer}: {verdict.status}")


def relations_against_statuses() -> Iterator[Finding]:
    """Related claims whose statuses are incompatible.

    Contradicting claims can't both be supported, and claims that repeat each other can't have opposite statuses. If a
    claim is supported, no part of it can be refuted, nor a claim that it refines.
    """
    supported, refuted = Status.SUPPORTED, Status.REFUTED
    impossible = (
        Q(kind=RelationKind.CONTRADICTS, from_claim__status=supported, to_claim__status=supported)
        | Q(kind=RelationKind.REPEATS, from_claim__status=supported, to_claim__status=refuted)
        | Q(kind=RelationKind.REPEATS, from_claim__status=refuted, to_claim__status=supported)
        | Q(kind=RelationKind.PART_OF, from_claim__status=refuted, to_claim__status=supported)
        | Q(kind=RelationKind.REFINES, from_claim__status=supported, to_claim__status=refuted)
    )
    for link in ClaimRelation.objects.filter(impossible).select_related("from_claim", "to_claim").order_by("pk"):
        yield Finding(
            "relation against the statuses",
            link.from_claim.slug,
            f"{link.from_claim.status}, {RelationKind(link.kind).label} {link.to_claim.slug}, {link.to_claim.status}",
        )


def supported_on_open_ground() -> Iterator[Finding]:
    """Supported claims that depend on a claim which is not itself supported.

    A claim depends on what it presupposes, what it refines (the more exact claim implies the other), and its parts.
    `relations_against_statuses` finds parts and refined claims that are refuted.
    """
    supported, sure = Status.SUPPORTED, (Status.SUPPORTED, Status.REFUTED)
    needs = (
        (Q(kind=RelationKind.PRESUPPOSES, from_claim__status=supported) & ~Q(to_claim__status=supported))
        | (Q(kind=RelationKind.REFINES, from_claim__status=supported) & ~Q(to_claim__status__in=sure))
        | (Q(kind=RelationKind.PART_OF, to_claim__status=supported) & ~Q(from_claim__status__in=sure))
    )
    links = ClaimRelation.objects.filter(needs).select_related("from_claim", "to_claim").order_by("pk")
    for link in links:
        kind = RelationKind(link.kind)
        claim, needed = link.from_claim, link.to_claim
        if kind == RelationKind.PART_OF:
            claim, needed = needed, claim
        how = "has the part" if kind == RelationKind.PART_OF else kind.label
        yield Finding("supported on open ground", claim.slug, f"{how} {needed.slug}, which is {needed.status}")


RULES = (
    claims_without_assertion,
    verdicts_without_evidence,
    evidence_without_date,
    one_origin_verdicts,
    spans_that_do_not_match,
    statuses_without_their_verdict,
    verdicts_without_their_evidence,
    verdicts_of_one_issuer,
    superseded_verdicts_of_record,
    verdicts_on_earlier_words,
    relations_against_statuses,
    supported_on_open_ground,
)


def audit() -> list[Finding]:
    """All findings, rule by rule, in a fixed number of queries."""
    return [finding for rule in RULES for finding in rule()]
