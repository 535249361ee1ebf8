"""What schemathesis checks in every response beyond its own checks, and what it leaves out."""

import json
import os
import re
from typing import Any

import schemathesis

#: What JSON Schema can't express: that a record exists, a value is unique or registered; and rules between members.
UNSTATED = re.compile(
    r"There is no [a-z ]+ with the id|^There is no “.*”. Give a resource"
    r"|“[^”]*” is not available here"
    r"|has fields to choose from only when it is expanded"
    r"|would nest lists three deep|and 20 dots"
    r"|cursor does not belong to this list"
    # 1.0 is an integer to JSON Schema
    r"|Give a whole number|Give an id|Give the id of the record|Give the version"
    # a value from a response, reused as a parameter without regard to its description
    r"|leave the parameter out"
    # depends on a stored text
    r"|^The words at .* have a different SHA-256|^The printed words do not match the SHA-256|^The span ends at"
    r"|^The text has |^The text of this snapshot is not held|^This is not the text of the snapshot"
    r"|cannot be changed; add"
    # between records
    r"|is listed twice|names the same record"
    r"|leads back to the record itself|must be a topic of kind place|so it must stay (a place|with)"
    r"|^The snapshot belongs to another source|supersede only an earlier one|[Ee]vidence on (its own|another) claim"
    r"|^Choose two different actors|is part of “.*”; change that first"
    r"|^Both actors have (the same assertion|a published verdict)"
    # of what a published verdict keeps
    r"|^A verdict (was|that has been) published|^No verdict was published on these words|^These are the same words"
    r"|^Say what kind of reason there is|^The (issuer has a published verdict|claim already has a verdict of record)"
    r"|^Choose the evidence that it relies on|^The verdict that this one supersedes|has been superseded by verdict"
    # of the calendar
    r"|^Give a day as YYYY-MM-DD"
    # of the host, as Django checks it
    r"|Enter a valid URL"
)
CODES = {"language", "country", "unique", "unique_together", "max_length", "more"}
#: constraints on several members, some of which a PATCH doesn't contain; and on the calendar
BETWEEN = re.compile(
    "_(after_start|span_whole|other|only_events|published|edtf)$|^(snapshot_length|verdict_reason)_given$"
)
#: resource → the ids of some of its records
KEYS: dict[str, list[int]] = json.loads(os.environ.get("FUZZ_KEYS", "{}"))
#: no value of exactly the longest length is generated where that is longer
LONG = 30


@schemathesis.check
def refusals_have_a_reason(ctx: Any, response: Any, case: Any) -> None:
    """A request that conforms to its description is refused only for what a schema can't express."""
    if response.status_code != 400 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    errors = response.json().get("errors") or [{"code": None, "detail": response.json()["detail"]}]
    stated = [e for e in errors if e["code"] not in CODES and not UNSTATED.search(e["detail"])]
    stated = [e for e in stated if not BETWEEN.search(e["code"] or "")]
    assert not stated, f"The description could express this rule: {stated}"


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
    """Removes the large maximum lengths: generating a text of exactly that length which matches a pattern, or a list
    of a thousand records, takes minutes. tests/rest/test_bad_input.py and tests/rest/test_bulk.py send values that are
    too long."""
    _shorten(raw_schema)


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Replaces every second key with that of an existing record, since generated ones never match. Invalid keys are
    kept."""
    found = path_parameters or {}
    key, resource = str(found.get("key", "")), context.operation.path.split("/")[3]
    if re.fullmatch("[a-z0-9-]+", key) and len(key) % 2 and resource in KEYS:
        return found | {"key": str(KEYS[resource][sum(key.encode()) % len(KEYS[resource])])}
    return path_parameters
