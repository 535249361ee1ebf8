"""Evidence. The verdicts of a claim rely on its first piece, whose stance fits the claim's status."""

from collections.abc import Iterator
from itertools import islice

from claims.models.choices import Credibility, EvidenceStance, Status
from claims.synthetic.assertion import NOWHERE, SOURCES
from claims.synthetic.chance import Mix, Zipf, batches, stream
from claims.synthetic.claim import spread
from claims.synthetic.dates import DAYS, LAST_DAY
from claims.synthetic.plan import STATUSES, Plan
from claims.synthetic.source import Sources
from claims.synthetic.tables import NULL

COLUMNS = (
    "id",
    "claim_id",
    "source_id",
    "snapshot_id",
    "start",
    "end",
    "quote_sha256",
    "locator",
    "stance",
    "credibility",
    "summary",
    "read_on",
)
_STANCES = Mix({EvidenceStance.SUPPORTS: 50, EvidenceStance.REFUTES: 30, EvidenceStance.CONTEXT: 20})
#: Status → the stance of the piece that the verdict relies on.
_CARRIES = {
    STATUSES.index(Status.SUPPORTED): EvidenceStance.SUPPORTS,
    STATUSES.index(Status.REFUTED): EvidenceStance.REFUTES,
}
_CREDIBILITY = Mix(
    {
        Credibility.CONFIRMED: 10,
        Credibility.PROBABLY_TRUE: 25,
        Credibility.POSSIBLY_TRUE: 30,
        Credibility.DOUBTFUL: 12,
        Credibility.IMPROBABLE: 5,
        Credibility.UNKNOWN: 18,
    }
)
_UNREAD = 0.1
_LATEST_READ = 400  # days after publication


def rows(plan: Plan, ids: int, claim_ids: int, sources: Sources) -> Iterator[str]:
    """COPY rows of all evidence, each with a span if its source has a text."""
    rng, speech = stream(plan.seed, "evidence"), plan.speech("evidence")
    places = spread(plan.evidence, Zipf(range(plan.sources), SOURCES), plan.seed, "evidence sources")
    spans, days, source_ids, status, before = sources.spans, sources.days, sources.ids, plan.status, -1
    for start, count in batches(sum(plan.evidence)):
        drawn = zip(
            range(ids + start, ids + start + count),
            islice(places, count),
            _STANCES.draw(rng, count),
            _CREDIBILITY.draw(rng, count),
            rng.choices(range(8, 21), k=count),
            strict=True,
        )
        for number, (claim, source), stance, credibility, words in drawn:
            if claim != before:
                stance, before = _CARRIES.get(status[claim], stance), claim
            place = f"{rng.choice(spans[source])}\t" if source in spans else f"{NOWHERE}\t"
            after = rng.random()
            read_on = NULL if after < _UNREAD else DAYS[min(LAST_DAY, days[source] + int(after * _LATEST_READ))]
            yield (
                f"{number}\t{claim_ids + claim}\t{source_ids + source}\t{place}\t{stance}\t{credibility:d}"
                f"\t{speech.sentence(words)}\t{read_on}\n"
            )
