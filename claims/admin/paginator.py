"""Pagination at a bounded cost, however many rows there are."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.db import models

#: The last page. To reach the rows after it, users narrow the list down.
PAGES = 200


class BoundedPaginator(Paginator):
    """Count up to `limit` rows, which fill PAGES pages. This bounds the cost of both COUNT and OFFSET."""

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
        """Whether there are rows beyond the last page."""
        return self._counted > self.limit


class _Choices(Page):
    """A page of suggestions that knows whether there is another."""

    def __init__(self, rows: Sequence[Any], number: int, paginator: "ChoicePaginator") -> None:
        super().__init__(rows[: paginator.per_page], number, paginator)
        self.more = len(rows) > paginator.per_page

    def has_next(self) -> bool:
        return self.more and self.number < PAGES


class ChoicePaginator(Paginator):
    """For autocompletes, which need only a page and whether there is another: nothing is counted."""

    def page(self, number: int | str) -> Page:
        number = int(number)
        if not 1 <= number <= PAGES:
            raise EmptyPage("This page does not exist.")
        start = (number - 1) * self.per_page
        return _Choices(list(self.object_list[start : start + self.per_page + 1]), number, self)
