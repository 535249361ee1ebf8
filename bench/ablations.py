"""What each optimisation is worth: the same requests with and without it, in turns, in one process without load.

    make ablations

Prints the table of docs/performance.md. Each is switched off by a patch that does what Django, Django REST
framework or psycopg would do. Reads the same JSON as `bench/inside.py` from standard input.
"""

import contextlib
import copy
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from bench.inside import Application, call, environ_of
from bench.request import Request

#: number of turns, and of requests per turn with the optimisation and again without it
TURNS, REQUESTS = 15, 20
#: rows inserted in one statement
MANY = 1000


@dataclass(frozen=True)
class Optimisation:
    """`off` makes a context in which it is switched off; `operation` names the operation it is measured on."""

    title: str
    operation: str
    off: Callable[[], Any]


def fetch_prepared_by_cursor(database: Any, sql: str, params: Any = ()) -> list[Any]:
    with database.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


@contextmanager
def without_prepared_cursor() -> Iterator[None]:
    from claimsdb.postgresql.base import DatabaseWrapper

    with mock.patch.object(DatabaseWrapper, "fetch_prepared", fetch_prepared_by_cursor):
        yield


@contextmanager
def with_a_query_per_request() -> Iterator[None]:
    from django.db.backends.postgresql.base import DatabaseWrapper as Stock

    from claimsdb.postgresql.base import DatabaseWrapper

    with mock.patch.object(DatabaseWrapper, "is_usable", Stock.is_usable):
        yield


@contextmanager
def with_the_long_way() -> Iterator[None]:
    from rest_framework.views import APIView

    from claims.rest.direct import DirectReads
    from claims.rest.dispatch import QuickDispatch

    with (
        mock.patch.object(DirectReads, "respond", return_value=None),
        mock.patch.object(QuickDispatch, "perform_content_negotiation", APIView.perform_content_negotiation),
        mock.patch.object(QuickDispatch, "perform_authentication", APIView.perform_authentication),
    ):
        yield


@contextmanager
def without_cached_statements() -> Iterator[None]:
    from claims.rest import views

    with mock.patch.object(views, "statement", views.statement.__wrapped__):
        yield


@contextmanager
def without_cached_pages() -> Iterator[None]:
    from claims.rest import listings

    with mock.patch.object(listings, "_kept_sql", listings._kept_sql.__wrapped__):
        yield


@contextmanager
def without_link_table_scans() -> Iterator[None]:
    from claims.rest import listings, views

    with mock.patch.object(views.RecordViewSet, "link_rows", return_value=None):
        listings._kept_sql.cache_clear()
        yield
    listings._kept_sql.cache_clear()


@contextmanager
def without_cached_fields() -> Iterator[None]:
    from claims.rest import serializers

    own = serializers.RecordSerializer.own_fields.__func__.__wrapped__
    bodies = classmethod(lambda cls, **kwargs: cls(**kwargs))
    with (
        mock.patch.object(serializers.RecordSerializer, "own_fields", classmethod(own)),
        mock.patch.object(serializers.RecordSerializer, "for_bodies", bodies),
        mock.patch.object(serializers, "_copy", copy.deepcopy),
    ):
        yield


@contextmanager
def with_a_round_trip_per_query() -> Iterator[None]:
    from claimsdb.postgresql.base import DatabaseWrapper

    joined = DatabaseWrapper.fetch_joined

    def each(database: Any, queries: Any, **kwargs: Any) -> list[Any]:
        return [joined(database, [query])[0] for query in queries]

    with mock.patch.object(DatabaseWrapper, "fetch_joined", each):
        yield


@contextmanager
def with_a_slug_check() -> Iterator[None]:
    from claims.rest.writing import WriteBatch

    validate = WriteBatch.validate
    with mock.patch.object(WriteBatch, "validate", lambda self, **kwargs: validate(self)):
        yield


