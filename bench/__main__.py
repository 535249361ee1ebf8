"""`make bench`: the databases, the servers, the load, the report."""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import adminpages, bulk, growth, indexes, machine, page, plans, plot, sameness, table
from bench.databases import ROOT, Database, visitor
from bench.load import Requests, in_turns, warm_up
from bench.operations import SEED, Operation, operations
from bench.servers import Server, end_on_sigterm, running

CONNECTIONS = (4, 16)
REPORT = Path("docs/performance")
#: the page that the report stands in, if it is written to its own folder
PAGE = Path("docs/performance.md")


def main() -> None:
    end_on_sigterm()
    asked = arguments()
    asked.report.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {
        "settings": {
            "sizes": sorted(asked.sizes),
            "rounds": asked.rounds,
            "seconds": asked.seconds,
            "connections": CONNECTIONS,
            "seed": SEED,
        },
        "sizes": {},
    }
    if asked.ablations:
        return ablations(Database(min(asked.sizes), asked.data / f"bench-{min(asked.sizes)}"), asked.report)
    databases = [Database(size, asked.data / f"bench-{size}") for size in sorted(asked.sizes)]
    for database in databases:
        size = database.size
        database.make_ready()
        with database.connect() as record:
            found["machine"] = machine.describe(record)
        try:
            found["sizes"][str(size)] = measure(database, asked.rounds, asked.seconds, largest=size == max(asked.sizes))
        finally:
            database.clean()
    if len(databases) > 1:
        few, many = databases[0], databases[-1]
        many.say(f"in turns with {few.size:,}")
        try:
            found["growth"] = growth.of_sizes(few, many, CONNECTIONS[0], asked.rounds, asked.seconds)
        finally:
            few.clean()
            many.clean()
    (asked.report / "bench.json").write_text(json.dumps(found, indent=1) + "\n")
    markdown = table.write(found)
    last = found["sizes"][str(max(asked.sizes))]
    (asked.report / "plans.md").write_text(page.texts(last["plans"]))
    plot.draw(found, asked.report / "bench.png")
    if asked.report == REPORT:
        parts = {"table": markdown, "plans": page.plans(last["plans"])}
        page.put(PAGE, parts | {"indexes": page.indexes(last["indexes"], last["plans"])})
    else:
        (asked.report / "table.md").write_text(markdown)
    sys.stdout.write(f"{markdown}\nWritten to {asked.report}.\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="How fast the API answers; see bench/README.md.")
    parser.add_argument("sizes", type=int, nargs="+", help="numbers of claims, each in a database of its own")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of load in a round, whole ones")
    parser.add_argument("--data", type=Path, default=ROOT / ".data", help="the folder for the databases")
    parser.add_argument("--ablations", action="store_true", help="only what each trick for speed is worth")
    parser.add_argument("--report", type=Path, default=REPORT, help="the folder for the report")
    return parser.parse_args()


def ablations(database: Database, report: Path) -> None:
    """The table of `bench/ablations.py`, put into the page, or into a file of its own for another report."""
    database.make_ready()
    try:
        with database.connect() as record, visitor(database) as who:
            given = json.dumps({"token": who["token"], "operations": typed(operations(record))})
            found = database.run("-m", "bench.ablations", typed=given)
    finally:
        database.clean()
    if report == REPORT:
        page.put(PAGE, {"ablations": found})
    sys.stdout.write(found)


def measure(database: Database, rounds: int, seconds: int, *, largest: bool) -> dict[str, Any]:
    """All that is measured at one size."""
    with database.connect() as record, visitor(database) as who, tempfile.TemporaryDirectory() as folder:
        record.execute("SELECT pg_stat_reset()")
        asked = operations(record)
        database.say("loading rows by COPY")
        found: dict[str, Any] = {"bulk": bulk.load(record), "operations": {}}
        database.say("timing in one process")
        inside = within(database, asked, who["token"])
        with running(database) as servers:
            token = who["token"]
            hosts = servers["ours"].host, servers["limit"].host
            same = sameness.same_bytes(asked, *hosts, token, Requests.take_numbers())
            sameness.as_many(asked, servers["ours"].host, servers["stock"].host)
            for operation in asked:
                database.say(operation.title)
                found["operations"][operation.name] = {
                    "title": operation.title,
                    "target": operation.target,
                    "growth_target": operation.growth,
                    "addresses": len(operation.requests),
                    "same_bytes_as_limit": same.get(operation.name),
                    "inside": inside[operation.name],
                    **load(operation, servers, token, Path(folder), rounds, seconds),
                }
            found["memory"] = servers["ours"].memory()
            if largest:
                database.say("first pages and late ones")
                found["deep"] = growth.of_pages(asked, servers["ours"], who["token"], CONNECTIONS, rounds, seconds)
                database.say("pages of the admin")
                pages = json.loads(database.run("-m", "bench.adminpages"))
                found["admin"] = adminpages.times(pages, servers["ours"].host, who["session"])
        if largest:
            database.say("plans and indexes")
            found["plans"] = json.loads(
                database.run("-m", "bench.plans", typed=json.dumps(plans.questions(record, asked)))
            )
            found["indexes"] = indexes.costs(record)
    return found


def within(database: Database, asked: list[Operation], token: str) -> Any:
    """What `bench/inside.py` finds."""
    given = json.dumps({"token": token, "operations": typed(asked)})
    return json.loads(database.run("-m", "bench.inside", typed=given))


def typed(asked: list[Operation]) -> dict[str, Any]:
    """Operations as the programs that call the application themselves read them."""
    return {
        operation.name: {
            "requests": [{"path": request.path, "body": request.body} for request in operation.requests],
            "number": Requests.take_numbers(),
        }
        for operation in asked
    }


def load(
    operation: Operation, servers: dict[str, Server], token: str, folder: Path, rounds: int, seconds: int
) -> dict[str, Any]:
    """Figures of each server by number of connections: each round's, and their medians. A round is everybody's turn."""
    taking_part = {name: server for name, server in servers.items() if name != "stock" or operation.stock}
    requests = {name: Requests(operation, server.host, token, folder) for name, server in taking_part.items()}
    warm_up(requests.values(), max(CONNECTIONS))
    found: dict[str, dict[str, Any]] = {"rounds": {}, "medians": {}}
    for connections in CONNECTIONS:
        turns, medians = in_turns(requests, connections, rounds, seconds)
        found["rounds"][str(connections)], found["medians"][str(connections)] = turns, medians
    return found


if __name__ == "__main__":
    main()
