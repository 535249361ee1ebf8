"""Plain SQL that runs many times."""

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections


def fetch_prepared(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows of a query, which the connection prepares when it is repeated. Placeholders are written `%s`."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    return database.fetch_prepared(sql, params)
