"""Settings from the environment, and the messages for wrong ones."""

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import call_command
from django.db import connection

from claimsdb.postgresql import base
from claimsdb.postgresql.connection import Unusable

ROOT = Path(__file__).resolve().parent.parent.parent
VARIABLE = re.compile(r"""(?:env\.\w+|os\.environ\.get|flag|number)\(\s*["'](\w+)["']""")


def start(*command: str, **environment: str) -> subprocess.Popen[str]:
    """Start a Python program of the project with only these variables and PATH."""
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def one_line(process: subprocess.Popen[str]) -> str:
    """The line on standard error of a program that must fail with exactly one."""
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert err.count("\n") == 1, err
    return err


def test_without_a_secret_key_nothing_starts() -> None:
    for process in (start("manage.py", "check"), start("manage.py", "migrate")):
        assert one_line(process).startswith("SECRET_KEY is not set")
    server = start("-m", "gunicorn")
    _, err = server.communicate(timeout=60)
    assert server.returncode == 1
    assert err.splitlines()[-1].startswith("SECRET_KEY is not set")
    assert "Traceback" not in err


def test_a_secret_key_can_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file")
    process = start("manage.py", "diffsettings", SECRET_KEY_FILE=str(tmp_path / "key"))
    assert "SECRET_KEY = 'from a file'" in process.communicate(timeout=60)[0]


def test_an_unusable_database_gives_one_line_without_the_password() -> None:
    said = {
        "postgres://u:hidden@127.0.0.1:1/x": "can't be reached: .*Connection refused",
        "postgres://u:hidden@nowhere.invalid/x": "can't be reached: .*nowhere.invalid",
        "postgres://u:hidden@127.0.0.1": "is invalid",
        "postgres://u:hidden@127.0.0.1:port/x": "is invalid",
        "mysql://u:hidden@127.0.0.1/x": "is invalid",
    }
    processes = [start("manage.py", "migrate", SECRET_KEY="for tests only", DATABASE_URL=address) for address in said]
    for process, expected in zip(processes, said.values(), strict=True):
        line = one_line(process)
        assert re.search(expected, line)
        assert "hidden" not in line


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HTTPS", "onn", "HTTPS must be on or off, not “onn”."),
        ("ANONYMOUS_READING", "", "ANONYMOUS_READING must be on or off, not “”."),
        ("PROXIES", "x", "PROXIES must be a whole number, 0 or more, not “x”."),
        ("PROXIES", "-1", "PROXIES must be a whole number, 0 or more, not “-1”."),
        ("STATEMENT_TIMEOUT", "nan", "STATEMENT_TIMEOUT must be a number, 0 or more, not “nan”."),
    ],
)
def test_an_invalid_value_gives_one_line(name: str, value: str, said: str) -> None:
    assert one_line(start("manage.py", "check", SECRET_KEY="for tests only", **{name: value})) == f"{said}\n"


def test_an_unusable_data_folder_gives_one_line() -> None:
    process = start("manage.py", "migrate", SECRET_KEY="for tests only", CLAIMSDB_DATA="/dev/null/data")
    assert "CLAIMSDB_DATA" in one_line(process)


@pytest.mark.django_db
def test_an_old_server_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.check_database_version_supported()
    monkeypatch.setattr(base, "OLDEST_VERSION", (99, 0))
    with pytest.raises(Unusable, match="PostgreSQL 99 or later is required"):
        connection.check_database_version_supported()


@pytest.mark.django_db
def test_names_in_any_script_have_trigrams() -> None:
    """Under the plain C locale only Latin names have, and a search for others doesn't tolerate typing errors."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT show_trgm('Москва')")
        assert cursor.fetchone()[0]


@pytest.mark.django_db
def test_ensure_admin_creates_the_login_once(settings: Any, tmp_path: Path, rf: Any) -> None:
    settings.DATA = tmp_path
    for _ in range(2):
        out = StringIO()
        call_command("ensure_admin", stdout=out)
        file = tmp_path / "admin_password"
        assert str(file) in out.getvalue()
        assert file.stat().st_mode & 0o777 == 0o600
        user = authenticate(rf.post("/"), username="admin", password=file.read_text().strip())
        assert user
        assert user.is_superuser
    assert get_user_model().objects.count() == 1


def test_every_variable_is_documented() -> None:
    files = [(ROOT / name).read_text() for name in ("claimsdb/settings.py", "gunicorn.conf.py")]
    read = {name for text in files for name in VARIABLE.findall(text)}
    documented = set(re.findall(r"^\| `(\w+)`", (ROOT / "docs/settings.md").read_text(), re.MULTILINE))
    assert "SECRET_KEY" in read
    assert read <= documented
    assert documented - read == {"FORWARDED_ALLOW_IPS"}, "gunicorn itself reads this one"


def test_a_test_run_without_a_database_ends_at_once() -> None:
    """With one line, not with an error per test."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/models"]
    environment = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none"}
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "can't be reached" in done.stdout + done.stderr
    assert "ERROR" not in done.stdout
