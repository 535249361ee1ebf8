"""The keys that the mappings of seed files may have."""

from typing import NamedTuple

from claims.models import (
    Actor,
    ActorName,
    Assertion,
    Claim,
    Erratum,
    Evidence,
    SkippedPassage,
    Snapshot,
    Source,
    Topic,
    Verdict,
)
from claims.seeds.keys import FIELDS, Model


class Shape(NamedTuple):
    """The keys of a mapping: fields of the model, other keys, and which keys are required."""

    what: str
    model: Model
    fields: tuple[str, ...]
    others: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()


#: instead of a speaker's slug
NOT_KNOWN = "not known"
CHANGE = ["kind", "reason"]
FILE = ["actors", "topics", "source", "sources", "claims", "skipped", "errata", "judgements", "gone"]
ACTOR = Shape("an actor", Actor, FIELDS[Actor][1:], ("names", "former_slugs"), ("name", "kind"))
NAME = Shape("a name", ActorName, ("language", "name", "kind"), (), ("language", "name"))
TOPIC = Shape("a topic", Topic, FIELDS[Topic][1:], ("former_slugs",), ("name",))
SOURCE = Shape(
    *("the source", Source, FIELDS[Source], ("authors", "former_slugs", "snapshot"), ("slug", "title", "kind")),
)
FURTHER_SOURCE = Shape(
    *("a further source", Source, FIELDS[Source], ("authors", "former_slugs"), ("slug", "title", "kind")),
)
SNAPSHOT = Shape(
    *("the snapshot", Snapshot, ("sha256", "length", "media_type", "captured_at"), ()),
    ("sha256", "length", "captured_at"),
)
CLAIM = Shape(
    *("a claim", Claim, FIELDS[Claim][1:]),
    ("topics", "about", "assertions", "evidence", "relations", "verdicts", "former_slugs", "change"),
    ("text", "kind", "topics"),
)
ASSERTION = Shape(
    *("an assertion", Assertion, ("speaker", "voice", "stance", "said", "hedged", "implied", "note")),
    *(("span", "sha256"), ("span", "sha256")),
)
JUDGEMENT = ("evidence", "verdicts")
EVIDENCE = Shape(
    *("evidence", Evidence, ("source", "locator", "stance", "credibility", "summary", "read_on")),
    *(("key", "span", "sha256", "change"), ("source", "stance", "summary")),
)
VERDICT = Shape(
    *("a verdict", Verdict, tuple(f for f in FIELDS[Verdict] if f not in ("claim", "supersedes"))),
    *(("supersedes", "evidence", "change"), ("issuer", "status", "rationale")),
)
SKIPPED = Shape(
    *("a skipped passage", SkippedPassage, ("reason", "note"), ("span", "sha256"), ("span", "sha256", "reason")),
)
ERRATUM = Shape(
    *("an erratum", Erratum, ("printed", "meant", "kind", "note"), ("span", "sha256")),
    ("span", "sha256", "printed", "meant", "kind"),
)
