"""The seeds as Django fixtures: rows by natural key, without ids, times, texts or anything the database derives."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from claims.seeds.changes import levels
from claims.seeds.keys import FIELDS, Key, Model, Row, references

#: Behind all others in name, and so loaded last: what ties articles together.
ACROSS = "9-across-articles.json"


def build(rows: dict[tuple[Model, Key], Row], names: list[str]) -> dict[str, str]:
    """Fixture files by name; `names`: the seed files in their order.

    A fixture is named after its seed file, with a number before it, so that in the order of names each refers to
    earlier ones only; the rows that can't keep to that stand in a last file.
    """
    by_seed = {name: f"{min(at, 8)}-{Path(name).stem}.json" for at, name in enumerate(names, 1)}
    order = [*by_seed.values(), ACROSS]
    files: dict[str, list[Row]] = {name: [] for name in order}
    at: dict[tuple[Model, Key], int] = {}
    for row in in_order(rows.values()):
        own = order.index(by_seed[row.place.file])
        needs = max((at[model, key] for _, model, key in references(row.model, row.values)), default=0)
        at[row.model, row.key] = own if needs <= own else order.index(ACROSS)
        files[order[at[row.model, row.key]]].append(row)
    return {name: written(rows) for name, rows in files.items() if rows}


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Model by model, each row behind those it refers to, otherwise as the files have them."""
    all_rows = list(rows)
    return [row for model in FIELDS for layer in levels(r for r in all_rows if r.model is model) for row in layer]


def written(rows: Iterable[Row]) -> str:
    """Rows as the JSON of a Django fixture, one object a row."""
    objects = [json.dumps(_object(row), ensure_ascii=False, indent=2) for row in rows]
    return "[\n" + ",\n".join(objects) + "\n]\n"


def _object(row: Row) -> dict[str, Any]:
    return {"model": row.model._meta.label_lower, "fields": row.values}
