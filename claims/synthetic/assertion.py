"""Assertions: who put claims forward, and where."""

from collections.abc import Iterator
from itertools import islice

from claims.models.choices import AssertionStance, Voice
from claims.synthetic.chance import Mix, Zipf, batches, stream
from claims.synthetic.claim import spread
from claims.synthetic.dates import DAYS
from claims.synthetic.plan import Plan
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
    "speaker_id",
    "voice",
    "stance",
    "hedged",
    "implied",
    "said",
    "note",
)
#: Zipf exponents. A few speakers make most assertions. Sources are texts of bounded length, so none should get a
#: twelfth of all assertions, as the most common one would with an exponent of 1.
SPEAKERS, SOURCES = 1.0, 0.5
NOWHERE = f"{NULL}\t{NULL}\t{NULL}\t"

_VOICES = Mix({Voice.OWN: 45, Voice.QUOTED: 25, Voice.PARAPHRASED: 30})
_STANCES = Mix({AssertionStance.ASSERTS: 82, AssertionStance.DENIES: 12, AssertionStance.QUESTIONS: 6})
_MANNERS = Mix({"f\tf": 75, "t\tf": 15, "f\tt": 8, "t\tt": 2})  # hedged, implied
_LOCATORS = Mix({"": 70} | dict.fromkeys((f"p. {page}" for page in range(1, 31)), 1))
#: Days between a statement and its publication; None: unknown.
_LAGS = Mix({0: 40, None: 20} | dict.fromkeys(range(1, 15), 3))


def rows(plan: Plan, ids: int, claim_ids: int, actor_ids: int, sources: Sources) -> Iterator[str]:
    """COPY rows of all assertions, each with a span if its source has a text."""
    rng = stream(plan.seed, "assertions")
    speakers = Zipf(range(plan.actors), SPEAKERS)
    places = spread(plan.assertions, Zipf(range(plan.sources), SOURCES), plan.seed, "assertion sources")
    spans, days, source_ids = sources.spans, sources.days, sources.ids
    for start, count in batches(sum(plan.assertions)):
        drawn = zip(
            range(ids + start, ids + start + count),
            islice(places, count),
            speakers.draw(rng, count),
            _VOICES.draw(rng, count),
            _STANCES.draw(rng, count),
            _MANNERS.draw(rng, count),
            _LAGS.draw(rng, count),
            _LOCATORS.draw(rng, count),
            strict=True,
        )
        for number, (claim, source), speaker, voice, stance, manner, lag, locator in drawn:
            place = f"{rng.choice(spans[source])}\t" if source in spans else f"{NOWHERE}\t{locator}"
            said = "" if lag is None else DAYS[max(0, days[source] - lag)]
            yield (
                f"{number}\t{claim_ids + claim}\t{source_ids + source}\t{place}\t{actor_ids + speaker}\t{voice}"
                f"\t{stance}\t{manner}\t{said}\t\n"
            )
