"""Signing in to the admin, and forms submitted without a session or twice."""

import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from claims.models import Actor, Claim, Token
from tests.adminpages import form_of, url
from tests.factories import make_actor, make_claim, make_token

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough word"


@pytest.fixture
def rita() -> User:
    return User.objects.create_superuser("rita", password=PASSWORD)


def log_in(client: Client, address: str, **more: str) -> Any:
    return client.post(address, {"username": "rita", "password": PASSWORD} | more)


@pytest.mark.parametrize(
    "asked",
    [
        "https://evil.example/",
        "//evil.example/admin/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/accounts/profile/",
        "/admin/nowhere/",
        "/admin/logout/",
        "/nowhere",
        "/api/nowhere",
        "admin",
        "\x00",
        "",
    ],
)
def test_signing_in_leads_to_a_page_of_this_site(client: Client, rita: User, asked: str) -> None:
    shown = client.get("/admin/login/", {"next": asked})
    assert shown.status_code == 200
    assert log_in(client, "/admin/login/", next=asked).url == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_it_leads_to_the_page_that_was_asked_for(client: Client, rita: User) -> None:
    wanted = url(Claim, "changelist") + "?q=bridge&status__exact=unverified"
    asked = client.get(wanted)
    assert asked.status_code == 302
    assert log_in(client, asked.url, next=wanted).url == wanted


def test_without_staff_status_the_form_says_so(client: Client) -> None:
    User.objects.create_user("rita", password=PASSWORD)
    response = log_in(client, "/admin/login/", next="/accounts/profile/")
    assert "staff account" in response.content.decode()
    client.force_login(User.objects.get())
    assert "You are signed in as rita" in client.get("/admin/", follow=True).content.decode()


def test_a_form_is_shown_again_after_a_session_has_ended(client: Client, rita: User) -> None:
    client.force_login(rita)
    claim, topic = make_claim(text="First words."), make_actor()
    address = url(Claim, "change", claim.pk) + "?_changelist_filters=q%3Dbridge"
    data = form_of(client, address) | {"text": "Typed with care.", "about_list": [topic.pk]}
    data |= {"evidence-TOTAL_FORMS": "1", "evidence-0-summary": "Photographs <b>show</b> it."}
    client.cookies.pop("sessionid")

    asked = client.post(address, data)
    assert "Your session has ended" in asked.content.decode()
    kept = asked.context["kept"]
    wrong = client.post("/admin/login/", {"username": "rita", "password": "wrong", "next": address, "_kept": kept})
    assert wrong.context["kept"] == kept
    assert log_in(client, asked.context["app_path"], next=address, _kept=kept).url == address

    shown = client.get(address)
    page = shown.content.decode()
    assert "Your session had ended, so nothing has been saved yet." in page
    assert ">\nTyped with care.</textarea>" in page
    assert "Photographs &lt;b&gt;show&lt;/b&gt; it." in page
    assert Claim.objects.get().text == "First words."
    assert "Typed with care." not in client.get(address).content.decode()
    assert (
        client.post(
            address, {k: v for k, v in data.items() if not k.startswith("evidence-0")} | {"evidence-TOTAL_FORMS": "0"}
        ).status_code
        == 302
    )
    assert Claim.objects.get().text == "Typed with care."


def test_a_kept_form_belongs_to_its_page(client: Client, rita: User) -> None:
    claims = [make_claim(), make_claim()]
    address, other = (url(Claim, "change", claim.pk) for claim in claims)
    asked = client.post(address, {"_form": "x", "csrfmiddlewaretoken": "x", "text": "Typed with care."})
    log_in(client, "/admin/login/", next=address, _kept=asked.context["kept"])
    assert "Typed with care." not in client.get(other).content.decode()
    assert "Typed with care." in client.get(address).content.decode()


def test_a_stranger_gets_no_further_with_a_form(client: Client) -> None:
    claim = make_claim(text="First words.")
    response = client.post(url(Claim, "change", claim.pk), {"_form": "x", "text": "Mine.", "_version": "1"})
    assert response.status_code == 200
    assert "First words" not in response.content.decode()
    assert "sessionid" not in client.cookies
    assert Claim.objects.get().text == "First words."


