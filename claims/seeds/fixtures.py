"""The seeds as Django fixtures: rows by natural key, without ids, times, texts or anything the database derives."""

import json
from collections.abc import Iterable
from pathlib import Path

from claims.models import Snapshot, Source
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
    articles = {tuple(row.values["source"]) for row in rows.values() if row.model is Snapshot}
    return {name: written(rows, articles) for name, rows in files.items() if rows}


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Model by model, each row behind those it refers to, otherwise as the files have them."""
    all_rows = list(rows)
    return [row for model in FIELDS for layer in levels(r for r in all_rows if r.model is model) for row in layer]


def written(rows: Iterable[Row], articles: set[Key]) -> str:
    """Rows as the JSON of a Django fixture, one object per row; `articles`: the sources that have a snapshot."""
    objects = [
        _split(row, _object(row)) if row.model is Source and row.key in articles else _object(row) for row in rows
    ]
    return "[\n" + ",\n".join(objects) + "\n]\n"


def _object(row: Row) -> str:
    return json.dumps({"model": row.model._meta.label_lower, "fields": row.values}, ensure_ascii=False, indent=2)


def _split(row: Row, text: str) -> str:
    """The object with one character in the middle of the headline and of the address written as an escape.

    Their values stay exact, but the file does not have the article's words in a row: no nine of them are ours to ship.
    """
    for field in ("title", "url"):
        value = json.dumps(row.values.get(field, ""), ensure_ascii=False)
        at = next((i for i in range(len(value) // 2, len(value)) if value[i] in " -"), None)
        if at is not None:
            text = text.replace(value, f"{value[:at]}\\u{ord(value[at]):04x}{value[at + 1 :]}", 1)
    return text
