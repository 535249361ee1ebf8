"""The database down, hanging, full, read-only or too slow: a clear 503 in bounded time, and recovery afterwards."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import StringIO
from typing import Any

import psutil
import psycopg
import pytest
import requests
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    close_old_connections,
    connection,
    connections,
    transaction,
)
from django.test import Client

from claimsdb.postgresql import embedded
from claimsdb.postgresql.base import DatabaseWrapper
from claimsdb.postgresql.connection import Connection
from claimsdb.postgresql.errors import failure_of
from claimsdb.postgresql.prepared import fetch_prepared
from tests.client import API
from tests.running import PATIENCE, Server, copied_database, own_folder, serving

#: the statement timeout of the site in seconds
LIMIT = 2
#: an API resource, a page that queries the database, and one whose session does
PATHS = [f"{API}topics/", "/", "/admin/"]


class Site:
    """A site on a PostgreSQL server that it doesn't start itself."""

    def __init__(self, server: Server, cluster: embedded.Cluster, token: str) -> None:
        self.server, self.cluster, self.token = server, cluster, token

    def ask(self, path: str = f"{API}topics/", method: str = "GET", **more: Any) -> requests.Response:
        headers = {"Authorization": f"Token {self.token}"} if method != "GET" else {}
        url = self.server.url + path
        return requests.request(
            method,
            url,
            headers=headers,
            timeout=PATIENCE,
            allow_redirects=False,
            cookies={"sessionid": "s" * 32},
            **more,
        )

    def sql(self) -> psycopg.Connection[Any]:
        to = {"host": str(self.cluster.socket_folder), "user": embedded.USER, "dbname": embedded.DATABASE}
        return psycopg.connect(**to, autocommit=True)

    def control(self, verb: str) -> None:
        self.cluster._run(["pg_ctl", verb, "-D", self.cluster.path, "-m", "fast", "-w"], cwd=self.cluster.path)

    def processes(self) -> list[psutil.Process]:
        master = psutil.Process(int((self.cluster.path / "postmaster.pid").read_text().split()[0]))
        return [master, *master.children()]

    def recovers(self) -> None:
        """Wait until every worker responds again, without a restart. Raises AssertionError after PATIENCE."""
        deadline = time.monotonic() + PATIENCE
        good = 0
        while good < 10:
            assert time.monotonic() < deadline, self.server.log.read_text()[-3000:]
            good = good + 1 if self.ask().status_code == 200 and self.ask("/readyz").status_code == 200 else 0
        assert self.ask("/").status_code == 200
        assert self.ask("/admin/").status_code == 302


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: Any) -> Iterator[Site]:
    printed = StringIO()
    with own_folder() as folder:
        with django_db_blocker.unblock():
            user = get_user_model().objects.create_superuser("trouble")
            call_command("create_token", "trouble", stdout=printed)
            cluster = copied_database(folder)
            user.delete()
            connection.close()
        address = f"postgres://postgres@/{cluster.socket_folder}/{embedded.DATABASE}"
        with serving(folder, address, STATEMENT_TIMEOUT=str(LIMIT)) as server:
            yield Site(server, cluster, printed.getvalue().strip())


def is_clear(answer: requests.Response, status: int = 503) -> bool:
    """Whether a response is a problem document or a plain page, names the database, and has `Retry-After`."""
    kind = "application/problem+json" if answer.request.path_url.startswith(API) else "text/html"
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith(kind)
    assert int(answer.headers["Retry-After"]) > 0
    if kind == "text/html":
        assert "database" in answer.text
        return True
    return "database" in answer.json()["detail"]


def test_down_and_back(site: Site) -> None:
    site.recovers()
    site.control("stop")
    for path in PATHS * 3:
        assert is_clear(site.ask(path))
    assert is_clear(site.ask(method="POST", json={"name": "Bridges"}))
    assert site.ask("/readyz").status_code == 503
    assert site.ask("/healthz").status_code == 200
    site.cluster.start()
    site.recovers()
    failures = [line for line in site.server.lines() if line.get("status") == 503]
    assert {"/", "/admin/", f"{API}topics/", "/readyz"} <= {line["path"] for line in failures}


def test_hanging_and_back(site: Site) -> None:
    site.recovers()
    processes = site.processes()
    for process in processes:
        process.suspend()
    try:
        with ThreadPoolExecutor(24) as pool:  # more than all threads
            waiting = [pool.submit(site.ask, path) for path in PATHS * 8]
            time.sleep(1)  # until they occupy all threads that one client may have
            for _ in range(8):  # enough to reach both workers
                assert site.ask("/healthz").status_code == 200
            assert not any(answer.done() for answer in waiting)
            for answer in waiting:
                assert is_clear(answer.result())
        assert site.ask("/readyz").status_code == 503
        assert site.ask("/healthz").status_code == 200
    finally:
        for process in processes:
            process.resume()
    site.recovers()


@contextmanager
def blocked(site: Site, count: int) -> Iterator[list[Any]]:
    """Requests that wait for a locked table. Yields the futures of their responses."""
    with site.sql() as other, other.transaction(), ThreadPoolExecutor(count) as pool:
        other.execute("LOCK TABLE claims_topic")
        answers = [pool.submit(site.ask, f"{API}topics/") for _ in range(count)]
        yield answers
        for answer in answers:
            answer.exception()


WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid != pg_backend_pid()"


