"""Small made-up seed files, for tests."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from claims.models.snapshot import digest
from claims.seeds.keys import FIELDS
from tests.factories import TEXT

COMMON = """\
actors:
  desk: {name: Desk, kind: organisation}
  norway:
    name: Norway
    kind: state
    country: NO
    names:
    - {language: no, name: Norge}
  minister: {name: The minister, kind: person, part_of: norway}
topics:
  bridges: {name: Bridges}
  old-town: {name: Old Town, kind: place}
  bridge-fall: {name: Fall of the bridge, kind: event, parent: bridges, occurred: 2017, place: old-town}
"""


def span(words: str) -> str:
    """Return `span` and `sha256` of words in TEXT, for a flow mapping."""
    start = TEXT.index(words)
    return f"span: [{start}, {start + len(words)}], sha256: {digest(words)}"


ARTICLE = f"""\
actors:
  gazette: {{name: The Gazette, kind: outlet}}
source:
  slug: gazette-on-bridge
  title: A bridge falls
  kind: article
  publisher: gazette
  published: 2017-05-02
  snapshot:
    sha256: {digest(TEXT)}
    length: {len(TEXT)}
    captured_at: 2026-11-01T00:00:00Z
sources:
- {{slug: yearbook, title: Yearbook of bridges, kind: report}}
claims:
  bridge-fell:
    text: The bridge fell in 2017.
    kind: fact
    topics: [bridge-fall, bridges]
    about: [norway]
    occurred: 2017
    assertions:
    - {{{span("the bridge fell")}, speaker: minister, voice: paraphrased}}
    evidence:
    - {{key: book, source: yearbook, stance: supports, summary: It lists the fall., read_on: 2024-03-22}}
    verdicts:
    - {{issuer: desk, status: supported, rationale: The yearbook lists it., evidence: [book]}}
  minister-said-bridge-fell:
    text: The minister said that the bridge fell.
    kind: quote
    topics: [bridges]
    assertions:
    - {{{span("The minister said")}, hedged: true}}
    relations:
      attributes: [bridge-fell]
  nobody-hurt:
    text: Nobody was hurt when the bridge fell.
    kind: fact
    topics: [bridges]
    assertions:
    - {{{span("Nobody was hurt, he added")}}}
  bridge-stood-60-years:
    text: The bridge stood for 60 years.
    kind: number
    topics: [bridges]
    assertions:
    - {{{span("It stood for 60 years")}}}
skipped:
- {{{span("Was it old?")}, reason: question}}
errata:
- {{{span("fell")}, printed: fell, meant: failed, kind: wording}}
"""


class SeedFolder:
    """A folder of seed files, and one of texts."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.texts = folder / "seeds", folder / "texts"
        self.folder.mkdir()
        self.texts.mkdir()
        self.write("common.yaml", COMMON)
        self.write("gazette.yaml", ARTICLE)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def replace(self, old: str, new: str, name: str = "gazette.yaml") -> None:
        content = (self.folder / name).read_text()
        assert content.count(old) == 1, f"{old!r} occurs {content.count(old)} times"
        self.write(name, content.replace(old, new))

    def line(self, words: str, name: str = "gazette.yaml") -> int:
        """Return the first line with these words, counted from 1."""
        lines = (self.folder / name).read_text().split("\n")
        return next(number for number, line in enumerate(lines, 1) if words in line)

    def add_text(self, text: str = TEXT) -> None:
        (self.texts / "gazette.txt").write_bytes(text.encode())


def load(**options: object) -> str:
    """Return the output of `load_seeds`, with single spaces."""
    out = StringIO()
    paths = options.pop("paths", [])
    call_command("load_seeds", *map(str, paths), stdout=out, **options)
    return re.sub(" +", " ", out.getvalue())


def sizes() -> dict[str, int]:
    """Return the number of rows by model."""
    return {model.__name__: model.objects.count() for model in FIELDS}


def rejected(**options: object) -> list[str]:
    """Return the lines of the error of load_seeds; check that nothing was loaded."""
    before = sizes()
    with pytest.raises(CommandError) as caught:
        load(**options)
    lines = str(caught.value).split("\n")
    assert lines.pop() == "Nothing was loaded."
    assert sizes() == before
    return lines
