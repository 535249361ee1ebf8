"""Tokens over HTTP: who has a good one is let in, and nobody else; how they are made, listed and revoked."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from claims.models import Token
from tests.client import anonymous, problem, url

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough word"
TOKENS = url("tokens")


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob", password=PASSWORD)


def token_of(user: User, **given: Any) -> tuple[Token, str]:
    return Token.objects.create(user, **{"name": "tests"} | given)


def bearing(token: str) -> APIClient:
    client = anonymous()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def knowing(username: str, password: str = PASSWORD) -> APIClient:
    """A client that sends name and password with each request."""
    client = anonymous()
    pair = base64.b64encode(f"{username}:{password}".encode()).decode()
    client.credentials(HTTP_AUTHORIZATION=f"Basic {pair}")
    return client


def make(client: APIClient, **body: Any) -> Any:
    return client.post(TOKENS, {"name": "a program"} | body, format="json")


# What a token is good for


def test_a_token_lets_in_those_with_the_permission(bob: User) -> None:
    _, token = token_of(bob)
    problem(bearing(token).post(url("topics"), {"name": "Bridges"}, format="json"), 403)
    bob.is_superuser = True
    bob.save()
    assert bearing(token).post(url("topics"), {"name": "Bridges"}, format="json").status_code == 201


@pytest.mark.parametrize("token", ["wrong", "0" * 64, "тайна".encode().decode("latin-1"), "two words", ""])
def test_a_wrong_token_is_refused_even_to_read(bob: User, token: str) -> None:
    token_of(bob)
    problem(bearing(token).get(url("topics")), 401)


def test_a_token_ends(bob: User) -> None:
    _, expired = token_of(bob, expiry=timedelta(seconds=-1), name="expired")
    kept, good = token_of(bob)
    problem(bearing(expired).get(url("topics")), 401)
    assert bearing(good).get(url("topics")).status_code == 200

    kept.delete()
    problem(bearing(good).get(url("topics")), 401)

    _, good = token_of(bob)
    User.objects.update(is_active=False)
    problem(bearing(good).get(url("topics")), 401)
    User.objects.update(is_active=True)
    problem(bearing(good).get(url("topics")), 401)


def test_a_changed_password_revokes_the_tokens_of_that_user_alone(bob: User) -> None:
    _, token = token_of(bob)
    _, other = token_of(User.objects.create_user("eve"))
    bob.password = make_password(PASSWORD, hasher="md5")
    bob.save()
    bob.refresh_from_db()
    bob.check_password(PASSWORD)
    assert bearing(token).get(url("topics")).status_code == 200
    bob.set_password("another long word")
    bob.save()
    problem(bearing(token).get(url("topics")), 401)
    assert bearing(other).get(url("topics")).status_code == 200


def test_a_token_is_found_by_one_query(bob: User) -> None:
    _, secret = token_of(bob)
    bearing(secret).get(url("topics"))
    with CaptureQueriesContext(connection) as without:
        anonymous().get(url("topics"))
    with CaptureQueriesContext(connection) as found:
        bearing(secret).get(url("topics"))
    assert len(found) == len(without) + 1
    assert "claims_token" in found[0]["sql"]


def test_the_last_use_is_noted_now_and_then(bob: User) -> None:
    token, secret = token_of(bob)
    assert token.last_used is None

    def use() -> Any:
        assert bearing(secret).get(url("topics")).status_code == 200
        token.refresh_from_db()
        return token.last_used

    first = use()
    assert timezone.now() - first < timedelta(minutes=1)
    assert use() == first
    Token.objects.update(last_used=first - timedelta(minutes=4))
    assert use() == first - timedelta(minutes=4)
    Token.objects.update(last_used=first - timedelta(minutes=6))
    assert use() == first  # the time of the transaction, in which the whole test runs


def test_reading_goes_on_where_nothing_can_be_written(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("disk full")

    _, secret = token_of(bob)
    full = {"cursor": staticmethod(refuse), "alias": connection.alias}
    with monkeypatch.context() as patched:
        patched.setattr("claims.rest.authentication.connection", type("Full", (), full))
        assert bearing(secret).get(url("topics")).status_code == 200
    assert Token.objects.get().last_used is None


# Making one


def test_a_program_gets_its_first_token_for_name_and_password(bob: User) -> None:
    response = make(knowing("bob"), days=7)
    assert response.status_code == 201
    assert response["Cache-Control"] == "no-store"
    made = response.json()
    assert made.keys() == {"id", "name", "user", "prefix", "created", "expiry", "last_used", "token"}
    assert (made["name"], made["user"], made["last_used"]) == ("a program", "bob", None)
    assert made["token"].startswith(made["prefix"])
    assert len(made["token"]) - len(made["prefix"]) > 50
    valid = Token.objects.get().expiry - timezone.now()
    assert timedelta(days=6, hours=23) < valid < timedelta(days=7, minutes=1)
    client = bearing(made["token"])
    assert response["Location"].endswith(f"{TOKENS}{made['id']}/")
    assert client.get(response["Location"]).json().keys() == made.keys() - {"token"}
    assert client.get(TOKENS).json()["results"][0]["id"] == made["id"]


def test_the_token_itself_is_shown_once_and_kept_nowhere(bob: User) -> None:
    secret = make(knowing("bob")).json()["token"]
    assert secret not in str(Token.objects.values().get())
    assert secret not in bearing(secret).get(TOKENS).content.decode()


def test_it_is_valid_for_ninety_days_unless_told_otherwise(bob: User) -> None:
    make(knowing("bob"))
    assert timedelta(days=89) < Token.objects.get().expiry - timezone.now() < timedelta(days=91)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " \t"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": None}, "name"),
        ({"name": "taken"}, "name"),
        ({"name": 5}, "name"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"days": "7"}, "days"),
        ({"user": "eve"}, "user"),
        ({"expiry": "2099-01-01"}, "expiry"),
    ],
)
def test_a_bad_body_is_refused_with_the_field_named(bob: User, body: dict[str, Any], field: str) -> None:
    token_of(bob, name="taken")
    problem(make(knowing("bob"), **body), 400, field)
    assert Token.objects.count() == 1


def test_two_users_may_use_the_same_name(bob: User) -> None:
    token_of(User.objects.create_user("eve"), name="a program")
    assert make(knowing("bob")).status_code == 201


def test_by_another_token_too(bob: User) -> None:
    assert make(bearing(token_of(bob)[1])).status_code == 201


def test_by_a_session_with_its_csrf_token(bob: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(bob)
    assert "CSRF" in problem(make(client), 403)["detail"]
    client.get("/admin/login/")
    client.credentials(HTTP_X_CSRFTOKEN=client.cookies["csrftoken"].value)
    assert make(client).status_code == 201


def test_a_password_is_good_for_nothing_else(bob: User) -> None:
    bob.is_superuser = True
    bob.save()
    token, _ = token_of(bob)
    client = knowing("bob")
    problem(client.get(TOKENS), 401)
    problem(client.delete(f"{TOKENS}{token.pk}/"), 401)
    problem(client.post(url("topics"), {"name": "Bridges"}, format="json"), 401)


def test_nobody_makes_one_without_signing_in(bob: User) -> None:
    problem(make(anonymous()), 401)
    problem(make(knowing("bob", "wrong")), 401)
    bob.is_active = False
    bob.save()
    problem(make(knowing("bob")), 401)
    assert not Token.objects.exists()


@pytest.mark.parametrize("name", ["x" * 300, "nul\0", "", "ünï"])
def test_impossible_names_are_wrong_and_no_fault_of_ours(name: str) -> None:
    problem(make(knowing(name)), 401)


@pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic a b", "Basic bm9jb2xvbg=="])
def test_a_malformed_header_is_refused(header: str) -> None:
    client = anonymous()
    client.credentials(HTTP_AUTHORIZATION=header)
    problem(make(client), 401)


def test_the_answer_is_not_stored_under_a_key(bob: User) -> None:
    response = knowing("bob").post(TOKENS, {"name": "x"}, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    problem(response, 400, "Idempotency-Key")
    assert not Token.objects.exists()


@pytest.mark.parametrize("parameter", ["token", "access_token", "Authorization"])
def test_no_token_is_taken_from_an_address(bob: User, parameter: str) -> None:
    _, secret = token_of(bob)
    problem(anonymous().get(url("topics"), {parameter: secret}), 400, parameter)
    problem(anonymous().get(TOKENS, {parameter: secret}), 401)
    problem(bearing(secret).get(TOKENS, {parameter: secret}), 400, parameter)


# Too many failures


def fail(username: str, times: int) -> list[int]:
    client = knowing(username, "wrong")
    return [make(client).status_code for _ in range(times)]


def test_who_guesses_is_locked_out_for_a_while(bob: User) -> None:
    User.objects.create_user("eve", password=PASSWORD)
    assert fail("bob", 10) == [401] * 9 + [429]
    response = make(knowing("bob"))
    body = problem(response, 429)
    assert "Try again in 15 minutes" in body["detail"]
    assert 14 * 60 < int(response["Retry-After"]) <= 15 * 60 + 1
    assert make(knowing("eve")).status_code == 201
    assert make(bearing(token_of(bob)[1])).status_code == 201
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert make(knowing("bob"), name="later").status_code == 201


def test_attempts_while_locked_out_do_not_prolong_it(bob: User) -> None:
    fail("bob", 10)
    locked = AccessAttempt.objects.get()
    fail("bob", 2)
    again = AccessAttempt.objects.get()
    assert (again.attempt_time, again.failures_since_start) == (locked.attempt_time, locked.failures_since_start)


def test_api_and_admin_count_the_same_failures(bob: User) -> None:
    fail("bob", 9)
    page = anonymous().post("/admin/login/", {"username": "bob", "password": "wrong"})
    assert page.status_code == 429
    problem(make(knowing("bob")), 429)


# Whose they are


def test_each_sees_and_revokes_their_own(bob: User) -> None:
    mine, secret = token_of(bob)
    theirs, _ = token_of(User.objects.create_user("eve"))
    client = bearing(secret)
    assert [row["id"] for row in client.get(TOKENS).json()["results"]] == [mine.pk]
    assert client.get(TOKENS, {"user": "eve"}).json()["results"] == []
    problem(client.get(f"{TOKENS}{theirs.pk}/"), 404)
    problem(client.delete(f"{TOKENS}{theirs.pk}/"), 404)
    assert client.delete(f"{TOKENS}{mine.pk}/").status_code == 204
    problem(client.get(TOKENS), 401)
    assert Token.objects.get() == theirs


def test_an_administrator_sees_and_revokes_all(bob: User) -> None:
    token, secret = token_of(bob)
    _, own = token_of(User.objects.create_superuser("admin"))
    client = bearing(own)
    assert {row["user"] for row in client.get(TOKENS).json()["results"]} == {"bob", "admin"}
    assert [row["id"] for row in client.get(TOKENS, {"user": "bob"}).json()["results"]] == [token.pk]
    assert client.delete(f"{TOKENS}{token.pk}/").status_code == 204
    problem(bearing(secret).get(TOKENS), 401)


@pytest.mark.parametrize("key", [0, 10**30])
def test_a_token_that_is_not_there(bob: User, key: int) -> None:
    problem(bearing(token_of(bob)[1]).delete(f"{TOKENS}{key}/"), 404)


def test_the_list_has_pages_and_takes_a_fixed_number_of_queries(bob: User) -> None:
    _, secret = token_of(bob)
    client = bearing(secret)
    client.get(TOKENS)
    with CaptureQueriesContext(connection) as few:
        client.get(TOKENS)
    for number in range(5):
        token_of(bob, name=f"number {number}")
    with CaptureQueriesContext(connection) as many:
        page = client.get(TOKENS, {"limit": 4}).json()
    assert len(few) == len(many)
    assert [len(page["results"]), len(client.get(page["next"]).json()["results"])] == [4, 2]


# Sessions


def test_a_session_ends_with_the_user(bob: User) -> None:
    client = anonymous()
    client.force_login(bob)
    assert client.get(TOKENS).status_code == 200
    User.objects.update(is_active=False)
    problem(client.get(TOKENS), 401)


def test_a_session_ends_with_its_password(bob: User) -> None:
    client = anonymous()
    client.force_login(bob)
    bob.set_password("another long word")
    bob.save()
    problem(client.get(TOKENS), 401)


def test_a_session_ends_after_a_working_day_and_reading_does_not_prolong_it(bob: User) -> None:
    client = anonymous()
    client.force_login(bob)
    before = Session.objects.get()
    assert timedelta(hours=11, minutes=59) < before.expire_date - timezone.now() < timedelta(hours=12, seconds=1)
    with CaptureQueriesContext(connection) as found:
        assert client.get(TOKENS).status_code == 200
    assert not [query for query in found if "UPDATE" in query["sql"] or "INSERT" in query["sql"]]
    Session.objects.update(expire_date=timezone.now())
    problem(client.get(TOKENS), 401)
