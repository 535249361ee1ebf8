"""Verdicts: a verdict of record for each decided claim, and another issuer's for some claims."""

from collections.abc import Iterator

from claims.models.choices import ActorKind, Status, VerdictState
from claims.synthetic.actor import of_kind
from claims.synthetic.chance import Mix, stream
from claims.synthetic.dates import DAYS, recent
from claims.synthetic.plan import STATUSES, Plan
from claims.synthetic.tables import NULL

COLUMNS = (
    "id",
    "claim_id",
    "issuer_id",
    "revision",
    "status",
    "rationale",
    "label",
    "url",
    "issued",
    "state",
    "of_record",
    "second_reader",
    "drafted_by_id",
    "published_by_id",
    "supersedes_id",
    "reason",
)
EVIDENCE_COLUMNS = ("id", "verdict_id", "evidence_id")

#: Other issuers' verdicts are independent of the verdict of record, so that some disagree.
_OTHERS = Mix({Status.REFUTED: 60, Status.CONFLICTING: 15, Status.NOT_ENOUGH_EVIDENCE: 15, Status.SUPPORTED: 10})
_LABELS = {
    Status.REFUTED: "False",
    Status.CONFLICTING: "Half true",
    Status.NOT_ENOUGH_EVIDENCE: "No evidence",
    Status.SUPPORTED: "True",
}
_OTHER_ISSUERS = 5


def decisions(plan: Plan) -> Iterator[tuple[int, Status | None]]:
    """Claim number and status of each verdict; the status is None for another issuer's verdict, which has its own."""
    for claim, (status, others) in enumerate(zip(plan.status, plan.other_verdicts, strict=True)):
        if STATUSES[status] != Status.UNVERIFIED:
            yield claim, STATUSES[status]
        if others:
            yield claim, None


def rows(plan: Plan, ids: int, claim_ids: int, actor_ids: int) -> Iterator[str]:
    """COPY rows of all verdicts."""
    rng, speech = stream(plan.seed, "verdicts"), plan.speech("verdicts")
    desk, *others = of_kind(ActorKind.ORGANISATION, plan.actors)
    for number, (claim, decided) in enumerate(decisions(plan), ids):
        if decided is not None:
            issuer, status, of_record, label = desk, decided, "t", ""
        else:
            issuer, status, of_record = rng.choice(others[:_OTHER_ISSUERS]), _OTHERS.draw(rng, 1)[0], "f"
            label = _LABELS[status]
        issued = DAYS[recent(rng, 1)[0]]
        rationale = speech.sentence(rng.randint(10, 25))
        yield (
            f"{number}\t{claim_ids + claim}\t{actor_ids + issuer}\t1\t{status}\t{rationale}\t{label}\t\t{issued}"
            f"\t{VerdictState.PUBLISHED}\t{of_record}\tf\t{NULL}\t{NULL}\t{NULL}\t\n"
        )


def relied(plan: Plan) -> Iterator[tuple[int, int]]:
    """Verdict number and evidence number, for each verdict whose claim has evidence: it relies on the first piece."""
    claim_before, first = 0, 0
    for verdict, (claim, _) in enumerate(decisions(plan)):
        first += sum(plan.evidence[claim_before:claim])
        claim_before = claim
        if plan.evidence[claim]:
            yield verdict, first


def evidence_rows(plan: Plan, ids: int, verdict_ids: int, evidence_ids: int) -> Iterator[str]:
    """COPY rows that link verdicts to the evidence they rely on."""
    for number, (verdict, evidence) in enumerate(relied(plan), ids):
        yield f"{number}\t{verdict_ids + verdict}\t{evidence_ids + evidence}\n"
