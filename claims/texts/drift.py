"""Drift: what happened to recorded spans when their source was captured again."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Any

from django.db.models import QuerySet

from claims.models import Assertion, Evidence, Snapshot
from claims.models.visibility import Sight, visible
from claims.texts.alignment import Alignment, Sentences
from claims.texts.errors import TooMuchWork
from claims.texts.gaps import Edge

#: Drift is refused above these limits: spans of all earlier snapshots; code points of their texts and the newer one.
MOST_SPANS = 10_000
MOST_TEXT = 6_000_000
#: code points of changed sentences, in the older texts and the newer one
MOST_CHANGED = 1_000_000
#: A place longer than twice the old words plus this, in code points, doesn’t count as the same.
LONGER = 32


class DriftState(StrEnum):
    KEPT = "kept"
    MOVED = "moved"
    CHANGED = "changed"
    VANISHED = "vanished"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Place:
    """What happened to a span: its state and, if it was found, its place in the newer text, in code points.

    The surroundings decide: the sentence of the span or, in a changed sentence, the words next to the span. Differences
    in line breaks and other white space are ignored.

    `kept`: the same words in the same surroundings, at the same offsets. `moved`: the same, at other offsets.
    `changed`: the surroundings were found, but the words between them, or the nearest words of the sentence, are
    different. `vanished`: the surroundings were not found; the same words elsewhere don't count. `unknown`: one of the
    two texts is not stored.
    """

    state: DriftState
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Drift:
    """A span of an earlier snapshot, looked up in a newer text."""

    record: Assertion | Evidence
    place: Place


_VANISHED = Place(DriftState.VANISHED)
_UNKNOWN = Place(DriftState.UNKNOWN)


def look_up(alignment: Alignment, start: int, end: int) -> Place:
    """Return what happened to the span `start`–`end` of the older text."""
    old, new = alignment.old.text, alignment.new.text
    words = old[start:end]
    if not words.strip():
        return Place(DriftState.KEPT, start, end) if new[start:end] == words else _VANISHED
    # white space at the edges has no counterpart of its own
    before, after = len(words) - len(words.lstrip()), len(words) - len(words.rstrip())
    changed = _VANISHED
    for first, last in _edges(alignment, start + before, end - after):
        if first.place >= last.place:
            continue
        if first.agrees and last.agrees and new[first.place : last.place].split() == words.split():
            place = (first.place - before, last.place + after)
            if place[0] < 0 or new[slice(*place)] != words:
                place = (first.place, last.place)
            return Place(DriftState.KEPT if place == (start, end) else DriftState.MOVED, *place)
        is_near = last.place - first.place <= 2 * (end - start) + LONGER
        if changed is _VANISHED and is_near and (first.is_sure or last.is_sure):
            changed = Place(DriftState.CHANGED, first.place, last.place)
    return changed


def _edges(alignment: Alignment, start: int, end: int) -> Iterator[tuple[Edge, Edge]]:
    """Yield where both edges of a span may be in the newer text, the likeliest first."""
    firsts, lasts = alignment.edges(start, -1), alignment.edges(end - 1, 1)
    if len(firsts) == len(lasts) and alignment.in_same_gap(start, end - 1):
        pairs = zip(firsts, lasts, strict=True)
    else:
        pairs = product(firsts, lasts)  # type: ignore[assignment]
    yield from ((first, last) for first, last in pairs if first is not None and last is not None)


def drift(snapshot: Snapshot, sight: Sight) -> list[Drift]:
    """Look up all spans of assertions and evidence of earlier snapshots of the source in this one, of those that a
    reader may see.

    They are in reading order. Raises TooMuchWork for more than MOST_SPANS, MOST_TEXT or MOST_CHANGED.
    """
    rows: list[Assertion | Evidence] = []
    for model in (Assertion, Evidence):
        rows += _spans(model, snapshot, sight)[: MOST_SPANS + 1 - len(rows)]
    if len(rows) > MOST_SPANS:
        raise TooMuchWork(f"Drift is limited to {MOST_SPANS:,} spans; earlier snapshots have more.")
    earlier = Snapshot.objects.filter(pk__in={row.snapshot_id for row in rows}, text__isnull=False)
    lengths = {pk: length or 0 for pk, length in earlier.values_list("pk", "length") if snapshot.text is not None}
    if sum(lengths.values()) + len(snapshot.text or "") > MOST_TEXT:
        raise TooMuchWork(
            f"Drift is limited to {MOST_TEXT:,} code points of text; "
            f"this snapshot and the earlier ones with spans have more."
        )
    language = snapshot.source.language
    new = Sentences(snapshot.text or "", language)
    places: dict[tuple[Any, ...], Place] = {}
    left = MOST_CHANGED
    for pk in lengths:
        old = Sentences(earlier.values_list("text", flat=True).get(pk=pk) or "", language)
        alignment = Alignment(old, new, left)
        spans: set[tuple[Any, ...]] = {(row.start, row.end) for row in rows if row.snapshot_id == pk}
        for span in spans:
            places[pk, *span] = look_up(alignment, *span)
        left -= alignment.compared
    return [Drift(row, places.get((row.snapshot_id, row.start, row.end), _UNKNOWN)) for row in rows]


def _spans(model: type[Assertion] | type[Evidence], snapshot: Snapshot, sight: Sight) -> QuerySet[Any]:
    earlier = Snapshot.objects.filter(source=snapshot.source_id, captured_at__lte=snapshot.captured_at)
    rows = model.objects.filter(visible(model, sight), snapshot__in=earlier.exclude(pk=snapshot.pk), end__isnull=False)
    return rows.select_related("claim").defer("claim__search").order_by("snapshot", "start", "id")
