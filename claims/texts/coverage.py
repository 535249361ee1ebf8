"""How much of a text the record covers: every sentence claimed, or skipped with a reason."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import sentencex  # type: ignore[import-untyped]

from claims.models import Assertion, SkippedPassage, Snapshot

_LINE = re.compile(r"[^\n\r\u2028\u2029]+")
_WORD = re.compile(r"\w+(?:['’‑-]\w+)*")

Range = tuple[int, int]


class State(StrEnum):
    CLAIMED = "claimed"
    SKIPPED = "skipped"
    UNCOVERED = "uncovered"


@dataclass(frozen=True)
class Sentence:
    """A sentence from `start` to `end` (code points of the text, end excluded), without the space around it.

    `assertion_ids`: the assertions whose span has at least a letter or digit of it, in reading order.
    """

    start: int
    end: int
    state: State
    assertion_ids: tuple[int, ...]


@dataclass(frozen=True)
class Coverage:
    """The sentences of a text, and its words: all, those inside an assertion's span, those skipped otherwise."""

    sentences: list[Sentence]
    words: int
    words_claimed: int
    words_skipped: int

    def _count(self, state: State) -> int:
        return sum(sentence.state == state for sentence in self.sentences)

    @property
    def claimed(self) -> int:
        return self._count(State.CLAIMED)

    @property
    def skipped(self) -> int:
        return self._count(State.SKIPPED)

    @property
    def uncovered(self) -> int:
        return self._count(State.UNCOVERED)

    @property
    def share_claimed(self) -> float:
        """The words inside an assertion's span, of all words but the skipped ones; 0 to 1 (1 if there are none)."""
        counted = self.words - self.words_skipped
        return self.words_claimed / counted if counted else 1.0


def coverage(snapshot: Snapshot) -> Coverage | None:
    """Coverage of a snapshot, or None where its text is not held. Two queries, one more if the source is not loaded."""
    text = snapshot.text
    if text is None:
        return None
    spans = list(
        Assertion.objects.filter(snapshot=snapshot, end__isnull=False)
        .order_by("start", "end", "id")
        .values_list("id", "start", "end")
    )
    skipped = list(SkippedPassage.objects.filter(snapshot=snapshot).values_list("start", "end"))
    places = list(sentence_ranges(text, snapshot.source.language))
    ids = _overlaps(text, places, spans)
    is_claimed, is_skipped = _merged([span[1:] for span in spans]), _merged(skipped)
    sentences = []
    for place, found in zip(places, ids, strict=True):
        state = State.CLAIMED if found else State.UNCOVERED
        if not found and all(_within(is_skipped, word) for word in _words(text, place)):
            state = State.SKIPPED
        sentences.append(Sentence(*place, state, tuple(found)))
    words = [word for place in places for word in _words(text, place)]
    claimed = [word for word in words if _within(is_claimed, word)]
    left = set(words) - set(claimed)
    return Coverage(sentences, len(words), len(claimed), sum(_within(is_skipped, word) for word in left))


def sentence_ranges(text: str, language: str) -> Iterator[Range]:
    """Start and end of each sentence of a text, in code points; a line break always ends one.

    What has no letter or digit (a rule, a lone bullet) is no sentence.
    """
    for line in _LINE.finditer(text):
        at = line.start()
        # the library gives the pieces of a line without a gap between them
        for piece in sentencex.segment(language.partition("-")[0] or "en", line.group()):
            start = at + len(piece) - len(piece.lstrip())
            end = at + len(piece.rstrip())
            at += len(piece)
            if _WORD.search(piece):
                yield start, end


def _words(text: str, place: Range) -> list[Range]:
    return [word.span() for word in _WORD.finditer(text, *place)]


def _overlaps(text: str, places: list[Range], spans: list[tuple[int, int, int]]) -> list[list[int]]:
    """For each sentence the ids of the spans that have a word character in common with it."""
    starts, ends = [start for start, _ in places], [end for _, end in places]
    ids: list[list[int]] = [[] for _ in places]
    for pk, start, end in spans:
        for at in range(bisect_right(ends, start), bisect_left(starts, end)):
            if _WORD.search(text, max(start, starts[at]), min(end, ends[at])):
                ids[at].append(pk)
    return ids


def _merged(ranges: list[Range]) -> list[Range]:
    """Ranges in order, those that touch or overlap made one."""
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _within(merged: list[Range], inner: Range) -> bool:
    at = bisect_right(merged, (inner[0], float("inf"))) - 1
    return at >= 0 and merged[at][1] >= inner[1]
