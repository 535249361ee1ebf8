"""What a text has in common with a later version of it: sentence by sentence, and in the gaps word by word."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from itertools import islice, pairwise, takewhile
from typing import cast

from claims.texts.common import in_order
from claims.texts.errors import TooMuchWork
from claims.texts.gaps import Edge, Gap, Side
from claims.texts.sentences import sentence_ranges

#: Fewer code points, blanks not counted, may be alike by chance: on their own they count only in their old order.
TELLING = 24

_INK = re.compile(r"\S")


class Sentences:
    """A text cut where its sentences begin, so that nothing is left out between them."""

    def __init__(self, text: str, language: str) -> None:
        self.text = text
        self.starts = [0, *[start for start, _ in sentence_ranges(text, language)][1:]]
        self.bounds = [*self.starts, len(text)]
        #: the words of each, however they are wrapped
        self.keys = [" ".join(text[start:end].split()) for start, end in pairwise(self.bounds)]

    def __len__(self) -> int:
        return len(self.starts)

    def at(self, offset: int) -> int:
        """The number of the sentence that has this code point."""
        return bisect_right(self.starts, offset) - 1

    def length(self, start: int, end: int) -> int:
        """How many code points these sentences have."""
        return self.bounds[end] - self.bounds[start]

    def side(self, start: int, end: int) -> Side:
        return Side(self.text, self.bounds[start], self.bounds[end], self.starts[start:end])


@dataclass(frozen=True)
class Run:
    """Sentences in a row, from `start` to `end` (excluded), whose counterparts are in a row from `other` on."""

    start: int
    end: int
    other: int
    words: int
    is_telling: bool

    def __len__(self) -> int:
        return self.end - self.start


class Alignment:
    """The sentences of a text and those of a later version, each with its counterpart where it has one.

    Built once for two texts, in time that grows with their lengths; a place is then looked up in it. Where sentences
    differ they are compared word by word: at most `most` code points of both, else TooMuchWork is raised. `compared`:
    how many were.
    """

    def __init__(self, old: Sentences, new: Sentences, most: int) -> None:
        self.old, self.new = old, new
        self.compared, self._most = 0, most
        self.image = self._matched()
        self._drop_chance()
        self._taken = sorted(at for at in self.image if at is not None)
        #: for each sentence without a counterpart the first of those beside it that have none either, else -1
        self._gap_start: list[int] = []
        for at, other in enumerate(self.image):
            before = self._gap_start[-1] if at else -1
            self._gap_start.append(-1 if other is not None else at if before < 0 else before)
        self._gaps: dict[int, list[Gap]] = {}
        self._wrapped: dict[int, tuple[array[int], array[int]] | None] = {}

    def _matched(self) -> list[int | None]:
        """Sentences that are there once in both texts, and equal ones beside them, or at both beginnings or ends."""
        old, new = self.old.keys, self.new.keys
        ours, theirs = Counter(old), Counter(new)
        place = {key: at for at, key in enumerate(new) if theirs[key] == 1}
        image = [place.get(key) if ours[key] == 1 else None for key in old]
        taken = {at for at in image if at is not None}
        for order, step, edge in ((range(len(old)), 1, -1), (range(len(old) - 1, -1, -1), -1, len(new))):
            beside: int | None = edge
            for at in order:
                if image[at] is None and beside is not None:
                    other = beside + step
                    if 0 <= other < len(new) and other not in taken and new[other] == old[at]:
                        image[at] = other
                        taken.add(other)
                beside = image[at]
        return image

    def _drop_chance(self) -> None:
        """Takes back what is short and stands alone, unless it is in its old order between the same neighbours."""
        runs = self._runs()
        bounds, following = [], len(self.new)
        for run in reversed(runs):
            bounds.append(following)
            if run.is_telling:
                following = run.other
        bounds.reverse()
        preceding, at = -1, 0
        while at < len(runs):
            if runs[at].is_telling:
                preceding = runs[at].other + len(runs[at]) - 1
                at += 1
                continue
            short = list(takewhile(lambda run: not run.is_telling, islice(runs, at, None)))
            within = [run for run in short if preceding < run.other and run.other + len(run) <= bounds[at]]
            # a run counts by its words, so that the longer of two that are crossed is kept
            pairs = [(run.start, (run.other, word)) for run in within for word in range(run.words)]
            kept = {start for start, _ in in_order(pairs)}
            for run in short:
                if run.start not in kept:
                    self.image[run.start : run.end] = [None] * len(run)
            at += len(short)

    def _runs(self) -> list["Run"]:
        """Sentences in a row whose counterparts are in a row as well."""
        runs, at = [], 0
        while at < len(self.image):
            end, first = at + 1, self.image[at]
            while first is not None and end < len(self.image) and self.image[end] == first + end - at:
                end += 1
            if first is not None:
                keys = self.old.keys[at:end]
                words = sum(key.count(" ") + 1 for key in keys)
                runs.append(Run(at, end, first, words, sum(map(len, keys)) - words >= TELLING))
            at = end
        return runs

    def edges(self, offset: int, step: int) -> list[Edge | None]:
        """Where the edge of a span may be in the newer text, the likeliest first.

        `offset`: its first code point, with `step` -1, or its last, with 1; neither is a blank. Where its sentence has
        a counterpart, there is one; else there may be two, and each may be None.
        """
        sentence = self.old.at(offset)
        other = self.image[sentence]
        if other is None:
            return [gap.edge(offset, step) for gap in self._gaps_at(self._gap_start[sentence])]
        place = self._place_of(offset, sentence, other)
        return [Edge(place if step < 0 else place + 1, agrees=True, is_sure=True)]

    def in_same_gap(self, offset: int, other: int) -> bool:
        """Whether neither of two code points has a counterpart, nor has any sentence between them."""
        start = self._gap_start[self.old.at(offset)]
        return start >= 0 and start == self._gap_start[self.old.at(other)]

    def _gaps_at(self, start: int) -> list[Gap]:
        """Where the counterparts of the sentences may be that have none from `start` on, the likeliest first."""
        if start not in self._gaps:
            self._gaps[start] = self._gaps_from(start)
        return self._gaps[start]

    def _gaps_from(self, start: int) -> list[Gap]:
        end = start + 1
        while end < len(self.image) and self.image[end] is None:
            end += 1
        before = cast(int, self.image[start - 1]) if start else -1
        after = cast(int, self.image[end]) if end < len(self.image) else len(self.new)
        beyond = bisect_right(self._taken, before)
        until = self._taken[beyond] if beyond < len(self._taken) else len(self.new)
        ahead = bisect_left(self._taken, after)
        since = self._taken[ahead - 1] if ahead else -1
        if until == after:
            sides = [((before + 1, after), True, True)]
        else:
            sides = [((before + 1, until), True, False), ((since + 1, after), False, True)]
        found = []
        for theirs, left, right in sides:
            if theirs[0] >= theirs[1]:
                continue
            self.compared += self.old.length(start, end) + self.new.length(*theirs)
            if self.compared > self._most:
                raise TooMuchWork("Earlier texts of this source differ too much from this one to look up their spans.")
            ours, others = self.old.side(start, end), self.new.side(*theirs)
            is_first, is_last = start == 0, end == len(self.old)
            found.append(Gap(ours, others, left=left, right=right, is_first=is_first, is_last=is_last))
        return sorted(found, key=lambda gap: -gap.weight)

    def _place_of(self, offset: int, sentence: int, other: int) -> int:
        """Where the code point at `offset` of a sentence, no blank, is in its counterpart."""
        if sentence not in self._wrapped:
            self._wrapped[sentence] = self._both_wraps(sentence, other)
        wraps = self._wrapped[sentence]
        if wraps is None:
            return self.new.bounds[other] + offset - self.old.bounds[sentence]
        ours, theirs = wraps
        return theirs[bisect_left(ours, offset)]

    def _both_wraps(self, sentence: int, other: int) -> "tuple[array[int], array[int]] | None":
        """Where all but blanks is of a sentence in either text, or None if its blanks are the same."""
        ours, theirs = self.old.bounds[sentence : sentence + 2], self.new.bounds[other : other + 2]
        if self.old.text[slice(*ours)] == self.new.text[slice(*theirs)]:
            return None
        ours_ink, theirs_ink = (
            array("L", (found.start() for found in _INK.finditer(text, *place)))
            for text, place in ((self.old.text, ours), (self.new.text, theirs))
        )
        return ours_ink, theirs_ink
