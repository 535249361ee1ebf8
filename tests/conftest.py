"""Shared fixtures, and what happens if the sources' texts or a browser aren't available."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from claimsdb.postgresql.connection import Unusable

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI") == "true"


def texts() -> Path | None:
    """Return the folder with the texts of the sources, or None."""
    folder = settings.CLAIMSDB_TEXTS
    return folder if folder and folder.is_dir() else None


def browser() -> str | None:
    """Return the path of Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


NEEDS = {
    "texts": (texts, "the texts of the sources are not available: set CLAIMSDB_TEXTS to their folder"),
    "browser": (browser, "Chromium is not installed (on Debian: apt-get install chromium)"),
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "texts: needs the texts of the sources, in the folder CLAIMSDB_TEXTS")
    config.addinivalue_line("markers", "browser: needs Chromium")


def pytest_report_header() -> list[str]:
    server = "the private PostgreSQL" if settings.DATABASES["default"].get("EMBEDDED") else "the one of DATABASE_URL"
    return [
        f"texts of the sources: {texts() or 'NOT AVAILABLE, tests of spans and coverage are skipped'}",
        f"browser: {browser() or 'NONE, tests of the admin in a browser are skipped'}",
        f"server: {server}",
    ]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # pytest-django creates a test database only if a test has the mark django_db. Without this, a test that gets
        # its database through a fixture, run alone, would use the real one
        if "django_db_setup" in item.fixturenames and item.get_closest_marker("django_db") is None:  # type: ignore[attr-defined]
            item.add_marker(pytest.mark.django_db)
        if (group := _xdist_group(item)) is not None:
            item.add_marker(pytest.mark.xdist_group(group))
    for name, (find, reason) in NEEDS.items():
        if not IN_CI and not find():
            for item in items:
                if item.get_closest_marker(name):
                    item.add_marker(pytest.mark.skip(reason=reason))


def _xdist_group(item: pytest.Item) -> str | None:
    """Return a name for tests that share something slow to set up, so that one worker runs them all."""
    names = item.fixturenames  # type: ignore[attr-defined]
    if "shipped_database" in names:
        return "shipped"
    if "chromium" in names:
        return "browser"
    definitions = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]
    if any(found[-1].scope == "module" for found in definitions.values()):
        return str(item.path)
    return None


def pytest_sessionstart(session: pytest.Session) -> None:
    """End the run at once if there is no database, or if tests would be skipped in CI."""
    missing = [reason for find, reason in NEEDS.values() if not find()]
    if IN_CI and missing:
        pytest.exit(f"With CI=true all tests must run, but {' and '.join(missing)}.", returncode=1)
    try:
        # creating the test database starts like this
        connection.get_new_connection(connection.get_connection_params() | {"dbname": "postgres"}).close()
    except Unusable as error:
        pytest.exit(str(error), returncode=1)


@pytest.fixture
def seeds(tmp_path: Path, settings: Any) -> Any:
    """A folder of small made-up seed files, used by `load_seeds` instead of the project's; there are no texts."""
    from tests.seedfiles import SeedFolder  # models can't be imported when this file is loaded

    settings.BASE_DIR = tmp_path
    settings.CLAIMSDB_TEXTS = None
    return SeedFolder(tmp_path)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: Any) -> None:
    """Make the test database a copy of a migrated one. Only on the private server: others keep no databases of ours."""
    if settings.DATABASES["default"].get("EMBEDDED"):
        with django_db_blocker.unblock():
            connection.settings_dict["TEST"]["TEMPLATE"] = migrated_template()


def migrated_template() -> str:
    """The name of an empty, migrated database, kept for the next run; created if the migrations have changed."""
    files = [*sorted((ROOT / "claims/migrations").glob("*.py")), ROOT / "requirements/base.txt"]
    version = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    name = f"claimsdb_template_{version}"
    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT pg_advisory_lock(hashtext('claimsdb_template'))")  # until this connection is closed
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, 'claimsdb_template_')")
        existing = {database for (database,) in cursor.fetchall()}
        for outdated in existing - {name}:
            cursor.execute(f"DROP DATABASE {outdated} WITH (FORCE)")
        if name not in existing:
            cursor.execute(f"CREATE DATABASE {name}_unfinished")
            with used_database(f"{name}_unfinished"):
                call_command("migrate", verbosity=0)
            cursor.execute(f"ALTER DATABASE {name}_unfinished RENAME TO {name}")
    return name


@pytest.fixture(scope="session")
def shipped_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The name of a database with the shipped record, without texts; it is loaded once per run."""
    name = f"{connection.settings_dict['NAME']}_shipped"
    template = connection.settings_dict["TEST"].get("TEMPLATE")
    with django_db_blocker.unblock():
        with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")
            cursor.execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
        with used_database(name):
            call_command("migrate", verbosity=0)
            call_command("load_seeds", texts=None, stdout=StringIO())
    yield name
    with django_db_blocker.unblock(), connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f"DROP DATABASE {name}")


@pytest.fixture
def shipped(shipped_database: str, django_db_blocker: Any) -> Iterator[None]:
    """The shipped record; the test's changes are rolled back."""
    with django_db_blocker.unblock(), used_database(shipped_database), transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def used_database(name: str) -> Iterator[None]:
    """Within this context, the default connection is to the database of this name."""
    usual = connections[DEFAULT_DB_ALIAS]
    other = connections.create_connection(DEFAULT_DB_ALIAS)
    other.settings_dict = usual.settings_dict | {"NAME": name}
    connections[DEFAULT_DB_ALIAS] = other
    try:
        yield
    finally:
        other.close()
        connections[DEFAULT_DB_ALIAS] = usual


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for a module's tests of pages: while it is open, nothing else may run an event loop."""
    from playwright.sync_api import sync_playwright  # takes half a second, so only import it if needed

    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        # Playwright runs an event loop in this thread, in which Django would refuse to query
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        found = playwright.chromium.launch(
            executable_path=browser(), args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield found
        found.close()


@pytest.fixture
def page(live_server: Any, chromium: Any) -> Iterator[Any]:
    """A browser page without cookies. Violations of the Content-Security-Policy and script errors fail the test."""
    complaints: list[str] = []
    with chromium.new_context(base_url=live_server.url, viewport={"width": 1400, "height": 900}) as context:
        found = context.new_page()
        found.set_default_timeout(10_000)
        found.on("pageerror", lambda error: complaints.append(str(error)))
        found.on("console", lambda m: complaints.append(m.text) if "Content Security Policy" in m.text else None)
        yield found
    assert complaints == []


@pytest.fixture
def record(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the bench to a database with 400 synthetic claims."""
    call_command("generate", 400, stdout=StringIO())
    connection.ensure_connection()
    info = connection.connection.info
    where = psycopg.conninfo.make_conninfo(
        host=info.host, port=info.port, user=info.user, password=info.password, dbname=info.dbname
    )
    monkeypatch.setenv("BENCH_DATABASE", where)
    with psycopg.connect(where, autocommit=True) as own:
        yield own
