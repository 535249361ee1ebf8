"""Problems in seed files, collected so that all are reported at once, each with its file and line."""

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple


class Place(NamedTuple):
    """A line of a seed file; lines count from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class SeedError(Exception):
    """Seeds that can't be loaded. `lines`: one problem each, with its file and line where known."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass
class Problems:
    """The problems found so far, each with its place."""

    found: list[tuple[Place, str]] = field(default_factory=list)

    def add(self, place: Place, message: str) -> None:
        self.found.append((place, message))

    def stop(self) -> None:
        """Raise SeedError if there are any problems, sorted by file and line."""
        if self.found:
            raise SeedError([f"{place}: {message}" for place, message in sorted(set(self.found))])


def suggestion(word: str, allowed: list[str]) -> str:
    """“ – did you mean …?”, or an empty string if no allowed word is similar."""
    near = get_close_matches(word, allowed, n=1, cutoff=0.6)
    return f" – did you mean {near[0]}?" if near else ""
