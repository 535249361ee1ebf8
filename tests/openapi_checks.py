"""What schemathesis asks of every answer besides its own checks, and what it leaves alone."""

import json
import os
import re
from typing import Any

import schemathesis

#: What JSON Schema can't state: that a record is there, is free, is registered; and rules that hold between members.
UNSTATED = re.compile(
    r"There is no [a-z ]+ with the id"
    r"|There is no “[^”]*” to choose"
    r"|has fields to choose from only when it is expanded"
    r"|would be a list in a list in a list|and 20 dots"
    r"|cursor is not one that this list gave out"
    # 1.0 is an integer to JSON Schema
    r"|Give a whole number|Give an id|Give the id of the record|Give the version"
    # a value of an answer, taken for a parameter without a look at its description
    r"|Empty; leave the parameter out"
    # of a text that the record holds
    r"|^The words at .* have a different SHA-256|^The printed words do not match the SHA-256|^The span ends at"
    r"|^The text has |^The text of this snapshot is not held|^This is not the text of the snapshot"
    r"|cannot be changed; add"
    # between records
    r"|leads back to the record itself|stands here twice|must be a topic of kind place|so it must stay (a place|with)"
    r"|^The snapshot belongs to another source|supersede only an earlier one|[Ee]vidence on (its own|another) claim"
    r"|^Choose two different actors|is part of “.*”; change that first"
    r"|^Both actors (have the same assertion|issued a verdict)"
    # of the calendar
    r"|^Give a day as year-month-day"
    # of the host, as Django checks it
    r"|Enter a valid URL"
)
CODES = {"language", "country", "unique", "unique_together", "max_length", "more"}
#: constraints on several members, some of which a PATCH leaves as they are; and on the calendar
BETWEEN = re.compile(
    "_(after_start|span_whole|other|only_events|published|edtf)$|^(snapshot_length|verdict_reason)_given$"
)
#: resource → the ids of some of its records
KEYS: dict[str, list[int]] = json.loads(os.environ.get("FUZZ_KEYS", "{}"))
#: what is longer is not made to measure
LONG = 30


@schemathesis.check
def refusals_have_a_reason(ctx: Any, response: Any, case: Any) -> None:
    """A request that fits its description is refused only for what that can't state."""
    if response.status_code != 400 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    errors = response.json().get("errors") or [{"code": None, "detail": response.json()["detail"]}]
    stated = [e for e in errors if e["code"] not in CODES and not UNSTATED.search(e["detail"])]
    stated = [e for e in stated if not BETWEEN.search(e["code"] or "")]
    assert not stated, f"This rule could be stated: {stated}"


def _shorten(value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _shorten(item)
    elif isinstance(value, dict):
        for long, other in (("maxLength", "pattern"), ("maxItems", "items")):
            if other in value and value.get(long, 0) >= LONG:
                del value[long]
        for item in value.values():
            _shorten(item)


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Takes out the longest lengths: to make a text of just that length which fits a pattern as well, or a list of a
    thousand records, takes minutes. tests/rest/test_bad_input.py and tests/rest/test_bulk.py send what is too long."""
    _shorten(raw_schema)


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Every second address is that of a record: of those made up none would be. What is no key stays what it is."""
    found = path_parameters or {}
    key, resource = str(found.get("key", "")), context.operation.path.split("/")[3]
    if re.fullmatch("[a-z0-9-]+", key) and len(key) % 2 and resource in KEYS:
        return found | {"key": str(KEYS[resource][sum(key.encode()) % len(KEYS[resource])])}
    return path_parameters
