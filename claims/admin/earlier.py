"""Earlier words of claims and evidence, on their pages: what each rewording changed."""

from typing import Any, NamedTuple

from django.db.models import Q
from django.utils.safestring import SafeString

from claims.models import Claim, Evidence, Rewording
from claims.models.choices import EvidenceStance
from claims.texts.direction import language_of, words

#: rewordings that a page shows; the register has all
MOST = 20
NOTHING = "–"
#: what they name, and its long columns
RELATED = ("claim", "evidence__source", "source", "snapshot__source")
DEFERRED = ("claim__search", "snapshot__text")


class Change(NamedTuple):
    """What one field of a record said before it was reworded."""

    field: str
    before: SafeString | str


class Earlier(NamedTuple):
    rewording: Rewording
    changes: list[Change]


def earlier_words(record: Claim | Evidence, user: Any) -> list[Earlier]:
    """The rewordings of a claim and of the evidence on it, or of one piece of evidence, that the user may see, newest
    first. One query."""
    about = Q(claim=record) if isinstance(record, Claim) else Q(evidence=record)
    rows = Rewording.objects.filter(about).visible_to(user).select_related(*RELATED, "created_by").defer(*DEFERRED)
    found = []
    after: dict[int | None, dict[str, Any]] = {}
    for each in rows.order_by("-id")[:MOST]:
        before = said(each)
        about_id = each.evidence_id
        now = after.get(about_id) or _says(each.claim if about_id is None else each.evidence, before)
        found.append(Earlier(each, [Change(name, _shown(each, name)) for name in before if before[name] != now[name]]))
        after[about_id] = before
    return found


def said(rewording: Rewording) -> dict[str, Any]:
    """What the record said before, by field; the place of evidence in its text is one of them."""
    before = rewording.earlier
    if rewording.evidence_id is None:
        return {name: before[name] for name in ("text", "context")}
    place = {
        "source": rewording.source_id,
        "snapshot": rewording.snapshot_id,
        "place": (before["start"], before["end"]),
    }
    return {"stance": before["stance"], "summary": before["summary"], **place, "locator": before["locator"]}


def _says(record: Any, names: dict[str, Any]) -> dict[str, Any]:
    attributes = {"source": "source_id", "snapshot": "snapshot_id"}
    found = {name: getattr(record, attributes.get(name, name)) for name in names if name != "place"}
    return found | {"place": (record.start, record.end)} if "place" in names else found


def _shown(rewording: Rewording, name: str) -> SafeString | str:
    if name in ("source", "snapshot"):
        record = getattr(rewording, name)
        return words(record, language_of(record)) if record is not None else NOTHING
    value = said(rewording)[name]
    if name == "place":
        return NOTHING if value[0] is None else f"code points {value[0]}–{value[1]}"
    if not value:
        return NOTHING
    if name == "stance":
        return str(EvidenceStance(value).label)
    return words(value, rewording.claim.language if rewording.evidence_id is None else "")


def shown(rewording: Rewording) -> list[Change]:
    """All that the record said before."""
    return [change for name in said(rewording) if (change := Change(name, _shown(rewording, name))).before != NOTHING]
