"""`makemigrations` without a server.

It compares models with migration files, and asks the database only whether it is ahead of them. A private server
that isn't running need not be started for that, nor need one that DATABASE_URL names be there.
"""

import warnings
from contextlib import nullcontext
from typing import Any

from django.core.management.commands import makemigrations
from django.db import connection

from claimsdb.postgresql.connection import cluster_in


class Command(makemigrations.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        path = connection.settings_dict.get("EMBEDDED")
        with cluster_in(path).asleep() if path else nullcontext(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Got an error checking a consistent migration history")
            super().handle(*args, **options)
