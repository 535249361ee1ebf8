"""Long texts: computations on them take bounded time and memory, or are refused."""

import time
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from claims.models import Assertion, Evidence, Snapshot
from claims.models.snapshot import digest
from claims.texts import coverage, drift, sentences
from tests.factories import make_actor, make_assertion, make_claim, make_evidence, make_snapshot, make_source

pytestmark = pytest.mark.django_db

#: 2 MB of sentences, each with its own number
LONG = "".join(f"In town {number} the river rose by {number % 97} metres on one day.\n" for number in range(40_000))[
    :1_900_000
]
OLD, NEW = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)


def with_spans(snapshot: Snapshot, model: type[Assertion] | type[Evidence], number: int, length: int) -> None:
    """Create `number` rows of `model` with spans of this length, spread over the text."""
    text, claim, speaker = snapshot.text or "", make_claim(), make_actor()
    more = {"speaker": speaker} if model is Assertion else {"stance": "supports", "summary": "It says so."}
    step = (len(text) - length) // number
    model.objects.bulk_create(
        [
            model(
                claim=claim,
                source=snapshot.source,
                snapshot=snapshot,
                start=at * step,
                end=at * step + length,
                quote_sha256=digest(text[at * step : at * step + length]),
                **more,
            )
            for at in range(number)
        ]
    )


def test_many_spans_in_a_long_text(django_assert_max_num_queries) -> None:
    source = make_source()
    old = make_snapshot(source=source, text=LONG, captured_at=OLD)
    with_spans(old, Assertion, 300, 1)
    with_spans(old, Evidence, 100, 60)
    new = make_snapshot(source=source, text="Updated today. " + LONG.replace("town 7 ", "city 7 "), captured_at=NEW)
    client = APIClient()
    started = time.process_time()
    with django_assert_max_num_queries(12):
        found = client.get(f"/api/v1/snapshots/{new.pk}/drift/").json()
    assert time.process_time() - started < 10
    assert len(found) == 400
    moved = [each for each in found if each["state"] == "moved"]
    assert len(moved) > 300
    started = time.process_time()
    answer = client.get(f"/api/v1/snapshots/{old.pk}/coverage/")
    assert time.process_time() - started < 10
    assert answer.json()["claimed"] > 200
    assert len(answer.content) < 5_000_000


