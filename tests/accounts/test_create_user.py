"""`create_user`: an account with a role, and nothing else."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError

from claims.desk.roles import Role, role_of

pytestmark = pytest.mark.django_db


def create(*args: str) -> str:
    out = StringIO()
    call_command("create_user", *args, stdout=out)
    return out.getvalue().strip()


def test_it_makes_an_account_that_can_sign_in() -> None:
    password = create("vera", "--role", "reviewer")
    vera = User.objects.get(username="vera")
    assert vera.check_password(password)
    assert (vera.is_staff, vera.is_superuser, role_of(vera)) == (True, False, Role.REVIEWER)
    create("bot", "--role", "contributor", "--api-only")
    assert not User.objects.get(username="bot").is_staff


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["vera", "--role", "reader"], "already exists"),
        (["two words", "--role", "reader"], "valid username"),
        (["new", "--role", "emperor"], "invalid choice"),
        (["new"], "required: --role"),
    ],
)
def test_it_refuses_in_one_line(args: list[str], message: str) -> None:
    create("vera", "--role", "reader")
    with pytest.raises(CommandError, match=message):
        create(*args)
    assert User.objects.count() == 1
