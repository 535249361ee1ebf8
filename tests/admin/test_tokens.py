"""Tokens in the admin, and the page that locks out password guessing."""

import re
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from claims.models import Token
from tests.adminpages import delete, form_of, url
from tests.client import anonymous
from tests.client import url as api_url

pytestmark = pytest.mark.django_db

LIST = "/admin/claims/token/"
ADD = f"{LIST}add/"


@pytest.fixture
def rita() -> User:
    """A staff user without a role."""
    return User.objects.create_user("rita", password="a long enough word", is_staff=True)


@pytest.fixture
def staff(client: Client, rita: User) -> Client:
    client.force_login(rita)
    return client


def secret_on(response: Any) -> str:
    assert response.status_code == 200, response.get("Location")
    return re.search(r'<code id="token">(\w+)</code>', response.content.decode())[1]  # type: ignore[index]


def test_a_token_is_created_and_shown_on_one_page(staff: Client, rita: User) -> None:
    response = staff.post(ADD, form_of(staff, ADD) | {"name": "my program", "days": "30"})
    secret = secret_on(response)
    assert "no-store" in response["Cache-Control"]
    token = Token.objects.get()
    assert (token.user, token.name) == (rita, "my program")
    assert timedelta(days=29) < token.expiry - timezone.now() < timedelta(days=31)

    program = anonymous()
    program.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    assert program.get(api_url("tokens")).status_code == 200

    page = staff.get(LIST).content.decode()
    assert "my program" in page
    assert secret[:8] in page
    assert secret not in page + str(staff.cookies) + str(dict(staff.session)) + str(list(LogEntry.objects.values()))
    assert token.digest not in page


@pytest.mark.parametrize(
    "given", [{"name": ""}, {"name": " "}, {"name": "taken"}, {"days": "0"}, {"days": "366"}, {"days": ""}]
)
def test_a_bad_form_is_shown_again(staff: Client, rita: User, given: dict[str, str]) -> None:
    Token.objects.create(rita, name="taken")
    Token.objects.create(User.objects.create_user("eve"), name="mine")
    response = staff.post(ADD, {"name": "mine", "days": "30"} | given)
    assert response.context["adminform"].form.errors.keys() == given.keys()
    assert Token.objects.count() == 2
    secret_on(staff.post(ADD, {"name": "mine", "days": "30"}))


def test_the_staff_see_and_revoke_their_own(staff: Client, rita: User) -> None:
    mine, _ = Token.objects.create(rita, name="my program")
    theirs, _ = Token.objects.create(User.objects.create_user("eve"), name="the program of eve")
    page = staff.get(LIST).content.decode()
    assert "my program" in page
    assert "the program of eve" not in page
    for name in ("change", "delete", "history"):
        assert staff.get(url(Token, name, theirs.pk)).status_code == 302, name
        assert staff.get(url(Token, name, mine.pk)).status_code == 200, name
    staff.post(url(Token, "delete", theirs.pk), {"post": "yes"})
    staff.post(LIST, {"action": "delete_selected", "_selected_action": [theirs.pk], "post": "yes"})
    assert Token.objects.filter(pk=theirs.pk).exists()
    delete(staff, mine)
    assert Token.objects.get() == theirs


def test_an_administrator_sees_and_revokes_all(admin_client: Client, rita: User) -> None:
    token, _ = Token.objects.create(rita, name="my program")
    assert "my program" in admin_client.get(LIST, {"q": "rita"}).content.decode()
    assert "my program" not in admin_client.get(LIST, {"q": "bob"}).content.decode()
    chosen = {"action": "delete_selected", "_selected_action": [token.pk]}
    page: Any = admin_client.post(LIST, chosen)
    admin_client.post(LIST, chosen | {"post": "yes", "_shown": page.wsgi_request.shown})
    assert not Token.objects.exists()


def test_a_token_is_never_changed(admin_client: Client, rita: User) -> None:
    token, _ = Token.objects.create(rita, name="my program")
    page = url(Token, "change", token.pk)
    assert token.digest not in admin_client.get(page).content.decode()
    assert admin_client.post(page, {"name": "other", "days": "365"}).status_code == 403
    token.refresh_from_db()
    assert token.name == "my program"


def test_users_who_are_not_staff_get_none_here(client: Client) -> None:
    client.force_login(User.objects.create_user("bob"))
    assert client.get(LIST).status_code == 302
    assert client.post(ADD, {"name": "x", "days": "30"}).status_code == 302
    assert not Token.objects.exists()


def log_in(client: Client, password: str) -> Any:
    return client.post("/admin/login/?next=/admin/", {"username": "rita", "password": password})


def test_guessing_passwords_locks_the_user_out_with_a_page_that_says_so(client: Client, rita: User) -> None:
    assert [log_in(client, "wrong").status_code for _ in range(10)] == [200] * 9 + [429]
    response = log_in(client, "a long enough word")
    assert response.status_code == 429
    assert 14 * 60 < int(response["Retry-After"]) <= 15 * 60
    assert "Try again in\n      15 minutes" in response.content.decode()
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "sessionid" not in client.cookies
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert log_in(elsewhere, "a long enough word").status_code == 302
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert log_in(client, "a long enough word").status_code == 302


def test_behind_a_proxy_the_client_address_counts(client: Client, rita: User, settings: Any) -> None:
    settings.PROXIES = 1

    def log_in_from(forwarded: str, password: str) -> int:
        body = {"username": "rita", "password": password}
        return client.post("/admin/login/?next=/admin/", body, HTTP_X_FORWARDED_FOR=forwarded).status_code

    for number in range(10):
        log_in_from(f"203.0.113.{number}, 192.0.2.7", "wrong")
    assert log_in_from("198.51.100.1, 192.0.2.7", "a long enough word") == 429
    assert log_in_from("192.0.2.8", "a long enough word") == 302
