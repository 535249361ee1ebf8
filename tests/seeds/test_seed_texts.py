"""load_seeds and the texts of the sources: available texts are stored, and each span is checked against them."""

import hashlib

import pytest

from claims.models import Snapshot
from claims.models.snapshot import digest
from tests.factories import TEXT, make_evidence, make_snapshot
from tests.seedfiles import SeedFolder, load, rejected, span

pytestmark = pytest.mark.django_db


def test_available_texts_are_stored(seeds: SeedFolder) -> None:
    load()
    seeds.add_text()
    (seeds.texts / "other.bin").write_bytes(b"\xff\x00")
    assert "texts: 1 of 1 stored" in load(texts=seeds.texts)
    assert Snapshot.objects.get().text == TEXT
    assert "texts: 1 of 1 stored" in load()


def test_the_setting_names_the_folder_of_texts(seeds: SeedFolder, settings) -> None:
    seeds.add_text()
    settings.CLAIMSDB_TEXTS = seeds.texts
    assert "texts: 1 of 1 stored" in load()


def test_a_missing_folder_of_texts(seeds: SeedFolder) -> None:
    missing = seeds.texts / "nowhere"
    assert rejected(texts=missing) == [
        f"The folder of texts {missing} doesn’t exist; correct --texts or CLAIMSDB_TEXTS."
    ]


def test_a_wrong_hash_is_found_with_an_available_text(seeds: SeedFolder) -> None:
    seeds.add_text()
    seeds.replace(span("Was it old?"), span("Was it old?").replace("sha256: ", "sha256: 0")[:-1])
    start = TEXT.index("Was it old?")
    [line] = rejected(texts=seeds.texts)
    assert line == (
        f"gazette.yaml:{seeds.line('reason: question')}: the SHA-256 of the words at {start}–{start + 11} is "
        f"{digest('Was it old?')}; correct the span or the hash."
    )


def test_a_wrong_hash_is_found_with_a_stored_text(seeds: SeedFolder) -> None:
    seeds.add_text()
    load(texts=seeds.texts)
    seeds.replace(span("Was it old?"), span("Was it old?").replace("sha256: ", "sha256: 0")[:-1])
    [line] = rejected()
    assert line.startswith(f"gazette.yaml:{seeds.line('reason: question')}: skipped passage gazette-on-bridge / ")
    assert "have a different SHA-256" in line


def test_a_wrong_span_in_the_database_is_named_when_the_text_is_stored(seeds: SeedFolder) -> None:
    load()
    snapshot = Snapshot.objects.get()
    wrong = make_evidence(snapshot=snapshot, start=0, end=3, quote_sha256="0" * 64)
    seeds.add_text()
    [line] = rejected(texts=seeds.texts)
    assert line.startswith(
        f"Snapshot of gazette-on-bridge: the SHA-256 of evidence {wrong.pk} is not that of the words at 0–3;"
    )


def test_a_wrong_length(seeds: SeedFolder) -> None:
    seeds.add_text()
    seeds.replace(f"length: {len(TEXT)}", f"length: {len(TEXT) + 1}")
    line = seeds.line("snapshot:")
    assert rejected(texts=seeds.texts) == [
        f"gazette.yaml:{line}: the text has {len(TEXT)} code points, but “length” is {len(TEXT) + 1}."
    ]


def test_a_text_that_is_not_utf_8(seeds: SeedFolder) -> None:
    content = TEXT.encode("utf-16")
    path = seeds.texts / "gazette.txt"
    path.write_bytes(content)
    make_snapshot(text=None, sha256=hashlib.sha256(content).hexdigest(), length=len(TEXT))
    assert rejected(texts=seeds.texts) == [f"{path}: not valid UTF-8 at byte 0; save the file as UTF-8."]
