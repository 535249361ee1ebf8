"""Axe finds no violation on any page of the admin, whether the user may edit it or only read it."""

import re
from collections.abc import Iterator
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, Route

from claims.models import Actor, Claim, Source, Token, Verdict
from tests.admin.test_pages import one_of_each
from tests.adminpages import MODELS, url
from tests.factories import make_actor, make_claim, make_evidence, make_relation, make_token, make_verdict
from tests.reviewers import superseded, withdrawn

pytestmark = pytest.mark.browser

PASSWORD = "a long enough word"
AXE = """([context, preload]) => axe.run(context, {resultTypes: ["violations"], preload}).then(
    (results) => results.violations
)"""
STYLESHEET = re.compile('<link[^>]*rel="stylesheet"[^>]*>')
VIEWPORT = {"width": 1400, "height": 900}


def open_page(context: BrowserContext) -> Page:
    """A page of a context with axe in every document."""
    context.add_init_script(AXE_SCRIPT)
    found = context.new_page()
    found.set_default_timeout(10_000)
    return found


def violations(page: Page, *, without: str | None = None, stylesheets: bool = True) -> list[str]:
    """What axe finds on the open page, one line per node, except inside elements that match the selector `without`.

    With `stylesheets`, axe loads the page's stylesheets once more and checks their rules too.
    """
    found = page.evaluate(AXE, [{"exclude": [without]} if without else "html", stylesheets])
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


def user_with(role: str) -> User:
    user = User.objects.create_user(role, password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


# Pages as they are served


def addresses_for(user: User) -> list[str]:
    """The address of every page that the user may see."""
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
    found += [url(Claim, "changelist") + "?q=holds&foo=1", url(Source, "reading", snapshot.pk)]
    own = [*Claim.objects.filter(created_by=user), *Verdict.objects.visible_to(user)]
    return [*found, *(url(type(record), "change", record.pk) for record in own)]


def markup(response: Any, user: User) -> str:
    """The page without its tokens and the user's name, to compare it with the page that another user gets."""
    page = re.sub(r'name="(csrfmiddlewaretoken|_form)" value="[^"]*"', "", response.content.decode())
    return page.replace(user.username, "user")


class Answers:
    """Answers the browser with responses fetched before and with static files, so that no server is needed."""

    def __init__(self) -> None:
        self.pages: dict[str, dict[str, Any]] = {}

    def __call__(self, route: Route) -> None:
        # Playwright calls this in a context with a database connection of its own: it must not query
        parts = urlsplit(route.request.url)
        address = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if address not in self.pages and parts.path.startswith("/static/"):
            self.pages[address] = self._static(parts.path)
        route.fulfill(**self.pages.get(address, {"status": 404}))

    def add(self, address: str, response: Any) -> None:
        """Leaves the Content-Security-Policy out: axe tries styles on the elements."""
        self.pages[address] = {
            "status": response.status_code,
            "body": response.content,
            "content_type": response["Content-Type"],
        }

    def _static(self, path: str) -> dict[str, Any]:
        found = finders.find(path.removeprefix("/static/"))
        if found is None:
            return {"status": 404}
        return {"body": Path(found).read_bytes(), "content_type": guess_type(path)[0]}


@pytest.mark.django_db
def test_no_page_has_a_violation(chromium: Browser) -> None:
    """Visits a page once for all roles that get the same markup, and checks each set of stylesheets once."""
    users = [user_with(role) for role in ("administrator", "contributor", "reader")]
    one_of_each()
    for user in users:
        make_token(user=user)
        make_evidence(claim=make_claim(created_by=user), created_by=user)
    # on a claim with parts, whose page has the cards
    whole = make_claim(created_by=users[0])
    make_relation(from_claim=make_claim(), to_claim=whole, kind="part_of")
    withdrawn(claim=whole)
    superseded(claim=whole)
    for state in ("draft", "submitted", "returned"):
        make_verdict(claim=whole, state=state, of_record=False, comment="Say when.", drafted_by=users[1])
    client, answers = Client(), Answers()
    visited: set[tuple[str, str]] = set()
    styles: set[str] = set()
    found = {}
    for user in users:
        client.force_login(user)
        answers.add("/admin/jsi18n/", client.get("/admin/jsi18n/"))
        with chromium.new_context(base_url="http://testserver", viewport=VIEWPORT) as context:
            context.route("**/*", answers)
            page = open_page(context)
            for address in addresses_for(user):
                response = client.get(address)
                assert response.status_code in (200, 403, 404), address
                shown = (address, markup(response, user))
                if shown in visited:
                    continue
                visited.add(shown)
                answers.add(address, response)
                page.goto(address)
                style = "".join(STYLESHEET.findall(response.content.decode()))
                if lines := violations(page, stylesheets=style not in styles):
                    found[f"{user.username}: {address}"] = lines
                styles.add(style)
    report = "\n".join(f"{where}\n  " + "\n  ".join(lines) for where, lines in found.items())
    assert not found, report


# Pages in use


@pytest.fixture
def page(live_server: Any, chromium: Browser) -> Iterator[Page]:
    """A page without the Content-Security-Policy, since axe tries styles on the elements."""
    with chromium.new_context(base_url=live_server.url, viewport=VIEWPORT, bypass_csp=True) as context:
        yield open_page(context)


def sign_in(page: Page, user: User) -> None:
    page.goto("/admin/login/")
    page.fill("#id_username", user.username)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Log in").click()


@pytest.mark.django_db(transaction=True)
def test_no_form_has_one_while_it_is_filled_in(page: Page) -> None:
    """With every empty row added, a list of choices open, errors shown; and the pages that follow a form."""
    page.goto("/admin/login/")
    assert "\n".join(violations(page)) == ""
    page.get_by_role("button", name="Log in").click()
    assert "\n".join(violations(page)) == ""
    user = user_with("administrator")
    sign_in(page, user)
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


@pytest.mark.django_db(transaction=True)
def test_the_page_of_the_api_has_none_around_swagger_ui(page: Page) -> None:
    page.goto("/api/v1/docs/")
    page.locator("#operations").wait_for()
    assert page.locator("html").get_attribute("lang") == "en"
    assert "\n".join(violations(page, without="#swagger-ui")) == ""
