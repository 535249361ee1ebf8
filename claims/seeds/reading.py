"""YAML as a tree of nodes that know their line. Values are taken as written: 2017, NO and 2024-03-22 are text."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from claims.seeds.errors import Place, Problems, meant

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

NULL = "tag:yaml.org,2002:null"
#: What YAML resolves a plain word to. All but null are taken as the text that stands there.
PLAIN = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "timestamp", "value", "merge")}
#: libyaml composes by recursion and would exhaust the stack; seed files are 7 deep.
DEEPEST = 50


class Entry(NamedTuple):
    """A value with the place of its key or, in a list, its own. `value`: text, list of Entry, or dict of Entry."""

    place: Place
    value: Any


class Document:
    """One seed file. Problems are collected; what is faulty is left out of the tree."""

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
            self.problems.add(Place(self.name, line), "this is not UTF-8; save the file as UTF-8.")
            return None
        try:
            if _too_deep(text):
                self.problems.add(Place(self.name, 1), f"nested more than {DEEPEST} deep.")
                return None
            node = yaml.compose(text, Loader)
            if node is None:
                # else everything of an emptied file would be removed
                self.problems.add(Place(self.name, 1), "the file is empty; delete it if that is meant.")
            return node
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            reason = ", ".join(part for part in (error.problem, error.context) if part)
            self.problems.add(Place(self.name, mark.line + 1 if mark else 1), f"YAML is broken here: {reason}.")
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            what = f"U+{error.character:04X}" if isinstance(error.character, int) else "a character"
            self.problems.add(Place(self.name, line), f"{what} is not allowed in YAML ({error.reason}).")
        return None

    def _entry(self, place: Place, node: yaml.Node) -> Entry | None:
        if id(node) in self._seen:
            self.problems.add(place, "anchors and aliases are not used in seed files; write it out.")
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return Entry(place, dict(self._pairs(node)))
        if isinstance(node, yaml.SequenceNode):
            items = (self._entry(Place(self.name, item.start_mark.line + 1), item) for item in node.value)
            return Entry(place, [item for item in items if item is not None])
        if node.tag == NULL:
            self.problems.add(place, "there is no value here; give one, or leave the key out.")
            return None
        if node.tag not in PLAIN:
            self.problems.add(place, f"the tag {node.tag} is not used in seed files.")
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
                self.problems.add(place, "a key must be a word.")
                continue
            key = key_node.value
            fault = text_fault(key)
            if fault:
                self.problems.add(place, fault)
                continue
            if key in first:
                self.problems.add(place, f"“{key}” stands here already, in line {first[key].line}.")
                continue
            first[key] = place
            entry = self._entry(place, value_node)
            # a faulty value is reported already; an empty place tells it from a missing key
            yield key, entry or Entry(place, None)


def _too_deep(text: str) -> bool:
    depth = 0
    for event in yaml.parse(text, Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            return True
    return False


def text_fault(text: str) -> str | None:
    """What PostgreSQL would refuse in a text, or None."""
    if "\0" in text:
        return "the text holds a NUL character."
    try:
        text.encode()
    except UnicodeEncodeError:
        return "the text holds half of a surrogate pair, which is no character."
    return None


def expect_mapping(entry: Entry, problems: Problems, what: str) -> dict[str, Entry]:
    if isinstance(entry.value, dict):
        return entry.value
    if entry.value is not None:
        problems.add(entry.place, f"{what} must be keys with values (key: value).")
    return {}


def expect_list(entry: Entry, problems: Problems, what: str) -> list[Entry]:
    if isinstance(entry.value, list):
        return entry.value
    if entry.value is not None:
        problems.add(entry.place, f"{what} must be a list.")
    return []


def expect_keys(entry: Entry, allowed: list[str], needed: list[str], problems: Problems, what: str) -> dict[str, Entry]:
    """The values of a mapping that has only `allowed` keys, and all the `needed` ones."""
    pairs = expect_mapping(entry, problems, what)
    for key, value in pairs.items():
        if key not in allowed:
            hint = meant(key, allowed) or f"; there are: {', '.join(allowed)}."
            problems.add(value.place, f"unknown key “{key}” in {what}{hint}")
    for key in needed if isinstance(entry.value, dict) else []:
        if key not in pairs:
            problems.add(entry.place, f"{what} needs “{key}”.")
    return {key: value for key, value in pairs.items() if key in allowed and value.value is not None}
