"""Finding records by what people call them: an id, a slug, present or former, or a Wikidata id."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

from claims.models.base import Slugged
from claims.models.wikidata import WIKIDATA_ID
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


class Found(dict[object, Any]):
    """The records of a model by the values that name them.

    `gone`: values that name a record that was deleted; `others`: those of which the record found is not the one that
    they once named, but took its place; `shared`: Wikidata ids that several records have, so that they name none.
    """

    def __init__(self, model: type[Model]) -> None:
        super().__init__()
        self.model = model
        self.gone: set[object] = set()
        self.others: set[object] = set()
        self.shared: set[object] = set()

    def unknown(self, value: object) -> str:
        """The sentence for a value that names no record, or none that a write could mean."""
        if value in self.gone:
            return f"The {self.model._meta.verbose_name} “{value}” was deleted."
        if value in self.others:
            return f"“{value}” leads to “{key_of(self[value])}” now, which took its place; change that one."
        if value in self.shared:
            return f"Several {self.model._meta.verbose_name_plural} have the Wikidata id {value}; give a slug."
        return unknown(self.model, value)


def find(model: type[Model], values: Iterable[object], *, whole: bool = True) -> Found:
    """The records that `values` (ids or slugs) name, by a query for ids and one for slugs.

    A value that names none is missing. What is not found so is looked up among former addresses and Wikidata ids: the
    slug or id of a merged actor finds the one that it was merged into. `whole=False` reads only id, slug and
    `merged_into`: a filter needs no more, and a text may be long.
    """
    wanted = {value for value in values if isinstance(value, int | str) and not isinstance(value, bool)}
    ids, slugs = keys_in(model, wanted)
    found = Found(model)
    by_key: dict[object, Any] = {}
    for row in _rows(model, "id", "bigint", ids, whole=whole) + _rows(model, "slug", "text", slugs, whole=whole):
        if getattr(row, "merged_into_id", None) is None:
            by_key |= {row.pk: row, str(row.pk): row, key_of(row): row}
    missed = {value for value in wanted if value not in by_key}
    if missed and issubclass(model, Slugged):
        by_key |= _formerly(found, missed, whole=whole)
    found.update({value: by_key[value] for value in wanted if value in by_key})
    return found


def _formerly(found: Found, values: set[int | str], *, whole: bool) -> dict[object, Any]:
    """The records to which former addresses and Wikidata ids lead."""
    model = found.model
    ids, names = keys_in(model, values)
    if not ids and not names:
        return {}
    leads = dict(_by_wikidata_id(found, {name for name in names if WIKIDATA_ID.fullmatch(name)}))
    sql = (
        f"SELECT name, former_id, {model._meta.model_name}_id FROM claims_formeraddress "
        "WHERE kind = %s AND (name = ANY(%s::text[]) OR former_id = ANY(%s::bigint[]))"
    )
    for name, former_id, pk in fetch_prepared(sql, [model._meta.model_name, list(names), list(ids)]):
        for value in {name, former_id, str(former_id)} & (values - leads.keys()):
            if pk is None:
                found.gone.add(value)
                continue
            leads[value] = pk
            if former_id != pk:
                found.others.add(value)
    found.gone -= leads.keys()
    records = {row.pk: row for row in _rows(model, "id", "bigint", set(leads.values()), whole=whole)}
    return {value: records[pk] for value, pk in leads.items() if pk in records}


def _by_wikidata_id(found: Found, wikidata_ids: set[str]) -> Iterator[tuple[int | str, int]]:
    """Wikidata ids with the id of the one record that has it."""
    table = found.model._meta.db_table
    if not wikidata_ids or not hasattr(found.model, "wikidata_id"):
        return
    current = " AND merged_into_id IS NULL" if hasattr(found.model, "merged_into_id") else ""
    sql = (
        f'SELECT wikidata_id, min(id), count(*) FROM "{table}" WHERE wikidata_id = ANY(%s::text[]){current} '
        "GROUP BY wikidata_id"
    )
    for wikidata_id, pk, count in fetch_prepared(sql, [list(wikidata_ids)]):
        if count == 1:
            yield wikidata_id, pk
        else:
            found.shared.add(wikidata_id)


def unknown(model: type[Model], value: object) -> str:
    """The sentence for a value that names no record."""
    kind = "id or slug" if issubclass(model, Slugged) else "id"
    return f"There is no {model._meta.verbose_name} with the {kind} “{str(value)[:100]}”."
