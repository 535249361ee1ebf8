"""Look up records by id, by slug, current or former, or by Wikidata id."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model

from claims.models.base import Slugged
from claims.models.visibility import Sight, visible
from claims.models.wikidata import WIKIDATA_ID
from claimsdb.postgresql.joined import Query, Rows
from claimsdb.postgresql.prepared import fetch_joined, fetch_prepared

MAX_ID = 2**63 - 1


def key_column(model: type[Model]) -> str:
    """The column of the key that the API uses for a record: its slug, or its id if the model has no slugs."""
    return "slug" if issubclass(model, Slugged) else "id"


def key_of(record: Model) -> str | int:
    """The key that the API uses for a record."""
    return getattr(record, key_column(type(record)))


def keys_in(model: type[Model], values: Iterable[object]) -> tuple[set[int], set[str]]:
    """Split `values` into possible ids and, if the model has slugs, possible slugs; anything else is left out."""
    wanted = list(values)
    ids = {v for v in wanted if isinstance(v, int) and not isinstance(v, bool)}
    texts = {v for v in wanted if isinstance(v, str)}
    ids |= {int(v) for v in texts if v.isascii() and v.isdigit() and len(v) < 20}
    named = issubclass(model, Slugged)
    slugs = {v for v in texts if "\0" not in v and v.isascii() and not v.isdigit()} if named else set()
    return {i for i in ids if 0 < i <= MAX_ID}, slugs


@cache
def _fields(model: type[Model], *, whole: bool) -> list[str]:
    """The attributes to read of a record: all but its long texts, or only those that identify it."""
    wanted, long = {"id", "slug", "merged_into_id"}, getattr(model, "long_columns", ())
    fields = [f.attname for f in model._meta.concrete_fields if whole or f.attname in wanted]
    return [name for name in fields if name not in long]


@cache
def _visible(model: type[Model], fields: tuple[str, ...], sight: Sight) -> str:
    """SQL for columns of the rows that a reader may see, up to a further condition on the table.

    Compiled once: building an ORM query takes longer than running it, and a request body may have many references.
    """
    rows = model._default_manager.filter(visible(model, sight)).order_by().values_list(*fields)
    operations: Any = connection.ops
    sql = operations.compose_sql(*rows.query.sql_with_params()).replace("%", "%%")
    return f'{sql} {"AND" if rows.query.where else "WHERE"} "{model._meta.db_table}".'


@cache
def _select(model: type[Model], column: str, sight: Sight, *, whole: bool) -> str:
    """SQL for the records that have one of the values in a column."""
    kind = "bigint" if column == "id" else "text"
    return f"{_visible(model, tuple(_fields(model, whole=whole)), sight)}{column} = ANY(%s::{kind}[])"


def _records(model: type[Model], rows: Rows, *, whole: bool) -> list[Any]:
    fields = _fields(model, whole=whole)
    return [model.from_db(DEFAULT_DB_ALIAS, fields, row) for row in rows]


class Found(dict[object, Any]):
    """The records of a model, by the values that were looked up. Those that the reader may not see are missing, like
    those that don't exist.

    `gone`: values that named a record that was deleted; `others`: values whose record is not the one that they once
    named, but replaced it; `shared`: Wikidata ids that several records have, and so are ambiguous.
    """

    def __init__(self, model: type[Model], sight: Sight) -> None:
        super().__init__()
        self.model, self.sight = model, sight
        self.gone: set[object] = set()
        self.others: set[object] = set()
        self.shared: set[object] = set()

    def unknown(self, value: object) -> str:
        """The message for a value that names no record, or none that can be written."""
        if value in self.gone:
            return f"The {self.model._meta.verbose_name} “{value}” was deleted."
        if value in self.others:
            return f"“{value}” now leads to “{key_of(self[value])}”, which took its place; change that one."
        if value in self.shared:
            return f"Several {self.model._meta.verbose_name_plural} have the Wikidata id {value}; use a slug."
        return unknown(self.model, value)


def find(model: type[Model], values: Iterable[object], sight: Sight, *, whole: bool = True) -> Found:
    """Find the records that a reader may see by `values` (ids or slugs).

    A value that names no record is missing from the result. Values that are not found are looked up among former
    addresses and Wikidata ids: the slug or id of a merged actor finds the actor it was merged into. `whole=False` reads
    only id, slug and `merged_into`, which is enough for filters and avoids reading long texts.
    """
    return find_all({model: values}, sight, whole=whole)[0][model]


def find_all(
    wanted: Mapping[type[Model], Iterable[object]], sight: Sight, queries: Sequence[Query] = (), *, whole: bool = True
) -> tuple[dict[type[Model], Found], list[Rows]]:
    """Find records of several models, as `find` does, and the rows of `queries`, all in one round trip."""
    values = {
        model: {value for value in some if isinstance(value, int | str) and not isinstance(value, bool)}
        for model, some in wanted.items()
    }
    places: list[type[Model]] = []
    selects: list[Query] = []
    for model, some in values.items():
        ids, slugs = keys_in(model, some)
        keys: list[tuple[str, list[Any]]] = [("id", [*ids]), ("slug", [*slugs])]
        for column, wanted_keys in keys:
            if wanted_keys:
                places.append(model)
                selects.append((_select(model, column, sight, whole=whole), [wanted_keys]))
    rows = fetch_joined([*selects, *queries]) if selects or queries else []
    by_key: dict[type[Model], dict[object, Any]] = {model: {} for model in values}
    for model, some_rows in zip(places, rows, strict=False):
        for row in _records(model, some_rows, whole=whole):
            if getattr(row, "merged_into_id", None) is None:
                by_key[model] |= {row.pk: row, str(row.pk): row, key_of(row): row}
    found = {model: _found(Found(model, sight), some, by_key[model], whole=whole) for model, some in values.items()}
    return found, rows[len(selects) :]


def _found(found: Found, values: set[Any], by_key: dict[object, Any], *, whole: bool) -> Found:
    """The records for `values`: those `by_key`, and those that have them as former addresses or Wikidata ids."""
    model = found.model
    missed = {value for value in values if value not in by_key}
    if missed and issubclass(model, Slugged):
        by_key |= _formerly(found, missed, whole=whole)
    found.update({value: by_key[value] for value in values if value in by_key})
    return found


def _formerly(found: Found, values: set[int | str], *, whole: bool) -> dict[object, Any]:
    """Find records by former address or Wikidata id; sets `gone`, `others` and `shared` of `found`."""
    model, sight = found.model, found.sight
    ids, names = keys_in(model, values)
    if not ids and not names:
        return {}
    leads = dict(_by_wikidata_id(found, {name for name in names if WIKIDATA_ID.fullmatch(name)}))
    addresses, kind = apps.get_model("claims", "FormerAddress"), str(model._meta.model_name)
    table = addresses._meta.db_table
    sql = (
        f"{_visible(addresses, ('name', 'former_id', f'{kind}_id'), sight)}kind = %s "
        f"AND ({table}.name = ANY(%s::text[]) OR {table}.former_id = ANY(%s::bigint[]))"
    )
    for name, former_id, pk in fetch_prepared(sql, [kind, list(names), list(ids)]):
        for value in {name, former_id, str(former_id)} & (values - leads.keys()):
            if pk is None:
                found.gone.add(value)
                continue
            leads[value] = pk
            if former_id != pk:
                found.others.add(value)
    found.gone -= leads.keys()
    rows = fetch_prepared(_select(model, "id", sight, whole=whole), [list(set(leads.values()))]) if leads else []
    records = {row.pk: row for row in _records(model, rows, whole=whole)}
    return {value: records[pk] for value, pk in leads.items() if pk in records}


def _by_wikidata_id(found: Found, wikidata_ids: set[str]) -> Iterator[tuple[int | str, int]]:
    """Pairs of a Wikidata id and the id of the only record that has it."""
    if not wikidata_ids or not hasattr(found.model, "wikidata_id"):
        return
    current = " AND merged_into_id IS NULL" if hasattr(found.model, "merged_into_id") else ""
    rows = _visible(found.model, ("wikidata_id", "id"), found.sight)
    sql = (
        f"SELECT wikidata_id, min(id), count(*) FROM ({rows}wikidata_id = ANY(%s::text[]){current}) named "
        "GROUP BY wikidata_id"
    )
    for wikidata_id, pk, count in fetch_prepared(sql, [list(wikidata_ids)]):
        if count == 1:
            yield wikidata_id, pk
        else:
            found.shared.add(wikidata_id)


def unknown(model: type[Model], value: object) -> str:
    """The message for a value that names no record."""
    kind = "id or slug" if issubclass(model, Slugged) else "id"
    return f"There is no {model._meta.verbose_name} with the {kind} “{str(value)[:100]}”."
