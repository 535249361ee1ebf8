"""The figures as Markdown tables, each with its target."""

from collections.abc import Iterable, Sequence
from typing import Any

#: target for the RSS of a worker, in megabytes
MEMORY = 150
#: target for a page of the admin, in milliseconds
ADMIN = 300
#: target for the list operation, as a multiple of the stock
STOCK_LIST = 4


def write(found: dict[str, Any]) -> str:
    sizes = found["settings"]["sizes"]
    large = found["sizes"][str(sizes[-1])]
    parts = [preface(found)]
    for connections in found["settings"]["connections"]:
        of = large["operations"], str(connections)
        parts += [f"### {connections} connections, {sizes[-1]:,} claims", speed(*of), comparison(*of)]
    if len(sizes) > 1:
        parts += [f"### From {sizes[0]:,} to {sizes[-1]:,} claims", growth(found, large)]
    parts += ["### Other figures", others(large, found["settings"])]
    parts += ["### Lists of the admin", admin(large["admin"])]
    return "\n\n".join(parts) + "\n"


def preface(found: dict[str, Any]) -> str:
    machine, settings = found["machine"], found["settings"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if name != "load")
    return (
        f"{machine['date'][:10]}: {machine['processor']}, {machine['cores']} cores, {machine['memory']} GB; "
        f"{versions}. "
        f"Load by {machine['versions']['load']} on the same machine, medians of {settings['rounds']} rounds of "
        f"{settings['seconds']} s. Latencies under load; database and Python time of a request alone."
    )


def speed(operations: dict[str, Any], connections: str) -> str:
    """Our own figures, and where the time of a request alone goes."""
    head = ["operation", "requests/s", "p50, ms", "p99, ms", "database, ms", "Python, ms", "queries"]
    rows = []
    for operation in operations.values():
        ours, inside = operation["medians"][connections]["ours"], operation["inside"]
        row = [operation["title"], number(ours["rate"]), number(ours["p50"]), number(ours["p99"])]
        rows.append([*row, number(inside["database"]), number(inside["python"]), number(inside["queries"])])
    return markdown(head, rows)


def comparison(operations: dict[str, Any], connections: str) -> str:
    """Requests per second of all servers."""
    head = ["operation", "ours", "limit", "of the limit", "target", "peer", "the peer's, of the limit", "of the peer"]
    head += ["limit under gthread", "ours, of that", "stock", "times the stock", "target"]
    rows = []
    for name, operation in operations.items():
        rates = {server: median["rate"] for server, median in operation["medians"][connections].items()}
        ours, limit, peer, stock = rates["ours"], rates["limit"], rates["peer"], rates.get("stock")
        row = [operation["title"], number(ours), number(limit), number(ours / limit), at_least(operation["target"])]
        row += [number(peer), number(peer / limit), number(ours / peer)]
        row += [number(rates["gthread"]), number(ours / rates["gthread"])]
        row += [number(stock), number(ours / stock)] if stock else ["", ""]
        rows.append([*row, at_least(STOCK_LIST if name == "list" else None)])
    return "Requests/s:\n\n" + markdown(head, rows)


def growth(found: dict[str, Any], large: dict[str, Any]) -> str:
    settings = found["settings"]
    few, many = settings["sizes"][0], settings["sizes"][-1]
    head = ["operation", f"p50 at {few:,}, ms", f"p50 at {many:,}, ms", "times", "target", "the limit's, times"]
    rows = []
    for name, operation in large["operations"].items():
        (before, after), limit = found["growth"][name]["ours"], found["growth"][name]["limit"]
        row = [operation["title"], number(before), number(after), number(after / before)]
        rows.append([*row, f"≤ {operation['growth_target']:g}", number(limit[1] / limit[0])])
    return f"At {settings['connections'][0]} connections, both sizes in turns.\n\n" + markdown(head, rows)


def others(size: dict[str, Any], settings: dict[str, Any]) -> str:
    rows = []
    for connections in settings["connections"]:
        what = f"page 5,000 to first page, requests/s, {connections} connections"
        rows.append([what, number(size["deep"][str(connections)]), "1"])
    rows.append(["bulk load of claims and assertions by COPY, rows/s", number(size["bulk"]["rate"]), ""])
    for place, worker in enumerate(size["memory"], 1):
        rows.append([f"worker {place} after the load, RSS, MB", number(worker["rss"]), f"≤ {MEMORY}"])
        rows.append([f"worker {place} after the load, PSS, MB", number(worker["pss"]), ""])
    return markdown(["what", "measured", "target"], rows)


def admin(pages: Sequence[dict[str, Any]]) -> str:
    rows = [[page["page"], number(page["median"]), f"≤ {ADMIN}"] for page in pages]
    return markdown(["page", "median, ms", "target, ms"], rows)


def at_least(target: float | None) -> str:
    return "" if target is None else f"≥ {target:g}"


def number(value: float) -> str:
    """With three significant digits, or as a whole number if it is larger."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, with the first column left-aligned and the others right-aligned."""
    rule = ["---", *("--:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))
