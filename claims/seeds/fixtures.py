"""The seeds as Django fixtures: rows by natural key, without ids, timestamps, texts or derived values."""

import json
from collections.abc import Iterable
from pathlib import Path

from claims.models import Snapshot, Source, Verdict
from claims.seeds.changes import levels
from claims.seeds.decisions import as_added
from claims.seeds.keys import FIELDS, Id, Key, Row, references

#: Sorts after all other names, so that it is loaded last: rows that link one article to a later one.
ACROSS = "9-across-articles.json"


def build(rows: dict[Id, Row], names: list[str]) -> dict[str, str]:
    """Return the content of the fixture files by name; `names`: the seed files in order.

    A fixture is named after its seed file, with a number in front, so that in alphabetical order each file refers only
    to earlier ones. Rows for which that is impossible go into a last file.
    """
    by_seed = {name: f"{min(at, 8)}-{Path(name).stem}.json" for at, name in enumerate(names, 1)}
    order = [*by_seed.values(), ACROSS]
    files: dict[str, list[Row]] = {name: [] for name in order}
    at: dict[Id, int] = {}
    for row in in_order(rows.values()):
        own = order.index(by_seed[row.place.file])
        needs = max((at[model, key] for _, model, key in references(row.model, row.values)), default=0)
        at[row.model, row.key] = own if needs <= own else order.index(ACROSS)
        files[order[at[row.model, row.key]]].append(row)
    articles = {tuple(row.values["source"]) for row in rows.values() if row.model is Snapshot}
    return {name: as_json(rows, articles) for name, rows in files.items() if rows}


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Sort rows by model, each row after those it refers to, otherwise in the order of the files."""
    all_rows = list(rows)
    return [row for model in FIELDS for layer in levels(r for r in all_rows if r.model is model) for row in layer]


def as_json(rows: Iterable[Row], articles: set[Key]) -> str:
    """Return rows as the JSON of a Django fixture, one object per row; `articles`: the sources with a snapshot."""
    objects = [
        _split(row, _object(row)) if row.model is Source and row.key in articles else _object(row) for row in rows
    ]
    return "[\n" + ",\n".join(objects) + "\n]\n"


def _object(row: Row) -> str:
    fields = as_added(row.values) if row.model is Verdict else row.values
    return json.dumps({"model": row.model._meta.label_lower, "fields": fields}, ensure_ascii=False, indent=2)


def _split(row: Row, text: str) -> str:
    """Write one character in the middle of the headline and of the URL as an escape.

    The values remain exact, but the file never has nine words of an article in a row, which we may not publish.
    """
    for field in ("title", "url"):
        value = json.dumps(row.values.get(field, ""), ensure_ascii=False)
        at = next((i for i in range(len(value) // 2, len(value)) if value[i] in " -"), None)
        if at is not None:
            text = text.replace(value, f"{value[:at]}\\u{ord(value[at]):04x}{value[at + 1 :]}", 1)
    return text
