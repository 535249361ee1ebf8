"""How long the database works for whom."""

from typing import Any

from django.conf import settings
from django.db import connection


def bound_statements() -> None:
    """Has each statement of the present request cut off sooner: it comes from nobody who signed in."""
    database: Any = connection
    database.bound_statements(settings.ANONYMOUS_STATEMENT_TIMEOUT)
