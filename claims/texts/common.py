"""What two lists of words have in common."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TypeVar

from claims.texts.finding import Range

#: lists are compared as a whole up to this product of their lengths; longer ones are first cut at what they share
COMPARED = 40_000
#: words in a row by which longer lists are cut
SHARED = 4

T = TypeVar("T", int, tuple[int, int])
#: a run that two lists share: where it begins in each, and its length
Block = tuple[int, int, int]


def common(old: Sequence[str], new: Sequence[str]) -> list[Block]:
    """What two lists have in common, in the order of both."""
    found: list[Block] = []
    parts = [(0, len(old), 0, len(new))]
    while parts:
        a, b, c, d = parts.pop()
        if (b - a) * (d - c) <= COMPARED:
            matcher = SequenceMatcher(None, old[a:b], new[c:d], autojunk=False)
            found += [(a + i, c + j, n) for i, j, n in matcher.get_matching_blocks()]
            continue
        head = _same(old, new, a, c, min(b - a, d - c), 1)
        a, c = a + head, c + head
        tail = _same(old, new, b - 1, d - 1, min(b - a, d - c), -1)
        # the same sign at the end of both is no reason to cut there
        tail = tail if tail >= SHARED else 0
        b, d = b - tail, d - tail
        found += [(a - head, c - head, head), (b, d, tail)]
        if head or tail:
            parts.append((a, b, c, d))
            continue
        anchors = _anchors(old, new, (a, b), (c, d))
        cuts = [(a, c), *anchors, (b, d)] if anchors else []
        parts += [(i, until_i, j, until_j) for (i, j), (until_i, until_j) in pairwise(cuts)]
    return _joined(block for block in found if block[2])


def _same(old: Sequence[str], new: Sequence[str], i: int, j: int, most: int, step: int) -> int:
    length = 0
    while length < most and old[i + step * length] == new[j + step * length]:
        length += 1
    return length


def _anchors(old: Sequence[str], new: Sequence[str], ours: Range, theirs: Range) -> list[tuple[int, int]]:
    """Where runs of SHARED tokens begin that are there once in both, as many as keep their order."""
    a, b = _once(old, *ours), _once(new, *theirs)
    pairs = [(i, b[run]) for run, i in a.items() if run in b]
    return [pair for pair in in_order(pairs) if pair != (ours[0], theirs[0])]


def _once(items: Sequence[str], start: int, end: int) -> dict[Hashable, int]:
    runs = list(zip(*(items[start + shift : end] for shift in range(SHARED)), strict=False))
    counts = Counter(runs)
    return {run: start + at for at, run in enumerate(runs) if counts[run] == 1}


def in_order(pairs: list[tuple[int, T]]) -> list[tuple[int, T]]:
    """The longest choice of pairs whose second members rise."""
    ends: list[T] = []
    last: list[int] = []
    before: list[int | None] = []
    for at, (_, value) in enumerate(pairs):
        length = bisect_left(ends, value)
        before.append(last[length - 1] if length else None)
        ends[length : length + 1] = [value]
        last[length : length + 1] = [at]
    chosen, pick = [], last[-1] if last else None
    while pick is not None:
        chosen.append(pairs[pick])
        pick = before[pick]
    return chosen[::-1]


def _joined(blocks: Iterable[Block]) -> list[Block]:
    """Runs in order, those without a gap between them in either list put together."""
    joined: list[Block] = []
    for old, new, length in sorted(blocks):
        if joined and old == joined[-1][0] + joined[-1][2] and new == joined[-1][1] + joined[-1][2]:
            joined[-1] = (*joined[-1][:2], joined[-1][2] + length)
        else:
            joined.append((old, new, length))
    return joined
