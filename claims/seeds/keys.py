"""Rows of the record by natural key: what seeds say, and what the database holds, in the same form.

The values of a row are its seed-controlled fields: text, numbers and booleans as they are, dates in ISO 8601, and
references as natural keys.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from django.db import connection, models

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
from claims.seeds.errors import Place

Key = tuple[Any, ...]
Model = type[models.Model]

SPAN = ("start", "end", "quote_sha256")

#: The seed-controlled fields of each model. Each model stands behind those that it refers to.
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
        "reason",
    ),
    VerdictEvidence: ("verdict", "evidence"),
    SkippedPassage: ("snapshot", *SPAN, "reason", "note"),
    Erratum: ("snapshot", *SPAN, "printed", "meant", "kind", "note"),
    FormerAddress: ("kind", "name", "claim", "source", "actor", "topic"),
}


@dataclass(frozen=True)
class Row:
    """A row as seeds give it, with the place in its file."""

    model: Model
    values: dict[str, Any]
    place: Place

    @property
    def key(self) -> Key:
        return tuple(_follow(self.model, self.values, path) for path in key_paths(self.model))

    def __str__(self) -> str:
        return name(self.model, self.key)


class Held(NamedTuple):
    """A row as the database holds it."""

    pk: int
    values: dict[str, Any]


def key_paths(model: Model) -> tuple[str, ...]:
    """The look-ups that make the natural key of a model."""
    return model._default_manager.all().key  # type: ignore[attr-defined]


def target(model: Model, field_name: str) -> Model | None:
    """The model a field refers to, or None."""
    found: Model | None = model._meta.get_field(field_name).related_model
    return found


def references(model: Model, values: dict[str, Any]) -> Iterator[tuple[str, Model, Key]]:
    """The references of a row as (field, model, natural key)."""
    for field_name in FIELDS[model]:
        related = target(model, field_name)
        if related is not None and values[field_name] is not None:
            yield field_name, related, values[field_name]


def _follow(model: Model, values: dict[str, Any], path: str) -> Any:
    """The value of a look-up such as `snapshot__sha256` in the values of a row."""
    if path in values:
        return values[path]
    field_name, _, rest = path.partition("__")
    key, related = values[field_name], target(model, field_name)
    return None if key is None or related is None else key[key_paths(related).index(rest)]


def name(model: Model, key: Key) -> str:
    """A row as reports call it: `assertion some-claim / some-source / 10–20`."""
    parts = [str(part) for part in key if part not in (None, "")]
    short = [part[:8] if len(part) == 64 else part for part in parts]
    return f"{model._meta.verbose_name} {' / '.join(short)}"


def fingerprint(values: dict[str, Any]) -> str:
    """SHA-256 of the values of a row."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def written(key: Key) -> str:
    """A natural key as the manifest writes it."""
    return json.dumps(key, ensure_ascii=False, separators=(",", ":"))


def read_key(text: str) -> Key:
    return tuple(json.loads(text))


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def refresh_statistics() -> None:
    """Counts the tables anew for the planner: just filled they pass for empty, and joins of them take minutes."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(model._meta.db_table for model in FIELDS)}")


def held(model: Model, keys: Iterable[Key], *, lock: bool = False) -> dict[Key, Held]:
    """The rows of the database that have one of the natural keys; one query, or none. `lock`: until commit."""
    wanted = set(keys)
    if not wanted:
        return {}
    paths = key_paths(model)
    columns: list[str] = []
    slots: list[tuple[str, slice | int]] = []
    for field_name in FIELDS[model]:
        related = target(model, field_name)
        if related is None:
            slots.append((field_name, len(columns)))
            columns.append(field_name)
        else:
            inner = [f"{field_name}__{path}" for path in key_paths(related)]
            slots.append((field_name, slice(len(columns), len(columns) + len(inner))))
            columns.extend(inner)
    rows = model._default_manager.filter(**{f"{paths[0]}__in": {key[0] for key in wanted}}).order_by("pk")
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    found: dict[Key, Held] = {}
    for pk, *row in rows.values_list("pk", *columns):
        values: dict[str, Any] = {}
        for field_name, slot in slots:
            if isinstance(slot, int):
                values[field_name] = plain(row[slot])
            else:
                # the first part of every natural key is never null
                values[field_name] = tuple(row[slot]) if row[slot.start] is not None else None
        key = tuple(_follow(model, values, path) for path in paths)
        if key in wanted:
            found[key] = Held(pk, values)
    return found
