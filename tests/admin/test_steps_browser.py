"""Two reviewers decide on a claim in a real browser, from a draft to a withdrawn verdict."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Page, expect

from claims.models import Verdict
from claims.models.choices import RelationKind, Status
from tests.adminpages import url
from tests.factories import make_actor, make_assertion, make_claim, make_evidence, make_relation, make_snapshot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "a long enough word"


@pytest.fixture
def desk(live_server: Any, chromium: Any) -> Iterator[tuple[Page, Page]]:
    """The browsers of two reviewers, anna and boris, who have signed in."""
    complaints: list[str] = []
    opened = []
    for name in ("anna", "boris"):
        user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
        user.groups.add(Group.objects.get(name="reviewer"))
        context = chromium.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/admin/")
        page.fill("#id_username", name)
        page.fill("#id_password", PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="The record")).to_be_visible()
        opened.append((context, page))
    yield opened[0][1], opened[1][1]
    for context, _ in opened:
        context.close()
    assert complaints == []


def messages(page: Page) -> Any:
    return page.locator("ul.messagelist")


def card(page: Page, text: str) -> Any:
    return page.locator("#verdicts-cards .record-card").filter(has_text=text)


def test_two_reviewers_bring_a_verdict_from_draft_to_withdrawal(desk: tuple[Page, Page]) -> None:
    anna, boris = desk
    issuer = make_actor(name="Desk of Facts", slug="claimsdb-desk")
    snapshot = make_snapshot()
    claim = make_claim(text="The bridge fell.")
    make_assertion(claim=claim, snapshot=snapshot, start=18, end=33)
    evidence = make_evidence(claim=claim, snapshot=snapshot, start=18, end=33, summary="Photographs show it.")
    part = make_claim(text="It stood until 1990.")
    make_relation(from_claim=part, to_claim=claim, kind=RelationKind.PART_OF)

    # anna drafts it, without evidence; so it is saved, but not submitted
    anna.goto(url(type(claim), "change", claim.pk))
    expect(anna.locator("#parts")).to_contain_text("No part is refuted; 1 of 1 has no verdict yet.")
    anna.get_by_text("Add another Verdict").click()
    anna.select_option("#id_verdicts-0-status", "supported")
    anna.fill("#id_verdicts-0-rationale", "Photographs leave no doubt about it.")
    anna.check("#id_verdicts-0-step")
    anna.get_by_role("button", name="Save and continue editing").first.click()
    expect(messages(anna)).to_contain_text(
        "The verdict on “The bridge fell.” was saved as a draft. Choose the evidence that it relies on."
    )
    mine = card(anna, "Photographs leave no doubt")
    expect(mine.get_by_role("button", name="submit to a second reader")).to_be_disabled()
    expect(mine.locator(".missing")).to_contain_text("Choose the evidence that it relies on.")

    # she ticks it on the verdict's page, where saving and submitting is one step
    mine.get_by_role("link", name="Change").click()
    expect(anna.locator("#submit-missing")).to_contain_text("Choose the evidence")
    anna.get_by_label("Photographs show it.").check()
    anna.get_by_role("button", name="Save, and submit to a second reader").first.click()
    expect(messages(anna)).to_contain_text("The verdict was saved and submitted.")
    mine = card(anna, "Photographs leave no doubt")
    expect(mine).to_contain_text("submitted")
    expect(mine.get_by_role("button", name="Save, and publish")).to_be_disabled()
    expect(mine.locator(".missing")).to_contain_text("You wrote or chose part of this verdict")
    verdict = Verdict.objects.get()
    assert list(verdict.evidence.all()) == [evidence]

    # boris finds it in the list of what waits for him, and returns it
    boris.goto(url(Verdict, "changelist"))
    boris.get_by_role("link", name="mine, as second reader").click()
    expect(boris.locator("#result_list tbody tr")).to_have_count(1)
    boris.locator("#result_list tbody th a").click()
    expect(boris.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    boris.fill("#id_return-comment", "Say when\nthey were taken.")
    boris.get_by_role("button", name="Return to its authors").click()
    expect(messages(boris)).to_contain_text("The verdict was returned.")
    expect(boris).to_have_url(f"{boris.url.split('?')[0]}?turn=read")
    expect(boris.locator("#result_list tbody tr")).to_have_count(0)

    # anna changes and submits it again
    anna.goto(url(Verdict, "changelist"))
    anna.get_by_role("link", name="mine, to finish my draft").click()
    anna.locator("#result_list tbody th a").click()
    expect(anna.locator(".notice").first).to_contain_text("Returned: Say when they were taken.", use_inner_text=True)
    anna.fill("#id_rationale", "Photographs of the next day leave no doubt about it.")
    anna.get_by_role("button", name="Save, and submit to a second reader").first.click()
    expect(messages(anna)).to_contain_text("The verdict was saved and submitted.")

    # boris publishes it where the evidence is, on the claim's page
    boris.goto(url(type(claim), "change", claim.pk))
    card(boris, "of the next day").get_by_role("button", name="Save, and publish").click()
    expect(messages(boris)).to_contain_text("The verdict was published.")
    expect(boris.locator(".field-badge")).to_contain_text("Supported")
    expect(card(boris, "of the next day")).to_contain_text("position of record")

    # boris supersedes it, from the old words and ticks
    card(boris, "of the next day").get_by_role("link", name="Supersede").click()
    expect(boris.locator("#id_rationale")).to_have_value("Photographs of the next day leave no doubt about it.")
    expect(boris.get_by_label("Photographs show it.")).to_be_checked()
    boris.select_option("#id_status", "refuted")
    boris.fill("#id_rationale", "The photographs are of another bridge, which fell in 1991.")
    boris.select_option("#id_reason_kind", "error")
    boris.fill("#id_reason", "We took one bridge for the other.")
    boris.get_by_role("button", name="Save, and submit to a second reader").first.click()
    expect(messages(boris)).to_contain_text("The verdict was saved and submitted.")
    expect(boris.locator(".field-badge")).to_contain_text("Supported")
    expect(card(boris, "of the next day")).to_contain_text("A verdict that is to supersede it is in work")

    # anna publishes that on its page, which says what becomes of the other
    anna.goto(url(type(claim), "change", claim.pk))
    card(anna, "another bridge").get_by_role("link", name="View").click()
    expect(anna.locator("#publish_form")).to_contain_text("It takes the place of the position of record, no. 1.")
    anna.get_by_role("button", name="Publish").click()
    expect(messages(anna)).to_contain_text("The verdict was published.")
    expect(anna.locator(".field-badge")).to_contain_text("Refuted")
    expect(card(anna, "of the next day")).to_contain_text("superseded by no. 2")

    # the claim is reworded, with a reason; the verdicts say so
    anna.fill("#id_text", "The bridge at the station fell.")
    anna.get_by_role("button", name="Save and continue editing").first.click()
    expect(anna.locator(".field-rewording_reason .errorlist")).to_contain_text("say why they change")
    anna.select_option("#id_rewording_kind", "clarification")
    anna.fill("#id_rewording_reason", "There are two bridges.")
    anna.get_by_role("button", name="Save and continue editing").first.click()
    expect(anna.locator("#earlier-words")).to_contain_text("The bridge fell.")
    expect(card(anna, "another bridge")).to_contain_text("Given on earlier words")

    # and boris withdraws the second verdict
    boris.goto(url(type(claim), "change", claim.pk))
    card(boris, "another bridge").get_by_role("link", name="Withdraw for good").click()
    boris.select_option("#id_withdraw-kind", "retraction")
    boris.fill("#id_withdraw-reason", "The photographer took them back.")
    boris.get_by_role("button", name="Withdraw for good").click()
    expect(messages(boris)).to_contain_text("The verdict was withdrawn.")
    expect(boris.locator(".field-badge")).to_contain_text("Unverified")
    expect(card(boris, "another bridge")).to_contain_text("The photographer took them back.")
    states = list(Verdict.objects.order_by("id").values_list("state", "status", "of_record", "issuer"))
    assert states == [
        ("published", Status.SUPPORTED, False, issuer.pk),
        ("withdrawn", Status.REFUTED, False, issuer.pk),
    ]
