"""Sources, their authors, and the texts of some of them."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from claims.models.choices import ActorKind, Reliability, SourceKind
from claims.synthetic.actor import of_kind
from claims.synthetic.chance import Mix, Zipf, batches, stream
from claims.synthetic.dates import DAYS, LAST_DAY, recent
from claims.synthetic.plan import Plan
from claims.synthetic.tables import NULL

COLUMNS = (
    "id",
    "slug",
    "title",
    "kind",
    "publisher_id",
    "url",
    "archived_url",
    "language",
    "published",
    "reliability",
    "derived_from_id",
    "note",
)
AUTHOR_COLUMNS = ("id", "source_id", "actor_id", "position")
SNAPSHOT_COLUMNS = ("id", "source_id", "text", "sha256", "length", "media_type", "captured_at")

#: The last source of every ten has a text.
EVERY = 10
_WORDS_OF_TEXT = 200
_KINDS = Mix(
    {
        SourceKind.ARTICLE: 50,
        SourceKind.POST: 15,
        SourceKind.OPINION: 8,
        SourceKind.REPORT: 8,
        SourceKind.STATEMENT: 7,
        SourceKind.SPEECH: 5,
        SourceKind.VIDEO: 4,
        SourceKind.DATASET: 3,
    }
)
_LANGUAGES = Mix({"en": 80, "ru": 12, "de": 5, "": 3})
_RELIABILITY = Mix(
    {Reliability.A: 8, Reliability.B: 25, Reliability.C: 25, Reliability.D: 12, Reliability.E: 5, Reliability.F: 25}
)


@dataclass
class Sources:
    """What later tables need: the id of the first source, the day number and language of each source and, by number of
    the sources with a text, the COPY columns of each of its spans: snapshot, start, end and SHA-256.
    """

    ids: int
    days: "array[int]" = field(default_factory=lambda: array("H"))
    languages: list[str] = field(default_factory=list)
    spans: dict[int, list[str]] = field(default_factory=dict)


def original(plan: Plan) -> int:
    """How many sources, at the start, derive from no other: four in five. `actor.independent` says why at the start."""
    return plan.sources * 4 // 5


def with_text(plan: Plan) -> range:
    """The numbers of the sources that have a text."""
    return range(EVERY - 1, plan.sources, EVERY)


def rows(plan: Plan, sources: Sources, actor_ids: int) -> Iterator[str]:
    """COPY rows of all sources. Adds their days and languages to `sources`."""
    rng, speech = stream(plan.seed, "sources"), plan.speech("sources")
    publishers = Zipf(of_kind(ActorKind.OUTLET, plan.actors), 1.0)
    slug, ids = plan.slug("source"), sources.ids
    for start, count in batches(plan.sources):
        drawn = zip(
            range(start, start + count),
            _KINDS.draw(rng, count),
            publishers.draw(rng, count),
            _LANGUAGES.draw(rng, count),
            _RELIABILITY.draw(rng, count),
            recent(rng, count),
            strict=True,
        )
        for source, kind, publisher, language, reliability, day in drawn:
            derived = NULL
            if source >= original(plan):
                # a reprint or translation, published some days after the original
                root = rng.randrange(source)
                derived, day = str(ids + root), min(LAST_DAY, sources.days[root] + rng.randint(0, 3))
            sources.days.append(day)
            sources.languages.append(language)
            title = speech.sentence(rng.randint(4, 9), language)[:-1]
            published = DAYS[day] if rng.random() < 0.95 else DAYS[day][:7]
            owner = actor_ids + publisher if rng.random() < 0.9 else NULL
            yield (
                f"{ids + source}\t{slug}{source + 1}\t{title}\t{kind}\t{owner}\thttps://{slug}{source + 1}.example/\t\t"
                f"{language}\t{published}\t{reliability}\t{derived}\t\n"
            )


def authors(plan: Plan) -> Iterator[tuple[int, int, int]]:
    """Source number, actor number and position of each author: one or two for every other source."""
    rng = stream(plan.seed, "authors")
    persons = Zipf(of_kind(ActorKind.PERSON, plan.actors), 1.0)
    for source in range(0, plan.sources, 2):
        found = dict.fromkeys(persons.draw(rng, rng.choice([1, 1, 1, 2])))
        for position, actor in enumerate(found, 1):
            yield source, actor, position


def author_rows(plan: Plan, ids: int, source_ids: int, actor_ids: int) -> Iterator[str]:
    """COPY rows of all authors."""
    for number, (source, actor, position) in enumerate(authors(plan), ids):
        yield f"{number}\t{source_ids + source}\t{actor_ids + actor}\t{position}\n"


def snapshot_rows(plan: Plan, sources: Sources, ids: int) -> Iterator[str]:
    """COPY rows of the texts. Adds the spans of their sentences to `sources`."""
    rng, speech = stream(plan.seed, "snapshots"), plan.speech("snapshots")
    for number, source in enumerate(with_text(plan), ids):
        language = sources.languages[source]
        sentences: list[str] = []
        spans: list[str] = []
        words = at = 0
        while words < _WORDS_OF_TEXT:
            count = rng.randint(8, 18)
            sentence = speech.sentence(count, language)
            end = at + len(sentence)
            spans.append(f"{number}\t{at}\t{end}\t{sha256(sentence.encode()).hexdigest()}")
            sentences.append(sentence)
            words, at = words + count, end + 1
        sources.spans[source] = spans
        text = " ".join(sentences)
        captured = DAYS[min(LAST_DAY, sources.days[source] + 1)]
        yield (
            f"{number}\t{sources.ids + source}\t{text}\t{sha256(text.encode()).hexdigest()}\t{len(text)}\ttext/plain"
            f"\t{captured} 09:00:00+00\n"
        )
