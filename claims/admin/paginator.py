"""Pages whose cost has a bound, however many rows there are."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.db import models

#: Nobody turns more pages than this. Rows behind them are reached by narrowing the list down.
PAGES = 200


class BoundedPaginator(Paginator):
    """Counts up to `limit` rows, PAGES pages of them, and no further: so neither COUNT nor OFFSET can run away."""

    @property
    def limit(self) -> int:
        return PAGES * self.per_page

    @cached_property
    def _counted(self) -> int:
        rows = self.object_list
        if not isinstance(rows, models.QuerySet):
            return len(rows)
        return rows.order_by().values("pk")[: self.limit + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self._counted, self.limit)

    @property
    def more(self) -> bool:
        """Whether there are rows that no page shows."""
        return self._counted > self.limit


class _Choices(Page):
    """A page of choices, and whether there are more."""

    def __init__(self, rows: Sequence[Any], number: int, paginator: "ChoicePaginator") -> None:
        super().__init__(rows[: paginator.per_page], number, paginator)
        self.more = len(rows) > paginator.per_page

    def has_next(self) -> bool:
        return self.more and self.number < PAGES


class ChoicePaginator(Paginator):
    """For autocompletes, which ask only for a page and whether there is a next one: nothing is counted."""

    def page(self, number: int | str) -> Page:
        number = int(number)
        if not 1 <= number <= PAGES:
            raise EmptyPage("There is no such page.")
        start = (number - 1) * self.per_page
        return _Choices(list(self.object_list[start : start + self.per_page + 1]), number, self)
