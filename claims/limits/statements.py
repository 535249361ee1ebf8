"""Statement timeouts per kind of user."""

from typing import Any

from django.conf import settings
from django.db import connection


def bound_statements() -> None:
    """Applies the shorter statement timeout for unauthenticated requests to the current request."""
    database: Any = connection
    database.set_statement_timeout(settings.ANONYMOUS_STATEMENT_TIMEOUT)
