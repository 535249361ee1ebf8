"""What became of recorded spans when a source was captured again."""

from dataclasses import dataclass
from typing import Literal

from claims.models import Assertion, Evidence, Snapshot

State = Literal["kept", "moved", "changed", "vanished", "unknown"]
#: code points on either side by which a place is told from others with the same words, and found when they changed
AROUND = 32


@dataclass(frozen=True)
class Drift:
    """A span of an earlier snapshot, looked up in a newer text.

    `kept`: the same words at the same place. `moved`: the same words elsewhere. `changed`: the surroundings are
    there, with other words between. `vanished`: neither. `unknown`: one of the two texts is not held. `start` and
    `end` are the place in the newer text, in code points, where there is one.
    """

    record: Assertion | Evidence
    state: State
    start: int | None = None
    end: int | None = None


def look_up(text: str, old: str, start: int, end: int) -> tuple[State, int | None, int | None]:
    """The state and place in `text` of the span that stood at `start`–`end` in `old`."""
    words = old[start:end]
    if text[start:end] == words:
        return "kept", start, end
    before, after = old[max(0, start - AROUND) : start], old[end : end + AROUND]
    places, at = [], text.find(words)
    while at >= 0:
        places.append(at)
        at = text.find(words, at + 1)
    if places:
        # among several, the one whose surroundings agree most; of those, the nearest

        def agreement(place: int) -> tuple[int, int]:
            left = text[max(0, place - len(before)) : place]
            right = text[place + len(words) : place + len(words) + len(after)]
            same = sum(a == b for a, b in zip(reversed(left), reversed(before), strict=False))
            same += sum(a == b for a, b in zip(right, after, strict=False))
            return same, -abs(place - start)

        best = max(places, key=agreement)
        return "moved", best, best + len(words)
    left = text.find(before) if before else -1
    if left >= 0 and after:
        right = text.find(after, left + len(before))
        # more than twice the old words between them is no longer the same place
        if right > left + len(before) and right - left - len(before) <= 2 * len(words) + AROUND:
            return "changed", left + len(before), right
    return "vanished", None, None


def drift(snapshot: Snapshot) -> list[Drift]:
    """All spans that earlier snapshots of the source carry, looked up in this one; those in reading order."""
    earlier = {
        s.pk: s.text
        for s in Snapshot.objects.filter(source=snapshot.source_id, captured_at__lte=snapshot.captured_at)
        if s.pk != snapshot.pk
    }
    found = []
    for model in (Assertion, Evidence):
        rows = model.objects.filter(snapshot__in=earlier, end__isnull=False).select_related("claim")
        for row in rows.order_by("snapshot", "start", "id"):
            old = earlier[row.snapshot_id]
            if snapshot.text is None or old is None:
                found.append(Drift(row, "unknown"))
            else:
                found.append(Drift(row, *look_up(snapshot.text, old, row.start, row.end)))
    return found
