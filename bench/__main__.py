"""`make bench`: set up the databases, run the servers and the load, write the report."""

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
#: the page that shows the tables of a report in REPORT
PAGE = Path("docs/performance.md")


def main() -> None:
    end_on_sigterm()
    options = arguments()
    options.report.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {
        "settings": {
            "sizes": sorted(options.sizes),
            "rounds": options.rounds,
            "seconds": options.seconds,
            "connections": CONNECTIONS,
            "seed": SEED,
        },
        "sizes": {},
    }
    if options.ablations:
        return ablations(Database(min(options.sizes), options.data / f"bench-{min(options.sizes)}"), options.report)
    databases = [Database(size, options.data / f"bench-{size}") for size in sorted(options.sizes)]
    for database in databases:
        size = database.size
        database.make_ready()
        with database.connect() as record:
            found["machine"] = machine.describe(record)
        try:
            found["sizes"][str(size)] = measure(
                database, options.rounds, options.seconds, largest=size == max(options.sizes)
            )
        finally:
            database.clean()
    if len(databases) > 1:
        few, many = databases[0], databases[-1]
        many.say(f"in turns with {few.size:,}")
        try:
            found["growth"] = growth.of_sizes(few, many, CONNECTIONS[0], options.rounds, options.seconds)
        finally:
            few.clean()
            many.clean()
    (options.report / "bench.json").write_text(json.dumps(found, indent=1) + "\n")
    markdown = table.write(found)
    last = found["sizes"][str(max(options.sizes))]
    (options.report / "plans.md").write_text(page.texts(last["plans"]))
    plot.draw(found, options.report / "bench.png")
    if options.report == REPORT:
        parts = {"table": markdown, "steps": page.steps(last["steps"]), "plans": page.plans(last["plans"])}
        page.put(PAGE, parts | {"indexes": page.indexes(last["indexes"], last["plans"])})
    else:
        (options.report / "table.md").write_text(f"{markdown}\n{page.steps(last['steps'])}\n")
    sys.stdout.write(f"{markdown}\nWritten to {options.report}.\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure how fast the API is; see bench/README.md.")
    parser.add_argument("sizes", type=int, nargs="+", help="numbers of claims; each gets its own database")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of load per figure")
    parser.add_argument("--seconds", type=int, default=2, help="whole seconds of load per round")
    parser.add_argument("--data", type=Path, default=ROOT / ".data", help="the folder for the databases")
    parser.add_argument("--ablations", action="store_true", help="measure only what each optimisation is worth")
    parser.add_argument("--report", type=Path, default=REPORT, help="the folder for the report")
    return parser.parse_args()


def ablations(database: Database, report: Path) -> None:
    """Print the table of `bench/ablations.py`, and put it into PAGE if `report` is REPORT."""
    database.make_ready()
    try:
        with database.connect() as record, visitor(database) as who:
            request = json.dumps({"token": who["token"], "operations": as_json(operations(record))})
            found = database.run("-m", "bench.ablations", stdin=request)
    finally:
        database.clean()
    if report == REPORT:
        page.put(PAGE, {"ablations": found})
    sys.stdout.write(found)


def measure(database: Database, rounds: int, seconds: int, *, largest: bool) -> dict[str, Any]:
    """Everything measured at one size, as JSON for `bench.json`."""
    with database.connect() as record, visitor(database) as who, tempfile.TemporaryDirectory() as folder:
        record.execute("SELECT pg_stat_reset()")
        measured = operations(record)
        database.say("loading rows by COPY")
        found: dict[str, Any] = {"bulk": bulk.load(record), "operations": {}}
        database.say("timing in one process")
        inside = in_one_process(database, "inside", measured, who["token"])
        with running(database, without=() if largest else ("stock",)) as servers:
            token = who["token"]
            ours = servers["ours"].host
            same = sameness.same_bytes(measured, ours, servers["limit"].host, token, Requests.take_numbers())
            sameness.same_bytes(measured, ours, servers["peer"].host, token, Requests.take_numbers())
            if largest:
                sameness.as_many(measured, ours, servers["stock"].host)
            for operation in measured:
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
                # without the thousands of claims that were just created, which come first in lists of unverified ones
                database.clean()
                database.say("steps of a request")
                found["steps"] = in_one_process(database, "steps", measured, token, ours)
                database.say("first and late pages")
                found["deep"] = growth.of_pages(measured, servers["ours"], who["token"], CONNECTIONS, rounds, seconds)
                database.say("pages of the admin")
                pages = json.loads(database.run("-m", "bench.adminpages"))
                found["admin"] = adminpages.times(pages, servers["ours"].host, who["session"])
        if largest:
            database.say("plans and indexes")
            found["plans"] = json.loads(
                database.run("-m", "bench.plans", stdin=json.dumps(plans.common_queries(record, measured)))
            )
            found["indexes"] = indexes.costs(record)
    return found


def in_one_process(database: Database, module: str, measured: list[Operation], token: str, host: str = "") -> Any:
    """The figures of `bench/inside.py` or `bench/steps.py`."""
    request = json.dumps({"token": token, "host": host, "operations": as_json(measured)})
    return json.loads(database.run("-m", f"bench.{module}", stdin=request))


def as_json(measured: list[Operation]) -> dict[str, Any]:
    """Operations in the form that `bench.inside` and `bench.ablations` read from standard input."""
    return {
        operation.name: {
            "requests": [{"path": request.path, "body": request.body} for request in operation.requests],
            "number": Requests.take_numbers(),
        }
        for operation in measured
    }


def load(
    operation: Operation, servers: dict[str, Server], token: str, folder: Path, rounds: int, seconds: int
) -> dict[str, Any]:
    """Figures by connections and server: those of all `rounds`, and their `medians`. Servers take turns in a round."""
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
