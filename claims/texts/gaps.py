"""Word-by-word comparison of a changed part of a text."""

import re
from bisect import bisect_right
from dataclasses import dataclass

from claims.texts.common import Block, common

#: words of the sentence on each side that must be the same for the words between them to count as the same place
AROUND = 4
#: enough words if the old sentence or clause has no more
FEWEST = 3
#: largest distance, in code points, from the edge of changed words to unchanged ones
REACH = 32

#: scripts without spaces between words: each character is a token
_DENSE = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    r"\U00020000-\U0003ffff"
)
_TOKEN = re.compile(rf"[{_DENSE}]|\d+(?:[.,]\d+)*|[^\W\d{_DENSE}]+|\S")
_CLAUSE_END = frozenset(".!?…:;。！？：；")


@dataclass(frozen=True)
class Edge:
    """Where one edge of a span is in a newer text: `place`, in code points.

    `agrees`: the words next to it are the same on both sides of the edge. `is_sure`: it is next to something that is
    the same in both, and not only at the edge of both texts.
    """

    place: int
    agrees: bool
    is_sure: bool


class Side:
    """The tokens (words, numbers and punctuation) of a part of a text, and where its sentences begin."""

    def __init__(self, text: str, start: int, end: int, sentences: list[int]) -> None:
        self.start, self.end = start, end
        self.words: list[str] = []
        self.starts: list[int] = []
        for found in _TOKEN.finditer(text, start, end):
            self.words.append(found[0])
            self.starts.append(found.start())
        self._sentences = set(sentences)

    def __len__(self) -> int:
        return len(self.words)

    def end_of(self, at: int) -> int:
        return self.starts[at] + len(self.words[at])

    def is_word(self, at: int) -> bool:
        return self.words[at][0].isalnum()

    def at(self, offset: int) -> int:
        """Return the index of the token with this code point."""
        return bisect_right(self.starts, offset) - 1

    def breaks(self, at: int, step: int) -> bool:
        """Whether a sentence or clause begins with a token (`step` -1), or ends with it (1), punctuation aside."""
        before = at if step > 0 else at - 1
        if not 0 <= before < len(self.words) - 1:
            return True
        signs = {self.words[before], self.words[before + 1]} if step > 0 else {self.words[before]}
        return not _CLAUSE_END.isdisjoint(signs) or self.starts[before + 1] in self._sentences


class Gap:
    """Sentences without a counterpart, and those in the place of the counterparts, compared token by token.

    `left` and `right`: whether the gap is bounded on that side by the same sentence, or the edge of the text, in both
    texts. `is_first` and `is_last`: whether it is only the edge of the text.
    """

    def __init__(self, old: Side, new: Side, *, left: bool, right: bool, is_first: bool, is_last: bool) -> None:
        self.old, self.new = old, new
        self._bounded = {-1: left, 1: right}
        self._at_edge = {-1: is_first, 1: is_last}
        self.blocks = [block for block in common(old.words, new.words) if self._tells(block)]
        #: index in the new part, by index of each token of the old part with a counterpart
        self._image: dict[int, int] = {}
        for ours, theirs, length in self.blocks:
            self._image.update(zip(range(ours, ours + length), range(theirs, theirs + length), strict=True))

    def _tells(self, block: Block) -> bool:
        """Whether a common run is more than chance: it has two words, or one word at the same end of both parts.

        Next to a sentence that both texts have, punctuation is enough.
        """
        ours, theirs, length = block
        words = sum(map(self.old.is_word, range(ours, ours + length)))
        is_first = ours == theirs == 0
        is_last = ours + length == len(self.old) and theirs + length == len(self.new)
        if words == 0:
            return (is_first and self._beside_sentence(-1)) or (is_last and self._beside_sentence(1))
        return words >= 2 or is_first or is_last

    def _beside_sentence(self, step: int) -> bool:
        return self._bounded[step] and not self._at_edge[step]

    @property
    def weight(self) -> int:
        """The number of tokens that both parts have in common."""
        return len(self._image)

    def edge(self, offset: int, step: int) -> Edge | None:
        """Return where the edge of a span is in the new part, or None if nothing indicates it.

        `offset`: the first code point of the span (with `step` -1), or the last (with 1).
        """
        at = self.old.at(offset)
        here, beside = self._image.get(at), self._counterpart(at + step)
        if here is not None:
            inside = self.new.starts[here] + offset - self.old.starts[at] + (step > 0)
            if beside is None or beside == here + step or self._both_break(at, here, step):
                return Edge(inside, self._agrees(at, here, step), is_sure=True)
            return Edge(self._behind(beside, -step), agrees=False, is_sure=True)
        while beside is None:
            at += step
            if not 0 <= at < len(self.old) or self._distance(offset, at) > REACH:
                return None
            beside = self._counterpart(at + step)
        is_bound = not 0 <= at + step < len(self.old)
        if is_bound and self._distance(offset, at) > REACH:
            return None
        return Edge(self._behind(beside, -step), agrees=False, is_sure=not (is_bound and self._at_edge[step]))

    def _counterpart(self, at: int) -> int | None:
        """Return the index in the new part of a token, or of the bound of the gap as if it were a token."""
        if at < 0:
            return -1 if self._bounded[-1] else None
        if at >= len(self.old):
            return len(self.new) if self._bounded[1] else None
        return self._image.get(at)

    def _behind(self, at: int, step: int) -> int:
        """Return where the token after one of the new part begins (`step` 1), or the one before it ends (-1)."""
        beside = at + step
        if step > 0:
            return self.new.starts[beside] if beside < len(self.new) else self.new.end
        return self.new.end_of(beside) if beside >= 0 else self.new.start

    def _distance(self, offset: int, at: int) -> int:
        return max(self.old.starts[at] - offset, offset + 1 - self.old.end_of(at), 0)

    def _both_break(self, ours: int, theirs: int, step: int) -> bool:
        """Whether a sentence or clause begins (`step` -1) or ends (1) with a token in both parts."""
        return self.old.breaks(ours, step) and self.new.breaks(theirs, step)

    def _agrees(self, ours: int, theirs: int, step: int) -> bool:
        """Whether enough tokens next to this one are the same, within its sentence or clause."""
        words = 0
        while words < AROUND:
            if self._both_break(ours, theirs, step):
                return True
            if self._image.get(ours + step) != theirs + step:
                return words >= FEWEST and self.old.breaks(ours, step)
            ours, theirs = ours + step, theirs + step
            words += self.old.is_word(ours)
        return True
