"""Faulty seed files: all faults are reported at once, each with file and line, and nothing is loaded."""

from pathlib import Path

import pytest
from django.core.management import CommandError

from claims.models import Actor, Claim
from claims.models.snapshot import digest
from tests.factories import TEXT, make_actor, make_claim
from tests.seedfiles import SeedFolder, load, span

pytestmark = pytest.mark.django_db


def faults(**options: object) -> list[str]:
    with pytest.raises(CommandError) as caught:
        load(**options)
    lines = str(caught.value).split("\n")
    assert lines.pop() == "Nothing was loaded."
    assert not Claim.objects.exists()
    assert not Actor.objects.exists()
    return lines


HASH = digest("the bridge fell")
NUMBER = "    kind: number\n    topics: [bridges]"

# words in gazette.yaml, their replacement, the words whose line is reported, the message
FAULTS = [
    # YAML itself
    ("skipped:", "skipped: ]", "skipped: ]", "invalid YAML: "),
    ("kind: number", "\tkind: number", "\tkind: number", "invalid YAML: found a tab character"),
    (
        "kind: number",
        "kind: number\n    kind: fact",
        "    kind: fact\n",
        "duplicate key “kind”; the first one is in line ",
    ),
    (
        "  nobody-hurt:",
        "  bridge-fell:",
        "  bridge-fell:\n",
        "duplicate key “bridge-fell”; the first one is in line 16.",
    ),
    (
        "kind: number",
        "kind: !!python/name:os.system number",
        "!!python",
        "the tag tag:yaml.org,2002:python/name:os.system",
    ),
    ("kind: number", "kind:", "    kind:\n", "the value is missing; add one, or delete the key or list item."),
    ("kind: number", "kind: ~", "kind: ~", "the value is missing"),
    ("kind: number", 'kind: "num\\0ber"', "num\\0ber", "the text contains a NUL character; delete it."),
    ("kind: number", 'kind: "num\\ud800"', "num\\ud800", ""),
    ("kind: number", "kind: num\x07ber", "num\x07ber", "U+0007 is not allowed in YAML"),
    ("kind: number", "? [a, b]\n    : c\n    kind: number", "? [a, b]", "a key must be text, not a list or mapping."),
    # keys
    ("kind: number", "knd: number", "knd: number", "unknown key “knd” in a claim – did you mean kind?"),
    (
        "kind: number",
        "zzz: number",
        "zzz: number",
        "unknown key “zzz” in a claim; allowed keys: text, language, ",
    ),
    ("    kind: number\n", "", "  bridge-stood-60-years:", "a claim needs “kind”."),
    ("skipped:", "skiped:", "skiped:", "unknown key “skiped” in the file – did you mean skipped?"),
    ("  kind: article\n", "", "source:\n  slug", "the source needs “kind”."),
    # types
    ("kind: number", "kind: [number]", "kind: [number]", "this must be a single value, not a list or mapping."),
    (NUMBER, "    kind: number\n    topics: bridges", "topics: bridges", "topics must be a list."),
    (NUMBER, "    kind: number\n    topics: []", "topics: []", "a claim needs at least one topic."),
    ("skipped:\n-", "skipped:\n- word\n-", "- word", "a skipped passage must be a mapping (key: value)."),
    ("hedged: true", "hedged: yes", "hedged: yes", "“yes” must be true or false."),
    (
        "read_on: 2024-03-22",
        "read_on: 2024-02-30",
        "2024-02-30",
        "“2024-02-30” is not a valid date, such as 2026",
    ),
    ("2026-11-01T00:00:00Z", "2026-11-01", "captured_at", "“2026-11-01” is not a date and time with a time zone"),
    (f"length: {len(TEXT)}", "length: many", "length: many", "“many” is not a whole number."),
    # choices, dates, forms
    ("kind: number", "kind: numbr", "kind: numbr", "unknown kind “numbr” – did you mean number?"),
    ("kind: article", "kind: zzz", "kind: zzz", "unknown kind “zzz”; allowed values: article, opinion, "),
    (
        "stance: supports,",
        "stance: supports, credibility: 7,",
        "credibility: 7",
        "unknown credibility “7”; allowed values: 1, 2",
    ),
    ("published: 2017-05-02", "published: 2017-13", "published: 2017-13", "“2017-13” is not an EDTF date"),
    ("occurred: 2017\n", "occurred: spring 2017\n", "spring", "“spring 2017” is not an EDTF date"),
    ("  bridge-stood-60-years:", "  Bridge_Stood:", "Bridge_Stood", "“Bridge_Stood”: a slug consists of lowercase"),
    ("  kind: article", "  kind: article\n  url: ftp://a.example/", "ftp:", "the URL must begin with http"),
    ("  kind: article", "  kind: article\n  url: nonsense", "nonsense", "the URL must begin with http"),
    (
        "  kind: article",
        "  kind: article\n  language: xx-nonsense-x",
        "xx-nonsense-x",
        "“xx-nonsense-x” is not a registered language tag",
    ),
    ("kind: outlet}", "kind: outlet, country: XX}", "country: XX", "“XX” is not an ISO 3166-1 alpha-2 country code"),
    (
        "kind: outlet}",
        "kind: outlet, wikidata_id: 7}",
        "wikidata_id: 7",
        "a Wikidata id is the letter Q followed by a number",
    ),
    ("text: The bridge fell in 2017.", 'text: " "', 'text: " "', "this must not be empty."),
    (
        "text: The bridge fell in 2017.",
        "text: " + "x" * 1001,
        "x" * 1001,
        "At most 1000 characters. State the claim",
    ),
    (
        "rationale: The yearbook lists it.",
        "rationale: " + "x" * 20_001,
        "x" * 20_001,
        "At most 20000 characters",
    ),
    # references
    ("speaker: minister,", "speaker: ministr,", "ministr", "unknown actor “ministr” – did you mean minister?"),
    (
        "about: [norway]",
        "about:\n    - norway\n    - nowhere",
        "- nowhere",
        "unknown actor “nowhere”; it is not in",
    ),
    (
        "issuer: desk",
        "issuer: bureau",
        "issuer: bureau",
        "unknown actor “bureau”; it is not in the seed files.",
    ),
    (NUMBER, NUMBER[:-1] + ", brigdes]", "brigdes", "unknown topic “brigdes” – did you mean bridges?"),
    (
        "attributes: [bridge-fell]",
        "attributes: [bridge-fel]",
        "attributes",
        "unknown claim “bridge-fel” – did you mean",
    ),
    ("source: yearbook", "source: yearbok", "source: yearbok", "unknown source “yearbok” – did you mean yearbook?"),
    (
        "evidence: [book]",
        "evidence: [bok]",
        "evidence: [bok]",
        "this claim has no evidence with the key “bok” – did you",
    ),
    (
        "evidence: [book]}",
        "evidence: [book], supersedes: 3, reason_kind: error, reason: x}",
        "supersedes: 3",
        "there is no verdict bridge-fell / desk / 3.",
    ),
    (
        "evidence: [book]}",
        "evidence: [book]}\n    - {issuer: desk, status: refuted, rationale: x, revision: 2, supersedes: 1, "
        "reason_kind: error, reason: x}",
        "revision: 2",
        "desk / 1 is already the claim’s verdict of record; set “of_record: false” in one of them.",
    ),
    # twice
    (
        "  publisher: gazette",
        "  publisher: gazette\n  authors: [desk, desk]",
        "authors",
        "duplicate source author gazette-on-bridge / desk",
    ),
    # relations
    (
        "attributes: [bridge-fell]",
        "attributs: [bridge-fell]",
        "attributs",
        "unknown key “attributs” in relations – did you",
    ),
    (
        "attributes: [bridge-fell]",
        "attributes: [minister-said-bridge-fell]",
        "attributes",
        "a claim can't be related to itself.",
    ),
    (
        "attributes: [bridge-fell]",
        "repeats: [bridge-fell, bridge-fell]",
        "repeats",
        "duplicate “repeats” between these two claims;",
    ),
    # spans
    (span("It stood for 60 years"), "span: [5, 5], sha256: " + HASH, "[5, 5]", "the span is empty"),
    (span("It stood for 60 years"), "span: [9, 5], sha256: " + HASH, "[9, 5]", "the span is empty"),
    (
        span("It stood for 60 years"),
        "span: [0, 10001], sha256: " + HASH,
        "[0, 10001]",
        "a span can have at most 10,0",
    ),
    (span("It stood for 60 years"), "span: [5], sha256: " + HASH, "[5]", "a span must be [start, end]: code points"),
    (span("It stood for 60 years"), "span: 5-9, sha256: " + HASH, "5-9", "a span must be [start, end]: code points"),
    (span("It stood for 60 years"), "span: [-1, 9], sha256: " + HASH, "[-1, 9]", "“-1” is not a whole number."),
    (span("It stood for 60 years"), f"span: [5, {10**40}], sha256: " + HASH, "0000", "“10000"),
    (
        span("It stood for 60 years"),
        f"span: [5, 999], sha256: {HASH}",
        "999",
        "the span ends at 999, but the snapshot has",
    ),
    (span("It stood for 60 years"), "span: [5, 9]", "span: [5, 9]", "an assertion needs “sha256”."),
    (
        span("It stood for 60 years"),
        "span: [5, 9], sha256: ABC",
        "sha256: ABC",
        "a SHA-256 must be 64 lowercase hexadecimal digits",
    ),
    ("summary: It lists", "span: [0, 4], summary: It lists", "span: [0, 4]", "“span” needs “sha256” next to it."),
    (
        "summary: It lists",
        f"span: [0, 4], sha256: {HASH}, summary: It lists",
        "[0, 4]",
        "source yearbook has no snapshot in",
    ),
    ("printed: fell", "printed: failed", "printed: failed", "“printed” doesn’t match “sha256”; correct one of them."),
    # across sections
    (
        "  publisher: gazette\n",
        "",
        span("It stood for 60 years"),
        "add “speaker” (a slug or “not known”): the source has",
    ),
]


