"""Load on a server: each connection sends its next request as soon as it has the response to the last.

wrk generates it if installed; otherwise a loop in Python, which uses more of the machine, so that figures are lower.
"""

import asyncio
import itertools
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.operations import Operation
from bench.request import NUMBER, PATIENCE, connect

SCRIPT = Path(__file__).with_name("load.lua")
#: numbers reserved for the writes of one run
NUMBERS = 50_000
#: seconds of load before the rounds
WARM_UP = 3


@dataclass(frozen=True)
class Figures:
    """The figures of one run. Latencies are in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    longest: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    def as_dict(self) -> dict[str, float]:
        return asdict(self) | {"rate": self.rate}


class Requests:
    """An operation's requests for one server, written to a file: for each its length, a line feed and its bytes."""

    #: shared, so that no two writes get the same number
    _numbers = itertools.count(1, NUMBERS)

    def __init__(self, operation: Operation, host: str, token: str, folder: Path) -> None:
        self.operation, self.host, self.token = operation, host, token
        self.raw = [request.raw(host, token) for request in operation.requests]
        self.file = folder / f"{operation.name}-{host.rpartition(chr(58))[2]}"
        self.file.write_bytes(b"".join(b"%d\n%b" % (len(raw), raw) for raw in self.raw))

    def walk(self) -> None:
        """Send each request once, on one connection. Exits with the response if one isn't 2xx."""
        connection = connect(self.host)
        for number, request in enumerate(self.operation.requests, self.take_numbers()):
            request.send(connection, self.token, number)
        connection.close()

    @classmethod
    def take_numbers(cls) -> int:
        """Reserve NUMBERS numbers; the first of them."""
        return next(cls._numbers)

    def run(self, connections: int, seconds: float, share: float = 0) -> Figures:
        """Run a load, starting at `share` (0 to 1) of the requests. Exits if a request fails."""
        start, number = int(share * len(self.raw)), self.take_numbers()
        found = (by_wrk if shutil.which("wrk") else by_python)(self, connections, seconds, start, number)
        if found["refused"]:
            self.walk()
        if found["refused"] or found["broken"] or not found["requests"]:
            sys.exit(f"{self.operation.title}, {connections} connections to {self.host}: {found}")
        return Figures(int(found["requests"]), *(found[name] for name in ("seconds", "p50", "p99", "longest")))


def warm_up(requests: Iterable[Requests], connections: int) -> None:
    """Send each request once, then run enough load for every database connection to have its statements prepared."""
    for each in requests:
        each.walk()
        each.run(connections, WARM_UP)


def in_turns(
    requests: Mapping[Any, Requests], connections: int, rounds: int, seconds: float
) -> tuple[dict[Any, list[dict[str, float]]], dict[Any, dict[str, float]]]:
    """The figures of each round by key of `requests`, which take turns, and their medians."""
    turns: dict[Any, list[dict[str, float]]] = {name: [] for name in requests}
    for turn in range(rounds):
        for name, each in requests.items():
            turns[name].append(each.run(connections, seconds, share=turn / rounds).as_dict())
    return turns, {name: _medians(rows) for name, rows in turns.items()}


def _medians(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(row[name] for row in rows) for name in ("rate", "p50", "p99")}


def by_wrk(requests: Requests, connections: int, seconds: float, start: int, number: int) -> dict[str, float]:
    """Load by wrk with one thread, for whole seconds only."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", f"--timeout={PATIENCE}s"]
    command += ["-s", str(SCRIPT), f"http://{requests.host}", "--", str(requests.file), str(start), str(number)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 2 * PATIENCE)  # noqa: S603
    if done.returncode:
        sys.exit(f"wrk failed: {done.stderr}{done.stdout}")
    found: dict[str, float] = json.loads(done.stdout.strip().rsplit("\n", 1)[-1])
    return found


def by_python(requests: Requests, connections: int, seconds: float, start: int, number: int) -> dict[str, float]:
    """The same, in one thread of Python."""
    return asyncio.run(_drive(requests, connections, seconds, start, number))


async def _drive(requests: Requests, connections: int, seconds: float, start: int, number: int) -> dict[str, float]:
    latencies: list[float] = []
    refused = broken = 0
    places, numbers = itertools.count(start), itertools.count(number)
    begun = time.perf_counter()

    async def visit() -> None:
        nonlocal refused, broken
        host, port = requests.host.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        while time.perf_counter() - begun < seconds:
            raw = requests.raw[next(places) % len(requests.raw)]
            if requests.operation.writes:
                raw = raw.replace(NUMBER.encode(), b"%08d" % next(numbers), 1)
            sent = time.perf_counter()
            try:
                writer.write(raw)
                status = await asyncio.wait_for(_answer(reader), PATIENCE)
            except (OSError, EOFError, TimeoutError):
                broken += 1
                return
            latencies.append((time.perf_counter() - sent) * 1000)
            refused += not 200 <= status < 300
        writer.close()

    await asyncio.gather(*(visit() for _ in range(connections)))
    return {
        "requests": len(latencies),
        "seconds": time.perf_counter() - begun,
        "p50": percentile(latencies, 50),
        "p99": percentile(latencies, 99),
        "longest": max(latencies, default=0),
        "refused": refused,
        "broken": broken,
    }


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read a response, which must have a Content-Length; its status code."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


def percentile(values: Sequence[float], percent: int) -> float:
    if len(values) < 2:
        return max(values, default=0)
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
