"""What a request may cost: answers to faulty ones are short, however many faults they have."""

import json
import re
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from claims.models import Claim
from claims.rest.parsers import MAX_MEMBERS
from claims.rest.problems import MAX_DETAIL, MAX_ERRORS
from claims.rest.writing import MAX_ITEMS, MAX_PARTS
from tests import factories as make
from tests.client import anonymous, problem, send, url

pytestmark = pytest.mark.django_db

#: bytes of an answer, and of what it may take to make one
SHORT, MEMORY = 300_000, 150_000_000
BULK = url("claims", "bulk")
#: as many members as an object may have, none of which there is
UNKNOWN = {f"m{number}": 1 for number in range(MAX_MEMBERS)}
#: more of them than any object may have, as many as a body holds
FLOOD = {f"{number:x}": 1 for number in range(180_000)}
LONG = "k" * 2_400_000
CLAIM = {"text": "The bridge fell.", "kind": "fact"}

FAULTY = {
    "members of a record": ("POST", url("claims"), FLOOD),
    "members of a delete": ("DELETE", url("claims", "1"), FLOOD),
    "members of an item": ("DELETE", BULK, {"items": [{"id": 1, "version": 1} | FLOOD]}),
    "members twice": ("POST", url("claims"), b"{%s}" % b",".join(b'"%x":1,"%x":2' % (i, i) for i in range(90_000))),
    "members of items": ("POST", BULK, {"items": [UNKNOWN] * MAX_ITEMS}),
    "members of deletes": ("DELETE", BULK, {"items": [{"id": 1, "version": 1} | UNKNOWN] * MAX_ITEMS}),
    "members of names": ("POST", url("actors"), {"name": "A", "kind": "person", "names": [UNKNOWN] * 200}),
    "wrong items": ("POST", BULK, {"items": [{"text": 1, "kind": "x", "slug": "-", "occurred": "x"}] * MAX_ITEMS}),
    "items that are none": ("POST", BULK, {"items": [1] * MAX_ITEMS}),
    "broken rules": ("POST", BULK, {"items": [CLAIM | {"occurred": "2024-02-30"}] * MAX_ITEMS}),
    "unknown topics": ("POST", BULK, {"items": [CLAIM | {"topics": ["q"] * 200}] * 50}),
    "unknown ids": ("PATCH", BULK, {"items": [{"id": 10**9 + i, "version": 1} for i in range(MAX_ITEMS)]}),
    "empty assertions": ("POST", BULK, {"items": [CLAIM | {"assertions": [{}] * 200}] * 50}),
    "lists without end": ("POST", BULK, {"items": [CLAIM | {"assertions": [{}] * 200}] * MAX_ITEMS}),
    "a long choice": ("POST", url("claims"), CLAIM | {"kind": LONG}),
    "a long language": ("POST", url("claims"), CLAIM | {"language": "en" + "-abcde" * 400_000}),
    "a long address": ("POST", url("sources"), {"title": "A", "kind": "report", "url": f"http://a{' ' * 2_300_000}x"}),
    "a long slug": ("POST", url("claims"), CLAIM | {"slug": LONG}),
    "a long reference": ("POST", url("claims"), CLAIM | {"topics": [LONG]}),
    "a long version": ("PATCH", url("claims", "1"), {"version": LONG}),
    "a long member": ("POST", url("claims"), CLAIM | {LONG: 1}),
    "empty lists": ("POST", url("claims"), b'{"text":[%s]}' % b",".join([b"[]"] * 800_000)),
}


@pytest.mark.parametrize("name", FAULTY)
def test_faults_without_end_get_a_short_answer(name: str) -> None:
    method, path, body = FAULTY[name]
    make.make_claim(pk=1)
    raw = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
    assert len(raw) <= configured.DATA_UPLOAD_MAX_MEMORY_SIZE
    tracemalloc.start()
    try:
        began = time.process_time()
        response = send(method, path, raw)
        seconds, memory = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    found = problem(response, 400)
    assert len(response.content) < SHORT
    assert len(found.get("errors", ())) <= MAX_ERRORS + 1
    assert all(len(error["detail"]) < MAX_DETAIL + 10 for error in found.get("errors", ()))
    assert memory < MEMORY
    assert seconds < 10  # tracing makes it ten times as slow
    assert Claim.objects.count() == 1


