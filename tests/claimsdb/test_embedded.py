"""The private PostgreSQL: when it starts and stops, which processes share it, and recovery after kills."""

import os
import pwd
import select
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from claimsdb.postgresql import embedded
from tests.running import own_folder

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
    """The path of a cluster that doesn't exist yet."""
    with own_folder() as parent:
        yield parent / "data" / "postgres"


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """The files of a new cluster, to copy: initdb takes over a second."""
    with own_folder() as parent:
        path = parent / "data" / "postgres"
        path.parent.mkdir()
        embedded.Cluster(path)._create()
        yield path


@pytest.fixture
def cluster(folder: Path, template: Path) -> Path:
    """The path of a cluster that exists and is not running."""
    subprocess.run(["cp", "-a", template.parent, folder.parent], check=True)
    return folder


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
    """Let a process run to its end, and return its output."""
    out, err = process.communicate("\n", timeout=60)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    return out.removeprefix("ready\n").strip()


def run(script: str, folder: Path) -> str:
    return finish(start(script, folder))


def begin(script: str, folder: Path) -> subprocess.Popen[str]:
    """Start a process, and return once it waits."""
    process = start(script, folder)
    assert process.stdout.readline() == "ready\n", process.communicate()[1]
    return process


def postmaster(folder: Path) -> int:
    return int((folder / "postmaster.pid").read_text().split("\n")[0])


def kill_server(folder: Path) -> None:
    """Kill the main process of a server, and wait for its end."""
    pid = postmaster(folder)
    end = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    assert select.select([end], [], [], 60)[0]
    os.close(end)


def is_running(folder: Path) -> bool:
    return (folder / "postmaster.pid").exists() and psutil.pid_exists(postmaster(folder))


