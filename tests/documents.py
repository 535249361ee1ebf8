"""The documentation pages: their tables, links and examples, and how examples are run.

An example is a command (`$ …`) in a ```console block, followed by its output. Calls of the API go to the test client.
With WRITE_DOCS=1 in the environment, different output is written to the page instead of failing the test.
"""

import json
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management import call_command
from django.db.models import Count
from django.test import Client

from claims.models import (
    Actor,
    Assertion,
    Claim,
    ClaimRelation,
    Erratum,
    Evidence,
    SkippedPassage,
    Source,
    Topic,
    Verdict,
)
from claims.models.choices import ClaimKind, Status

ROOT = Path(__file__).resolve().parent.parent
WRITE = os.environ.get("WRITE_DOCS") == "1"
HOST = "127.0.0.1:8000"
PRETTY = " | python3 -m json.tool --no-ensure-ascii"
#: members of responses that differ between installations
VOLATILE = {"id", "snapshot", "public_from", "published_at", "created_at", "updated_at", "next", "previous"}


def pages() -> list[Path]:
    return [ROOT / f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING")] + sorted(
        (ROOT / "docs").rglob("*.md")
    )


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def section(text: str, heading: str) -> str:
    """Return the text under a heading, up to the next of its level or higher; empty if there is no such heading."""
    found = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    if found is None:
        return ""
    end = re.search(rf"^#{{1,{len(found[1])}}} ", text[found.end() :], re.MULTILINE)
    return text[found.end() :][: end.start() if end else None]


def coded(text: str) -> set[str]:
    """Return everything in `code` marks."""
    return set(re.findall(r"`([^`\n]+)`", text))


def first_column(text: str) -> set[str]:
    """Return everything in `code` marks in the first column of tables."""
    return coded("\n".join(re.findall(r"^\|([^|\n]+)\|", text, re.MULTILINE)))


def anchors(text: str) -> set[str]:
    """Return the anchors of all headings."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@dataclass
class Example:
    """A command and its output in a page; `start` and `end` are the place of the output."""

    command: str
    output: str
    start: int
    end: int


def examples(text: str) -> Iterator[Example]:
    for block in re.finditer(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for found in re.finditer(r"^\$ ((?:.*\\\n)*.*\n)((?:(?!\$ ).*\n)*)", block[1], re.MULTILINE):
            start, end = (block.start(1) + at for at in found.span(2))
            yield Example(found[1].replace("\\\n", " ").strip(), found[2], start, end)


class Shell:
    """Runs examples: API calls through the test client, and `create_token`; other commands are not run."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}
        self.client = Client(HTTP_HOST=HOST)

    def run(self, command: str) -> Any:
        """Return the JSON of an API response, or the line that curl prints with -w; None for other commands."""
        token = re.fullmatch(r"(\w+)=\$\((?:\S+=\S+ )?\.venv/bin/python manage\.py (create_token) (\w+)\)", command)
        if token:
            self.variables[token[1]] = call(token[2], token[3])
            return None
        if not command.startswith("curl "):
            return None
        has_format = " -o /dev/null -w " in command
        assert has_format or command.endswith(PRETTY), f"add{PRETTY} to make the output readable: {command}"
        for name, value in self.variables.items():
            command = command.replace(f"${name}", value)
        return self.request(shlex.split(command.removesuffix(PRETTY)))

    def request(self, words: list[str]) -> Any:
        method, headers, data, address, template = "", {}, None, "", ""
        rest = iter(words[1:])
        for word in rest:
            if word == "-X":
                method = next(rest)
            elif word == "-H":
                name, _, value = next(rest).partition(": ")
                headers[name] = value
            elif word == "-d":
                data = next(rest)
            elif word == "-w":
                template = next(rest)
            elif word not in ("-s", "-o", "/dev/null"):
                address = word
        url = urlsplit(address)
        assert url.netloc == HOST, f"not a URL of `make run`: {address}"
        response = self.client.generic(
            method or ("POST" if data is not None else "GET"),
            f"{url.path}?{url.query}",
            (data or "").encode(),
            content_type=headers.pop("Content-Type", "application/x-www-form-urlencoded"),
            headers=headers,
        )
        if not template:
            return response.json()
        line = template.replace("%{http_code}", str(response.status_code)).replace(r"\n", "\n")
        return re.sub(r"%header\{([\w-]+)\}", lambda name: response.get(name[1], ""), line)


def call(command: str, *arguments: str) -> str:
    """Return what a command of manage.py prints."""
    from io import StringIO

    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue().strip()


def without_volatile(value: Any) -> Any:
    """Return a response without what differs between installations."""
    if isinstance(value, dict):
        return {k: "…" if k in VOLATILE and isinstance(v, int | str) else without_volatile(v) for k, v in value.items()}
    return [without_volatile(v) for v in value] if isinstance(value, list) else value


def differences(page: Path) -> list[str]:
    """Run the examples of a page in order. Return the differences or, with WRITE_DOCS, write them to the page."""
    text, shell, found, updates = page.read_text(), Shell(), [], []
    for example in examples(text):
        answer = shell.run(example.command)
        if answer is None:
            continue
        try:
            same = example.output == answer or without_volatile(json.loads(example.output)) == without_volatile(answer)
        except ValueError:
            same = False
        if not same:
            actual = answer if isinstance(answer, str) else json.dumps(answer, indent=4, ensure_ascii=False) + "\n"
            updates.append((example, actual))
            found.append(f"{example.command}\nreturns\n{actual}")
    if not WRITE:
        return found
    for example, actual in reversed(updates):
        text = text[: example.start] + actual + text[example.end :]
    page.write_text(text)
    return []


def nine_words(text: str) -> set[tuple[str, ...]]:
    """Return all runs of nine words of a text, in lower case."""
    words = re.findall(r"[^\W_]+", text.lower())
    return {tuple(words[start : start + 9]) for start in range(len(words) - 8)}


def counts() -> str:
    """Return the tables that count the records, as in the README."""
    columns = [s for s in Status if Claim.objects.filter(status=s).exists()]
    tally = {(r["kind"], r["status"]): r["n"] for r in Claim.objects.values("kind", "status").annotate(n=Count("pk"))}
    lines = ["| claims by kind | " + " | ".join(f"`{s.value}`" for s in columns) + " | all |"]
    lines.append("|---" + "|---:" * (len(columns) + 1) + "|")
    for kind in ClaimKind:
        row = [tally.get((kind.value, s.value), 0) for s in columns]
        if any(row):
            lines.append(f"| {kind.label} (`{kind.value}`) | " + " | ".join(map(str, [*row, sum(row)])) + " |")
    total = [sum(n for (_, status), n in tally.items() if status == s.value) for s in columns]
    lines.append("| All | " + " | ".join(map(str, [*total, sum(total)])) + " |")
    models = (Source, Actor, Topic, Assertion, Evidence, Verdict, ClaimRelation, SkippedPassage, Erratum)
    names = [str(m._meta.verbose_name_plural) for m in models]
    numbers = [str(m._default_manager.count()) for m in models]
    lines += ["", "| " + " | ".join(names) + " |", "|" + "---:|" * len(models), "| " + " | ".join(numbers) + " |"]
    return "\n".join(lines) + "\n"


def write_counts(page: Path, tables: str) -> None:
    text = page.read_text()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    page.write_text(text[:begin] + tables + text[end:])


BEGIN, END = "<!-- counts -->\n", "<!-- /counts -->\n"
