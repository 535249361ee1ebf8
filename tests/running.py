"""The site as `make run` serves it, for tests that need real processes: gunicorn, its workers, sockets, PostgreSQL.

    with serving(tmp_path, database=test_database()) as server:
        requests.get(f"{server.url}/api/v1/claims/")

`serving()` starts gunicorn with the project's gunicorn.conf.py on a free port, and ends it when the context is left.
The database is one of these:

- `database=test_database()`: the one that this run of pytest tests with. The test must be marked
  `django_db(transaction=True)`, for the server sees only what is committed; the test may then make users, tokens and
  rows with Django's own models. Leave the context before the test ends, or the database can't be dropped.
- `database="postgres://…"`: any other.
- no `database`: a private server in `folder / "data"`, which starts with the first connection; the folder must be an
  `own_folder()`. `copied_database()` puts the tables of this run's test database there, which takes a tenth of the
  time of migrating.

Any other keyword is an environment variable of the server (`WEB_CONCURRENCY="1"`); None takes one away.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import psutil
import psycopg
from django.db import connection

from bench.servers import end
from claimsdb.postgresql import embedded

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
#: seconds in which a server starts, or ends
PATIENCE = 60
#: what names a database among the parameters of a connection
WHERE = ("host", "port", "user", "password", "dbname")


@dataclass(frozen=True)
class Server:
    """A running site. `url` has no slash at its end; `log` is the file of all that the server says."""

    url: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    environment: dict[str, str]

    def workers(self) -> list[psutil.Process]:
        """The processes that answer, as they are now."""
        return psutil.Process(self.process.pid).children()

    def lines(self) -> list[dict[str, Any]]:
        """What was logged so far. Raises ValueError if a line isn't JSON."""
        return [orjson.loads(line) for line in self.log.read_bytes().splitlines()]

    def wait(self, workers: int = 1) -> None:
        """Return when so many workers are there, and one of them answers. Raises AssertionError with the log."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with socket.create_connection((HOST, self.port), timeout=5) as client:
                    client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    if client.recv(1) and len(self.workers()) >= workers:
                        return
            except (OSError, psutil.Error):
                pass
            time.sleep(0.05)
        raise AssertionError(f"The server doesn't answer; its log ends with:\n{self.log.read_text()[-3000:]}")


@contextmanager
def serving(folder: Path, database: str | None = None, **variables: str | None) -> Iterator[Server]:
    """The site, running while the context lasts; `folder` takes its log, and the private server's files.

    Raises AssertionError with the end of the log if it doesn't start.
    """
    environment = environment_of(folder, database, **variables)
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    log = folder / "gunicorn.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn"],
            cwd=ROOT,
            env=environment | {"PORT": str(port)},
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(f"http://{HOST}:{port}", port, process, log, environment)
    try:
        server.wait(workers=int(environment["WEB_CONCURRENCY"]))
        yield server
    finally:
        end(process)


def environment_of(folder: Path, database: str | None = None, **variables: str | None) -> dict[str, str]:
    """The environment of the site's processes: nothing from this one but PATH, PYTHONPATH and what is asked for."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    own = {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "SECRET_KEY": "for tests only, " * 4,
        "HTTPS": "off",
        "WEB_CONCURRENCY": "2",
        "CLAIMSDB_DATA": str(folder / "data"),
        "DATABASE_URL": database,
    }
    return {name: value for name, value in (kept | own | variables).items() if value is not None}


def manage(environment: dict[str, str], *arguments: str) -> str:
    """What a command of manage.py prints in the environment of a server. Raises CalledProcessError."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def test_database() -> str:
    """The address of the database that the tests of this run use, as DATABASE_URL takes it."""
    connection.ensure_connection()
    told = connection.get_connection_params()
    user = quote(told.get("user", ""), safe="")
    if "password" in told:
        user += ":" + quote(told["password"], safe="")
    host, name = str(told.get("host", "")), quote(told["dbname"], safe="")
    if host.startswith("/"):
        return f"postgres://{user}@/{quote(host)}/{name}"
    return f"postgres://{user}@{host}:{told.get('port', 5432)}/{name}"


test_database.__test__ = False  # type: ignore[attr-defined]  # its name is no test's


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder for a private server, removed afterwards with what still runs in it.

    pytest's own folders don't do: each run shuts them to other users, and as root PostgreSQL runs as another.
    """
    folder = Path(tempfile.mkdtemp(prefix="claimsdb-"))
    try:
        yield folder
    finally:
        for process in psutil.process_iter(["cmdline", "cwd"]):
            told = [process.info["cwd"] or "", *(process.info["cmdline"] or [])]
            if any(part.startswith(str(folder)) for part in told):
                process.kill()
        shutil.rmtree(folder)


def copied_database(folder: Path) -> embedded.Cluster:
    """Make the private server in `folder / "data"`, with a copy of this run's test database.

    It is left running, for the site to take over, and ends with the site.
    """
    cluster = embedded.Cluster(folder / "data" / "postgres")
    cluster.start()
    connection.ensure_connection()
    told = connection.get_connection_params()
    here = psycopg.conninfo.make_conninfo(**{name: told[name] for name in WHERE if name in told})
    there = psycopg.conninfo.make_conninfo(
        host=str(cluster.socket_folder), user=embedded.USER, dbname=embedded.DATABASE
    )
    dump = subprocess.run(
        [embedded.BINARIES / "pg_dump", "--no-owner", "--dbname", here], check=True, stdout=subprocess.PIPE
    ).stdout
    options = ["--quiet", "--set", "ON_ERROR_STOP=1", "--output", os.devnull]
    subprocess.run([embedded.BINARIES / "psql", "--dbname", there, *options], input=dump, check=True)
    return cluster
