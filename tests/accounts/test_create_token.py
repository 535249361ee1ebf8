"""`manage.py create_token`: what it prints signs a program in."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from claims.models import Token

pytestmark = pytest.mark.django_db


def create(*args: str) -> str:
    out = StringIO()
    call_command("create_token", *args, stdout=out)
    return out.getvalue().strip()


def write(token: str) -> int:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client.post("/api/v1/topics/", {"name": "Bridges"}, format="json").status_code


def test_the_token_writes_as_its_user(admin_user) -> None:
    assert write(create("admin")) == 201


def test_another_token_does_not(admin_user) -> None:
    token = create("admin")
    assert write(token[:-1] + ("0" if token[-1] != "0" else "1")) == 401


def test_the_token_itself_is_not_in_the_database(admin_user) -> None:
    token = create("admin")
    row = Token.objects.values().get()
    assert token not in str(row)


def test_it_runs_out(admin_user) -> None:
    token = create("admin", "--days", "1")
    Token.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert write(token) == 401


def test_a_user_switched_off_has_none(admin_user) -> None:
    token = create("admin")
    get_user_model().objects.update(is_active=False)
    assert write(token) == 401
    with pytest.raises(CommandError, match="is disabled"):
        create("admin")


def test_an_unknown_user_is_told_who_there_is(admin_user) -> None:
    with pytest.raises(CommandError, match=r"no user “nobody”\. Users: admin"):
        create("nobody")


def test_it_has_the_name_that_it_is_given(admin_user) -> None:
    create("admin", "--name", "nightly import")
    assert Token.objects.get().name == "nightly import"
    with pytest.raises(CommandError, match="--name: This user already has a token with this name"):
        create("admin", "--name", "nightly import")


def test_without_a_name_it_is_called_by_its_making(admin_user) -> None:
    for _ in range(2):
        create("admin")
    names = Token.objects.values_list("name", flat=True)
    assert all(name.startswith("created by create_token at 20") for name in names)


@pytest.mark.parametrize("name", ["", " ", "x" * 101])
def test_a_senseless_name_is_refused(admin_user, name: str) -> None:
    with pytest.raises(CommandError, match="1 to 100 characters"):
        create("admin", "--name", name)
    assert not Token.objects.exists()
