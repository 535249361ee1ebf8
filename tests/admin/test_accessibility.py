"""Axe finds no violation on any page of the admin, for those who may write and those who may only read."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib import admin
from django.contrib.auth.models import Group, User
from playwright.sync_api import Page

from claims.models import Actor, Claim, Source, Token
from tests.admin.test_pages import one_of_each
from tests.adminpages import MODELS, url
from tests.factories import make_actor, make_claim, make_evidence, make_token

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "a long enough word"


@pytest.fixture
def page(page: Page, live_server: Any) -> Page:
    """A browser without the Content-Security-Policy, since axe tries styles out on the elements."""
    browser: Any = page.context.browser
    found: Page = browser.new_page(base_url=live_server.url, viewport={"width": 1400, "height": 900}, bypass_csp=True)
    found.set_default_timeout(10_000)
    return found


def violations(page: Page, *, without: str | None = None) -> list[str]:
    """What axe finds on the page that is open, one line per node; not in the elements of the selector `without`."""
    found = Axe().run(page, context={"exclude": [without]} if without else None).response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


def sign_in(page: Page, role: str) -> User:
    user = User.objects.create_user(role, password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    page.goto("/admin/login/")
    page.fill("#id_username", role)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Log in").click()
    return user


def pages_of(user: User) -> list[str]:
    """The address of every page that the user is shown."""
    request: Any = type("Request", (), {"user": user})
    found = ["/", "/admin/", "/admin/claims/", "/admin/password_change/", "/admin/nowhere/"]
    for model, pages in admin.site._registry.items():
        if not pages.has_view_permission(request):
            continue
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        found.append(base)
        row = pages.get_queryset(request).first() if model in {*MODELS, Token, User, Group} else None
        if pages.has_add_permission(request):
            found.append(f"{base}add/")
        if row is not None:
            found += [f"{base}{row.pk}/change/", f"{base}{row.pk}/history/"]
            if pages.has_delete_permission(request, row):
                found.append(f"{base}{row.pk}/delete/")
    snapshot = Source.objects.filter(snapshots__isnull=False).get()
    return [*found, url(Claim, "changelist") + "?q=holds&foo=1", url(Source, "reading", snapshot.pk)]


@pytest.mark.parametrize("role", ["reader", "contributor", "administrator"])
def test_no_page_has_a_violation(page: Page, role: str) -> None:
    user = sign_in(page, role)
    one_of_each()
    make_token(user=user)
    mine = make_claim(created_by=user)
    make_evidence(claim=mine, created_by=user)
    found = {}
    for address in [*pages_of(user), url(Claim, "change", mine.pk)]:
        page.goto(address)
        if lines := violations(page):
            found[address] = lines
    report = "\n".join(f"{address}\n  " + "\n  ".join(lines) for address, lines in found.items())
    assert not found, report


def test_no_form_has_one_while_it_is_filled_in(page: Page) -> None:
    """With every empty row added, a box open to choose from, errors shown; and the pages that follow a form."""
    page.goto("/admin/login/")
    assert "\n".join(violations(page)) == ""
    page.get_by_role("button", name="Log in").click()
    assert "\n".join(violations(page)) == ""
    user = sign_in(page, "administrator")
    make_actor(name="Ada Byron", description="A mathematician.")
    for model in (Claim, Source, Actor):
        page.goto(url(model, "add"))
        for more in page.locator(".add-row a").all():
            more.click()
        assert "\n".join(violations(page)) == ""
        page.locator(".select2-selection").first.click()
        page.locator(".select2-results__option, .select2-results__message").first.wait_for()
        assert "\n".join(violations(page)) == ""
        page.keyboard.press("Escape")
        page.locator("[name=_save]").last.click()
        page.locator(".errornote").wait_for()
        assert "\n".join(violations(page)) == ""
    page.goto(url(Actor, "merge", Actor.objects.get().pk))
    assert "\n".join(violations(page)) == ""
    page.goto(url(Token, "add"))
    page.fill("#id_name", "my program")
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.locator("#token").wait_for()
    assert "\n".join(violations(page)) == ""
    page.goto(url(Actor, "changelist"))
    page.locator(".action-select").first.check()
    page.select_option("[name=action]", "delete_selected")
    page.get_by_role("button", name="Go").click()
    page.get_by_text("Are you sure").wait_for()
    assert "\n".join(violations(page)) == ""
    user.groups.clear()
    assert page.goto("/admin/auth/user/").status == 403
    assert "\n".join(violations(page)) == ""


def test_the_page_of_the_api_has_none_around_swagger_ui(page: Page) -> None:
    page.goto("/api/v1/docs/")
    page.locator("#operations").wait_for()
    assert page.locator("html").get_attribute("lang") == "en"
    assert "\n".join(violations(page, without="#swagger-ui")) == ""
