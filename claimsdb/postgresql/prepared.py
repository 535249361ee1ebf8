"""Plain SQL that is asked again and again."""

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections


def fetch_prepared(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows that a statement gives; a connection prepares it when it comes again."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    return database.fetch_prepared(sql, params)
