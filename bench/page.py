"""The measured parts of docs/performance.md, and where they go in it."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.table import markdown, number

#: the use of an index that needs no scan
KEY = "keeps rows unique"


def plans(found: dict[str, Any]) -> str:
    """A table with one row per statement: its purpose, its indexes and its time."""
    rows = []
    for title, question in found.items():
        for statement in question["statements"]:
            indexes = ", ".join(f"`{name}`" for name in statement["indexes"]) or "none"
            rows.append([title, purpose(statement["sql"]), indexes, number(statement["milliseconds"])])
    return markdown(["question", "statement", "indexes", "ms"], rows)


def purpose(sql: str) -> str:
    """What the application sends a statement for."""
    if not sql or "row_to_json" in sql:
        return "shows the rows"
    return "finds the page" if " LIMIT " in sql else "looks a name up"


def texts(found: dict[str, Any]) -> str:
    """The page with the full plans."""
    parts = ["# Plans", "Measured by `make bench`; see [performance](../performance.md)."]
    for title, question in found.items():
        parts.append(f"## {title}\n\n`{question['address']}`")
        for statement in question["statements"]:
            parts.append(f"{purpose(statement['sql'])}:\n\n```\n{statement['plan']}\n```")
    return "\n\n".join(parts) + "\n"


def indexes(found: list[dict[str, Any]], questions: dict[str, Any]) -> str:
    """A table with one row per index: its size, its cost and its uses."""
    rows = []
    for index in sorted(found, key=lambda one: -one["bytes"]):
        used = [t for t, q in questions.items() if any(index["name"] in s["indexes"] for s in q["statements"])]
        good_for = used[:3] + [f"{len(used) - 3} more"] * (len(used) > 3) + [KEY] * index["unique"]
        load = "" if index["load"] is None else f"{100 * index['load']:+.0f} %"
        row = [f"`{index['name']}`", number(index["bytes"] / 2**20), load, number(index["scans"])]
        rows.append([*row, ", ".join(good_for)])
    return markdown(["index", "MB", "bulk load", "scans in the run", "what for"], rows)


def steps(found: dict[str, Any]) -> str:
    """A table with one row per step that takes any time, and the time of all of them."""
    operations = found["operations"].values()

    def row(label: str, values: Iterable[float]) -> list[str]:
        return [label, *(f"{value:,.0f}" if value >= 0.5 else "" for value in values)]

    rows = [row(label, [one["steps"].get(label, 0) for one in operations]) for label in found["labels"]]
    rows = [each for each in rows if any(each[1:])]
    rows.append(row("**all steps**", [sum(one["steps"].values()) for one in operations]))
    rows.append(row("**in one process, steps not timed**", [one["inside"] for one in operations]))
    rows.append(
        row("server: socket, worker, threads, HTTP parser", [one["served"] - one["inside"] for one in operations])
    )
    rows.append(row("**through the server**", [one["served"] for one in operations]))
    return markdown(["step, µs", *found["operations"]], rows)


def put(page: Path, parts: dict[str, str]) -> None:
    """Put each part between `<!-- name -->` and `<!-- end -->`. Raises ValueError if a mark is missing."""
    text = page.read_text()
    for name, part in parts.items():
        place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text, times = place.subn(lambda marks, part=part: f"{marks[1]}{part.strip()}\n{marks[2]}", text)
        if times != 1:
            raise ValueError(f"{page} has no place for the {name}.")
    page.write_text(text)