# The same form twice


def test_a_form_that_is_sent_twice_is_carried_out_once(admin_client: Client) -> None:
    address = url(Actor, "add")
    data = form_of(admin_client, address) | {"name": "Ada Byron", "kind": "person"}
    answers = [admin_client.post(address, data) for _ in range(2)]
    assert {(answer.status_code, answer.url) for answer in answers} == {(302, url(Actor, "changelist"))}
    assert Actor.objects.count() == 1
    assert "processed once" in admin_client.get(url(Actor, "changelist")).content.decode()
    # what is sent after a change is another form, from whatever page
    admin_client.post(address, data | {"name": "Ada Lovelace"})
    assert Actor.objects.count() == 2


def test_a_change_that_is_sent_twice_is_no_conflict(admin_client: Client) -> None:
    claim = make_claim(text="First words.")
    address = url(Claim, "change", claim.pk)
    data = form_of(admin_client, address) | {"text": "Second words.", "_form": "a key", "_continue": "1"}
    answers = [admin_client.post(address, data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Claim.objects.get().events.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_make_one(admin_user: User) -> None:
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(admin_user)
    data = form_of(clients[0], url(Actor, "add")) | {"name": "Ada Byron", "kind": "person", "_form": "a key"}
    found: list[int] = []

    def send(client: Client) -> None:
        from django.db import connection

        found.append(client.post(url(Actor, "add"), data).status_code)
        connection.close()

    threads = [threading.Thread(target=send, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [302, 302]
    assert Actor.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 300, "ключ", "a\nb", "\x00"])
def test_an_odd_key_is_no_key(admin_client: Client, key: str) -> None:
    data = form_of(admin_client, url(Actor, "add")) | {"name": "Ada Byron", "kind": "person", "_form": key}
    assert admin_client.post(url(Actor, "add"), data).status_code == 302


def test_two_actors_are_merged_once(admin_client: Client) -> None:
    double, into = make_actor(), make_actor()
    answers = [admin_client.post(url(Actor, "merge", double.pk), {"into": into.pk}) for _ in range(2)]
    assert [answer.url for answer in answers] == [url(Actor, "change", into.pk)] * 2


# What ends tokens


def account(user: User, page: str) -> str:
    return f"/admin/auth/user/{user.pk}/{page}/"


def revoked_by(client: Client, user: User, address: str, data: dict[str, str]) -> bool:
    make_token(user=user)
    assert client.post(address, data).status_code == 302
    return not Token.objects.filter(user=user).exists()


def test_a_password_that_is_changed_or_removed_revokes_the_tokens(admin_client: Client) -> None:
    rita, eve = User.objects.create_user("rita", password=PASSWORD), User.objects.create_user("eve")
    kept = make_token(user=eve)
    new = {"password1": "another long word", "password2": "another long word", "usable_password": "true"}
    assert revoked_by(admin_client, rita, account(rita, "password"), new)
    assert revoked_by(
        admin_client, rita, account(rita, "password"), {"usable_password": "false", "unset-password": "1"}
    )
    rita.refresh_from_db()
    assert not rita.has_usable_password()
    assert revoked_by(admin_client, rita, account(rita, "password"), new)
    assert Token.objects.get() == kept


def test_a_disabled_user_gets_the_tokens_back_by_nothing(admin_client: Client) -> None:
    rita = User.objects.create_user("rita", password=PASSWORD)
    form = admin_client.get(account(rita, "change")).context["adminform"].form
    data = {"username": "rita", "date_joined_0": "2026-11-28", "date_joined_1": "10:00:00"}
    assert form["is_active"].value()
    make_token(user=rita)
    admin_client.post(account(rita, "change"), data | {"is_active": "on", "email": "rita@example.org"})
    assert Token.objects.count() == 1
    assert revoked_by(admin_client, rita, account(rita, "change"), data)
    make_token(user=rita)
    User.objects.filter(pk=rita.pk).update(is_active=True)
    assert Token.objects.count() == 1
    User.objects.filter(pk=rita.pk).update(is_active=False)
    assert Token.objects.count() == 0
