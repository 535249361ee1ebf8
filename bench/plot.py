"""A chart: each operation as a share of the limit, and its growth from the smallest size to the largest."""

import textwrap
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot

OURS, PEER, STOCK, LIMIT, TARGET = "#1b6ca8", "#e0a458", "#b9bec4", "#8fc1a9", "#c0392b"
WIDTH = 0.27


def draw(found: dict[str, Any], file: Path) -> None:
    settings = found["settings"]
    sizes, connections = settings["sizes"], str(settings["connections"][0])
    large = found["sizes"][str(sizes[-1])]["operations"]
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(13, 0.85 * len(large) + 1.2), sharey=True)
    ratios(left, large, connections)
    left.set_title(f"requests/s as a share of the limit, {sizes[-1]:,} claims, {connections} connections", fontsize=10)
    growth(right, large, found.get("growth", {}))
    right.set_title(f"median latency with {sizes[-1]:,} claims, as a multiple of that with {sizes[0]:,}", fontsize=10)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(left=False)
        axes.legend(loc="lower right", frameon=False, fontsize=9)
    left.set_yticks(range(len(large)), [textwrap.fill(one["title"], 26) for one in large.values()])
    left.invert_yaxis()
    figure.tight_layout()
    figure.savefig(file, dpi=120)
    pyplot.close(figure)


def ratios(axes: Any, operations: dict[str, Any], connections: str) -> None:
    """Bars for ours, the peer and the stock; the limit is 1."""
    for place, operation in enumerate(operations.values()):
        by = operation["medians"][connections]
        for shift, name, colour in ((-WIDTH, "ours", OURS), (0, "peer", PEER), (WIDTH, "stock", STOCK)):
            if name in by:
                share = by[name]["rate"] / by["limit"]["rate"]
                label = name if place == 0 else None
                axes.barh(place + shift, share, WIDTH, color=colour, label=label)
                axes.text(share + 0.01, place + shift, f"{share:.2f}", va="center", fontsize=8)
        mark(axes, operation["target"], place)
    axes.set_xlim(0, 1.1)


def growth(axes: Any, large: dict[str, Any], found: dict[str, Any]) -> None:
    """Bars for ours and the limit; 1 is no growth, as with a single size."""
    for place, (name, operation) in enumerate(large.items()):
        for shift, server, colour in ((-WIDTH / 2, "ours", OURS), (WIDTH / 2, "limit", LIMIT)):
            before, after = found.get(name, {}).get(server, (1, 1))
            label = server if place == 0 else None
            axes.barh(place + shift, after / before, WIDTH, color=colour, label=label)
            axes.text(after / before + 0.02, place + shift, f"{after / before:.2f}", va="center", fontsize=8)
        mark(axes, operation["growth_target"], place)


def mark(axes: Any, target: float | None, place: int) -> None:
    if target is not None:
        axes.plot([target, target], [place - 0.42, place + 0.42], color=TARGET, label="target" if place == 0 else None)
