"""A text cut wherever a span begins or ends, so that overlapping spans can be marked."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from django.db import models

from claims.models import Assertion, Erratum, Snapshot
from claims.models.visibility import Sight, visible
from claims.texts.coverage import Sentence

#: Assertions marked in a text. No article has as many.
MOST = 2000


@dataclass
class Segment:
    """A piece of text in which no span begins or ends."""

    start: int
    words: str
    #: the number of assertions that cover it
    claimed: int = 0
    #: state of the sentence around it: claimed, skipped or uncovered; empty between sentences
    state: str = ""
    erratum: Erratum | None = None
    #: assertions that end here, whose numbers follow it
    ending: list["Noted"] = field(default_factory=list)


@dataclass
class Noted:
    """An assertion with its number in reading order, from 1."""

    number: int
    row: Assertion


def assertions_of(snapshot: Snapshot, sight: Sight) -> list[Noted]:
    rows = (
        Assertion.objects.filter(visible(Assertion, sight), snapshot=snapshot, start__isnull=False)
        .select_related("claim", "speaker")
        .defer("claim__search")
        .order_by("start", "end", "id")
    )
    return [Noted(number, row) for number, row in enumerate(rows[:MOST], 1)]


def segments(snapshot: Snapshot, noted: list[Noted], sentences: list[Sentence]) -> list[Segment]:
    """The text of a snapshot in order and without gaps. Empty if the text is not held."""
    text = snapshot.text
    if text is None:
        return []
    errata = list(Erratum.objects.filter(snapshot=snapshot))
    spans: list[tuple[int, int, Any]] = [
        *((each.row.start or 0, each.row.end or 0, each) for each in noted),
        *((sentence.start, sentence.end, sentence.state) for sentence in sentences),
        *((erratum.start, erratum.end, erratum) for erratum in errata),
    ]
    cuts = sorted({0, len(text), *(s for s, _, _ in spans), *(e for _, e, _ in spans)})
    pieces = [Segment(start, text[start:end]) for start, end in pairwise(cuts)]
    at = {piece.start: index for index, piece in enumerate(pieces)} | {len(text): len(pieces)}
    for start, end, what in spans:
        covered = pieces[at[start] : at[end]]
        for piece in covered:
            if isinstance(what, Noted):
                piece.claimed += 1
            elif isinstance(what, Erratum):
                piece.erratum = what
            else:
                piece.state = str(what)
        if isinstance(what, Noted):
            covered[-1].ending.append(what)
    return pieces


def newest(source_id: int, sight: Sight) -> Snapshot | None:
    """The newest snapshot of a source with its text held, or else the newest of all, of those that the user may see."""
    held = models.Case(models.When(text__isnull=False, then=0), default=1)
    return (
        Snapshot.objects.filter(visible(Snapshot, sight), source=source_id)
        .order_by(held, "-captured_at", "-id")
        .first()
    )
