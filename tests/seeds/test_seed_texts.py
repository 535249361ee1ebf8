"""load_seeds and the texts of the sources: filled in where they are at hand, each span held against them."""

import hashlib

import pytest

from claims.models import (
    Snapshot,
)
from tests.factories import TEXT, make_evidence, make_snapshot
from tests.seedfiles import SeedFolder, load, refused, span

pytestmark = pytest.mark.django_db


def test_texts_are_filled_in_where_they_are_at_hand(seeds: SeedFolder) -> None:
    load()
    seeds.hold_text()
    (seeds.texts / "other.bin").write_bytes(b"\xff\x00")
    assert "texts: 1 held of 1" in load(texts=seeds.texts)
    assert Snapshot.objects.get().text == TEXT
    assert "texts: 1 held of 1" in load()


def test_the_setting_names_the_folder_of_texts(seeds: SeedFolder, settings) -> None:
    seeds.hold_text()
    settings.CLAIMSDB_TEXTS = seeds.texts
    assert "texts: 1 held of 1" in load()


def test_a_folder_of_texts_that_is_not_there(seeds: SeedFolder) -> None:
    missing = seeds.texts / "nowhere"
    assert refused(texts=missing) == [f"There is no folder of texts {missing}; name another, or none."]


def test_a_wrong_hash_is_found_by_the_text_at_hand(seeds: SeedFolder) -> None:
    seeds.hold_text()
    seeds.replace(span("Was it old?"), span("Was it old?").replace("sha256: ", "sha256: 0")[:-1])
    start = TEXT.index("Was it old?")
    [line] = refused(texts=seeds.texts)
    assert line.startswith(f"gazette.yaml:{seeds.line('reason: question')}: the words at {start}–{start + 11} have")


def test_a_wrong_hash_is_found_by_the_text_held(seeds: SeedFolder) -> None:
    seeds.hold_text()
    load(texts=seeds.texts)
    seeds.replace(span("Was it old?"), span("Was it old?").replace("sha256: ", "sha256: 0")[:-1])
    [line] = refused()
    assert line.startswith(f"gazette.yaml:{seeds.line('reason: question')}: skipped passage gazette-on-bridge / ")
    assert "have another SHA-256" in line


def test_a_wrong_span_made_here_is_named_when_the_text_comes(seeds: SeedFolder) -> None:
    load()
    snapshot = Snapshot.objects.get()
    wrong = make_evidence(snapshot=snapshot, start=0, end=3, quote_sha256="0" * 64)
    seeds.hold_text()
    [line] = refused(texts=seeds.texts)
    assert line.startswith(f"Snapshot of gazette-on-bridge: evidence {wrong.pk} at 0–3 has another SHA-256")


def test_a_wrong_length(seeds: SeedFolder) -> None:
    seeds.hold_text()
    seeds.replace(f"length: {len(TEXT)}", f"length: {len(TEXT) + 1}")
    line = seeds.line("snapshot:")
    assert refused(texts=seeds.texts) == [
        f"gazette.yaml:{line}: the text has {len(TEXT)} code points, not {len(TEXT) + 1}."
    ]


def test_a_text_that_is_not_utf_8(seeds: SeedFolder) -> None:
    content = TEXT.encode("utf-16")
    path = seeds.texts / "gazette.txt"
    path.write_bytes(content)
    make_snapshot(text=None, sha256=hashlib.sha256(content).hexdigest(), length=len(TEXT))
    assert refused(texts=seeds.texts) == [f"{path}: this is not UTF-8 (byte 0)."]
