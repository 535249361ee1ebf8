"""Coverage of a text: which sentences are claimed, skipped with a reason, or neither."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from claims.models import Assertion, SkippedPassage, Snapshot
from claims.models.visibility import Sight, visible
from claims.texts.errors import TooMuchWork
from claims.texts.finding import WORD, Range
from claims.texts.sentences import sentence_ranges

#: Coverage is refused above these limits. An article has about a hundred sentences, a long book 20,000.
MOST_SENTENCES = 50_000
MOST_SPANS = 10_000
#: assertions listed with sentences, in total
MOST_LISTED = 200_000


class SentenceState(StrEnum):
    CLAIMED = "claimed"
    SKIPPED = "skipped"
    UNCOVERED = "uncovered"


@dataclass(frozen=True)
class Sentence:
    """A sentence from `start` to `end` (code points of the text, end excluded), without surrounding space.

    `assertion_ids`: the assertions whose span includes at least a letter or digit of it, in reading order.
    """

    start: int
    end: int
    state: SentenceState
    assertion_ids: tuple[int, ...]


@dataclass(frozen=True)
class Coverage:
    """The sentences of a text, and word counts: all words, those in an assertion's span, other skipped ones."""

    sentences: list[Sentence]
    words: int
    words_claimed: int
    words_skipped: int

    def _count(self, state: SentenceState) -> int:
        return sum(sentence.state == state for sentence in self.sentences)

    @property
    def claimed(self) -> int:
        return self._count(SentenceState.CLAIMED)

    @property
    def skipped(self) -> int:
        return self._count(SentenceState.SKIPPED)

    @property
    def uncovered(self) -> int:
        return self._count(SentenceState.UNCOVERED)

    @property
    def share_claimed(self) -> float:
        """The share of claimed words among all words that aren't skipped, from 0 to 1 (1 if there are none)."""
        counted = self.words - self.words_skipped
        return self.words_claimed / counted if counted else 1.0


def coverage(snapshot: Snapshot, sight: Sight) -> Coverage | None:
    """Return the coverage of a snapshot by the assertions that a reader may see, or None if its text is not stored.

    Makes two queries, and one more if the source is not loaded. Raises TooMuchWork for more sentences, spans or
    listed assertions than MOST_SENTENCES, MOST_SPANS or MOST_LISTED.
    """
    text = snapshot.text
    if text is None:
        return None
    spans = list(
        Assertion.objects.filter(visible(Assertion, sight), snapshot=snapshot, end__isnull=False)
        .order_by("start", "end", "id")
        .values_list("id", "start", "end")[: MOST_SPANS + 1]
    )
    skipped = list(SkippedPassage.objects.filter(snapshot=snapshot).values_list("start", "end")[: MOST_SPANS + 1])
    if len(spans) + len(skipped) > MOST_SPANS:
        raise TooMuchWork(f"Coverage is limited to {MOST_SPANS:,} spans; this text has more.")
    places = []
    for place in sentence_ranges(text, snapshot.source.language):
        places.append(place)
        if len(places) > MOST_SENTENCES:
            raise TooMuchWork(f"Coverage is limited to {MOST_SENTENCES:,} sentences; this text has more.")
    ids = _overlaps(text, places, spans)
    words = _Words(text)
    claimed_ranges = _merged(span[1:] for span in spans)
    skipped_ranges = _merged(skipped)
    in_skipped = words.counted(skipped_ranges)
    sentences = []
    for (start, end), found in zip(places, ids, strict=True):
        first, last = words.inside(start, end)
        state = SentenceState.UNCOVERED
        if found:
            state = SentenceState.CLAIMED
        elif in_skipped[last] - in_skipped[first] == last - first:
            state = SentenceState.SKIPPED
        sentences.append(Sentence(start, end, state, tuple(found)))
    claimed = words.counted(claimed_ranges)[-1]
    either = words.counted(_merged([*claimed_ranges, *skipped_ranges]))[-1]
    return Coverage(sentences, len(words.starts), claimed, either - claimed)


class _Words:
    """The words of a text, in order."""

    def __init__(self, text: str) -> None:
        places = [word.span() for word in WORD.finditer(text)]
        self.starts, self.ends = [start for start, _ in places], [end for _, end in places]

    def inside(self, start: int, end: int) -> Range:
        """Return the words that are completely in a range: index of the first, and of the one after the last."""
        first = bisect_left(self.starts, start)
        return first, max(first, bisect_right(self.ends, end))

    def counted(self, ranges: Iterable[Range]) -> list[int]:
        """For each n from 0 to the number of words, return how many of the first n words are in one of the ranges.

        The ranges must not overlap.
        """
        is_inside = [0] * len(self.starts)
        for start, end in ranges:
            first, last = self.inside(start, end)
            is_inside[first:last] = [1] * (last - first)
        return list(accumulate(is_inside, initial=0))


def _overlaps(text: str, places: list[Range], spans: list[tuple[int, int, int]]) -> list[list[int]]:
    """For each sentence, return the ids of the spans that have a word character in common with it."""
    starts, ends = [start for start, _ in places], [end for _, end in places]
    ids: list[list[int]] = [[] for _ in places]
    listed = 0
    for pk, start, end in spans:
        first, last = bisect_right(ends, start), bisect_left(starts, end)
        listed += max(0, last - first)
        if listed > MOST_LISTED:
            raise TooMuchWork("The spans in this text overlap too many of its sentences; coverage can’t be computed.")
        for at in range(first, last):
            if WORD.search(text, max(start, starts[at]), min(end, ends[at])):
                ids[at].append(pk)
    return ids


def _merged(ranges: Iterable[Range]) -> list[Range]:
    """Return the ranges sorted, with touching and overlapping ones joined."""
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
