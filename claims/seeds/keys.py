"""Rows by natural key, in one form for the seeds and the database.

The values of a row are its seed-controlled fields: text, numbers and booleans unchanged, dates in ISO 8601, and
references as natural keys.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache, cached_property
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import Q

from claims.models import (
    Actor,
    ActorName,
    Assertion,
    Claim,
    ClaimActor,
    ClaimRelation,
    ClaimTopic,
    Erratum,
    Evidence,
    FormerAddress,
    SkippedPassage,
    Snapshot,
    Source,
    SourceAuthor,
    Topic,
    Verdict,
    VerdictEvidence,
)
from claims.models.choices import ReasonKind
from claims.seeds.errors import Place

Key = tuple[Any, ...]
Model = type[models.Model]
#: what identifies a row
Id = tuple[Model, Key]

SPAN = ("start", "end", "quote_sha256")

#: The seed-controlled fields of each model. A model comes after those that it refers to.
FIELDS: dict[Model, tuple[str, ...]] = {
    Actor: ("slug", "name", "kind", "description", "part_of", "country", "wikidata_id"),
    ActorName: ("actor", "language", "name", "kind"),
    Topic: ("slug", "name", "kind", "description", "parent", "occurred", "place", "country", "wikidata_id"),
    Source: (
        "slug",
        "title",
        "kind",
        "publisher",
        "url",
        "archived_url",
        "language",
        "published",
        "reliability",
        "derived_from",
        "note",
    ),
    SourceAuthor: ("source", "actor", "position"),
    Snapshot: ("source", "sha256", "length", "media_type", "captured_at"),
    Claim: ("slug", "text", "language", "kind", "context", "occurred"),
    ClaimTopic: ("claim", "topic"),
    ClaimActor: ("claim", "actor"),
    Assertion: (
        "claim",
        "source",
        "snapshot",
        *SPAN,
        "locator",
        "speaker",
        "voice",
        "stance",
        "hedged",
        "implied",
        "said",
        "note",
    ),
    Evidence: (
        "claim",
        "source",
        "snapshot",
        *SPAN,
        "locator",
        "stance",
        "credibility",
        "summary",
        "read_on",
    ),
    ClaimRelation: ("from_claim", "kind", "to_claim"),
    Verdict: (
        "claim",
        "issuer",
        "revision",
        "status",
        "rationale",
        "label",
        "url",
        "issued",
        "state",
        "of_record",
        "supersedes",
        "reason_kind",
        "reason",
        "withdrawal_kind",
        "withdrawal",
    ),
    VerdictEvidence: ("verdict", "evidence"),
    SkippedPassage: ("snapshot", *SPAN, "reason", "note"),
    Erratum: ("snapshot", *SPAN, "printed", "meant", "kind", "note"),
    FormerAddress: ("kind", "name", "claim", "source", "actor", "topic"),
}


#: Drafts have no revision yet, so that several of one issuer have the same key. Those of users are not from the seeds.
_DRAFTS_OF_USERS: dict[Model, Q] = {
    Verdict: Q(revision=0, created_by__isnull=False),
    VerdictEvidence: Q(verdict__revision=0, verdict__created_by__isnull=False),
}


class Change(NamedTuple):
    """Why the words of a row differ from those that were published."""

    kind: str = ReasonKind.CLARIFICATION.value
    reason: str = "Changed in the seeds."


@dataclass(frozen=True)
class Row:
    """A row of the seeds, with its place in the file. `change`: the reason, if it changes what was published."""

    model: Model
    values: dict[str, Any]
    place: Place
    change: Change = field(default_factory=Change)

    @cached_property
    def key(self) -> Key:
        return tuple(_follow(self.model, self.values, path) for path in key_paths(self.model))

    def __str__(self) -> str:
        return label(self.model, self.key)


class StoredRow(NamedTuple):
    """A row of the database."""

    pk: int
    values: dict[str, Any]


@cache
def key_paths(model: Model) -> tuple[str, ...]:
    """Return the lookups that make up the natural key of a model."""
    return model._default_manager.all().key  # type: ignore[attr-defined]


@cache
def related_model(model: Model, field_name: str) -> Model | None:
    """Return the model that a field refers to, or None."""
    found: Model | None = model._meta.get_field(field_name).related_model
    return found


def references(model: Model, values: dict[str, Any]) -> Iterator[tuple[str, Model, Key]]:
    """Yield the references of a row as (field, model, natural key)."""
    for field_name in FIELDS[model]:
        related = related_model(model, field_name)
        if related is not None and values[field_name] is not None:
            yield field_name, related, values[field_name]


def _follow(model: Model, values: dict[str, Any], path: str) -> Any:
    """Return the value of a lookup such as `snapshot__sha256` in the values of a row."""
    if path in values:
        return values[path]
    field_name, _, rest = path.partition("__")
    key, related = values[field_name], related_model(model, field_name)
    return None if key is None or related is None else key[key_paths(related).index(rest)]


def label(model: Model, key: Key) -> str:
    """Return how reports refer to a row: `assertion some-claim / some-source / 10 / 20`."""
    parts = [str(part) for part in key if part not in (None, "")]
    short = [part[:8] if len(part) == 64 else part for part in parts]
    return f"{model._meta.verbose_name} {' / '.join(short)}"


def fingerprint(values: dict[str, Any]) -> str:
    """Return the SHA-256 of the values of a row."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def key_to_json(key: Key) -> str:
    """Return a natural key as the manifest stores it."""
    return json.dumps(key, ensure_ascii=False, separators=(",", ":"))


def key_from_json(text: str) -> Key:
    """Reverse key_to_json."""
    return tuple(json.loads(text))


def plain_value(value: Any) -> Any:
    """Return a date or datetime in ISO 8601 (UTC), and any other value unchanged."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def refresh_statistics(using: str = DEFAULT_DB_ALIAS) -> None:
    """Update the planner’s statistics. It takes tables that were just filled for empty, and joins then take minutes."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(model._meta.db_table for model in FIELDS)}")


def stored_rows(model: Model, keys: Iterable[Key], *, lock: bool = False) -> dict[Key, StoredRow]:
    """Return the rows of the database with these natural keys; at most one query. `lock`: until the commit."""
    wanted = set(keys)
    if not wanted:
        return {}
    paths = key_paths(model)
    columns: list[str] = []
    slots: list[tuple[str, slice | int]] = []
    for field_name in FIELDS[model]:
        related = related_model(model, field_name)
        if related is None:
            slots.append((field_name, len(columns)))
            columns.append(field_name)
        else:
            inner = [f"{field_name}__{path}" for path in key_paths(related)]
            slots.append((field_name, slice(len(columns), len(columns) + len(inner))))
            columns.extend(inner)
    rows = model._default_manager.filter(**{f"{paths[0]}__in": {key[0] for key in wanted}}).order_by("pk")
    if model in _DRAFTS_OF_USERS:
        rows = rows.exclude(_DRAFTS_OF_USERS[model])
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    found: dict[Key, StoredRow] = {}
    for pk, *row in rows.values_list("pk", *columns):
        values: dict[str, Any] = {}
        for field_name, slot in slots:
            if isinstance(slot, int):
                values[field_name] = plain_value(row[slot])
            else:
                # the first part of a natural key is never null
                values[field_name] = tuple(row[slot]) if row[slot.start] is not None else None
        key = tuple(_follow(model, values, path) for path in paths)
        if key in wanted:
            found[key] = StoredRow(pk, values)
    return found