def test_the_last_entry_says_how_many_more_there_are() -> None:
    faults = problem(send("PATCH", BULK, {"items": [{"id": 10**9 + i, "version": 1} for i in range(130)]}), 400)
    assert len(faults["errors"]) == MAX_ERRORS + 1
    assert faults["errors"][0]["field"] == "items.0.id"
    assert faults["errors"][-1] == {
        "field": None,
        "detail": "At least 30 more errors are not listed here.",
        "code": "more",
    }
    few = problem(send("PATCH", BULK, {"items": [{"id": 10**9 + i, "version": 1} for i in range(MAX_ERRORS)]}), 400)
    assert len(few["errors"]) == MAX_ERRORS
    assert {error["code"] for error in few["errors"]} == {"unknown"}


def test_of_unknown_members_some_are_named_and_the_rest_counted() -> None:
    found = problem(send("POST", url("claims"), CLAIM | {f"m{number}": 1 for number in range(50)}), 400)
    assert [e["field"] for e in found["errors"]] == [f"m{number}" for number in range(20)] + [None]
    assert found["errors"][-1]["detail"] == "30 more fields are unknown."


def test_a_long_value_loses_its_middle() -> None:
    (error,) = problem(anonymous().get(url("claims"), {"order": "q" * 7000}), 400)["errors"]
    assert error["detail"].startswith("This list has no order “qqq")
    assert "Allowed: " in error["detail"]


def test_a_bulk_write_makes_so_many_rows_and_no_more() -> None:
    source, speaker = make.make_source().slug, make.make_actor().slug
    said = [{"source": source, "speaker": speaker, "locator": str(number)} for number in range(200)]
    items = [CLAIM | {"text": f"Bridge {number} fell.", "assertions": said} for number in range(MAX_PARTS // 200)]
    items[0] = items[0] | {"topics": ["bridges"]}
    (error,) = problem(send("POST", BULK, {"items": items}), 400, "items")["errors"]
    assert str(MAX_PARTS) in error["detail"]


# Lists


@pytest.mark.parametrize(
    "query",
    [
        "&".join(f"a{number}=1" for number in range(990)),
        "fields=" + ",".join(str(number) for number in range(250)),
        "expand=" + ",".join(str(number) for number in range(250)),
        "speaker__in=" + ",".join(f"{'q' * 40}{number}" for number in range(100)),
        "status__in=" + ",".join(f"{'q' * 40}{number}" for number in range(100)),
        "id__in=" + ",".join(["x" * 60] * 100),
        "status=" + "q" * 7000,
        "order=" + "q" * 7000,
        "cursor=" + "q" * 7000,
        "count=" + "q" * 7000,
        "limit=" + "9" * 7000,
        "updated_since=" + "9" * 7000,
        "occurred__gte=" + "9" * 7000,
        "q=" + "q" * 7000,
    ],
)
def test_faulty_questions_get_a_short_answer(query: str) -> None:
    began = time.process_time()
    response = anonymous().get(f"{url('claims')}?{query}")
    found = problem(response, 400)
    assert time.process_time() - began < 2
    assert len(response.content) < SHORT
    assert len(found["errors"]) <= MAX_ERRORS + 1


# Forms


@pytest.mark.parametrize(
    ("path", "kind"), [("/admin/login/", "text/html"), (url("claims") + "?", "application/problem+json")]
)
def test_more_fields_than_a_form_may_have(path: str, kind: str) -> None:
    many = "&".join(f"a{number}=1" for number in range(configured.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1))
    if path.endswith("?"):
        response = anonymous().get(path + many)
    else:
        response = Client().generic("POST", path, many, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400
    assert response["Content-Type"].startswith(kind)
    assert "more than 1000 parameters or form fields" in response.content.decode()


def test_a_form_that_is_too_large() -> None:
    raw = b"a=" + b"b" * configured.DATA_UPLOAD_MAX_MEMORY_SIZE
    response = Client().generic("POST", "/admin/login/", raw, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 413
    assert "larger than 2621440 bytes" in response.content.decode()


def test_a_file_that_nobody_asked_for_is_not_kept(tmp_path: Path, settings: Any, monkeypatch: Any) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "none")  # to write there fails
    response = Client().post("/admin/login/", {"username": "x", "file": SimpleUploadedFile("a", b"a" * 5_000_000)})
    assert response.status_code == 200


def test_a_form_that_claims_to_have_rows_without_end(admin_client: Client) -> None:
    actor = make.make_actor()
    address = f"/admin/claims/actor/{actor.pk}/change/"
    hidden = r'<input type="hidden" name="([^"]+)" value="([^"]*)"'
    page = admin_client.get(address).content.decode()
    form = dict(re.findall(hidden, page)) | {"name": "A", "kind": "person", "names-TOTAL_FORMS": "1000000"}
    began = time.process_time()
    response = admin_client.post(address, form)
    assert "at most 200 forms" in response.content.decode()
    assert time.process_time() - began < 5
