"""The private PostgreSQL: when it starts and stops, who shares it, and what it survives."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from claimsdb.postgresql import embedded

ROOT = Path(__file__).resolve().parent.parent.parent
AS_ROOT = os.geteuid() == 0

USE = """
import os, signal, sys
from pathlib import Path
from claimsdb.postgresql.connection import Connection, cluster_in

def query(sql):
    cluster = cluster_in(Path(sys.argv[1]))
    to = dict(host=str(cluster.socket_folder), port=5432, user="postgres", dbname="claimsdb", autocommit=True)
    with Connection.connect(cluster=cluster, **to) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None

def wait():
    print("ready", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where a cluster may be made, below a folder that is removed afterwards with what still runs in it."""
    around = Path(tempfile.mkdtemp(prefix="claimsdb-"))
    yield around / "data" / "postgres"
    for process in psutil.process_iter(["cmdline", "cwd"]):
        told = [process.info["cwd"] or "", *(process.info["cmdline"] or [])]
        if any(part.startswith(str(around)) for part in told):
            process.kill()
    shutil.rmtree(around)


def start(script: str, folder: Path, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USE + script, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def finish(process: subprocess.Popen[str]) -> str:
    """Let a process go on to its end, and return what it printed."""
    out, err = process.communicate("\n", timeout=60)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    return out.removeprefix("ready\n").strip()


def run(script: str, folder: Path) -> str:
    return finish(start(script, folder))


def begin(script: str, folder: Path) -> subprocess.Popen[str]:
    """Start a process, and return when it waits."""
    process = start(script, folder)
    assert process.stdout.readline() == "ready\n", process.communicate()[1]
    return process


def postmaster(folder: Path) -> int:
    return int((folder / "postmaster.pid").read_text().split("\n")[0])


def runs(folder: Path) -> bool:
    return (folder / "postmaster.pid").exists() and psutil.pid_exists(postmaster(folder))


def manage(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DEBUG")}
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=kept | {"SECRET_KEY": "for tests only", "HTTPS": "off"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_commands_that_need_no_data_start_no_server(folder: Path) -> None:
    commands = [["check"], ["--help"], ["makemigrations", "--check"]]
    processes = [manage(*command, CLAIMSDB_DATA=str(folder.parent)) for command in commands]
    for command, process in zip(commands, processes, strict=True):
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, ""), command
    assert not folder.parent.exists()


def test_processes_that_come_at_once_share_one_server_and_the_last_to_go_stops_it(folder: Path) -> None:
    script = "print(query('SELECT pg_postmaster_start_time()::text')); wait()"
    processes = [start(script, folder) for _ in range(4)]
    started = {process.stdout.readline() for process in processes}
    assert len(started) == 1
    assert "" not in started
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert runs(folder)
        finish(process)
    assert not (folder / "postmaster.pid").exists()


def test_processes_that_come_at_once_make_the_folder(folder: Path) -> None:
    """Each of them finds it missing, and one is the first to make it."""
    script = """
import pathlib
made, exists = [], pathlib.Path.exists
def late(self):
    found = exists(self)
    if self == pathlib.Path(sys.argv[1]).parent and not found and not made:
        made.append(self.mkdir(parents=True))  # as another process does just now
    return found
pathlib.Path.exists = late
print(query('SELECT 7'))
"""
    assert run(script, folder.parent / "deeper" / "postgres") == "7"


def test_what_a_killed_process_wrote_is_kept_and_the_next_one_stops_the_server(folder: Path) -> None:
    process = begin("query('CREATE TABLE kept AS SELECT 7 AS number'); wait()", folder)
    process.kill()
    process.communicate()
    assert runs(folder)
    assert run("print(query('SELECT number FROM kept'))", folder) == "7"
    assert not (folder / "postmaster.pid").exists()


def test_a_killed_server_is_started_again_by_who_uses_it(folder: Path) -> None:
    """Even where one of its processes is too busy to notice that the server is gone."""
    busy = start("query('SELECT count(*) FROM generate_series(1, 1e12)')", folder)
    waiting = begin(
        """
query("CREATE TABLE kept AS SELECT 7 AS number")
others = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid != pg_backend_pid()"
while not query(others + " AND query LIKE '%1e12%'"):
    pass
wait()
print(query("TABLE kept"))
""",
        folder,
    )
    os.kill(postmaster(folder), signal.SIGKILL)
    assert finish(waiting) == "7"
    busy.kill()
    busy.communicate()


def test_a_killed_server_and_a_killed_process_leave_a_number_that_another_process_has_now(folder: Path) -> None:
    process = begin("query('CREATE TABLE kept AS SELECT 7 AS number'); wait()", folder)
    file = folder / "postmaster.pid"
    os.kill(postmaster(folder), signal.SIGKILL)
    process.kill()
    process.communicate()
    owner = folder.stat()
    other = subprocess.Popen(["sleep", "60"], **({"user": owner.st_uid} if AS_ROOT else {}))
    try:
        file.write_text("\n".join([str(other.pid), *file.read_text().split("\n")[1:]]))
        assert run("print(query('SELECT number FROM kept'))", folder) == "7"
    finally:
        other.kill()
        other.wait()


def test_a_half_written_number_is_no_obstacle(folder: Path) -> None:
    run("query('CREATE TABLE kept AS SELECT 7 AS number')", folder)
    for content in ("", "nonsense\n"):
        (folder / "postmaster.pid").write_text(content)
        assert run("print(query('SELECT number FROM kept'))", folder) == "7"


def test_an_interrupted_creation_is_begun_again(folder: Path) -> None:
    half_made = folder.with_suffix(".new")
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    assert run("print(query('SELECT 7'))", folder) == "7"
    assert not half_made.exists()


def test_a_path_longer_than_a_socket_may_have(folder: Path) -> None:
    folder = folder.parent / ("long" * 30) / "it's a folder" / "postgres"
    sockets = embedded.Cluster(folder).socket_folder
    process = begin("query('SELECT 7'); wait()", folder)
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    finish(process)
    assert not sockets.exists()


def test_data_of_another_version_are_left_alone(folder: Path) -> None:
    run("query('SELECT 7')", folder)
    (folder / "PG_VERSION").write_text("9\n")
    process = manage("showmigrations", CLAIMSDB_DATA=str(folder.parent))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.count("\n") == 1
    assert "written by PostgreSQL 9" in err


def test_only_the_owner_may_reach_the_server(folder: Path) -> None:
    process = begin("query('SELECT 7'); wait()", folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not [one for one in psutil.Process(postmaster(folder)).net_connections("inet") if one.status == "LISTEN"]
    finish(process)


def test_django_goes_on_after_its_server_was_killed(folder: Path) -> None:
    script = """
import django
from django.db import close_old_connections, connection
django.setup()
def ask():
    close_old_connections()  # as before each request
    with connection.cursor() as cursor:
        cursor.execute("SELECT 7")
        return cursor.fetchone()[0]
ask()
wait()
print(ask())
"""
    names = {"DJANGO_SETTINGS_MODULE": "tests.settings", "CLAIMSDB_DATA": str(folder.parent)}
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    process = start(script, folder, env=kept | names)
    assert process.stdout.readline() == "ready\n"
    os.kill(postmaster(folder), signal.SIGKILL)
    assert finish(process) == "7"
    assert not runs(folder)


@pytest.mark.skipif(not AS_ROOT, reason="the other tests run as an ordinary user")
def test_as_an_ordinary_user(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    folder.parent.mkdir()
    for path in (folder.parent.parent, folder.parent):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    become = f"os.setgroups([]); os.setgid({nobody.pw_gid}); os.setuid({nobody.pw_uid});"
    assert run(f"{become} print(query('SELECT 7'))", folder) == "7"
    assert not (folder / "postmaster.pid").exists()


@pytest.mark.skipif(not AS_ROOT, reason="only root can hand the server to another user")
def test_as_root_in_the_folder_of_an_ordinary_user(folder: Path) -> None:
    """That user can go on with it afterwards."""
    nobody = pwd.getpwnam("nobody")
    os.chown(folder.parent.parent, nobody.pw_uid, nobody.pw_gid)
    run("query('CREATE TABLE kept AS SELECT 7 AS number')", folder)
    assert {path.stat().st_uid for path in (folder.parent, *folder.parent.iterdir())} == {nobody.pw_uid}
    become = f"os.setgroups([]); os.setgid({nobody.pw_gid}); os.setuid({nobody.pw_uid});"
    assert run(f"{become} print(query('SELECT number FROM kept'))", folder) == "7"


@pytest.mark.skipif(not AS_ROOT, reason="only root needs another user")
def test_as_root_the_user_for_the_server_is_made_with_any_path(folder: Path, tmp_path: Path) -> None:
    """A shell that became root by su without a hyphen has a PATH without /usr/sbin."""
    script = """
import os, pwd, shutil
from claimsdb.postgresql import embedded
os.environ["PATH"] = "/usr/local/bin:/usr/bin:/bin"
embedded.SYSTEM_USER = "claimsdb-nobody"
ran = []
embedded.run = lambda command, **kwargs: ran.append(command[0])
try:
    embedded.Cluster(Path(sys.argv[1]))._account(Path("/"))
except KeyError:
    pass
assert os.path.basename(ran[0]) == "useradd" and os.path.isabs(ran[0]), ran
embedded.SYSTEM_PROGRAMS = ()
os.environ["PATH"] = "/nowhere"
try:
    embedded.Cluster(Path(sys.argv[1]))._account(Path("/"))
except embedded.Failed as error:
    print(error)
"""
    assert "Make a system user named" in run(script, folder)


@pytest.mark.skipif(not AS_ROOT, reason="only root may open folders to others")
def test_as_root_folders_are_opened_to_pass_through_and_no_further(folder: Path) -> None:
    around = folder.parent.parent
    assert stat.S_IMODE(around.stat().st_mode) == 0o700
    run("query('SELECT 7')", folder)
    assert stat.S_IMODE(around.stat().st_mode) == 0o701
    assert folder.stat().st_uid == pwd.getpwnam(embedded.SYSTEM_USER).pw_uid
