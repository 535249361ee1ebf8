"""`create_token`: create a token for the API."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from claims.accounts.tokens import DEFAULT_DAYS, MAX_DAYS_BY_COMMAND, create_token


class Command(BaseCommand):
    help = (
        "Create a token that lets a program write through the API as USERNAME, and print it. It can’t be shown again: "
        "the database keeps only its hash."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", help="what the token is for (by default, when it was created)")
        parser.add_argument(
            "--days", type=int, default=DEFAULT_DAYS, help=f"days of validity (default: {DEFAULT_DAYS})"
        )

    def handle(self, *args: Any, username: str, name: str | None, days: int, **options: Any) -> None:
        """Raises CommandError if the user doesn’t exist or is disabled, if the name is empty, too long or already used,
        or for too many or too few days."""
        users = get_user_model().objects
        user = users.filter(username=username).first()
        if user is None:
            names = ", ".join(users.order_by("username").values_list("username", flat=True)[:10]) or "none yet"
            raise CommandError(f"There is no user “{username}”. Users: {names}.")
        if not user.is_active:
            raise CommandError(f"The user “{username}” is disabled.")
        name = f"created by create_token at {timezone.now():%Y-%m-%d %H:%M:%S.%f}" if name is None else name
        try:
            _, token = create_token(user, name, days, most=MAX_DAYS_BY_COMMAND)
        except ValidationError as error:
            raise CommandError(
                "; ".join(f"--{field}: {found[0]}" for field, found in error.message_dict.items())
            ) from None
        self.stdout.write(token)
