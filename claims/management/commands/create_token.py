"""`create_token`: a token for the API."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from knox.models import AuthToken

MAX_DAYS = 3650


class Command(BaseCommand):
    help = (
        "Make a token with which a program writes through the API as USERNAME, and print it. It is shown this once: "
        "the database keeps only its hash."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--days", type=int, default=90, help="how long it is valid (90)")

    def handle(self, *args: Any, username: str, days: int, **options: Any) -> None:
        """Raises CommandError for a user who isn't there or may not sign in, and for a senseless number of days."""
        if not 1 <= days <= MAX_DAYS:
            raise CommandError(f"--days must lie between 1 and {MAX_DAYS}.")
        users = get_user_model().objects
        user = users.filter(username=username).first()
        if user is None:
            names = ", ".join(users.order_by("username").values_list("username", flat=True)[:10]) or "none yet"
            raise CommandError(f"There is no user “{username}”. There are: {names}.")
        if not user.is_active:
            raise CommandError(f"The user “{username}” is switched off.")
        _, token = AuthToken.objects.create(user=user, expiry=timedelta(days=days))
        self.stdout.write(token)
