"""`makemigrations` without a running server.

The command compares models with migration files, and queries the database only to check that the migrations applied
there are consistent. That isn’t worth starting the private server, or failing if that of DATABASE_URL is down.
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
        with cluster_in(path).without_starting() if path else nullcontext(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Got an error checking a consistent migration history")
            super().handle(*args, **options)
