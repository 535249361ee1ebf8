"""The five servers: four under gunicorn with the settings of `make run`, and the peer under uvicorn."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.databases import ROOT, Database
from claimsdb.worker import THREADS

#: the module and options that run each server
COMMANDS = {
    "ours": ("gunicorn", "claimsdb.wsgi"),
    "limit": ("gunicorn", "bench.limit"),
    # with as many threads as a worker of ours
    "gthread": ("gunicorn", "--worker-class", "gthread", "--threads", str(THREADS), "bench.limit"),
    "peer": (
        *("uvicorn", "bench.peer:application", "--workers", "2", "--loop", "uvloop", "--http", "httptools"),
        *("--no-access-log", "--log-level", "warning"),
    ),
    "stock": ("gunicorn", "bench.stock.wsgi"),
}
#: settings modules other than claimsdb.settings; gunicorn.conf.py needs them before it loads the application
SETTINGS = {"stock": "bench.stock.settings"}
HOST = "127.0.0.1"
#: seconds to wait for a server to start, or to stop
PATIENCE = 60


@dataclass(frozen=True)
class Server:
    name: str
    port: int
    process: subprocess.Popen[bytes]

    @property
    def host(self) -> str:
        return f"{HOST}:{self.port}"

    def memory(self) -> list[dict[str, float]]:
        """For each worker, in megabytes: resident (`rss`) and proportional (`pss`) set size."""
        found = []
        for worker in psutil.Process(self.process.pid).children():
            held = worker.memory_full_info()
            found.append({"rss": held.rss / 1e6, "pss": held.pss / 1e6})
        return found


@contextmanager
def running(database: Database, without: Collection[str] = ()) -> Iterator[dict[str, Server]]:
    """Run all servers but those in `without`, by name, until the context ends."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(serving(name, database)) for name in COMMANDS if name not in without}


@contextmanager
def serving(name: str, database: Database) -> Iterator[Server]:
    """Run one server until the context ends. Exits with the end of its log if it doesn't start."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    command = COMMANDS[name] + (("--port", str(port)) if COMMANDS[name][0] == "uvicorn" else ())
    log = database.folder / f"{name}.log"
    with log.open("wb") as written:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=database.environment
            | {"PORT": str(port), "DJANGO_SETTINGS_MODULE": SETTINGS.get(name, "claimsdb.settings")},
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C should reach only us; we stop the servers in order
        )
    try:
        _wait(process, port, log)
        yield Server(name, port, process)
    finally:
        end(process)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        workers = psutil.Process(process.pid).children() if process.poll() is None else []
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            workers = []
        if len(workers) > 1:
            return
        time.sleep(0.1)
    sys.exit(f"A server did not start; {log} ends with:\n{log.read_text(errors='replace')[-2000:]}")


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop the master, which stops its workers. Kill those that are left after PATIENCE."""
    workers = psutil.Process(process.pid).children() if process.poll() is None else []
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for worker in psutil.wait_procs(workers, timeout=5)[1]:
        worker.kill()


def end_on_sigterm() -> None:
    """Have SIGTERM stop the servers as Ctrl-C does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(f"Ended by signal, process {os.getpid()}."))
