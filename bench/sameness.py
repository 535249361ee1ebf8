"""Checks that the servers return the same content: otherwise the comparison would be meaningless."""

import json
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

from bench.operations import Operation
from bench.request import connect

#: the number of requests compared per operation
SAMPLE = 12
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
#: members that differ in each new record
NEW = ("id", "slug", "text", "claim", "created_at", "updated_at", "public_from")


def same_bytes(operations: Sequence[Operation], ours: str, other: str, token: str, number: int) -> dict[str, bool]:
    """For each operation that reads: whether the responses of the two hosts are byte for byte the same.

    Exits with the first response that differs in meaning. `number` is that of the first write.
    """
    found = {}
    for operation in operations:
        step = max(1, len(operation.requests) // SAMPLE)
        equal = True
        for request in operation.requests[::step]:
            bodies = []
            for host in (ours, other):
                connection = connect(host)
                bodies.append(request.send(connection, token, number).replace(host.encode(), b"HOST"))
                connection.close()
                number += 1
            meant = [meaning(json.loads(body), without=NEW if operation.writes else ()) for body in bodies]
            if meant[0] != meant[1]:
                here, there = difference(*(json.dumps(one, ensure_ascii=False) for one in meant))
                sys.exit(
                    f"{operation.title}: {request.method} {request.path} gets different responses.\n"
                    f"ours:  {here}\nother: {there}"
                )
            equal &= bodies[0] == bodies[1]
        if not operation.writes:
            found[operation.name] = equal
    return found


def as_many(operations: Sequence[Operation], ours: str, stock: str) -> None:
    """Exit if the stock returns another number of results than ours, or if its server isn't the stock."""
    for operation in operations:
        if not operation.stock or operation.writes:
            continue
        request = operation.requests[0]
        mine, theirs = (json.loads(request.send(connect(host))) for host in (ours, stock))
        if len(mine.get("results", [])) != len(theirs.get("results", [])):
            sys.exit(f"{operation.title}: {request.path} has another number of results from the stock.")
        if operation.name == "claim" and "relations_out" not in theirs:
            sys.exit(f"The server at {stock} is not the stock.")


def meaning(value: Any, without: Sequence[str] = ()) -> Any:
    """JSON with all timestamps in the same format, and without the members in `without`."""
    if isinstance(value, dict):
        return {name: meaning(member, without) for name, member in value.items() if name not in without}
    if isinstance(value, list):
        return [meaning(member, without) for member in value]
    if isinstance(value, str) and TIMESTAMP.fullmatch(value):
        return datetime.fromisoformat(value).astimezone(UTC).isoformat(timespec="microseconds")
    return value


def difference(one: str, other: str) -> tuple[str, str]:
    """The surroundings of the first difference in each of the two texts."""
    place = next(place for place, (a, b) in enumerate(zip_longest(one, other)) if a != b)
    return one[max(0, place - 80) : place + 120], other[max(0, place - 80) : place + 120]
