"""The site as `make run` serves it, for tests that need real processes: gunicorn, its workers, sockets and PostgreSQL.

    with serving(tmp_path, database=test_database()) as server:
        requests.get(f"{server.url}/api/v1/claims/")

`serving()` starts gunicorn with the project's gunicorn.conf.py on a free port, and stops it when the context ends. The
database is one of these:

- `database=test_database()`: the test database of this run. Mark the test `django_db(transaction=True)`, because the
  server sees only committed rows; the test can then create users, tokens and rows with Django's models. Leave the
  context before the test ends, or the database can't be dropped.
- `database="postgres://…"`: any other database.
- no `database`: a private server in `folder / "data"`, which starts with the first connection; the folder must be an
  `own_folder()`. `copied_database()` copies the tables of the test database there, ten times as fast as migrating.

Any other keyword is an environment variable of the server (`WEB_CONCURRENCY="1"`); None removes one.
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
#: seconds to wait for a server to start
PATIENCE = 60
#: the connection parameters that identify a database
WHERE = ("host", "port", "user", "password", "dbname")


@dataclass(frozen=True)
class Server:
    """A running site. `url` has no trailing slash; `log` is the file with all output of the server."""

    url: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    environment: dict[str, str]

    def workers(self) -> list[psutil.Process]:
        """Return the current worker processes."""
        return psutil.Process(self.process.pid).children()

    def lines(self) -> list[dict[str, Any]]:
        """Return the log lines so far. Raises ValueError if a line isn't JSON."""
        return [orjson.loads(line) for line in self.log.read_bytes().splitlines()]

    def wait(self, workers: int = 1) -> None:
        """Wait until there are so many workers and one of them responds. Raises AssertionError with the log."""
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
        raise AssertionError(f"The server doesn't respond; its log ends with:\n{self.log.read_text()[-3000:]}")


@contextmanager
def serving(folder: Path, database: str | None = None, **variables: str | None) -> Iterator[Server]:
    """Run the site within this context; `folder` is for its log and the files of a private server.

    Raises AssertionError with the end of the log if the site doesn't start.
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
    """Return the environment of the site's processes: of this one's, only PATH and PYTHONPATH, plus `variables`."""
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
    """Run a command of manage.py in the environment of a server; return its output. Raises CalledProcessError."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def test_database() -> str:
    """Return the URL of the test database of this run, in the form of DATABASE_URL."""
    connection.ensure_connection()
    parameters = connection.get_connection_params()
    user = quote(parameters.get("user", ""), safe="")
    if "password" in parameters:
        user += ":" + quote(parameters["password"], safe="")
    host, name = str(parameters.get("host", "")), quote(parameters["dbname"], safe="")
    if host.startswith("/"):
        return f"postgres://{user}@/{quote(host)}/{name}"
    return f"postgres://{user}@{host}:{parameters.get('port', 5432)}/{name}"


test_database.__test__ = False  # type: ignore[attr-defined]  # it is not a test, despite its name


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder for a private server. Afterwards it is removed, and processes still running in it are killed.

    pytest's temporary folders don't work: other users have no access, and under root PostgreSQL runs as another user.
    """
    folder = Path(tempfile.mkdtemp(prefix="claimsdb-"))
    try:
        yield folder
    finally:
        for process in psutil.process_iter(["cmdline", "cwd"]):
            paths = [process.info["cwd"] or "", *(process.info["cmdline"] or [])]
            if any(path.startswith(str(folder)) for path in paths):
                process.kill()
        shutil.rmtree(folder)


def copied_database(folder: Path) -> embedded.Cluster:
    """Create a private server in `folder / "data"`, with a copy of this run's test database.

    It is left running; the site uses it, and it stops with the site.
    """
    cluster = embedded.Cluster(folder / "data" / "postgres")
    cluster.start()
    connection.ensure_connection()
    parameters = connection.get_connection_params()
    original = psycopg.conninfo.make_conninfo(**{name: parameters[name] for name in WHERE if name in parameters})
    copy = psycopg.conninfo.make_conninfo(host=str(cluster.socket_folder), user=embedded.USER, dbname=embedded.DATABASE)
    dump = subprocess.run(
        [embedded.BINARIES / "pg_dump", "--no-owner", "--dbname", original], check=True, stdout=subprocess.PIPE
    ).stdout
    options = ["--quiet", "--set", "ON_ERROR_STOP=1", "--output", os.devnull]
    subprocess.run([embedded.BINARIES / "psql", "--dbname", copy, *options], input=dump, check=True)
    return cluster
