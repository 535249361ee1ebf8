"""Plain SQL that runs many times."""

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from claimsdb.postgresql.joined import Query, Rows


def fetch_prepared(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows of a query, which the connection prepares when it is repeated. Placeholders are written `%s`."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    return database.fetch_prepared(sql, params)


def fetch_joined(queries: Sequence[Query], *, last: bool = False) -> list[Rows]:
    """The rows of each of the queries, in one round trip. `last`: nothing else happens in this transaction, so that its
    COMMIT may go along."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    found: list[Rows] = database.fetch_joined(queries, last=last)
    return found