@pytest.mark.parametrize(("old", "new", "at", "message"), FAULTS, ids=[f"{f[1][:40]!r}" for f in FAULTS])
def test_a_fault_is_reported_with_its_line(seeds: SeedFolder, old: str, new: str, at: str, message: str) -> None:
    seeds.replace(old, new)
    content = (seeds.folder / "gazette.yaml").read_text()
    line = content.count("\n", 0, content.rindex(at)) + 1
    lines = faults()
    assert any(one.startswith(f"gazette.yaml:{line}: {message}") for one in lines), lines


def test_faults_are_reported_in_the_order_of_files_and_lines(seeds: SeedFolder) -> None:
    seeds.replace("{name: Bridges}", "{nam: Bridges}", "common.yaml")
    seeds.replace("kind: number", "kind: numbr")
    seeds.replace("reason: question", "reason: questn")
    assert faults() == [
        "common.yaml:11: a topic needs “name”.",
        "common.yaml:11: unknown key “nam” in a topic – did you mean name?",
        f"gazette.yaml:{seeds.line('kind: numbr')}: unknown kind “numbr” – did you mean number?",
        f"gazette.yaml:{seeds.line('reason: questn')}: unknown reason “questn” – did you mean question?",
    ]


WHOLE_FILES = [
    (b"# nothing\n", 1, "the file is empty; to remove its records, delete the file."),
    (b"- one\n- two\n", 1, "the file must be a mapping (key: value)."),
    (b"actors: {}\n---\nactors: {}\n", 2, "invalid YAML: but found another document"),
    (b"actors: {}\ntopics:\n  a: {name: \xff}\n", 3, "this line is not valid UTF-8; save the file as UTF-8."),
    ("actors: {}\n".encode("utf-16"), 1, "this line is not valid UTF-8; save the file as UTF-8."),
    (b"[" * 100_000, 1, "the YAML is nested more than 50 levels deep."),
    (b"actors: &a {}\ntopics: *a\n", 2, "anchors and aliases are not allowed in seed files; repeat the value instead."),
    (b"actors: &a {b: *a}\n", 1, "anchors and aliases are not allowed in seed files; repeat the value instead."),
    (b"actors:\n  x1: {kind: state, name: X}\n  <<: {}\n", 3, "“<<”: a slug consists of lowercase letters"),
    (b"skipped: []\n", 1, "“skipped” needs a “source” with a “snapshot” in the same file."),
    (
        b"actors:\n\n  norway: {name: Norge, kind: state}\n",
        3,
        "duplicate actor norway; the first one is at common.yaml:",
    ),
    (
        b"actors:\n  a: {name: A, kind: state, part_of: b}\n  b: {name: B, kind: state, part_of: a}\n",
        3,
        "“part_of” leads back to the record itself: b → a → b.",
    ),
]


