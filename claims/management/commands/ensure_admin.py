"""`ensure_admin`: a login for the admin on this installation."""

import os
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

NAME = "admin"


class Command(BaseCommand):
    help = (
        "Make the superuser 'admin' with a random password, which is kept in a file of the data folder. "
        "If that user exists, nothing changes."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        file = settings.DATA / "admin_password"
        users = get_user_model().objects
        if not users.filter(username=NAME).exists():
            password = secrets.token_urlsafe(18)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)
            with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.write(password + "\n")
            users.create_superuser(NAME, password=password)
        where = f"password in {file}" if file.exists() else f"for a new password: manage.py changepassword {NAME}"
        self.stdout.write(f"Login: {NAME}, {where}")
