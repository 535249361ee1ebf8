"""Whether ours and the limit say the same: a limit that says less would be none."""

import json
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

from bench.operations import Operation
from bench.request import connect

#: requests of each operation that are compared
SAMPLE = 12
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
#: of a new record these differ each time
NEW = ("id", "slug", "text", "claim", "created_at", "updated_at")


def same_bytes(operations: Sequence[Operation], ours: str, limit: str, token: str, number: int) -> dict[str, bool]:
    """Whether the two hosts' answers to an operation are the same to the byte.

    Exits with the first answer that means something else. `number`: what the first write gets.
    """
    found = {}
    for operation in operations:
        step = max(1, len(operation.requests) // SAMPLE)
        equal = True
        for request in operation.requests[::step]:
            said = []
            for host in (ours, limit):
                connection = connect(host)
                said.append(request.send(connection, token, number).replace(host.encode(), b"HOST"))
                connection.close()
                number += 1
            meant = [meaning(json.loads(body), without=NEW if operation.writes else ()) for body in said]
            if meant[0] != meant[1]:
                here, there = difference(*(json.dumps(one, ensure_ascii=False) for one in meant))
                sys.exit(
                    f"{operation.title}: {request.method} {request.path} is not answered the same.\n"
                    f"ours:  {here}\nlimit: {there}"
                )
            equal &= said[0] == said[1]
        if not operation.writes:
            found[operation.name] = equal
    return found


def as_many(operations: Sequence[Operation], ours: str, stock: str) -> None:
    """Exits when the stock gives more or fewer results than ours, or has not the members that it alone has."""
    for operation in operations:
        if not operation.stock or operation.writes:
            continue
        request = operation.requests[0]
        mine, theirs = (json.loads(request.send(connect(host))) for host in (ours, stock))
        if len(mine.get("results", [])) != len(theirs.get("results", [])):
            sys.exit(f"{operation.title}: {request.path} has other results from the stock.")
        if operation.name == "claim" and "relations_out" not in theirs:
            sys.exit(f"What listens at {stock} is not the stock.")


def meaning(value: Any, without: Sequence[str] = ()) -> Any:
    """JSON with each moment written one way, and without some members."""
    if isinstance(value, dict):
        return {name: meaning(member, without) for name, member in value.items() if name not in without}
    if isinstance(value, list):
        return [meaning(member, without) for member in value]
    if isinstance(value, str) and MOMENT.fullmatch(value):
        return datetime.fromisoformat(value).astimezone(UTC).isoformat(timespec="microseconds")
    return value


def difference(one: str, other: str) -> tuple[str, str]:
    """Where the two texts part, with a little around."""
    place = next(place for place, (a, b) in enumerate(zip_longest(one, other)) if a != b)
    return one[max(0, place - 80) : place + 120], other[max(0, place - 80) : place + 120]
