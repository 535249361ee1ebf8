"""The admin in a real browser: what reviewers do with it, from login to the next claim."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from claims.models import Actor, Assertion, Claim
from claims.models.choices import Status
from tests.factories import (
    TEXT,
    make_actor,
    make_actor_name,
    make_assertion,
    make_claim,
    make_snapshot,
    make_source,
    make_topic,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def log_in(page: Page) -> None:
    User.objects.create_superuser("rita", password="a long enough word")
    page.goto("/admin/")
    page.fill("#id_username", "rita")
    page.fill("#id_password", "a long enough word")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The record")).to_be_visible()


def choose(page: Page, select: str, typed: str, shown: str) -> None:
    """Type into an autocomplete and choose the first suggestion, by keyboard."""
    page.locator(f"{select} + .select2").click()
    page.keyboard.type(typed)
    expect(page.locator(".select2-results__option--highlighted bdi").first).to_have_text(shown)
    page.keyboard.press("Enter")


def test_a_reviewer_decides_a_claim_and_goes_to_the_next(page: Page, settings: Any) -> None:
    settings.FOUR_EYES = False
    speaker, desk = make_actor(name="Ada Byron"), make_actor(name="Desk of Facts", slug="claimsdb-desk")
    make_actor_name(actor=speaker, name="Countess Lovelace")
    snapshot = make_snapshot(source=make_source(title="The Bridge Report", reliability="B"))
    following, claim = make_claim(text="Nobody was hurt."), make_claim(text="The bridge fell.")
    for each in (following, claim):
        make_assertion(claim=each, speaker=speaker, snapshot=snapshot, start=18, end=33)
    make_claim(text="Of no concern.")
    log_in(page)

    page.goto("/admin/claims/claim/")
    expect(page.locator("#result_list tbody tr")).to_have_count(3)
    choose(page, "#filter-speaker", "countes lovlace", "Ada Byron")
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
    page.get_by_role("link", name="The bridge fell.").click()

    card = page.locator("#assertions-cards .record-card")
    expect(card.locator("mark")).to_have_text(TEXT[18:33])
    expect(card).to_contain_text("Ada Byron")

    page.get_by_text("Add another Evidence").click()
    page.select_option("#id_evidence-0-stance", "supports")
    page.select_option("#id_evidence-0-credibility", "2")
    page.fill("#id_evidence-0-summary", "Photographs show it.")
    choose(page, "#id_evidence-0-source", "bridge rep", "The Bridge Report")
    page.fill("#id_evidence-0-words", "the bridge fell")
    page.locator("[name=_continue]").first.click()
    evidence = page.locator("#evidence-cards .record-card")
    expect(evidence).to_contain_text("B2")
    expect(evidence.locator("mark")).to_have_text("the bridge fell")
    expect(page.locator("#evidence-cards")).to_contain_text("1 source, 1 independent origin")

    page.get_by_text("Add another Verdict").click()
    expect(page.locator("#select2-id_verdicts-0-issuer-container")).to_have_text("Desk of Facts")
    page.select_option("#id_verdicts-0-status", "supported")
    page.fill("#id_verdicts-0-rationale", "Photographs leave no doubt.")
    page.locator("#id_verdicts-0-relies_on input").check()
    page.locator("[name=_continue]").first.click()
    expect(page.locator(".field-badge")).to_contain_text("Unverified")
    page.get_by_role("button", name="Save, and publish").click()
    expect(page.locator(".field-badge")).to_contain_text("Supported")
    expect(page.locator("#verdicts-cards")).to_contain_text("position of record")
    expect(page.locator("#verdicts-cards")).to_contain_text("published by rita")

    page.get_by_role("button", name="Save and go to the next open claim").first.click()
    expect(page.locator("#id_text")).to_have_value("Nobody was hurt.")
    claim.refresh_from_db()
    assert claim.status == Status.SUPPORTED
    assert desk.verdicts.get().evidence.count() == 1


def test_words_selected_in_a_text_become_an_assertion(page: Page) -> None:
    text = "Clefs 𝄞𝄞 stand first. The bridge fell."
    snapshot = make_snapshot(text=text)
    make_actor(name="Ada Byron")
    make_claim(text="A bridge fell down.")
    log_in(page)
    page.goto(f"/admin/claims/source/{snapshot.source_id}/reading/")
    expect(page.locator("#content")).to_contain_text("0 of 2 sentences")
    start = text.index("bridge fell")
    page.evaluate(
        """() => {
            const pieces = [...document.querySelectorAll("#text [data-start]")];
            const last = pieces.find(e => e.textContent.includes("bridge"));
            const at = last.firstChild.data.indexOf("bridge fell");
            const range = document.createRange();
            range.setStart(last.firstChild, at);
            range.setEnd(last.firstChild, at + "bridge fell".length);
            getSelection().removeAllRanges();
            getSelection().addRange(range);
        }"""
    )
    page.locator(".reading-bar").get_by_text("New assertion").click()
    expect(page.locator("#id_start")).to_have_value(str(start))
    expect(page.locator(".quote mark")).to_have_text("bridge fell")
    choose(page, "#id_claim", "bridge fel", "A bridge fell down.")
    choose(page, "#id_speaker", "ada", "Ada Byron")
    page.locator("[name=_save]").click()
    expect(page.locator("#content")).to_contain_text("1 of 2 sentences")
    expect(page.locator(f"#c{start}.claimed")).to_have_text("bridge fell")
    assert Assertion.objects.get().start == start


def test_a_word_before_a_reference_is_taken_with_a_double_click_and_one_comes_back_to_its_place(page: Page) -> None:
    text = "\n\n".join(f"In town {number} the 😀 bridge fell." for number in range(60))
    snapshot = make_snapshot(text=text)
    end = text.index("fell", text.index("town 50")) + 4
    make_assertion(snapshot=snapshot, start=end - 11, end=end)
    log_in(page)
    page.goto(f"/admin/claims/source/{snapshot.source_id}/reading/")
    word = page.locator(f"#c{end - 11}")
    word.scroll_into_view_if_needed()
    box = word.bounding_box()
    assert box is not None
    page.mouse.dblclick(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    bar = page.locator(".reading-bar")
    expect(bar).to_contain_text(f"Code points {end - 4}–{end}")
    place = bar.bounding_box()
    assert place is not None
    assert abs(place["y"] - box["y"]) < 120
    assert place["x"] >= 0

    bar.get_by_text("Skip").click()
    expect(page.locator(".quote mark")).to_have_text("fell")
    page.select_option("#id_reason", "boilerplate")
    page.locator("[name=_save]").first.click()
    expect(page).to_have_url(re.compile(rf"/reading/#c{end - 4}$"))
    expect(page.locator(f"#c{end - 11}")).to_be_in_viewport()
    assert page.evaluate("scrollY") > 500


def test_a_selection_beyond_the_text_ends_with_it(page: Page) -> None:
    snapshot = make_snapshot(text="The bridge fell.\n\nNobody was hurt.\n")
    make_assertion(snapshot=snapshot, start=4, end=15)
    log_in(page)
    page.goto(f"/admin/claims/source/{snapshot.source_id}/reading/")
    page.evaluate("getSelection().selectAllChildren(document.body)")
    expect(page.locator(".reading-bar")).to_contain_text("Code points 0–34")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('.reading-claims'))")
    expect(page.locator(".reading-bar")).to_be_hidden()


def test_two_at_the_same_claim_do_not_overwrite_each_other(page: Page) -> None:
    claim = make_claim(text="First words.")
    log_in(page)
    page.goto(f"/admin/claims/claim/{claim.pk}/change/")
    Claim.objects.filter(pk=claim.pk).update(text="Theirs.")
    page.fill("#id_text", "Mine.")
    page.locator("[name=_save]").first.click()
    expect(page.locator(".errorlist").first).to_contain_text("Somebody changed this claim")
    expect(page.locator("#id_text")).to_have_value("Mine.")
    page.locator("[name=_save]").first.click()
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    assert Claim.objects.get().text == "Mine."


def test_badges_can_be_read_in_light_and_dark(page: Page) -> None:
    """Contrast of at least 4.5 to 1 (WCAG 2.2, AA) for each status."""
    make_claim()
    log_in(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto("/admin/claims/claim/")
        for status in Status.values:
            colours = page.evaluate(
                """(status) => {
                    const badge = document.querySelector(".badge");
                    badge.className = `badge status-${status}`;
                    const style = getComputedStyle(badge);
                    return [style.color, style.backgroundColor];
                }""",
                status,
            )
            light, dark = sorted((luminance(colour) for colour in colours), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (scheme, status)


def luminance(colour: str) -> float:
    """Relative luminance of an opaque CSS colour `rgb(r, g, b)`."""
    channels = [int(value) / 255 for value in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_leaving_unsaved_changes_asks_first(page: Page) -> None:
    claim, following = make_claim(text="First words."), make_claim(text="Other words.")
    make_topic(name="Bridges")
    log_in(page)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.goto(f"/admin/claims/claim/{claim.pk}/change/")
    page.get_by_role("link", name="Next open claim").click()
    expect(page.locator("#id_text")).to_have_value(following.text)
    assert asked == []
    page.fill("#id_text", "Typed with care.")
    page.get_by_role("link", name="Next open claim").click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    expect(page.locator("#id_text")).to_have_value("Typed with care.")
    page.fill("#id_text", following.text)
    page.locator(".field-topic_list .select2").click()
    page.keyboard.type("bridges")
    page.locator(".select2-results__option--highlighted").click()
    page.get_by_role("link", name="Claims", exact=True).click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"] * 2
    page.locator("[name=_save]").first.click()
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    assert asked == ["beforeunload"] * 2


def test_a_double_click_saves_once(page: Page) -> None:
    log_in(page)
    page.goto("/admin/claims/actor/add/")
    page.fill("#id_name", "Ada Byron")
    page.select_option("#id_kind", "person")
    page.locator("[name=_continue]").first.dblclick()
    expect(page.locator(".messagelist")).to_contain_text("was added successfully")
    assert Actor.objects.count() == 1
    page.locator("[name=_save]").first.dblclick()
    expect(page.locator("#content h1")).to_have_text("Select actor to change")
    expect(page.locator(".errornote")).to_have_count(0)


def test_a_form_outlives_signing_in_on_another_page(page: Page) -> None:
    """Signing in changes the CSRF token, which would invalidate the form."""
    claim = make_claim(text="First words.")
    log_in(page)
    page.goto(f"/admin/claims/claim/{claim.pk}/change/")
    page.fill("#id_text", "Typed with care.")
    other = page.context.new_page()
    other.goto("/admin/")
    other.get_by_role("button", name="Log out").click()
    other.goto("/admin/")
    other.fill("#id_username", "rita")
    other.fill("#id_password", "a long enough word")
    other.keyboard.press("Enter")
    expect(other.get_by_role("heading", name="The record")).to_be_visible()
    page.locator("[name=_save]").first.click()
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
