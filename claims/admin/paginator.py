"""Pages whose cost has a bound, however many rows there are."""

from functools import cached_property

from django.core.paginator import Paginator
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
