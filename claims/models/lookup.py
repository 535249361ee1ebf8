"""Finding records by what people call them: an id or a slug."""

from collections.abc import Iterable
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

from claims.models import Actor
from claims.models.base import Slugged
from claimsdb.postgresql.prepared import fetch_prepared

MAX_ID = 2**63 - 1


def key_column(model: type[Model]) -> str:
    """The column that holds what the API calls a record: its slug, or its id where it has none."""
    return "slug" if issubclass(model, Slugged) else "id"


def key_of(record: Model) -> str | int:
    """What the API calls a record."""
    return getattr(record, key_column(type(record)))


def keys_in(model: type[Model], values: Iterable[object]) -> tuple[set[int], set[str]]:
    """The ids, and the slugs if the model has any, that are among `values`; what can be neither is left out."""
    wanted = list(values)
    ids = {v for v in wanted if isinstance(v, int) and not isinstance(v, bool)}
    texts = {v for v in wanted if isinstance(v, str)}
    ids |= {int(v) for v in texts if v.isascii() and v.isdigit() and len(v) < 20}
    named = issubclass(model, Slugged)
    slugs = {v for v in texts if "\0" not in v and v.isascii() and not v.isdigit()} if named else set()
    return {i for i in ids if 0 < i <= MAX_ID}, slugs


def _fields(model: type[Model], *, whole: bool) -> list[str]:
    """The attributes to read of a record: all of them, or only what says which one it is."""
    wanted = {"id", "slug", "merged_into_id"}
    return [f.attname for f in model._meta.concrete_fields if whole or f.attname in wanted]


def _rows(model: type[Model], column: str, kind: str, values: Iterable[object], *, whole: bool) -> list[Any]:
    """The records with one of the values. Plain SQL: to put these few words together anew for each reference of a body
    takes longer than to look it up."""
    wanted = list(values)
    if not wanted:
        return []
    fields = _fields(model, whole=whole)
    columns = ", ".join(f'"{f}"' for f in fields)
    rows = fetch_prepared(
        f'SELECT {columns} FROM "{model._meta.db_table}" WHERE {column} = ANY(%s::{kind}[])', [wanted]
    )
    return [model.from_db(DEFAULT_DB_ALIAS, fields, row) for row in rows]


def find(model: type[Model], values: Iterable[object], *, whole: bool = True) -> dict[object, Any]:
    """The records that `values` (ids or slugs) name, by a query for ids and one for slugs.

    A value that names none is missing. A merged actor is replaced by the one that it was merged into. `whole=False`
    reads only id, slug and `merged_into`: a filter needs no more, and a text may be long.
    """
    wanted = list(values)
    ids, slugs = keys_in(model, wanted)
    named = issubclass(model, Slugged)
    rows = _rows(model, "id", "bigint", ids, whole=whole) + _rows(model, "slug", "text", slugs, whole=whole)
    current = _merged(rows, whole=whole) if issubclass(model, Actor) else {row.pk: row for row in rows}
    found: dict[object, Any] = {}
    for row in rows:
        found[row.pk] = found[str(row.pk)] = current[row.pk]
        if named:
            found[row.slug] = current[row.pk]
    return {v: found[v] for v in wanted if isinstance(v, int | str) and not isinstance(v, bool) and v in found}


def _merged(actors: Iterable[Actor], *, whole: bool) -> dict[int, Actor]:
    """For the id of each actor the one that it was merged into, through all mergers, or itself."""
    known = {actor.pk: actor for actor in actors}
    asked = list(known)
    while missing := {a.merged_into_id for a in known.values() if a.merged_into_id} - known.keys():
        known |= {actor.pk: actor for actor in _rows(Actor, "id", "bigint", missing, whole=whole)}
    found = {}
    for pk in asked:
        actor = known[pk]
        while actor.merged_into_id is not None:
            actor = known[actor.merged_into_id]
        found[pk] = actor
    return found


def unknown(model: type[Model], value: object) -> str:
    """The sentence for a value that names no record."""
    kind = "id or slug" if issubclass(model, Slugged) else "id"
    return f"There is no {model._meta.verbose_name} with the {kind} “{str(value)[:100]}”."