def manage(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DEBUG")}
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=inherited | {"SECRET_KEY": "for tests only", "HTTPS": "off"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_commands_that_need_no_database_start_no_server(folder: Path) -> None:
    commands = [["check"], ["--help"], ["makemigrations", "--check"]]
    processes = [manage(*command, CLAIMSDB_DATA=str(folder.parent)) for command in commands]
    for command, process in zip(commands, processes, strict=True):
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, ""), command
    assert not folder.parent.exists()


def test_simultaneous_processes_share_one_server_and_the_last_one_stops_it(folder: Path) -> None:
    script = "print(query('SELECT pg_postmaster_start_time()::text')); wait()"
    processes = [start(script, folder) for _ in range(4)]
    started = {process.stdout.readline() for process in processes}
    assert len(started) == 1
    assert "" not in started
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert is_running(folder)
        finish(process)
    assert not (folder / "postmaster.pid").exists()


def test_simultaneous_processes_create_the_folder(folder: Path) -> None:
    """Each of them finds that it doesn't exist; one of them creates it first."""
    script = """
import pathlib
created, real_exists = [], pathlib.Path.exists
def exists(self):
    answer = real_exists(self)
    if self == pathlib.Path(sys.argv[1]).parent and not answer and not created:
        created.append(self.mkdir(parents=True))  # as if by another process just after the check
    return answer
pathlib.Path.exists = exists
print(query('SELECT 7'))
"""
    assert run(script, folder.parent / "deeper" / "postgres") == "7"


def test_after_a_killed_process_its_data_is_kept_and_the_next_process_stops_the_server(cluster: Path) -> None:
    process = begin("query('CREATE TABLE kept AS SELECT 7 AS number'); wait()", cluster)
    process.kill()
    process.communicate()
    assert is_running(cluster)
    assert run("print(query('SELECT number FROM kept'))", cluster) == "7"
    assert not (cluster / "postmaster.pid").exists()


def test_a_killed_server_is_restarted_by_the_next_query(cluster: Path) -> None:
    """Even if one of its backends is too busy to notice that the server is gone."""
    busy = start("query('SELECT count(*) FROM generate_series(1, 1e12)')", cluster)
    waiting = begin(
        """
query("CREATE TABLE kept AS SELECT 7 AS number")
others = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid != pg_backend_pid()"
while not query(others + " AND query LIKE '%1e12%'"):
    pass
wait()
print(query("TABLE kept"))
""",
        cluster,
    )
    kill_server(cluster)
    assert finish(waiting) == "7"
    busy.kill()
    busy.communicate()


def test_a_pid_left_by_a_killed_server_may_belong_to_another_process(cluster: Path) -> None:
    process = begin("query('CREATE TABLE kept AS SELECT 7 AS number'); wait()", cluster)
    file = cluster / "postmaster.pid"
    kill_server(cluster)
    process.kill()
    process.communicate()
    owner = cluster.stat()
    other = subprocess.Popen(["sleep", "60"], **({"user": owner.st_uid} if AS_ROOT else {}))
    try:
        file.write_text("\n".join([str(other.pid), *file.read_text().split("\n")[1:]]))
        assert run("print(query('SELECT number FROM kept'))", cluster) == "7"
    finally:
        other.kill()
        other.wait()


def test_a_corrupt_pid_file_is_replaced(cluster: Path) -> None:
    run("query('CREATE TABLE kept AS SELECT 7 AS number')", cluster)
    for content in ("", "nonsense\n"):
        (cluster / "postmaster.pid").write_text(content)
        assert run("print(query('SELECT number FROM kept'))", cluster) == "7"


def test_an_interrupted_creation_is_repeated(folder: Path) -> None:
    partial = folder.with_suffix(".new")
    partial.mkdir(parents=True)
    (partial / "PG_VERSION").write_text("18\n")
    assert run("print(query('SELECT 7'))", folder) == "7"
    assert not partial.exists()


def test_a_path_too_long_for_a_socket(folder: Path) -> None:
    folder = folder.parent / ("long" * 30) / "it's a folder" / "postgres"
    sockets = embedded.Cluster(folder).socket_folder
    process = begin("query('SELECT 7'); wait()", folder)
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    finish(process)
    assert not sockets.exists()


def test_data_of_another_version_is_refused(cluster: Path) -> None:
    run("query('SELECT 7')", cluster)
    (cluster / "PG_VERSION").write_text("9\n")
    process = manage("showmigrations", CLAIMSDB_DATA=str(cluster.parent))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.count("\n") == 1
    assert "written by PostgreSQL 9" in err


def test_only_the_owner_can_reach_the_server(cluster: Path) -> None:
    process = begin("query('SELECT 7'); wait()", cluster)
    assert stat.S_IMODE(cluster.stat().st_mode) == 0o700
    sockets = psutil.Process(postmaster(cluster)).net_connections("inet")
    assert not [socket for socket in sockets if socket.status == "LISTEN"]
    finish(process)


def test_django_reconnects_after_its_server_was_killed(cluster: Path) -> None:
    script = """
import django
from django.db import close_old_connections, connection
django.setup()
def select():
    close_old_connections()  # as before each request
    with connection.cursor() as cursor:
        cursor.execute("SELECT 7")
        return cursor.fetchone()[0]
select()
wait()
print(select())
"""
    own = {"DJANGO_SETTINGS_MODULE": "tests.settings", "CLAIMSDB_DATA": str(cluster.parent)}
    inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    process = start(script, cluster, env=inherited | own)
    assert process.stdout.readline() == "ready\n"
    kill_server(cluster)
    assert finish(process) == "7"
    assert not is_running(cluster)


@pytest.mark.skipif(not AS_ROOT, reason="the other tests run as an ordinary user")
def test_as_an_ordinary_user(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    folder.parent.mkdir()
    for path in (folder.parent.parent, folder.parent):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    become = f"os.setgroups([]); os.setgid({nobody.pw_gid}); os.setuid({nobody.pw_uid});"
    assert run(f"{become} print(query('SELECT 7'))", folder) == "7"
    assert not (folder / "postmaster.pid").exists()


@pytest.mark.skipif(not AS_ROOT, reason="only root can run the server as another user")
def test_as_root_in_the_folder_of_an_ordinary_user(folder: Path) -> None:
    """That user can use the cluster afterwards."""
    nobody = pwd.getpwnam("nobody")
    os.chown(folder.parent.parent, nobody.pw_uid, nobody.pw_gid)
    run("query('CREATE TABLE kept AS SELECT 7 AS number')", folder)
    assert {path.stat().st_uid for path in (folder.parent, *folder.parent.iterdir())} == {nobody.pw_uid}
    become = f"os.setgroups([]); os.setgid({nobody.pw_gid}); os.setuid({nobody.pw_uid});"
    assert run(f"{become} print(query('SELECT number FROM kept'))", folder) == "7"


@pytest.mark.skipif(not AS_ROOT, reason="only root needs another user for the server")
def test_as_root_the_user_for_the_server_is_created_with_any_path(folder: Path, tmp_path: Path) -> None:
    """After `su` without a hyphen, root's PATH lacks /usr/sbin."""
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
except embedded.EmbeddedError as error:
    print(error)
"""
    assert "Create a system user named" in run(script, folder)


@pytest.mark.skipif(not AS_ROOT, reason="only root can open folders to others")
def test_as_root_parent_folders_become_passable_but_not_readable(folder: Path) -> None:
    around = folder.parent.parent
    assert stat.S_IMODE(around.stat().st_mode) == 0o700
    run("query('SELECT 7')", folder)
    assert stat.S_IMODE(around.stat().st_mode) == 0o701
    assert folder.stat().st_uid == pwd.getpwnam(embedded.SYSTEM_USER).pw_uid
