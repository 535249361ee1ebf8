"""Aligning a text with a later version: sentence by sentence and, where sentences differ, word by word."""

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

#: A shorter run (in code points, without white space) may match by chance: alone, it counts only in its old order.
TELLING = 24

_INK = re.compile(r"\S")


class Sentences:
    """A text cut at the beginnings of its sentences, so that no part is left out."""

    def __init__(self, text: str, language: str) -> None:
        self.text = text
        self.starts = [0, *[start for start, _ in sentence_ranges(text, language)][1:]]
        self.bounds = [*self.starts, len(text)]
        #: the words of each sentence, however it is wrapped
        self.keys = [" ".join(text[start:end].split()) for start, end in pairwise(self.bounds)]

    def __len__(self) -> int:
        return len(self.starts)

    def at(self, offset: int) -> int:
        """Return the index of the sentence with this code point."""
        return bisect_right(self.starts, offset) - 1

    def length(self, start: int, end: int) -> int:
        """Return the number of code points of these sentences."""
        return self.bounds[end] - self.bounds[start]

    def side(self, start: int, end: int) -> Side:
        return Side(self.text, self.bounds[start], self.bounds[end], self.starts[start:end])


@dataclass(frozen=True)
class Run:
    """Consecutive sentences from `start` to `end` (excluded) whose counterparts are consecutive from `other` on."""

    start: int
    end: int
    other: int
    words: int
    is_telling: bool

    def __len__(self) -> int:
        return self.end - self.start


class Alignment:
    """The sentences of a text and those of a later version, each with its counterpart if it has one.

    It is built once for two texts, in time that grows with their lengths; places are then looked up in it. Sentences
    that differ are compared word by word. `compared` counts their code points in both texts; above `most`, TooMuchWork
    is raised.
    """

    def __init__(self, old: Sentences, new: Sentences, most: int) -> None:
        self.old, self.new = old, new
        self.compared, self._most = 0, most
        self.image = self._matched()
        self._drop_chance()
        self._taken = sorted(at for at in self.image if at is not None)
        #: for each sentence without a counterpart the first of its run of such sentences; -1 for other sentences
        self._gap_start: list[int] = []
        for at, other in enumerate(self.image):
            before = self._gap_start[-1] if at else -1
            self._gap_start.append(-1 if other is not None else at if before < 0 else before)
        self._gaps: dict[int, list[Gap]] = {}
        self._wrapped: dict[int, tuple[array[int], array[int]] | None] = {}

    def _matched(self) -> list[int | None]:
        """Match sentences that occur once in each text, and equal ones next to those or at the edges of both."""
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
        """Drop short isolated runs, unless they are in their old order between the same neighbours."""
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
            # weigh a run by its words, so that the longer one of two in the wrong order is kept
            pairs = [(run.start, (run.other, word)) for run in within for word in range(run.words)]
            kept = {start for start, _ in in_order(pairs)}
            for run in short:
                if run.start not in kept:
                    self.image[run.start : run.end] = [None] * len(run)
            at += len(short)

    def _runs(self) -> list["Run"]:
        """Return the runs of consecutive sentences with consecutive counterparts."""
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
        """Return where the edge of a span may be in the newer text, the likeliest first.

        `offset`: the first code point of the span (with `step` -1) or the last (with 1), which isn’t white space. There
        is one place if its sentence has a counterpart; otherwise there are up to two, and each may be None.
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
        """Return where the sentences without a counterpart from `start` on may be, the likeliest first."""
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
                raise TooMuchWork(
                    "Earlier texts of this source differ too much from this one to find their spans in it."
                )
            ours, others = self.old.side(start, end), self.new.side(*theirs)
            is_first, is_last = start == 0, end == len(self.old)
            found.append(Gap(ours, others, left=left, right=right, is_first=is_first, is_last=is_last))
        return sorted(found, key=lambda gap: -gap.weight)

    def _place_of(self, offset: int, sentence: int, other: int) -> int:
        """Return where a code point of a sentence (not white space) is in its counterpart."""
        if sentence not in self._wrapped:
            self._wrapped[sentence] = self._both_wraps(sentence, other)
        wraps = self._wrapped[sentence]
        if wraps is None:
            return self.new.bounds[other] + offset - self.old.bounds[sentence]
        ours, theirs = wraps
        return theirs[bisect_left(ours, offset)]

    def _both_wraps(self, sentence: int, other: int) -> "tuple[array[int], array[int]] | None":
        """Return the offsets of a sentence’s code points, white space aside, in both texts; None if these are equal."""
        ours, theirs = self.old.bounds[sentence : sentence + 2], self.new.bounds[other : other + 2]
        if self.old.text[slice(*ours)] == self.new.text[slice(*theirs)]:
            return None
        ours_ink, theirs_ink = (
            array("L", (found.start() for found in _INK.finditer(text, *place)))
            for text, place in ((self.old.text, ours), (self.new.text, theirs))
        )
        return ours_ink, theirs_ink