def test_connections_terminated_during_a_request(site: Site) -> None:
    site.recovers()
    with blocked(site, 1) as answers, site.sql() as other:
        deadline = time.monotonic() + PATIENCE
        while not other.execute(f"SELECT pg_terminate_backend(pid) FROM ({WAITING}) waiting").fetchall():
            assert time.monotonic() < deadline
    assert is_clear(answers[0].result())
    site.recovers()


def test_statement_timeout(site: Site) -> None:
    site.recovers()
    with blocked(site, 1) as answers:
        answer = answers[0].result()
    assert answer.status_code == 503
    assert f"{LIMIT} s" in answer.json()["detail"]
    assert "limit" in answer.json()["detail"]
    assert answer.headers["Retry-After"]
    site.recovers()


def test_read_only_and_back(site: Site) -> None:
    site.recovers()
    with site.sql() as sql:
        sql.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        sql.execute("SELECT pg_reload_conf()")
        try:
            deadline = time.monotonic() + PATIENCE
            while site.ask("/readyz").status_code == 200:
                assert time.monotonic() < deadline
            assert "read" in site.ask("/readyz").text
            assert site.ask().status_code == 200
            assert is_clear(site.ask(method="POST", json={"name": "Bridges"}))
        finally:
            sql.execute("SET transaction_read_only = off")
            sql.execute("SET default_transaction_read_only = off")
            sql.execute("ALTER SYSTEM RESET default_transaction_read_only")
            sql.execute("SELECT pg_reload_conf()")
    site.recovers()


def failing(kind: type[Exception], sqlstate: str | None) -> Callable[..., Any]:
    def fail(*args: Any, **kwargs: Any) -> Any:
        error = kind("secret words of the server")
        error.__cause__ = type("Error", (psycopg.Error,), {"sqlstate": sqlstate})() if sqlstate else None
        raise error

    return fail


STATES = [
    (OperationalError, None, 503),
    (InterfaceError, None, 503),
    *(
        (OperationalError, state, 503)
        for state in ("57P01", "57P02", "57P03", "08006", "53300", "53100", "53200", "57014")
    ),
    (InternalError, "25006", 503),
    (OperationalError, "25P03", 503),
    *((OperationalError, state, 409) for state in ("40P01", "40001", "55P03")),
    (InternalError, "25P02", 500),
    (DatabaseError, "XX000", 500),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "sqlstate", "status"), STATES)
@pytest.mark.parametrize(
    ("where", "path"),
    [
        ("claims.rest.views.RecordViewSet.list_values", f"{API}topics/"),
        ("claims.rest.views.connection.check_constraints", f"{API}topics/"),
        ("django.contrib.sessions.backends.db.SessionStore.load", f"{API}topics/"),
        ("django.contrib.sessions.backends.db.SessionStore.load", "/admin/"),
        ("claims.public.home.Source.objects.visible_to", "/"),
    ],
)
def test_a_failure_gets_the_same_response_wherever_it_occurs(
    admin_client: Client,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[Exception],
    sqlstate: str | None,
    status: int,
    where: str,
    path: str,
) -> None:
    admin_client.raise_request_exception = False
    monkeypatch.setattr(where, failing(kind, sqlstate))
    if "check_constraints" in where:
        answer = admin_client.post(path, {"name": "Bridges"}, content_type="application/json")
    else:
        answer = admin_client.get(path)
    assert answer.status_code == status
    assert ("Retry-After" in answer) == (status == 503)
    assert answer["Content-Type"].startswith("application/problem+json" if path.startswith(API) else "text/html")
    assert b"secret" not in answer.content


def test_other_errors_are_not_failures_of_the_database() -> None:
    assert failure_of(IntegrityError()) is None
    assert failure_of(DataError()) is None
    assert failure_of(ValueError()) is None
    assert failure_of(None) is None


@pytest.mark.django_db
def test_only_the_server_limits_its_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    def timeouts() -> list[str]:
        params = {name: value for name, value in connection.get_connection_params().items() if name != "cluster"}
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        with psycopg.connect(**params) as own:
            return [own.execute(f"SHOW {name}").fetchone()[0] for name in names]

    assert timeouts() == ["0", "0", "0"]
    monkeypatch.setattr(DatabaseWrapper, "limit_options", "")
    monkeypatch.setattr(Connection, "response_timeout", None)
    DatabaseWrapper.limit_statements(1.5)
    assert timeouts() == ["1500ms", "5s", "1min"]


def test_queries_are_counted_per_thread() -> None:
    """The queries of one request don't count for another."""
    counts: list[int] = []
    thread = threading.Thread(target=lambda: counts.append(connection.queries_made))
    thread.start()
    thread.join()
    assert counts == [0]


@pytest.mark.django_db
def test_a_timeout_that_is_not_set_yet_does_not_stop_a_rollback(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the first statement of a connection is inside a transaction, the timeout is set again for each one."""
    monkeypatch.setattr(DatabaseWrapper, "limit_options", " -c statement_timeout=0")
    monkeypatch.setattr(connections["default"], "_server_timeout", None)
    with pytest.raises(DataError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_closed_is_replaced_before_the_first_statement() -> None:
    """Also if that is a prepared one, as in most reads."""
    assert fetch_prepared("SELECT 1") == [(1,)]
    connection.connection.pgconn.finish()  # as if the server had closed it
    close_old_connections()  # as before each request
    assert fetch_prepared("SELECT 1") == [(1,)]
