"""`ensure_admin`: create a login for the admin of this installation."""

import os
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

NAME = "admin"


class Command(BaseCommand):
    help = (
        "Create the superuser 'admin' with a random password, which is written to a file in the data folder. "
        "If the user exists, nothing changes."
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
        where = f"password in {file}" if file.exists() else f"to change the password: manage.py changepassword {NAME}"
        self.stdout.write(f"Login: {NAME}, {where}")
