"""The databases: for each size a private PostgreSQL with synthetic claims, kept for the next run."""

import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from claimsdb.postgresql import embedded
from claimsdb.postgresql.connection import Connection, cluster_in

ROOT = Path(__file__).resolve().parent.parent
MIGRATIONS = ROOT / "claims/migrations"
SEED = 1
#: variables of our own environment that the servers must not inherit
NOT_INHERITED = ("DATABASE_URL", "DEBUG", "CLAIMSDB_TEXTS", "WEB_CONCURRENCY", "ALLOWED_HOSTS", "BIND")
#: the tables that creating claims adds rows to, referring tables first
WRITTEN_TABLES = ("claims_assertion", "claims_claim")


#: rate limits that count every request and refuse none
RATES = dict.fromkeys(("RATE_ANONYMOUS", "RATE_USER"), "1000000000/second")


@dataclass(frozen=True)
class Database:
    """`size` claims on a server whose files are in `folder`."""

    size: int
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment of an installation on this database, as `make run` sets it."""
        kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in NOT_INHERITED}
        ours = {"CLAIMSDB_DATA": str(self.folder), "SECRET_KEY": SECRET_KEY, "HTTPS": "off"}
        return kept | ours | RATES | {"DJANGO_SETTINGS_MODULE": "claimsdb.settings", "BENCH_DATABASE": self.conninfo()}

    def conninfo(self, name: str = embedded.DATABASE) -> str:
        cluster = cluster_in(self.folder / "postgres")
        return f"host='{cluster.socket_folder}' port={embedded.PORT} user={embedded.USER} dbname={name}"

    def connect(self, name: str = embedded.DATABASE) -> psycopg.Connection[Any]:
        """A connection in autocommit mode. Starts the server if necessary; it runs until this process ends."""
        return Connection.connect(self.conninfo(name), cluster=cluster_in(self.folder / "postgres"), autocommit=True)

    def run(self, *command: str, stdin: str = "") -> str:
        """Run Python in the installation's environment and return its standard output. Exits if it fails."""
        done = subprocess.run(  # noqa: S603
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            text=True,
            input=stdin,
            capture_output=True,  # the request log included
        )
        if done.returncode:
            sys.exit(f"{done.stderr[-5000:]}\n{' '.join(command)} failed.")
        return done.stdout

    def make_ready(self) -> None:
        """Create, migrate and fill the database if necessary, and remove what an earlier run may have left."""
        made = self._read()
        now = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(MIGRATIONS.glob("0*.py"))}
        if made is None or not made["migrations"].items() <= now.items():
            self.say(f"creating the database in {self.folder}; it is kept for the next run")
            self._empty()
            self.run("manage.py", "migrate", "--verbosity", "0")
            self.run("manage.py", "generate", str(self.size), "--seed", str(SEED))
            made = {"last": self._last()}
        else:
            self.run("manage.py", "migrate", "--verbosity", "0")
        self._made.write_text(json.dumps(made | {"migrations": now}))
        self.clean()
        with self.connect() as record:
            record.execute("VACUUM (ANALYZE)")
            record.execute("CHECKPOINT")

    def say(self, what: str) -> None:
        """Print progress to standard error."""
        sys.stderr.write(f"{time.strftime('%H:%M:%S')}  {self.size:,} claims: {what}\n")

    @property
    def _made(self) -> Path:
        return self.folder / "made.json"

    def _read(self) -> dict[str, Any] | None:
        """The stored facts about a filled database, or None if it has to be filled."""
        if self._made.exists():
            return dict(json.loads(self._made.read_text()))
        with self.connect() as record:
            if record.execute("SELECT to_regclass('claims_importrun')").fetchone() == (None,):
                return None
            run = [f"{self.size} claims, seed {SEED}"]
            filled = record.execute(
                "SELECT 1 FROM claims_importrun WHERE format = 'synthetic' AND state = 'done' AND file_name = %s", run
            ).fetchone()
        return {"last": self._last(), "migrations": {}} if filled else None

    def _empty(self) -> None:
        self._made.unlink(missing_ok=True)
        with self.connect("postgres") as server:
            name = sql.Identifier(embedded.DATABASE)
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            server.execute(sql.SQL("CREATE DATABASE {}").format(name))

    def _last(self) -> dict[str, int]:
        with self.connect() as record:
            return {table: last_id(record, table) for table in WRITTEN_TABLES}

    def clean(self) -> None:
        """Remove the rows written since the database was filled."""
        with self.connect() as record:
            remove_after(record, json.loads(self._made.read_text())["last"])


SECRET_KEY = secrets.token_urlsafe(50)


def last_id(record: psycopg.Connection[Any], table: str) -> int:
    ((found,),) = record.execute(
        sql.SQL("SELECT coalesce(max(id), 0) FROM {}").format(sql.Identifier(table))
    ).fetchall()
    return int(found)


def remove_after(record: psycopg.Connection[Any], last: dict[str, int]) -> None:
    """Delete the rows of each table with an id above `last`, without recording that in the history."""
    for table in WRITTEN_TABLES:
        name = sql.Identifier(table)
        with record.transaction():
            # without triggers, which would keep each deleted row and look for references to it
            record.execute("SET LOCAL session_replication_role = replica")
            deleted = record.execute(sql.SQL("DELETE FROM {} WHERE id > %s").format(name), [last[table]]).rowcount
        if deleted:
            vacuum(record, table)


def vacuum(record: psycopg.Connection[Any], table: str) -> None:
    record.execute(sql.SQL("VACUUM {}").format(sql.Identifier(table)))


@contextmanager
def visitor(database: Database) -> Iterator[dict[str, str]]:
    """The `token` and `session` of an administrator, removed on exit."""
    try:
        yield json.loads(database.run("-m", "bench.visitor", "come"))
    finally:
        database.run("-m", "bench.visitor", "go")
