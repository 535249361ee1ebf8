"""Verdicts: of record for each claim that is decided, and another issuer's for some."""

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
    "drafted_by_id",
    "published_by_id",
    "supersedes_id",
    "reason",
)
EVIDENCE_COLUMNS = ("id", "verdict_id", "evidence_id")

#: The others agree with nobody in particular, so that disagreement shows.
_OTHERS = Mix({Status.REFUTED: 60, Status.CONFLICTING: 15, Status.NOT_ENOUGH_EVIDENCE: 15, Status.SUPPORTED: 10})
_LABELS = {
    Status.REFUTED: "False",
    Status.CONFLICTING: "Half true",
    Status.NOT_ENOUGH_EVIDENCE: "No evidence",
    Status.SUPPORTED: "True",
}
_OTHER_ISSUERS = 5


def decisions(plan: Plan) -> Iterator[tuple[int, Status | None]]:
    """Claim and status of each verdict; None for another issuer's, whose status is its own."""
    for claim, (status, others) in enumerate(zip(plan.status, plan.other_verdicts, strict=True)):
        if STATUSES[status] != Status.UNVERIFIED:
            yield claim, STATUSES[status]
        if others:
            yield claim, None


def rows(plan: Plan, ids: int, claim_ids: int, actor_ids: int) -> Iterator[str]:
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
            f"\t{VerdictState.PUBLISHED}\t{of_record}\t{NULL}\t{NULL}\t{NULL}\t\n"
        )


def relied(plan: Plan) -> Iterator[tuple[int, int]]:
    """Verdict and evidence, as numbers: the first piece on its claim for each verdict, where there is one."""
    claim_before, first = 0, 0
    for verdict, (claim, _) in enumerate(decisions(plan)):
        first += sum(plan.evidence[claim_before:claim])
        claim_before = claim
        if plan.evidence[claim]:
            yield verdict, first


def evidence_rows(plan: Plan, ids: int, verdict_ids: int, evidence_ids: int) -> Iterator[str]:
    for number, (verdict, evidence) in enumerate(relied(plan), ids):
        yield f"{number}\t{verdict_ids + verdict}\t{evidence_ids + evidence}\n"
