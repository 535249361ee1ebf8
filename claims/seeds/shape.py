"""The rows that seed files define."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from claims.models import (
    Actor,
    ActorName,
    Assertion,
    Claim,
    ClaimActor,
    ClaimRelation,
    ClaimTopic,
    Evidence,
    Rewording,
    Snapshot,
    Source,
    SourceAuthor,
    Topic,
    Verdict,
    VerdictEvidence,
)
from claims.models.base import Slugged
from claims.models.choices import RelationKind, VerdictState, Voice
from claims.models.snapshot import digest
from claims.seeds.decisions import complete
from claims.seeds.errors import Place, Problems, suggestion
from claims.seeds.former import former_rows, gone_rows
from claims.seeds.keys import FIELDS, Change, Id, Key, Model, Row, related_model
from claims.seeds.reading import Document, Entry, expect_keys, expect_list, expect_mapping
from claims.seeds.shapes import (
    ACTOR,
    ASSERTION,
    CHANGE,
    CLAIM,
    ERRATUM,
    EVIDENCE,
    FILE,
    FURTHER_SOURCE,
    JUDGEMENT,
    NAME,
    NOT_KNOWN,
    SKIPPED,
    SNAPSHOT,
    SOURCE,
    TOPIC,
    VERDICT,
    Shape,
)
from claims.seeds.values import Fault, field_value, is_date, span_of, text_of, whole_number


class Article(NamedTuple):
    """What the claims of a file inherit from its source."""

    key: Key
    speaker: Key | None
    published: str
    snapshot: Key | None


class SpanAt(NamedTuple):
    """A span with the places of its two keys, to be compared with the text if that is available."""

    span: Place
    sha256: Place
    snapshot: Key
    start: int
    end: int
    digest: str


class Rows:
    """All rows of some seed files, and what is left to check across files: references, dates and spans."""

    def __init__(self, documents: list[Document], problems: Problems) -> None:
        self.problems = problems
        self.rows: dict[Id, Row] = {}
        self.references: list[tuple[Place, Model, Key]] = []
        self.dates: list[tuple[Place, str]] = []
        self.spans: list[SpanAt] = []
        self.snapshots: dict[Key, tuple[Key, int]] = {}
        self._relations: dict[tuple[str, frozenset[str]], Place] = {}
        files = []
        for document in documents:
            pairs = expect_keys(document.root, FILE, [], problems, "the file")
            files.append((pairs, self._sources(pairs)))
        for pairs, article in files:
            self._passages(pairs, article)
            self._judgements(pairs)
            if "gone" in pairs:
                self._add_rows(gone_rows(pairs["gone"], problems))

    def _add(self, model: Model, values: dict[str, Any], place: Place, pairs: dict[str, Entry] | None = None) -> None:
        """Add a row; `pairs`: the keys of its entry, if they may give the reason for a change."""
        self._add_rows([Row(model, values, place, self._reason(pairs or {}))])

    def _reason(self, pairs: dict[str, Entry]) -> Change:
        if "change" not in pairs:
            return Change()
        given = expect_keys(pairs["change"], CHANGE, CHANGE, self.problems, "a change")
        return Change(**{name: self._value(entry, Rewording, name) for name, entry in given.items()})

    def _add_rows(self, rows: Iterable[Row]) -> None:
        for row in rows:
            other = self.rows.setdefault((row.model, row.key), row)
            if other is not row:
                self.problems.add(row.place, f"duplicate {row}; the first one is at {other.place}.")

    def _former(self, pairs: dict[str, Entry], model: type[Slugged], key: Key) -> None:
        if "former_slugs" in pairs:
            self._add_rows(former_rows(pairs["former_slugs"], model, key, self.problems))

    def _fill(self, shape: Shape, entry: Entry, preset: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Entry]]:
        """Return the values of a row (defaults, overridden by `preset`, then by the entry) and the entry's keys."""
        keys = [*shape.fields, *shape.others]
        pairs = expect_keys(entry, keys, list(shape.needed), self.problems, shape.what)
        values: dict[str, Any] = {}
        for name in FIELDS[shape.model]:
            field = shape.model._meta.get_field(name)
            default = field.get_default() if field.has_default() else None if field.null else ""  # type: ignore[union-attr]
            values[name] = getattr(default, "value", default)
        values |= preset
        for name in shape.fields:
            if name in pairs:
                value = self._value(pairs[name], shape.model, name)
                values[name] = values[name] if value is None else value
        return values, pairs

    def _value(self, entry: Entry, model: Model, name: str) -> Any:
        field = model._meta.get_field(name)
        related = related_model(model, name)
        try:
            if name == "speaker" and text_of(entry) == NOT_KNOWN:
                return None
            if related is not None:
                return self._refer(related, text_of(entry), entry.place)
            value = field_value(entry, field)  # type: ignore[arg-type]
        except Fault as fault:
            self.problems.add(entry.place, str(fault))
            return None
        if value and is_date(field):  # type: ignore[arg-type]
            self.dates.append((entry.place, value))
        return value

    def _refer(self, model: Model, slug: str, place: Place) -> Key:
        self.references.append((place, model, (slug,)))
        return (slug,)

    def _slugs(self, entry: Entry | None, model: Model, what: str) -> list[tuple[Place, Key]]:
        """Return a list of slugs as references, each with its place."""
        found = []
        for item in expect_list(entry, self.problems, what) if entry else []:
            try:
                found.append((item.place, self._refer(model, text_of(item), item.place)))
            except Fault as fault:
                self.problems.add(item.place, str(fault))
        return found

    def _named(self, pairs: dict[str, Entry], section: str) -> list[tuple[str, Entry]]:
        """Return the mappings of a section by slug, and check the form of the slugs."""
        entries = expect_mapping(pairs[section], self.problems, section) if section in pairs else {}
        for slug, entry in entries.items():
            try:
                field_value(Entry(entry.place, slug), Claim._meta.get_field("slug"))
            except Fault as fault:
                self.problems.add(entry.place, f"“{slug}”: {fault}")
        return list(entries.items())

    def _sources(self, pairs: dict[str, Entry]) -> Article | None:
        """Add the actors, topics and sources of a file; return its own source."""
        for slug, entry in self._named(pairs, "actors"):
            values, inner = self._fill(ACTOR, entry, {"slug": slug})
            self._add(Actor, values, entry.place)
            self._former(inner, Actor, (slug,))
            for item in self._items(inner, "names"):
                values, _ = self._fill(NAME, item, {"actor": (slug,)})
                self._add(ActorName, values, item.place)
        for slug, entry in self._named(pairs, "topics"):
            values, inner = self._fill(TOPIC, entry, {"slug": slug})
            self._add(Topic, values, entry.place)
            self._former(inner, Topic, (slug,))
        for item in self._items(pairs, "sources"):
            self._source(FURTHER_SOURCE, item)
        return self._source(SOURCE, pairs["source"]) if "source" in pairs else None

    def _source(self, shape: Shape, entry: Entry) -> Article:
        values, pairs = self._fill(shape, entry, {})
        key = (values["slug"],)
        if values["slug"]:
            self._add(Source, values, entry.place)
            self._former(pairs, Source, key)
        authors = self._slugs(pairs.get("authors"), Actor, "authors")
        for position, (place, author) in enumerate(authors, 1):
            self._add(SourceAuthor, {"source": key, "actor": author, "position": position}, place)
        snapshot = None
        if "snapshot" in pairs:
            inner, _ = self._fill(SNAPSHOT, pairs["snapshot"], {"source": key})
            snapshot = (values["slug"], inner["sha256"])
            if isinstance(inner["length"], int) and inner["sha256"]:
                self._add(Snapshot, inner, pairs["snapshot"].place)
                self.snapshots[key] = (snapshot, inner["length"])
        speaker = authors[0][1] if authors else values["publisher"]
        return Article(key, speaker, values["published"], snapshot)

    def _passages(self, pairs: dict[str, Entry], article: Article | None) -> None:
        """Add the claims, skipped passages and errata of a file."""
        for section in ("claims", "skipped", "errata"):
            if section in pairs and (article is None or article.snapshot is None):
                message = f"“{section}” needs a “source” with a “snapshot” in the same file."
                self.problems.add(pairs[section].place, message)
        if article is None or article.snapshot is None:
            return
        for slug, entry in self._named(pairs, "claims"):
            self._claim(slug, entry, article)
        for section, shape in (("skipped", SKIPPED), ("errata", ERRATUM)):
            for item in self._items(pairs, section):
                faults = len(self.problems.found)
                values, inner = self._fill(shape, item, {"snapshot": article.snapshot})
                values |= self._span(inner, article.key)
                if faults != len(self.problems.found):
                    continue
                if shape is ERRATUM and digest(values["printed"]) != values["quote_sha256"]:
                    self.problems.add(inner["printed"].place, "“printed” doesn’t match “sha256”; correct one of them.")
                self._add(shape.model, values, item.place)

    def _span(self, pairs: dict[str, Entry], source: Key) -> dict[str, Any]:
        """Return snapshot, start, end and hash of a span; an empty dict if there is none or it is faulty."""
        if "span" not in pairs or "sha256" not in pairs:
            for key, other in (("span", "sha256"), ("sha256", "span")):
                if key in pairs:
                    self.problems.add(pairs[key].place, f"“{key}” needs “{other}” next to it.")
            return {}
        if not source:  # already reported
            return {}
        if source not in self.snapshots:
            self.problems.add(
                pairs["span"].place,
                f"source {source[0]} has no snapshot in these files; leave out “span” and “sha256”.",
            )
            return {}
        snapshot, length = self.snapshots[source]
        sha256 = self._value(pairs["sha256"], Assertion, "quote_sha256")
        try:
            start, end = span_of(pairs["span"])
            if end > length:
                raise Fault(f"the span ends at {end}, but the snapshot has {length} code points.")
        except Fault as fault:
            self.problems.add(pairs["span"].place, str(fault))
            return {}
        if not sha256:
            return {}
        self.spans.append(SpanAt(pairs["span"].place, pairs["sha256"].place, snapshot, start, end, sha256))
        return {"snapshot": snapshot, "start": start, "end": end, "quote_sha256": sha256}

    def _claim(self, slug: str, entry: Entry, article: Article) -> None:
        claim = (slug,)
        values, pairs = self._fill(CLAIM, entry, {"slug": slug})
        self._add(Claim, values, entry.place, pairs)
        self._former(pairs, Claim, claim)
        topics = self._slugs(pairs.get("topics"), Topic, "topics")
        if "topics" in pairs and pairs["topics"].value == []:
            self.problems.add(pairs["topics"].place, "a claim needs at least one topic.")
        for place, topic in topics:
            self._add(ClaimTopic, {"claim": claim, "topic": topic}, place)
        for place, actor in self._slugs(pairs.get("about"), Actor, "about"):
            self._add(ClaimActor, {"claim": claim, "actor": actor}, place)
        for item in self._items(pairs, "assertions"):
            self._assertion(claim, item, article)
        self._judge(claim, pairs)
        if "relations" in pairs:
            self._relate(slug, pairs["relations"])

    def _judgements(self, pairs: dict[str, Entry]) -> None:
        """Add evidence and verdicts for claims that may be in another file."""
        for slug, entry in self._named(pairs, "judgements"):
            inner = expect_keys(entry, list(JUDGEMENT), [], self.problems, "a judgement")
            self._judge(self._refer(Claim, slug, entry.place), inner)

    def _judge(self, claim: Key, pairs: dict[str, Entry]) -> None:
        evidence: dict[str, Key] = {}
        for item in self._items(pairs, "evidence"):
            self._evidence(claim, item, evidence)
        for item in self._items(pairs, "verdicts"):
            self._verdict(claim, item, evidence)

    def _items(self, pairs: dict[str, Entry], section: str) -> list[Entry]:
        return expect_list(pairs[section], self.problems, section) if section in pairs else []

    def _assertion(self, claim: Key, item: Entry, article: Article) -> None:
        faults = len(self.problems.found)
        values, pairs = self._fill(ASSERTION, item, {"claim": claim, "source": article.key})
        values |= self._span(pairs, article.key)
        if "speaker" not in pairs:
            values["speaker"] = article.speaker
            if article.speaker is None:
                message = "add “speaker” (a slug or “not known”): the source has neither an author nor a publisher."
                self.problems.add(item.place, message)
        if "said" not in pairs and values["voice"] == Voice.OWN:
            values["said"] = article.published
        if faults == len(self.problems.found):
            self._add(Assertion, values, item.place)

    def _evidence(self, claim: Key, item: Entry, by_key: dict[str, Key]) -> None:
        faults = len(self.problems.found)
        values, pairs = self._fill(EVIDENCE, item, {"claim": claim})
        values |= self._span(pairs, values["source"])
        if "key" in pairs:
            try:
                key = text_of(pairs["key"])
                if key in by_key:
                    raise Fault(f"the key “{key}” is already used by other evidence of this claim; choose another.")
                by_key[key] = ()
            except Fault as fault:
                self.problems.add(pairs["key"].place, str(fault))
        if faults == len(self.problems.found):
            self._add(Evidence, values, item.place, pairs)
            if "key" in pairs:
                by_key[key] = Row(Evidence, values, item.place).key

    def _verdict(self, claim: Key, item: Entry, evidence: dict[str, Key]) -> None:
        faults = len(self.problems.found)
        values, pairs = self._fill(
            VERDICT, item, {"claim": claim, "revision": 1, "state": VerdictState.PUBLISHED.value}
        )
        complete(values, pairs, self.problems)
        if "supersedes" in pairs:
            try:
                values["supersedes"] = (claim[0], (values["issuer"] or ("",))[0], whole_number(pairs["supersedes"]))
                self.references.append((pairs["supersedes"].place, Verdict, values["supersedes"]))
            except Fault as fault:
                self.problems.add(pairs["supersedes"].place, str(fault))
        if faults != len(self.problems.found):
            return
        self._add(Verdict, values, item.place, pairs)
        verdict = Row(Verdict, values, item.place).key
        for key in self._items(pairs, "evidence"):
            try:
                name = text_of(key)
                if name not in evidence:
                    hint = suggestion(name, list(evidence)) or "; add the key to the evidence."
                    raise Fault(f"this claim has no evidence with the key “{name}”{hint}")
            except Fault as fault:
                self.problems.add(key.place, str(fault))
                continue
            if evidence[name]:
                self._add(VerdictEvidence, {"verdict": verdict, "evidence": evidence[name]}, key.place)

    def _relate(self, slug: str, entry: Entry) -> None:
        kinds = [str(kind) for kind in RelationKind.values]
        for kind, slugs in expect_keys(entry, kinds, [], self.problems, "relations").items():
            for place, other in self._slugs(slugs, Claim, kind):
                if other == (slug,):
                    self.problems.add(place, "a claim can't be related to itself.")
                    continue
                pair = (kind, frozenset((slug, other[0])))
                if pair in self._relations:
                    message = (
                        f"duplicate “{kind}” between these two claims; the first one is at {self._relations[pair]}."
                    )
                    self.problems.add(place, message)
                    continue
                self._relations[pair] = place
                self._add(ClaimRelation, {"from_claim": (slug,), "kind": kind, "to_claim": other}, place)
