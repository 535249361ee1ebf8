"""Claims, their topics and actors, and the relations between them."""

from collections.abc import Iterator

from claims.models.choices import ClaimKind, RelationKind
from claims.synthetic.chance import Mix, Zipf, batches, stream
from claims.synthetic.dates import edtf_pool
from claims.synthetic.plan import STATUSES, TOPICS, Plan

COLUMNS = ("id", "slug", "text", "language", "kind", "status", "context", "occurred")
TOPIC_COLUMNS = ("id", "claim_id", "topic_id")
ACTOR_COLUMNS = ("id", "claim_id", "actor_id")
RELATION_COLUMNS = ("id", "from_claim_id", "to_claim_id", "kind", "note")

_LANGUAGES = Mix({"en": 90, "ru": 7, "de": 3})
_KINDS = Mix(
    {
        ClaimKind.FACT: 45,
        ClaimKind.NUMBER: 15,
        ClaimKind.QUOTE: 12,
        ClaimKind.CAUSAL: 10,
        ClaimKind.POSITION: 8,
        ClaimKind.PREDICTION: 4,
        ClaimKind.VALUE: 4,
        ClaimKind.COUNTERFACTUAL: 2,
    }
)
#: Numbers of words in the context, which two thirds of the claims lack.
_CONTEXT = Mix({0: 32} | dict.fromkeys(range(10, 26), 1))
_RELATIONS = Mix(
    {
        RelationKind.REPEATS: 30,
        RelationKind.CONTRADICTS: 25,
        RelationKind.REFINES: 15,
        RelationKind.ATTRIBUTES: 15,
        RelationKind.PART_OF: 8,
        RelationKind.SUPERSEDES: 4,
        RelationKind.TRANSLATION_OF: 3,
    }
)


def rows(plan: Plan, ids: int) -> Iterator[str]:
    """COPY rows of all claims; `ids` is the id of the first."""
    rng, speech = stream(plan.seed, "claims"), plan.speech("claims")
    dates, statuses, slug = edtf_pool(rng), [str(status) for status in STATUSES], plan.slug("claim")
    for start, count in batches(plan.claims):
        drawn = zip(
            range(start, start + count),
            rng.choices(range(8, 19), k=count),
            _LANGUAGES.draw(rng, count),
            _KINDS.draw(rng, count),
            plan.status[start : start + count],
            _CONTEXT.draw(rng, count),
            rng.choices(dates, k=count),
            strict=True,
        )
        for claim, words, language, kind, status, context_words, occurred in drawn:
            context = speech.sentence(context_words, language) if context_words else ""
            yield (
                f"{ids + claim}\t{slug}{claim + 1}\t{speech.sentence(words, language)}\t{language}\t{kind}"
                f"\t{statuses[status]}\t{context}\t{occurred}\n"
            )


def spread(counts: bytes, targets: Zipf[int], seed: int, noun: str) -> Iterator[tuple[int, int]]:
    """Pairs of claim and target, as numbers. `counts` has the number of targets of each claim, which are distinct."""
    rng, size = stream(seed, noun), len(targets.values)
    for start, count in batches(len(counts)):
        some = counts[start : start + count]
        drawn = iter(targets.draw(rng, sum(some)))
        for claim, wanted in enumerate(some, start):
            used: tuple[int, ...] = ()
            for _ in range(wanted):
                target = next(drawn)
                while target in used:
                    target = (target + 1) % size
                used = (*used, target)
                yield claim, target


def topic_rows(plan: Plan, ids: int, claim_ids: int, topic_ids: int) -> Iterator[str]:
    """COPY rows that link claims to topics."""
    order = list(range(TOPICS))
    # in order of number, places would be the most common
    stream(plan.seed, "common topics").shuffle(order)
    links = spread(plan.topics, Zipf(order, 1.0), plan.seed, "claim topics")
    for number, (claim, topic) in enumerate(links, ids):
        yield f"{number}\t{claim_ids + claim}\t{topic_ids + topic}\n"


def actor_rows(plan: Plan, ids: int, claim_ids: int, actor_ids: int) -> Iterator[str]:
    """COPY rows that link claims to the actors they are about."""
    links = spread(plan.about, Zipf(range(plan.actors), 1.0), plan.seed, "claim actors")
    for number, (claim, actor) in enumerate(links, ids):
        yield f"{number}\t{claim_ids + claim}\t{actor_ids + actor}\n"


def relation_rows(plan: Plan, ids: int, claim_ids: int) -> Iterator[str]:
    """COPY rows of relations, from every fifth claim to an earlier one, which rules out duplicates either way."""
    rng = stream(plan.seed, "relations")
    for start, count in batches(plan.relations):
        for relation, kind in enumerate(_RELATIONS.draw(rng, count), start):
            later = 5 * relation + 4
            yield f"{ids + relation}\t{claim_ids + later}\t{claim_ids + rng.randrange(later)}\t{kind}\t\n"
