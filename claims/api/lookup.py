"""Finding records by what people call them: an id or a slug."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model

from claims.models import Actor
from claims.models.base import Named

MAX_ID = 2**63 - 1


def key_column(model: type[Model]) -> str:
    """The column that holds what the API calls a record: its slug, or its id where it has none."""
    return "slug" if issubclass(model, Named) else "id"


def key_of(record: Model) -> str | int:
    """What the API calls a record."""
    return getattr(record, key_column(type(record)))


def current(record: Any) -> Any:
    """The record itself or, for a merged actor, the one it was merged into."""
    while isinstance(record, Actor) and record.merged_into is not None:
        record = record.merged_into
    return record


def find(model: type[Model], values: Iterable[object]) -> dict[object, Any]:
    """The records that `values` (ids or slugs) name, in one query; a value that names none is missing in the answer."""
    wanted = list(values)
    ids = {v for v in wanted if isinstance(v, int) and not isinstance(v, bool)}
    texts = {v for v in wanted if isinstance(v, str)}
    ids |= {int(v) for v in texts if v.isascii() and v.isdigit() and len(v) < 20}
    ids = {i for i in ids if 0 < i <= MAX_ID}
    named = issubclass(model, Named)
    slugs = [v for v in texts if "\0" not in v and v.isascii()]
    # plain SQL: to put these few words together anew for each reference of a body takes longer than to look it up
    asked = {"id": list(ids), "slug": slugs if named else []}
    conditions = " OR ".join(f"{column} = ANY(%s)" for column, given in asked.items() if given)
    if not conditions:
        return {}
    sql = f'SELECT * FROM "{model._meta.db_table}" WHERE {conditions}'
    rows = model._default_manager.raw(sql, [given for given in asked.values() if given])
    found: dict[object, Any] = {}
    for row in rows:
        found[row.pk] = found[str(row.pk)] = current(row)
        if named:
            found[row.slug] = current(row)  # type: ignore[attr-defined]
    return {v: found[v] for v in wanted if isinstance(v, int | str) and not isinstance(v, bool) and v in found}


def unknown(model: type[Model], value: object) -> str:
    """The sentence for a value that names no record."""
    kind = "id or slug" if issubclass(model, Named) else "id"
    return f"There is no {model._meta.verbose_name} with the {kind} “{str(value)[:100]}”."
