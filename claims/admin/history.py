"""The history of a row as a list of changes: who changed which field when, with its old and new value."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import F
from django.utils.text import Truncator

from claims.models.base import Record
from claims.models.releases import Released
from claims.models.visibility import DESK, Rule, Sight, visible
from claims.models.visibility import HIDDEN as HIDDEN_MODELS

#: Only this many of the newest changes are shown. The older ones are in the event table.
NEWEST = 100
LONGEST = 400
#: Set by triggers or derived from other fields, so not shown.
HIDDEN = {"id", "version", "created_at", "created_by", "updated_at"}


@dataclass
class Change:
    at: datetime
    who: str
    what: str
    #: (field, before, after)
    fields: list[tuple[str, str, str]]
    request: str = ""
    #: of the row before the change; None if the row was added
    version: int | None = None


def _shown_fields(record: Record) -> list[models.Field]:
    return [
        field
        for field in record._meta.concrete_fields
        if field.name not in HIDDEN and not isinstance(field, models.GeneratedField)
    ]


def _names(fields: list[models.Field], rows: list[Any], sight: Sight) -> dict[tuple[str, Any], str]:
    """The names of the records that the rows refer to and that the user may see, with one query per model."""
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    for field in fields:
        if isinstance(field, models.ForeignKey):
            wanted[field.related_model].update(getattr(row, field.attname) for row in rows)
    found: dict[tuple[str, Any], str] = {}
    for model, ids in wanted.items():
        follow = [f.name for f in model._meta.fields if isinstance(f, models.ForeignKey) and not f.null]
        # a name never needs the whole text of a snapshot
        long = [f.name for f in model._meta.fields if isinstance(f, models.TextField | models.GeneratedField)]
        for each in (
            model._default_manager.select_related(*follow)
            .defer(*long)
            .filter(visible(model, sight), pk__in=ids - {None})
        ):
            found[(model._meta.label, each.pk)] = str(each)
    return found


def _shown(field: models.Field, row: Any, names: dict[tuple[str, Any], str]) -> str:
    value = getattr(row, field.attname)
    if value is None or value == "":
        return "–"
    if isinstance(field, models.ForeignKey):
        return names.get((field.related_model._meta.label, value), f"no. {value} (deleted)")
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return Truncator(str(value)).chars(LONGEST)


def news(record: Record, version: int | None, name: str) -> str:
    """A sentence on what happened to a record since `version`: who changed which fields, and when."""
    found = [each for each in changes(record)[0] if each.version is not None and each.version >= (version or 0)]
    who = " and ".join(sorted({each.who for each in found if each.who})) or "Somebody"
    fields = ", ".join(dict.fromkeys(field for each in found for field, _, _ in each.fields))
    what = f": {fields}" if fields else ""
    return f"{who} changed this {name} while you had it open ({record.updated_at:%Y-%m-%d %H:%M} UTC){what}."


def _shown_since(record: Record, rule: Rule) -> datetime:
    """From when the records that a visible one refers to are public."""
    moments = [record.created_at]
    for path in (*rule.public, *rule.if_any):
        other: Any = record
        for name in filter(None, path.split("__")):
            other = other and getattr(other, name)
        if other is not None and other is not record:
            moments.append(other.public_from)
    return max(moments)


def changes(record: Record, sight: Sight = DESK) -> tuple[list[Change], bool]:
    """The changes of a row, newest first, and whether there are more than NEWEST. Makes a fixed number of queries.

    Readers see the versions of a record that were public while they lasted, with all that the record names.
    """
    fields = [field for field in _shown_fields(record) if sight.desk or field.name != "public_from"]
    # an event holds the row as it was before the change
    past = record.events.select_related("pgh_context").order_by("-pgh_id")  # type: ignore[attr-defined]
    rule = None if sight.desk else HIDDEN_MODELS.get(record._meta.label_lower)
    if rule is not None:
        past = past.filter(pgh_created_at__gte=_shown_since(record, rule))
        if isinstance(record, Released):
            past = past.filter(public_from__lte=F("pgh_created_at"))
    events = list(past[: NEWEST + 1])
    more = len(events) > NEWEST
    events = events[:NEWEST]
    rows = [record, *events]
    names = _names(fields, rows, sight)
    contexts = [event.pgh_context.metadata if event.pgh_context else {} for event in events]
    user_ids = [pk for pk in (record.created_by_id, *(context.get("user") for context in contexts)) if pk is not None]
    users = {user.pk: user.get_username() for user in get_user_model()._default_manager.filter(pk__in=user_ids)}
    found = []
    for after, event, context in zip(rows, events, contexts, strict=False):
        differences = [
            (str(field.verbose_name), _shown(field, event, names), _shown(field, after, names))
            for field in fields
            if getattr(event, field.attname) != getattr(after, field.attname)
        ]
        who = users.get(context.get("user"), "")
        found.append(
            Change(event.pgh_created_at, who, "Changed", differences, str(context.get("url", "")), event.version)
        )
    if not more:
        found.append(Change(record.created_at, users.get(record.created_by_id or 0, ""), "Added", []))
    return found, more
