"""Is the record sound? Rules of the desk that no single row can break, each as a query over all rows.

What the database itself refuses can't be found here, but for two things that are worth a second look when texts
and verdicts came from elsewhere: spans and statuses.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Exists, F, Func, OuterRef, Q, TextField

from claims.models import Assertion, Claim, ClaimRelation, Erratum, Evidence, SkippedPassage, Verdict
from claims.models.choices import EvidenceStance, RelationKind, SourceKind, Status

#: a decision that says what is true stands on evidence
DECIDED = (Status.SUPPORTED, Status.REFUTED, Status.CONFLICTING)
#: works that are themselves the fact: the speech, the government's statement
PRIMARY = (SourceKind.SPEECH, SourceKind.STATEMENT)
#: which evidence carries which decision
CARRIES = {Status.SUPPORTED: EvidenceStance.SUPPORTS, Status.REFUTED: EvidenceStance.REFUTES}
ENOUGH_ORIGINS = 2


@dataclass(frozen=True)
class Finding:
    """A broken rule: which, by what record, and how."""

    rule: str
    record: str
    detail: str = ""


def claims_without_assertion() -> Iterator[Finding]:
    """A claim that nobody made."""
    for claim in Claim.objects.filter(~Exists(Assertion.objects.filter(claim=OuterRef("pk")))).order_by("slug"):
        yield Finding("claim without assertion", claim.slug)


def verdicts_without_evidence() -> Iterator[Finding]:
    """A position of record on what is true that relies on nothing."""
    verdicts = Verdict.objects.of_record().filter(status__in=DECIDED, evidence_links__isnull=True)
    # another issuer's evidence is on the issuer's page
    for verdict in verdicts.select_related("claim", "issuer").order_by("claim__slug", "pk"):
        yield Finding("verdict without evidence", verdict.claim.slug, f"{verdict.issuer}: {verdict.status}")


def evidence_without_date() -> Iterator[Finding]:
    """Evidence from a source whose date of publication is not on record."""
    undated = Evidence.objects.filter(source__published="").select_related("claim", "source")
    for evidence in undated.order_by("claim__slug", "pk"):
        yield Finding("evidence without a source date", evidence.claim.slug, evidence.source.slug)


def one_origin_verdicts() -> Iterator[Finding]:
    """A claim held supported or refuted on fewer than two independent origins, none of them a primary source."""
    verdicts = Verdict.objects.of_record().filter(status__in=list(CARRIES)).select_related("claim")
    relied: dict[int, list[tuple[str, str, str]]] = {}
    links = Evidence.objects.with_origin().filter(verdicts__in=verdicts)
    for verdict_id, stance, kind, origin in links.values_list("verdicts", "stance", "source__kind", "origin"):
        relied.setdefault(verdict_id, []).append((stance, kind, origin))
    for verdict in verdicts.order_by("claim__slug"):
        carrying = [
            (kind, origin) for stance, kind, origin in relied.get(verdict.pk, ()) if stance == CARRIES[verdict.status]
        ]
        origins = {origin for _, origin in carrying}
        if carrying and len(origins) < ENOUGH_ORIGINS and not any(kind in PRIMARY for kind, _ in carrying):
            yield Finding(
                "verdict on one origin", verdict.claim.slug, f"{verdict.status} on {', '.join(sorted(origins))}"
            )
        if not carrying and verdict.pk in relied:
            yield Finding("verdict on evidence that does not carry it", verdict.claim.slug, verdict.status)


def spans_that_do_not_match() -> Iterator[Finding]:
    """A span whose words in the held text have another SHA-256 than is on record."""
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
    """A claim whose status is not that of its verdict of record."""
    record = Verdict.objects.of_record().filter(claim=OuterRef("pk"))
    same = Exists(record.filter(status=OuterRef("status")))
    wrong = Claim.objects.filter((Exists(record) & ~same) | (~Exists(record) & ~Q(status=Status.UNVERIFIED)))
    for claim in wrong.order_by("slug"):
        yield Finding("status without its verdict", claim.slug, claim.status)


def relations_against_statuses() -> Iterator[Finding]:
    """Two related claims whose statuses can't both stand.

    Contradicting claims are not both supported; what repeats another has no opposite status; where a claim is
    supported, neither a part of it nor what it makes more exact is refuted.
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
    """A claim held supported whose text says more than its verdict: what it needs is itself not supported.

    A claim needs what it presupposes, what it refines (the more exact claim implies the other), and its own parts.
    Parts and refined claims that are refuted are found by `relations_against_statuses`.
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
    relations_against_statuses,
    supported_on_open_ground,
)


def audit() -> list[Finding]:
    """All broken rules, rule by rule; a fixed number of queries."""
    return [finding for rule in RULES for finding in rule()]
