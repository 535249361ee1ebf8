"""How response times grow with the number of claims, and with the number of a page.

The two sides of a comparison take turns, because the speed of the machine varies over time.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench.databases import Database, visitor
from bench.load import Requests, in_turns, warm_up
from bench.operations import Operation, operations
from bench.servers import Server, serving

SERVERS = ("ours", "limit")


def of_sizes(small: Database, large: Database, connections: int, rounds: int, seconds: int) -> dict[str, Any]:
    """For each operation and server the median latencies in milliseconds: [with few claims, with many]."""
    found: dict[str, Any] = {}
    with side(small) as few, side(large) as many:
        for name in few:
            requests = {(server, size): of[name][server] for server in SERVERS for size, of in enumerate((few, many))}
            warm_up(requests.values(), connections)
            medians = in_turns(requests, connections, rounds, seconds)[1]
            found[name] = {server: [medians[server, size]["p50"] for size in (0, 1)] for server in SERVERS}
    return found


@contextmanager
def side(database: Database) -> Iterator[dict[str, dict[str, Requests]]]:
    """Run the servers, and yield the requests by operation and server."""
    with ExitStack() as stack:
        record = stack.enter_context(database.connect())
        who = stack.enter_context(visitor(database))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = {name: stack.enter_context(serving(name, database)) for name in SERVERS}
        yield {
            operation.name: {
                name: Requests(operation, server.host, who["token"], folder) for name, server in servers.items()
            }
            for operation in operations(record)
        }


def of_pages(
    measured: list[Operation], server: Server, token: str, connections: tuple[int, ...], rounds: int, seconds: int
) -> dict[str, float]:
    """By number of connections: requests/s for pages from 5,000 on, divided by those for first pages."""
    with tempfile.TemporaryDirectory() as folder:
        pages = {
            operation.name: Requests(operation, server.host, token, Path(folder))
            for operation in measured
            if operation.name in ("list", "deep")
        }
        found = {}
        for number in connections:
            medians = in_turns(pages, number, rounds, seconds)[1]
            found[str(number)] = medians["deep"]["rate"] / medians["list"]["rate"]
    return found
