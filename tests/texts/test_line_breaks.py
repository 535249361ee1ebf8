"""Line breaks are converted to LF in forms, the API and files, and a text keeps surrounding white space."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from rest_framework.test import APIClient

from claims.models import Actor, Assertion, Claim, Evidence, SkippedPassage, Snapshot, Source, Topic, Verdict
from claims.models.snapshot import digest
from claims.seeds.texts import Texts
from tests.adminpages import form_of, url
from tests.factories import (
    make_actor,
    make_assertion,
    make_claim,
    make_evidence,
    make_skipped_passage,
    make_snapshot,
    make_source,
    make_topic,
    make_verdict,
)

pytestmark = pytest.mark.django_db

TEXT = "\n  A bridge\nfell.\n\nNobody  was hurt. 😀\n\n"
#: as browsers send it, whatever the user pasted
SENT = TEXT.replace("\n", "\r\n")


@pytest.fixture
def api() -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.create_superuser("rita"))
    return client


def add(client: Client, source: Source, **values: Any) -> Any:
    data = form_of(client, url(Snapshot, "add")) | {"source": source.pk, "captured_at_0": "2024-01-01"}
    return client.post(url(Snapshot, "add"), data | {"captured_at_1": "00:00"} | values)


def test_form_and_api_store_the_same_text(admin_client: Client, api: APIClient) -> None:
    sources = [make_source() for _ in range(4)]
    assert add(admin_client, sources[0], text=SENT).status_code == 302
    for source, text in zip(sources[1:], (TEXT, SENT, TEXT.replace("\n", "\r")), strict=True):
        body = {"source": source.slug, "text": text, "captured_at": "2024-01-01T00:00:00Z"}
        answer = api.post("/api/v1/snapshots/", body, format="json")
        assert answer.status_code == 201
        assert (answer.json()["sha256"], answer.json()["length"]) == (digest(TEXT), len(TEXT))
    assert list(Snapshot.objects.values_list("text", "sha256", "length")) == [(TEXT, digest(TEXT), len(TEXT))] * 4


def test_a_text_added_on_the_page_of_its_source(admin_client: Client) -> None:
    source = make_source()
    address = url(Source, "change", source.pk)
    data = form_of(admin_client, address) | {"snapshots-TOTAL_FORMS": "1", "snapshots-0-text": SENT}
    data |= {"snapshots-0-captured_at_0": "2024-01-01", "snapshots-0-captured_at_1": "00:00"}
    data |= {"snapshots-0-media_type": "text/plain", "snapshots-0-source": source.pk}
    assert admin_client.post(address, data).status_code == 302
    assert source.snapshots.get().text == TEXT


@pytest.mark.parametrize("by", ["form", "api"])
def test_a_text_can_be_added_to_a_snapshot_with_only_its_hash(by: str, admin_client: Client, api: APIClient) -> None:
    snapshot = make_snapshot(text=None, sha256=digest(TEXT), length=len(TEXT))
    make_assertion(snapshot=snapshot, start=3, end=16, quote_sha256=digest("A bridge\nfell"))
    if by == "form":
        address = url(Snapshot, "change", snapshot.pk)
        moment = {"captured_at_0": "2026-11-01", "captured_at_1": "00:00:00"}
        data = form_of(admin_client, address) | moment
        assert admin_client.post(address, data).status_code == 302
        snapshot.refresh_from_db()
        assert (snapshot.text, snapshot.version) == (None, 1)
        assert admin_client.post(address, data | {"text": SENT}).status_code == 302
    else:
        answer = api.patch(f"/api/v1/snapshots/{snapshot.pk}/", {"text": SENT, "version": 1}, format="json")
        assert answer.status_code == 200
    snapshot.refresh_from_db()
    assert snapshot.text == TEXT


def test_a_snapshot_can_be_added_with_only_its_hash(admin_client: Client) -> None:
    source = make_source()
    assert add(admin_client, source, sha256=digest(TEXT), length=len(TEXT)).status_code == 302
    assert source.snapshots.get().text is None


def test_a_blank_text_is_rejected(admin_client: Client, api: APIClient) -> None:
    source = make_source()
    assert add(admin_client, source).status_code == 200
    body = {"source": source.slug, "text": "", "captured_at": "2024-01-01T00:00:00Z"}
    assert api.post("/api/v1/snapshots/", body, format="json").status_code == 400
    assert not source.snapshots.exists()


def test_a_text_file_can_have_any_line_breaks(tmp_path: Path) -> None:
    snapshot = make_snapshot(text=None, sha256=digest(TEXT), length=len(TEXT))
    (tmp_path / "bridge.txt").write_bytes(SENT.encode())
    assert Texts(tmp_path).fill() == 1
    snapshot.refresh_from_db()
    assert snapshot.text == TEXT


def test_the_database_rejects_carriage_returns() -> None:
    snapshot = make_snapshot(text=None, sha256=digest(SENT), length=len(SENT))
    with pytest.raises(IntegrityError, match="snapshot_text_line_feeds"), transaction.atomic():
        Snapshot.objects.filter(pk=snapshot.pk).update(text=SENT)


def test_words_are_found_across_a_line_break(admin_client: Client) -> None:
    snapshot = make_snapshot(text=TEXT)
    assertion = make_assertion(snapshot=snapshot, start=3, end=4)
    address = url(Assertion, "change", assertion.pk)
    words = "bridge\r\nfell.\r\n\r\nNobody"
    assert admin_client.post(address, form_of(admin_client, address) | {"words": words}).status_code == 302
    assertion.refresh_from_db()
    assert TEXT[assertion.start : assertion.end] == "bridge\nfell.\n\nNobody"


LINES = "First line.\nSecond line.\n\n  Third."
MAKE: dict[type, Any] = {
    Claim: lambda text: make_claim(text=text, context=text),
    Actor: lambda text: make_actor(description=text),
    Topic: lambda text: make_topic(description=text),
    Source: lambda text: make_source(note=text),
    Evidence: lambda text: make_evidence(summary=text),
    Assertion: lambda text: make_assertion(note=text),
    SkippedPassage: lambda text: make_skipped_passage(note=text),
    Verdict: lambda text: make_verdict(rationale=text),
}


@pytest.mark.parametrize("model", MAKE)
@pytest.mark.parametrize("stored", [LINES, LINES.replace("\n", "\r\n"), f" {LINES}\n"], ids=["LF", "CRLF", "blanks"])
def test_saving_without_changes_creates_no_version(model: Any, stored: str, admin_client: Client) -> None:
    record = MAKE[model](stored)
    address = url(model, "change", record.pk)
    before = model.objects.filter(pk=record.pk).values().get()
    data = {
        name: value.replace("\r\n", "\n").replace("\n", "\r\n") if isinstance(value, str) else value
        for name, value in form_of(admin_client, address).items()
    }
    assert admin_client.post(address, data).status_code == 302
    assert model.objects.filter(pk=record.pk).values().get() == before


def test_a_change_is_saved_with_lf(admin_client: Client) -> None:
    claim = make_claim(context=LINES)
    address = url(Claim, "change", claim.pk)
    data = form_of(admin_client, address) | {"context": "First.\r\nSecond.\r\n"}
    assert admin_client.post(address, data).status_code == 302
    claim.refresh_from_db()
    assert (claim.context, claim.version) == ("First.\nSecond.", 2)
