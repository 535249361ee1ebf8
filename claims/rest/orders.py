"""Total orders of rows, and the stretches of an index in which they are read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import BooleanField, Expression, F, OrderBy, Q

from claims.models.dates import as_day

#: conditions that all hold
Conditions = tuple[Any, ...]


@dataclass(frozen=True)
class Stretch:
    """Rows of a list that follow each other in an index: those that meet `conditions`, in the order of `keys`."""

    conditions: Conditions
    keys: tuple[str, ...]


class RowComparison(Expression):
    """`(a, b) < (x, y)`: the rows beyond these values, which an index on a and b finds at once. `right`: SQL."""

    output_field = BooleanField()

    def __init__(self, keys: Iterable[str], operator: str, right: str, params: Iterable[Any]) -> None:
        super().__init__()
        self.left: list[Any] = [F(key) for key in keys]
        self.operator, self.right, self.params = operator, right, list(params)

    def get_source_expressions(self) -> list[Any]:
        return self.left

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        self.left = list(exprs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        compiled = [compiler.compile(key) for key in self.left]
        columns = ", ".join(sql for sql, _ in compiled)
        return f"({columns}) {self.operator} ({self.right})", (
            *(p for _, params in compiled for p in params),
            *self.params,
        )


@dataclass(frozen=True)
class Order:
    """A total order of rows: by the columns, then by id; nulls come last.

    `descending` applies to all columns and the id, so one index serves both directions. `not_null`: the columns have
    a value in every row. `id`: the field with the id. `bounds`: the filters that bound the first column, and how; a
    list begins or ends there.
    """

    columns: tuple[str, ...] = ()
    descending: bool = False
    not_null: bool = False
    id: str = "pk"
    bounds: tuple[tuple[str, str], ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        return (*self.columns, self.id)

    def by(self, *, backwards: bool) -> list[OrderBy]:
        """The order within a stretch. Where nulls are is left to PostgreSQL, so that an index on the keys fits."""
        down = self.descending != backwards
        return [F(key).desc() if down else F(key).asc() for key in self.keys]

    def by_number(self, *, backwards: bool) -> str:
        """The same as SQL, with the numbers of columns in the order of the keys."""
        direction = "DESC" if self.descending != backwards else "ASC"
        return ", ".join(f"{number} {direction}" for number in range(1, len(self.keys) + 1))

    def stretches(self, values: Mapping[str, Any], cursor: list[Any] | None, *, backwards: bool) -> list[Stretch]:
        """The stretches of the list, in turn, after the row with the values of `cursor` (before it, when backwards).

        In one query, with conditions joined by OR, they would be read from the beginning of the list.
        """
        if cursor:
            found = self._beyond(self.keys, cursor, (), backwards=backwards)
        else:
            found = self._all(self.keys, (), backwards=backwards)
        if not (bounds := [(how, values[name]) for name, how in self.bounds if name in values]):
            return list(found)
        bounded = tuple(Q(**{f"{self.columns[0]}__{how}": as_day(value)}) for how, value in bounds)
        return [
            replace(stretch, conditions=(*stretch.conditions, *bounded)) if self.columns[0] in stretch.keys else stretch
            for stretch in found
        ]

    def _all(self, keys: tuple[str, ...], same: Conditions, *, backwards: bool) -> Iterator[Stretch]:
        """The stretches of the rows that meet the conditions `same`. Nulls come last, or first when backwards."""
        if len(keys) == 1 or self.not_null:
            yield Stretch(same, keys)
            return
        for none in (backwards, not backwards):
            conditions = (*same, Q(**{f"{keys[0]}__isnull": none}))
            if none:
                yield from self._all(keys[1:], conditions, backwards=backwards)
            else:
                yield Stretch(conditions, keys)

    def _beyond(
        self, keys: tuple[str, ...], values: list[Any], same: Conditions, *, backwards: bool
    ) -> Iterator[Stretch]:
        """The same, after the row with these values."""
        (key, *rest), value = keys, values[0]
        operator, step = ("<", "lt") if self.descending != backwards else (">", "gt")
        null = Q(**{f"{key}__isnull": True})
        if len(keys) == 1 or (len(keys) == 2 and value is not None):
            yield Stretch((*same, RowComparison(keys, operator, ", ".join(["%s"] * len(keys)), values)), keys)
        else:
            equal = null if value is None else Q(**{key: value})
            yield from self._beyond(tuple(rest), values[1:], (*same, equal), backwards=backwards)
            if value is not None:
                yield Stretch((*same, Q(**{f"{key}__{step}": value})), keys)
        if rest and not self.not_null:
            if value is None and backwards:
                yield Stretch((*same, ~null), keys)
            elif value is not None and not backwards:
                yield from self._all(tuple(rest), (*same, null), backwards=backwards)


def by_date(name: str, first: str = "") -> dict[str, Order]:
    """The orders by an EDTF date. No date begins after its last day, so both its filters bound the first day."""
    first, bounds = first or f"{name}_first", ((f"{name}__gte", "gte"), (f"{name}__lte", "lte"))
    return {
        name: Order((first,), bounds=bounds),
        f"-{name}": Order((first,), descending=True, bounds=bounds),
    }


def by_change() -> dict[str, Order]:
    """The orders by the time of the last change."""
    bounds = (("updated_since", "gte"), ("updated_at__gte", "gte"), ("updated_at__lte", "lte"))
    return {
        "updated": Order(("updated_at",), not_null=True, bounds=bounds),
        "-updated": Order(("updated_at",), descending=True, not_null=True, bounds=bounds),
    }
