"""Texts have their own language and direction wherever the admin and the front page show them."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from claims.models import Actor, Assertion, Claim, Evidence, Snapshot, Source, Topic, Verdict
from claims.texts.direction import is_right_to_left
from tests.admin.test_browser import choose, log_in
from tests.adminpages import form_of, url
from tests.factories import (
    make_actor,
    make_actor_name,
    make_assertion,
    make_claim,
    make_evidence,
    make_snapshot,
    make_source,
    make_topic,
    make_verdict,
)

pytestmark = pytest.mark.django_db

CLAIM = "NATO قالت إن الجسر انهار."
TITLE = "תקרית הגשר."
TEXT = "قال الوزير إن الجسر انهار. لم يصب أحد."
NAME = "هيئة الجسور"


def arabic_record() -> dict[type, Any]:
    actor = make_actor(name=NAME, description="هيئة عامة.")
    make_actor_name(actor=actor, name="نادي", language="ar")
    source = make_source(title=TITLE, language="he", publisher=actor, note="ملاحظة.")
    snapshot = make_snapshot(source=source, text=TEXT)
    topic = make_topic(name="جسور", description="عن الجسور.")
    claim = make_claim(text=CLAIM, language="ar", context="بمعنى آخر.", topics=[topic], about=[actor])
    assertion = make_assertion(claim=claim, speaker=actor, snapshot=snapshot, start=0, end=26, note="ملاحظة.")
    evidence = make_evidence(claim=claim, snapshot=snapshot, start=27, end=38, summary="صور تثبت ذلك.")
    verdict = make_verdict(claim=claim, issuer=actor, rationale="لا شك في ذلك.", evidence=[evidence])
    return {each.__class__: each for each in (actor, source, snapshot, topic, claim, assertion, evidence, verdict)}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        *(("ar", True), ("fa-IR", True), ("he", True), ("ur", True), ("az-Arab", True), ("HE", True)),
        *(("ar-Latn", False), ("en", False), ("ku", False), ("", False), ("sr-Cyrl", False)),
    ],
)
def test_the_language_says_what_is_written_from_right_to_left(language: str, expected: bool) -> None:
    assert is_right_to_left(language) is expected


#: an element with a direction
DIRECTED = re.compile(r'<(?:[a-z0-9]+)\b[^>]*\bdir="(?:auto|rtl)"')
RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff]")


def undirected(page: str) -> list[str]:
    """The right-to-left texts on a page that have no ancestor with a direction."""
    found, stack = [], []
    body = re.sub(r"(?s)<script.*?</script>|<title>.*?</title>|<option.*?</option>", "", page)
    for tag in re.finditer(r"<(/?)([a-z0-9]+)([^>]*)>([^<]*)", body):
        closing, name, rest, text = tag.groups()
        if closing:
            while stack and stack.pop()[0] != name:
                pass
        elif name not in ("input", "br", "img", "link", "meta", "path", "hr"):
            stack.append((name, 'dir="auto"' in rest or 'dir="rtl"' in rest))
        if RIGHT_TO_LEFT.search(text) and not any(directed for _, directed in stack):
            found.append(f"{name}: {text.strip()}")
        if name == "input" and 'type="text"' in rest and RIGHT_TO_LEFT.search(rest) and "dir=" not in rest:
            found.append(rest)
    return found


def test_no_text_of_the_record_is_without_its_direction(admin_client: Client, client: Client) -> None:
    record = arabic_record()
    form = form_of(admin_client, url(Claim, "change", record[Claim].pk))
    admin_client.post(url(Claim, "change", record[Claim].pk), form | {"context": "بمعنى آخر تماما."})
    addresses = ["/", "/admin/"]
    for model, row in record.items():
        addresses += [url(model, "changelist")] + [url(model, page, row.pk) for page in ("change", "history", "delete")]
    addresses += [url(Source, "reading", record[Source].pk), url(Actor, "merge", record[Actor].pk)]
    for address in addresses:
        page = admin_client.get(address).content.decode()
        assert undirected(page) == [], address


def test_the_language_is_said_where_it_is_known(admin_client: Client) -> None:
    record = arabic_record()
    listed = admin_client.get(url(Claim, "changelist")).content.decode()
    assert f'<bdi dir="rtl" lang="ar">{CLAIM}</bdi>' in listed
    assert f'<bdi dir="rtl" lang="he">{TITLE}</bdi>' in admin_client.get(url(Source, "changelist")).content.decode()
    page = admin_client.get(url(Claim, "change", record[Claim].pk)).content.decode()
    box = re.search(r'<textarea name="text"[^>]*>', page)[0]  # type: ignore[index]
    assert 'dir="rtl"' in box
    assert 'lang="ar"' in box
    assert '<blockquote class="quote" dir="rtl" lang="he">' in page
    place = record[Assertion]
    span = f"?snapshot={place.snapshot_id}&start={place.start}&end={place.end}"
    for address in (url(Assertion, "change", place.pk), url(Assertion, "add") + span):
        assert '<blockquote class="quote" dir="rtl" lang="he">' in admin_client.get(address).content.decode(), address
    for other in (Assertion, Evidence, Verdict):
        assert f'<bdi dir="rtl" lang="ar">{CLAIM}</bdi>' in admin_client.get(url(other, "changelist")).content.decode()
    assert {Snapshot, Topic} <= record.keys()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_full_stop_is_on_the_left_of_arabic(page: Page, tmp_path: Path) -> None:
    """As the browser draws it in a list, a card, an input and an autocomplete."""
    record = arabic_record()
    log_in(page)
    left = """(element, text) => {
        const node = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode();
        const range = document.createRange();
        range.setStart(node, text.length - 1); range.setEnd(node, text.length);
        const stop = range.getBoundingClientRect();
        range.setStart(node, 0); range.setEnd(node, text.length - 1);
        return stop.left < range.getBoundingClientRect().left + 1;
    }"""
    page.goto(url(Claim, "changelist"))
    assert page.locator("#result_list .field-text bdi").evaluate(left, CLAIM)
    page.goto(url(Claim, "change", record[Claim].pk))
    assert page.locator("#id_text").evaluate("element => getComputedStyle(element).direction") == "rtl"
    assert page.locator("#assertions-cards mark").evaluate(left, TEXT[:26])
    page.goto(url(Assertion, "add"))
    choose(page, "#id_claim", "الجسر", CLAIM)
    assert page.locator("#select2-id_claim-container bdi").evaluate(left, CLAIM)
    expect(page.locator("#select2-id_claim-container bdi")).to_have_attribute("lang", "ar")
