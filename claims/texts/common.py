"""Finding what two lists of words have in common."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TypeVar

from claims.texts.finding import Range

#: largest product of two lengths for which lists are compared directly; longer ones are first cut at common runs
COMPARED = 40_000
#: length, in words, of a common run at which longer lists are cut
SHARED = 4

T = TypeVar("T", int, tuple[int, int])
#: a common run of two lists: its start in each, and its length
Block = tuple[int, int, int]


def common(old: Sequence[str], new: Sequence[str]) -> list[Block]:
    """Return the common runs of two lists, in the order of both."""
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
        # a few equal tokens at the end (such as a full stop) are no reason to cut there
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
    """Return the starts of runs of SHARED tokens that occur once in each list, as many as have the same order."""
    a, b = _unique_runs(old, *ours), _unique_runs(new, *theirs)
    pairs = [(i, b[run]) for run, i in a.items() if run in b]
    return [pair for pair in in_order(pairs) if pair != (ours[0], theirs[0])]


def _unique_runs(items: Sequence[str], start: int, end: int) -> dict[Hashable, int]:
    runs = list(zip(*(items[start + shift : end] for shift in range(SHARED)), strict=False))
    counts = Counter(runs)
    return {run: start + at for at, run in enumerate(runs) if counts[run] == 1}


def in_order(pairs: list[tuple[int, T]]) -> list[tuple[int, T]]:
    """Return the longest subsequence of the pairs whose second members increase."""
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
    """Return the runs sorted, with those joined that have no gap between them in either list."""
    joined: list[Block] = []
    for old, new, length in sorted(blocks):
        if joined and old == joined[-1][0] + joined[-1][2] and new == joined[-1][1] + joined[-1][2]:
            joined[-1] = (*joined[-1][:2], joined[-1][2] + length)
        else:
            joined.append((old, new, length))
    return joined
