"""Reproducible randomness: streams of random numbers, weighted choices, Zipf's law."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")

#: Rows whose values are drawn in one call, for speed.
BATCH = 5000


def stream(seed: int, name: str) -> Random:
    """The random stream of that name. Separate streams keep a change to one table from changing the others."""
    return Random(f"{seed} {name}")  # noqa: S311 - nothing secret


def batches(total: int) -> Iterator[tuple[int, int]]:
    """Start and size of each batch of `total` rows."""
    for start in range(0, total, BATCH):
        yield start, min(BATCH, total - start)


class Mix(Generic[T]):
    """Values to draw at random by weight."""

    def __init__(self, weights: Mapping[T, float]) -> None:
        self.values: Sequence[T] = list(weights)
        self.cumulative = list(accumulate(weights.values()))

    def draw(self, rng: Random, count: int) -> list[T]:
        return rng.choices(self.values, cum_weights=self.cumulative, k=count)


class Zipf(Mix[T]):
    """Values to draw by Zipf's law: the weight of the nth is n to the power of -`exponent`."""

    def __init__(self, values: Sequence[T], exponent: float) -> None:
        self.values = values
        self.cumulative = list(accumulate(rank**-exponent for rank in range(1, len(values) + 1)))
