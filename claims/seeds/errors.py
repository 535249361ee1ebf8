"""What is wrong with seed files: all of it, each with its file and line."""

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple


class Place(NamedTuple):
    """A line of a seed file, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class SeedError(Exception):
    """Seeds that can't be loaded. `lines`: one problem each, with file and line where it has them."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass
class Problems:
    found: list[tuple[Place, str]] = field(default_factory=list)

    def add(self, place: Place, message: str) -> None:
        self.found.append((place, message))

    def stop(self) -> None:
        """Raises SeedError if there are any, in the order of files and lines."""
        if self.found:
            raise SeedError([f"{place}: {message}" for place, message in sorted(set(self.found))])


def meant(word: str, among: list[str]) -> str:
    """“ – did you mean …?”, or nothing where no word comes close."""
    near = get_close_matches(word, among, n=1, cutoff=0.6)
    return f" – did you mean {near[0]}?" if near else ""
