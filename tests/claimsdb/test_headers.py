"""Security headers: pages run only scripts of this site, and other responses load nothing."""

from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from claims.models import Evidence
from tests.admin.test_browser import choose, log_in
from tests.adminpages import url as admin_url
from tests.client import anonymous, url
from tests.factories import make_assertion, make_claim, make_evidence, make_snapshot

pytestmark = pytest.mark.django_db

PAGES = ["/", "/admin/login/", "/nowhere", "/admin/nowhere/", url("docs")]
DATA = [url("claims"), url("schema"), url("nowhere"), "/api/", url("docs") + "?script="]
STRICT = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def policy(response: Any) -> dict[str, list[str]]:
    """The directives of a response's Content-Security-Policy."""
    parts = [part.split() for part in response["Content-Security-Policy"].split(";")]
    return {name: values for name, *values in parts}


@pytest.mark.parametrize("address", PAGES)
def test_pages_load_nothing_from_other_sites_and_nothing_inline(client: Client, address: str) -> None:
    response = client.get(address, HTTP_ACCEPT="text/html,*/*;q=0.8")
    assert response["Content-Type"].startswith("text/html")
    found = policy(response)
    assert found["default-src"] == found["frame-ancestors"] == found["base-uri"] == ["'none'"]
    assert found["script-src"] == found["style-src"] == found["form-action"] == ["'self'"]
    assert {value for values in found.values() for value in values} <= {"'none'", "'self'", "data:"}
    assert "camera=()" in response["Permissions-Policy"]
    assert STRICT.items() <= response.headers.items()


@pytest.mark.parametrize("address", DATA)
def test_other_responses_load_nothing(client: Client, address: str) -> None:
    response = client.get(address)
    assert not response["Content-Type"].startswith("text/html")
    assert policy(response) == {"default-src": ["'none'"], "frame-ancestors": ["'none'"]}
    if address.startswith("/api"):
        assert STRICT.items() <= response.headers.items()


def test_errors_have_the_policy_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise ZeroDivisionError

    client.raise_request_exception = False
    monkeypatch.setattr("claims.public.home.render", fail)
    response = client.get("/")
    assert response.status_code == 500
    assert policy(response)["default-src"] == ["'none'"]
    refused = client.get("/", HTTP_HOST="elsewhere.example")
    assert refused.status_code == 400
    assert policy(refused)["default-src"] == ["'none'"]


def test_a_form_without_a_csrf_token_is_refused_with_our_own_page() -> None:
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "x", "password": "y"})
    assert response.status_code == 403
    assert "This form was not accepted" in response.content.decode()
    assert "<style" not in response.content.decode()


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client: Client, settings: Any) -> None:
    User.objects.create_superuser("rita", password="a long enough word")
    client.post("/admin/login/", {"username": "rita", "password": "a long enough word"})
    session = client.cookies["sessionid"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    assert client.cookies["csrftoken"]["samesite"] == "Lax"
    assert session["max-age"] == 12 * 60 * 60
    assert configured.SESSION_COOKIE_SECURE is configured.HTTPS


@pytest.mark.parametrize("path", ["schema", "docs"])
def test_the_api_description_needs_a_login_if_reading_does(settings: Any, path: str) -> None:
    settings.ANONYMOUS_READING = False
    client = anonymous()
    assert client.get(url(path)).status_code == 401
    client.force_authenticate(User.objects.create_user("bob"))
    assert client.get(url(path)).status_code == 200


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_no_page_breaks_its_policy(page: Page) -> None:
    """The fixture checks the console, where the browser reports violations."""
    snapshot = make_snapshot()
    claim = make_claim(text="The bridge fell.")
    make_assertion(claim=claim, snapshot=snapshot, start=18, end=33)
    make_evidence(claim=claim, source=snapshot.source)
    page.goto("/")
    expect(page.get_by_role("heading", name="claimsdb")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") != "none"

    page.goto("/api/v1/docs/")
    expect(page.locator("#operations-claims-claims_list")).to_be_visible(timeout=30_000)
    page.locator("#operations-tokens-tokens_list").click(timeout=30_000)
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table .response .response-col_status")).to_contain_text("401")

    page.goto("/admin/login/")
    log_in(page)
    for address in (
        "/admin/claims/claim/",
        f"/admin/claims/claim/{claim.pk}/change/",
        f"/admin/claims/claim/{claim.pk}/history/",
        f"/admin/claims/claim/{claim.pk}/delete/",
        f"/admin/claims/source/{snapshot.source_id}/change/",
        f"/admin/claims/source/{snapshot.source_id}/reading/",
        "/admin/claims/token/",
        "/admin/auth/user/add/",
        "/admin/auth/user/",
        "/admin/axes/accessattempt/",
    ):
        assert page.goto(address).status == 200, address  # type: ignore[union-attr]

    page.goto(admin_url(Evidence, "add"))
    choose(page, "#id_claim", "bridge fell", "The bridge fell.")
    page.locator("[name=_save]").first.click()
    expect(page.locator(".errornote")).to_be_visible()

    page.goto(f"/admin/auth/user/{User.objects.get().pk}/change/")
    page.locator("#calendarlink0").click()
    page.locator("#calendarin0 td a").nth(9).click()
    page.locator("#clocklink0").click()
    page.locator("#clockbox0 a").first.click()
    assert page.input_value("#id_last_login_0")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_script_inside_a_page_does_not_run(live_server: Any, chromium: Any) -> None:
    """The last line of defence if a page ever contained unescaped text."""
    blocked: list[str] = []
    with chromium.new_context(base_url=live_server.url) as context:
        tab = context.new_page()
        tab.on("console", lambda m: blocked.append(m.text) if "Content Security Policy" in m.text else None)
        tab.goto("/")
        ran = tab.evaluate(
            """() => new Promise(resolve => {
                document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.ran = true'>");
                const script = document.createElement("script");
                script.textContent = "window.ran = true";
                document.body.append(script);
                setTimeout(() => resolve(window.ran === true), 300);
            })"""
        )
    assert not ran
    assert blocked