@pytest.mark.parametrize(("content", "line", "message"), WHOLE_FILES, ids=[repr(f[0][:40]) for f in WHOLE_FILES])
def test_faults_of_whole_files(seeds: SeedFolder, content: bytes, line: int, message: str) -> None:
    seeds.write("other.yaml", content)
    lines = faults()
    assert any(one.startswith(f"other.yaml:{line}: {message}") for one in lines), lines


def test_a_byte_order_mark_is_accepted(seeds: SeedFolder) -> None:
    seeds.write("other.yaml", b"\xef\xbb\xbfactors: {a: {name: A, kind: state}}\n")
    load()
    assert Actor.objects.filter(slug="a").exists()


def test_duplicates(seeds: SeedFolder) -> None:
    seeds.replace(NUMBER, NUMBER[:-1] + ", bridges]")
    seeds.replace(
        "{" + span("It stood for 60 years") + "}",
        "{" + span("It stood for 60 years") + "}\n    - {" + span("It stood for 60 years") + "}",
    )
    line = seeds.line("bridges, bridges]")
    assert faults() == [
        f"gazette.yaml:{line}: duplicate claim topic bridge-stood-60-years / bridges; "
        f"the first one is at gazette.yaml:{line}.",
        f"gazette.yaml:{line + 3}: duplicate assertion bridge-stood-60-years / gazette-on-bridge / {digest(TEXT)[:8]} "
        f"/ {TEXT.index('It stood')} / {TEXT.index('It stood') + 21} / gazette / asserts; "
        f"the first one is at gazette.yaml:{line + 2}.",
    ]


