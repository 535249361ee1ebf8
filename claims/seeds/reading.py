"""YAML as a tree of values with their lines. Plain values are not interpreted: 2017, NO and 2024-03-22 are text."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from claims.seeds.errors import Place, Problems, suggestion

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

NULL = "tag:yaml.org,2002:null"
#: Tags that YAML gives to plain scalars. Except for null, the text is used as written.
PLAIN = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "timestamp", "value", "merge")}
#: libyaml composes recursively, so deep nesting would exhaust the stack. Seed files have 7 levels.
DEEPEST = 50


class Entry(NamedTuple):
    """A value with the place of its key or, in a list, its own. `value`: text, a list or dict of Entry, or None."""

    place: Place
    value: Any


class Document:
    """One seed file, parsed. Faulty values are added to `problems` and left out of the tree below `root`."""

    def __init__(self, name: str, content: bytes, problems: Problems) -> None:
        self.name = name
        self.problems = problems
        self._seen: set[int] = set()
        self.root = Entry(Place(name, 1), {})
        node = self._compose(content)
        if node is not None:
            self.root = self._entry(self.root.place, node) or self.root

    def _compose(self, content: bytes) -> yaml.Node | None:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self.problems.add(Place(self.name, line), "this line is not valid UTF-8; save the file as UTF-8.")
            return None
        try:
            if _too_deep(text):
                self.problems.add(Place(self.name, 1), f"the YAML is nested more than {DEEPEST} levels deep.")
                return None
            node = yaml.compose(text, Loader)
            if node is None:
                # otherwise emptying a file would remove all its records
                self.problems.add(Place(self.name, 1), "the file is empty; to remove its records, delete the file.")
            return node
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            reason = ", ".join(part for part in (error.problem, error.context) if part)
            self.problems.add(Place(self.name, mark.line + 1 if mark else 1), f"invalid YAML: {reason}.")
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            what = f"U+{error.character:04X}" if isinstance(error.character, int) else "a character"
            self.problems.add(Place(self.name, line), f"{what} is not allowed in YAML ({error.reason}).")
        return None

    def _entry(self, place: Place, node: yaml.Node) -> Entry | None:
        if id(node) in self._seen:
            self.problems.add(place, "anchors and aliases are not allowed in seed files; repeat the value instead.")
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return Entry(place, dict(self._pairs(node)))
        if isinstance(node, yaml.SequenceNode):
            items = (self._entry(Place(self.name, item.start_mark.line + 1), item) for item in node.value)
            return Entry(place, [item for item in items if item is not None])
        if node.tag == NULL:
            self.problems.add(place, "the value is missing; add one, or delete the key or list item.")
            return None
        if node.tag not in PLAIN:
            self.problems.add(place, f"the tag {node.tag} is not allowed in seed files; delete it.")
            return None
        fault = text_fault(node.value)
        if fault:
            self.problems.add(place, fault)
            return None
        return Entry(place, node.value)

    def _pairs(self, node: yaml.MappingNode) -> Iterator[tuple[str, Entry]]:
        first: dict[str, Place] = {}
        for key_node, value_node in node.value:
            place = Place(self.name, key_node.start_mark.line + 1)
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.add(place, "a key must be text, not a list or mapping.")
                continue
            key = key_node.value
            fault = text_fault(key)
            if fault:
                self.problems.add(place, fault)
                continue
            if key in first:
                self.problems.add(place, f"duplicate key “{key}”; the first one is in line {first[key].line}.")
                continue
            first[key] = place
            entry = self._entry(place, value_node)
            # keep a key with a faulty value, so that it is not reported as missing too
            yield key, entry or Entry(place, None)


def _too_deep(text: str) -> bool:
    depth = 0
    for event in yaml.parse(text, Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            return True
    return False


def text_fault(text: str) -> str | None:
    """Return what PostgreSQL would reject in a text, or None."""
    if "\0" in text:
        return "the text contains a NUL character; delete it."
    try:
        text.encode()
    except UnicodeEncodeError:
        return "the text contains half of a surrogate pair, which is not a character; delete it."
    return None


def expect_mapping(entry: Entry, problems: Problems, what: str) -> dict[str, Entry]:
    """Return the items of a mapping. If the entry is not one, report that (once) and return an empty dict."""
    if isinstance(entry.value, dict):
        return entry.value
    if entry.value is not None:
        problems.add(entry.place, f"{what} must be a mapping (key: value).")
    return {}


def expect_list(entry: Entry, problems: Problems, what: str) -> list[Entry]:
    """Return the items of a list. If the entry is not one, report that (once) and return an empty list."""
    if isinstance(entry.value, list):
        return entry.value
    if entry.value is not None:
        problems.add(entry.place, f"{what} must be a list.")
    return []


def expect_keys(entry: Entry, allowed: list[str], needed: list[str], problems: Problems, what: str) -> dict[str, Entry]:
    """Return the allowed keys of a mapping with their values; report unknown keys and missing `needed` ones."""
    pairs = expect_mapping(entry, problems, what)
    for key, value in pairs.items():
        if key not in allowed:
            hint = suggestion(key, allowed) or f"; allowed keys: {', '.join(allowed)}."
            problems.add(value.place, f"unknown key “{key}” in {what}{hint}")
    for key in needed if isinstance(entry.value, dict) else []:
        if key not in pairs:
            problems.add(entry.place, f"{what} needs “{key}”.")
    return {key: value for key, value in pairs.items() if key in allowed and value.value is not None}