@contextmanager
def session_options(**options: str) -> Iterator[None]:
    """Run with other planner options, and without statements prepared under the usual ones."""
    from django.db import connection

    def set_all(values: dict[str, str]) -> None:
        with connection.cursor() as cursor:
            for name, value in values.items():
                cursor.execute(f"SET {name} = {value}")
        connection.connection.execute("DEALLOCATE ALL")
        connection.connection._prepared.clear()

    connection.ensure_connection()
    with connection.cursor() as cursor:
        usual = {}
        for name in options:
            cursor.execute(f"SHOW {name}")
            usual[name] = cursor.fetchone()[0]
    set_all(options)
    try:
        yield
    finally:
        set_all(usual)


OPTIMISATIONS = (
    Optimisation("plain SQL, prepared on one cursor per connection", "claim", without_prepared_cursor),
    Optimisation("reads go straight from the first middlewares to their view", "actor", with_the_long_way),
    Optimisation("SQL of a record's shape compiled only once", "claim", without_cached_statements),
    Optimisation("SQL of a page compiled only once", "list", without_cached_pages),
    Optimisation("lists by a relation scan only the link table", "topic", without_link_table_scans),
    Optimisation("a poll of the socket instead of `SELECT 1` before a request", "actor", with_a_query_per_request),
    Optimisation("serializer fields built once and copied shallowly", "create", without_cached_fields),
    Optimisation("independent queries in one round trip", "create", with_a_round_trip_per_query),
    Optimisation("a new record's slug assumed to be free", "create", with_a_slug_check),
    Optimisation("generic plans (`plan_cache_mode`)", "list", lambda: session_options(plan_cache_mode="auto")),
    Optimisation("no JIT", "list", lambda: session_options(jit="on")),
    Optimisation("`random_page_cost` of 1.1", "list", lambda: session_options(random_page_cost="4")),
)


def measure(
    application: Application, operation: dict[str, Any], token: str, off: Callable[[], Any]
) -> tuple[float, float]:
    """Median milliseconds of a request with and without the optimisation."""
    requests = [Request(**request) for request in operation["requests"]]
    number = operation["number"]
    times: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(TURNS + 1):  # the first warms up
        for with_it in (True, False):
            with ExitStack() as stack:
                if not with_it:
                    stack.enter_context(off())
                for place in range(REQUESTS + 3):  # the first ones compile and plan, and are not measured
                    number += 1
                    request = requests[(turn * REQUESTS + place) % len(requests)]
                    environ = environ_of(request, token, number)
                    began = time.perf_counter()
                    call(application, environ)
                    if turn and place >= 3:
                        times[with_it].append((time.perf_counter() - began) * 1000)
    operation["number"] = number
    return statistics.median(times[True]), statistics.median(times[False])


def inserts() -> tuple[float, float]:
    """Median milliseconds to insert MANY rows in one statement, and with one `save()` each. Both are rolled back."""
    from django.db import transaction

    from claims.models import Topic, batches

    def many(name: str) -> list[Any]:
        return [Topic(name=f"{name} {n}", slug=f"{name}-{n}") for n in range(MANY)]

    def timed(write: Callable[[list[Any]], None], name: str) -> float:
        rows = many(name)
        with transaction.atomic():
            began = time.perf_counter()
            write(rows)
            taken = (time.perf_counter() - began) * 1000
            transaction.set_rollback(True)
        return taken

    def save_each(rows: list[Any]) -> None:
        for row in rows:
            row.save()

    at_once, one_by_one = [], []
    for turn in range(5):
        at_once.append(timed(lambda rows: batches.insert(Topic, rows, None), f"batch-{turn}"))
        one_by_one.append(timed(save_each, f"single-{turn}"))
    return statistics.median(at_once), statistics.median(one_by_one)


def main() -> None:
    from claimsdb.wsgi import application

    request = json.load(sys.stdin)
    lines = ["| optimisation | measured on | with, ms | without, ms | cost without it |", "|---|---|---:|---:|---:|"]
    for optimisation in OPTIMISATIONS:
        with contextlib.redirect_stdout(sys.stderr):
            on, off = measure(
                application, request["operations"][optimisation.operation], request["token"], optimisation.off
            )
        lines.append(
            f"| {optimisation.title} | {optimisation.operation} | {on:.2f} | {off:.2f} | {off / on - 1:+.0%} |"
        )
    on, off = inserts()
    lines.append(f"| rows inserted in one statement | {MANY} topics | {on:.0f} | {off:.0f} | {off / on - 1:+.0%} |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
