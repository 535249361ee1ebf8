"""The tree of topics: places, subjects and events. Their number doesn't depend on the number of claims."""

from collections.abc import Iterator

from claims.models.choices import TopicKind
from claims.synthetic.chance import stream
from claims.synthetic.dates import DAYS, recent
from claims.synthetic.plan import TOPICS, Plan
from claims.synthetic.tables import NULL

COLUMNS = (
    "id",
    "slug",
    "name",
    "kind",
    "description",
    "parent_id",
    "occurred",
    "place_id",
    "country",
    "wikidata_id",
)
#: Number of the first topic of a layer, the kind of its topics, and the numbers of their possible parents.
_LAYERS = (
    (0, TopicKind.PLACE, range(0)),
    (8, TopicKind.PLACE, range(8)),
    (30, TopicKind.PLACE, range(8, 30)),
    (110, TopicKind.SUBJECT, range(0)),
    (120, TopicKind.SUBJECT, range(110, 120)),
    (160, TopicKind.SUBJECT, range(120, 160)),
    (300, TopicKind.EVENT, range(120, 300)),
)
_PLACES = range(8, 110)
_COUNTRIES = ("US", "RU", "UA", "DE", "GB", "FR", "PL", "TR", "CN", "IN")


def rows(plan: Plan, ids: int) -> Iterator[str]:
    """COPY rows of all topics, parents first; `ids` is the id of the first."""
    rng, speech = stream(plan.seed, "topics"), plan.speech("topics")
    slug = plan.slug("topic")
    for topic in range(TOPICS):
        _, kind, parents = next(layer for layer in reversed(_LAYERS) if layer[0] <= topic)
        parent = str(ids + rng.choice(parents)) if parents else NULL
        occurred, place, country = "", NULL, ""
        if kind == TopicKind.EVENT:
            occurred = DAYS[recent(rng, 1)[0]][: rng.choice([10, 10, 10, 7])]
            place = str(ids + rng.choice(_PLACES))
        elif topic in _PLACES:
            country = rng.choice(_COUNTRIES)
        name = speech.name(rng.randint(1, 3))
        yield (
            f"{ids + topic}\t{slug}{topic + 1}\t{name}\t{kind}\t{speech.sentence(8)}\t{parent}\t{occurred}\t{place}"
            f"\t{country}\t\n"
        )
