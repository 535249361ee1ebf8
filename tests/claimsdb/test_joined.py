"""Several queries in one round trip."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from psycopg.pq import TransactionStatus

from claimsdb.postgresql.base import DatabaseWrapper
from claimsdb.postgresql.prepared import fetch_joined, fetch_prepared
from tests import factories as make
from tests.client import administrator, url

INCREASE = "SELECT %s::int + 1"
FAIL = "SELECT 1 / %s::int"


def status() -> TransactionStatus:
    return connection.connection.info.transaction_status


@pytest.fixture
def table(transactional_db: None) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE numbers (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    yield "numbers"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE numbers")


def numbers() -> list[int]:
    return [n for (n,) in fetch_prepared("SELECT n FROM numbers ORDER BY n")]


def insert(*values: int) -> list[tuple[str, list[int]]]:
    return [("INSERT INTO numbers VALUES (%s::int)", [value]) for value in values]


def test_each_query_has_its_rows(table: str) -> None:
    several = [*insert(1), (INCREASE, [1]), ("SELECT '{\"a\": 1}'::json, '100 %%'", [])]
    assert fetch_joined(several) == [[], [(2,)], [(b'{"a": 1}', "100 %")]]
    assert fetch_joined([]) == []


def test_the_last_queries_of_a_transaction_commit_it(table: str) -> None:
    with transaction.atomic():
        fetch_joined(insert(1))
        assert status() == TransactionStatus.INTRANS
        fetch_joined(insert(2), last=True)
        assert status() == TransactionStatus.IDLE
    assert numbers() == [1, 2]


def test_but_not_one_around_it(table: str) -> None:
    with transaction.atomic():
        with transaction.atomic():
            fetch_joined(insert(1), last=True)
        assert status() == TransactionStatus.INTRANS
        transaction.set_rollback(True)
    assert numbers() == []


@pytest.mark.parametrize("is_last", [False, True])
def test_an_error_undoes_all_of_them(table: str, is_last: bool) -> None:
    for _ in range(3):  # the statements that didn't run aren't taken for prepared ones
        with pytest.raises(DataError, match="division by zero"), transaction.atomic():
            fetch_joined([*insert(1), (FAIL, [0]), *insert(2)], last=is_last)
        assert fetch_joined([(INCREASE, [1]), (FAIL, [1])]) == [[(2,)], [(1,)]]
    assert numbers() == []


def test_a_rule_held_at_commit(table: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        fetch_joined(insert(1, 1), last=True)
    assert (numbers(), status()) == ([], TransactionStatus.IDLE)


def test_a_lost_connection_is_replaced(transactional_db: None) -> None:
    with pytest.raises(OperationalError, match="terminat"):
        fetch_joined([(INCREASE, [1]), ("SELECT pg_terminate_backend(pg_backend_pid())", []), (INCREASE, [1])])
    connection.close_if_unusable_or_obsolete()
    assert fetch_joined([(INCREASE, [1])]) == [[(2,)]]


def test_large_queries_with_large_results(transactional_db: None) -> None:
    """More than the buffers of both sides hold."""
    text = "x" * 3_000_000
    assert fetch_joined([("SELECT %s::text", [text])] * 4) == [[(text,)]] * 4


def test_creating_a_record_takes_two_round_trips(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client, queries, at_commit = administrator(), [], []
    commit = DatabaseWrapper._commit

    def note(self: DatabaseWrapper) -> None:
        at_commit.append(status())
        commit(self)

    def count(execute: Any, *args: Any) -> Any:
        queries.append(args[0])
        return execute(*args)

    monkeypatch.setattr(DatabaseWrapper, "_commit", note)
    said = {"source": make.make_source().slug, "speaker": make.make_actor().slug}
    body = {"text": "The bridge fell.", "kind": "fact", "topics": [make.make_topic().slug], "assertions": [said]}
    at_commit.clear()
    with connection.execute_wrapper(count):
        assert client.post(url("claims"), body, format="json").status_code == 201
    assert (len(queries), at_commit) == (2, [TransactionStatus.IDLE])