@pytest.mark.parametrize("path", ["coverage", "drift"])
def test_too_much_work_is_refused(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_source()
    old = make_snapshot(source=source, text="One. Two. Three.", captured_at=OLD)
    new = make_snapshot(source=source, text="Once. Two words. Three.", captured_at=NEW)
    for snapshot in (old, new):
        make_assertion(snapshot=snapshot, start=0, end=3)
        make_assertion(snapshot=snapshot, start=5, end=8)
    snapshot = old if path == "coverage" else new
    address = f"/api/v1/snapshots/{snapshot.pk}/{path}/"
    assert APIClient().get(address).status_code == 200
    module, names = {
        "coverage": (coverage, ("MOST_SENTENCES", "MOST_SPANS", "MOST_LISTED")),
        "drift": (drift, ("MOST_SPANS", "MOST_TEXT", "MOST_CHANGED")),
    }[path]
    for name in names:
        with monkeypatch.context() as patched:
            patched.setattr(module, name, 1)
            answer = APIClient().get(address)
        assert answer.status_code == 422, name
        assert answer["Content-Type"] == "application/problem+json"
        assert len(answer.json()["detail"]) > 40
    assert APIClient().get(address).status_code == 200


def test_a_text_with_too_many_lines_is_refused_and_its_page_says_so(admin_client: Client) -> None:
    snapshot = make_snapshot(text="A.\n" * (sentences.MOST_LINES + 1))
    answer = APIClient().get(f"/api/v1/snapshots/{snapshot.pk}/coverage/")
    assert answer.status_code == 422
    assert "limited to 100,000 lines" in answer.json()["detail"]
    page = admin_client.get(f"/admin/claims/source/{snapshot.source_id}/change/")
    assert page.status_code == 200
    assert "limited to 100,000 lines" in page.content.decode()


def test_many_equal_words_take_no_longer() -> None:
    source = make_source()
    old = make_snapshot(source=source, text="a " * 900_000, captured_at=OLD)
    with_spans(old, Assertion, 200, 1)
    new = make_snapshot(source=source, text="a " * 890_000 + "b ", captured_at=NEW)
    started = time.process_time()
    answer = APIClient().get(f"/api/v1/snapshots/{new.pk}/drift/")
    assert time.process_time() - started < 5
    assert answer.status_code == 422
    assert "differ too much" in answer.json()["detail"]


# Quotes


def test_a_long_quote_is_cut() -> None:
    text = "😀" + "x" * 3000 + "END"
    snapshot = make_snapshot(text=text)
    spans = [(0, 1000), (0, 1001), (1, 2900), (100, len(text))]
    rows = [make_assertion(snapshot=snapshot, start=start, end=end) for start, end in spans]
    for row, (start, end) in zip(rows, spans, strict=True):
        quote = APIClient().get(f"/api/v1/assertions/{row.pk}/").json()["quote"]
        assert quote.items() >= snapshot.quote(start, end).items()
        assert quote["prefix"] == text[max(0, start - 60) : start]
        assert quote["suffix"] == text[end : end + 60]
        if end - start <= 1000:
            assert quote["exact"] == text[start:end]
            assert "cut" not in quote
        else:
            assert quote["exact"] == text[start : start + 999] + "…"
            assert quote["cut"] is True


def test_a_list_of_long_spans_stays_small() -> None:
    snapshot = make_snapshot(text="x" * 100_000)
    with_spans(snapshot, Assertion, 100, 10_000)
    answer = APIClient().get("/api/v1/assertions/?limit=500")
    assert len(answer.json()["results"]) == 100
    assert len(answer.content) < 200_000


@pytest.mark.parametrize("model", ["assertions", "evidence", "skipped-passages", "errata"])
def test_the_length_of_a_span_is_limited(model: str) -> None:
    snapshot = make_snapshot(text="x" * 10_002)
    client = APIClient()
    client.force_authenticate(User.objects.create_superuser("rita"))
    body = {
        "assertions": {"claim": make_claim().slug, "source": snapshot.source.slug, "speaker": make_actor().slug},
        "evidence": {
            "claim": make_claim().slug,
            "source": snapshot.source.slug,
            "stance": "supports",
            "summary": "So.",
        },
        "skipped-passages": {"reason": "boilerplate"},
        "errata": {"printed": "x" * 200, "meant": "y", "kind": "spelling"},
    }[model]
    answer = client.post(
        f"/api/v1/{model}/", body | {"snapshot": snapshot.pk, "start": 1, "end": 10_002}, format="json"
    )
    assert answer.status_code == 400
    assert "A span can have at most 10,000 code points" in str(answer.json()["errors"])
    if model != "errata":
        created = client.post(
            f"/api/v1/{model}/", body | {"snapshot": snapshot.pk, "start": 1, "end": 10_001}, format="json"
        )
        assert created.status_code == 201, created.json()


def test_cards_cut_long_spans(admin_client: Client) -> None:
    snapshot = make_snapshot(text="x" * 9000)
    evidence = make_evidence(snapshot=snapshot, source=snapshot.source, start=0, end=9000)
    page = admin_client.get(f"/admin/claims/claim/{evidence.claim_id}/change/").content.decode()
    assert "x" * 999 + "…" in page
    assert "x" * 1000 not in page


def test_a_sources_page_lists_some_of_many_uncovered_sentences(admin_client: Client) -> None:
    snapshot = make_snapshot(text="It rained. " * 301)
    page = admin_client.get(f"/admin/claims/source/{snapshot.source_id}/change/").content.decode()
    assert "301 uncovered" in page
    assert "Only the first 300 are listed" in page
    assert page.count("Add an assertion") == 300