def test_a_relation_in_both_directions_is_a_duplicate(seeds: SeedFolder) -> None:
    seeds.replace("attributes: [bridge-fell]", "contradicts: [nobody-hurt]")
    first = seeds.line("contradicts: [nobody-hurt]")
    seeds.replace(
        "    text: Nobody was hurt",
        "    relations: {contradicts: [minister-said-bridge-fell]}\n    text: Nobody was hurt",
    )
    line = seeds.line("relations: {contradicts")
    assert faults() == [
        f"gazette.yaml:{line}: duplicate “contradicts” between these two claims; "
        f"the first one is at gazette.yaml:{first}."
    ]


DATABASE = [
    (
        "{name: Bridges}",
        "{name: Bridges, occurred: 2017}",
        11,
        "topic bridges: Only an event can have a date and a place.",
    ),
    (
        "kind: state\n",
        "kind: state\n    wikidata_id: Q1\n",
        9,
        "actor minister: Another actor already has this Wikidata id.",
    ),
]


@pytest.mark.parametrize(("old", "new", "line", "message"), DATABASE)
def test_a_row_that_the_database_rejects_is_named(
    seeds: SeedFolder, old: str, new: str, line: int, message: str
) -> None:
    seeds.replace("kind: person,", "kind: person, wikidata_id: Q1,", "common.yaml")
    seeds.replace(old, new, "common.yaml")
    line += new.count("\n") - old.count("\n")
    assert faults() == [f"common.yaml:{line}: {message}"]


def test_a_conflict_with_an_existing_row_names_the_row(seeds: SeedFolder) -> None:
    make_actor(wikidata_id="Q1")
    make_claim(slug="untouched")
    seeds.replace("kind: person,", "kind: person, wikidata_id: Q1,", "common.yaml")
    with pytest.raises(
        CommandError, match=r"^common.yaml:9: actor minister: Another actor already has this Wikidata id."
    ):
        load()
    assert (Actor.objects.count(), Claim.objects.count()) == (1, 1)


def test_missing_and_duplicate_files(seeds: SeedFolder, tmp_path: Path) -> None:
    missing = tmp_path / "missing.yaml"
    assert faults(paths=[missing]) == [f"{missing} can't be read: No such file or directory."]
    other = tmp_path / "other"
    other.mkdir()
    copy = other / "common.yaml"
    copy.write_text("actors: {}\n")
    [line] = faults(paths=[seeds.folder / "common.yaml", copy])
    assert line.startswith("Two files are named common.yaml")
    for path in seeds.folder.iterdir():
        path.unlink()
    assert faults() == [f"There are no seed files (*.yaml) in {seeds.folder}."]


def test_one_file_alone_needs_what_it_refers_to(seeds: SeedFolder) -> None:
    lines = faults(paths=[seeds.folder / "gazette.yaml"])
    line = seeds.line("issuer: desk")
    assert f"gazette.yaml:{line}: unknown actor “desk”; it is neither in these files nor in the database." in lines
