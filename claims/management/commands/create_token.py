"""`create_token`: a token for the API."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from claims.models import Token

MAX_DAYS = 3650
MAX_NAME = 100


class Command(BaseCommand):
    help = (
        "Make a token with which a program writes through the API as USERNAME, and print it. It is shown this once: "
        "the database keeps only its hash."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", help="what it is for (when it was made)")
        parser.add_argument("--days", type=int, default=90, help="how long it is valid (90)")

    def handle(self, *args: Any, username: str, name: str | None, days: int, **options: Any) -> None:
        """Raises CommandError for a user who isn't there or may not sign in, for a name that is taken or no name, and
        for a senseless number of days."""
        if not 1 <= days <= MAX_DAYS:
            raise CommandError(f"--days must lie between 1 and {MAX_DAYS}.")
        users = get_user_model().objects
        user = users.filter(username=username).first()
        if user is None:
            names = ", ".join(users.order_by("username").values_list("username", flat=True)[:10]) or "none yet"
            raise CommandError(f"There is no user “{username}”. There are: {names}.")
        if not user.is_active:
            raise CommandError(f"The user “{username}” is switched off.")
        name = f"made by create_token at {timezone.now():%Y-%m-%d %H:%M:%S.%f}" if name is None else name
        if not name.strip() or len(name) > MAX_NAME:
            raise CommandError(f"--name must be 1 to {MAX_NAME} characters.")
        if Token.objects.filter(user=user, name=name).exists():
            raise CommandError(f"The user “{username}” has a token of the name “{name}” already.")
        _, token = Token.objects.create(user, timedelta(days=days), name=name)
        self.stdout.write(token)
