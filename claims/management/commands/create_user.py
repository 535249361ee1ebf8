"""`create_user`: create an account with a role."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from claims.desk.roles import GROUPS

ROLES = [role.name.lower() for role in GROUPS]


class Command(BaseCommand):
    help = (
        "Create an account with a role and a random password, and print the password. It can’t be shown again. "
        "To change the account later, use the admin, under Users."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", required=True, choices=ROLES)
        parser.add_argument("--api-only", action="store_true", help="don’t let this account sign in to the admin")

    def handle(self, *args: Any, username: str, role: str, api_only: bool, **options: Any) -> None:
        """Raises CommandError if the name is already used or invalid."""
        password = secrets.token_urlsafe(18)
        user = get_user_model()(username=username, is_staff=not api_only)
        user.set_password(password)
        try:
            user.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        user.save()
        user.groups.add(Group.objects.get(name=role))
        self.stdout.write(password)
