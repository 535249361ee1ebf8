"""Lists, and the SQL that finds a page of one.

The rows of a filtered list are looked for in the first rows of its order (NEAR), and if that is not enough, among all
rows that pass the filters, which are then put in order. So a list takes no longer than reading the rows that pass,
even if those are far from its beginning: the planner expects them to be spread evenly, and would read through the
whole order.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet

from claims.models.visibility import Sight
from claims.rest.orders import Order, RowComparison, Stretch
from claims.rest.placeholders import Placeholder

#: rows of an order in which a page is looked for first, and after that
NEAR = (2_000, 40_000)
#: filters that few rows pass
SELECTIVE = frozenset({"id", "id__in", "slug", "slug__in"})

#: the filters of a list: parameter → value
Values = Mapping[str, Any]
#: SQL and its parameters
Compiled = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Listing:
    """A list from which pages are read.

    `rows` returns the query set for `values`. `link_rows` returns, if a link table alone determines the rows, the query
    set of that table and its field with the ids of the rows; otherwise None. With `keep_sql`, the SQL is compiled once
    per pair of these functions and set of filters: both then receive a Placeholder in place of each value except true,
    false and a Sight, and must be functions of a module or class.
    """

    model: type[Model]
    rows: Callable[[Values], QuerySet[Any]]
    values: Values
    orders: Mapping[str, Order]
    default_order: str
    link_rows: Callable[[Values], tuple[QuerySet[Any], str] | None] | None = None
    keep_sql: bool = True

    def keys(self, order: Order, rows: int, cursor: list[Any] | None, *, backwards: bool) -> list[tuple[Any, ...]]:
        """The keys of the first rows in this order, after those of `cursor` if given."""
        if self.keep_sql:
            names = tuple((n, v if isinstance(v, bool | Sight) else None) for n, v in sorted(self.values.items()))
            missing: Any = cursor and tuple(value is None for value in cursor)
            stretches = _kept_sql(
                self.model, self.rows, self.link_rows, names, order, rows, missing, backwards=backwards
            )
        else:
            stretches = _sql(
                self.model, self.rows, self.link_rows, self.values, order, rows, cursor, backwards=backwards
            )
        values = dict(self.values) | {f"cursor {i}": value for i, value in enumerate(cursor or ())}
        found: list[tuple[Any, ...]] = []
        with connection.cursor() as database:
            for queries in stretches:
                for sql, params in queries:
                    database.execute(sql, [values[p.name] if isinstance(p, Placeholder) else p for p in params])
                    read = database.fetchall()
                    if len(read) >= rows:
                        break
                # the last part has the rows of the others
                found += [row[:-1] for row in read if row[-1] == read[-1][-1]]
                if len(found) >= rows:
                    break
        return found[:rows]

    def count(self) -> int:
        return self.rows(self.values).count()

    def estimate(self) -> int:
        """How many rows the planner expects."""
        try:
            sql, params = self.rows(self.values).order_by().values("pk").query.sql_with_params()
        except EmptyResultSet:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            plan = cursor.fetchone()[0]
        return int(json.loads(plan)[0]["Plan"]["Plan Rows"])


@lru_cache(maxsize=1024)
def _kept_sql(
    model: type[Model],
    rows: Any,
    link_rows: Any,
    names: tuple[tuple[str, Any], ...],
    order: Order,
    limit: int,
    missing: Any,
    *,
    backwards: bool,
) -> list[list[Compiled]]:
    """The SQL of a page, with a Placeholder for each value that is None in `names`.

    `missing` says which values of the cursor are null.
    """
    values = {name: Placeholder(name) if value is None else value for name, value in names}
    cursor = missing and [None if none else Placeholder(f"cursor {i}") for i, none in enumerate(missing)]
    return _sql(model, rows, link_rows, values, order, limit, cursor, backwards=backwards)


def _sql(
    model: type[Model],
    rows: Any,
    link_rows: Any,
    values: Values,
    order: Order,
    limit: int,
    cursor: list[Any] | None,
    *,
    backwards: bool,
) -> list[list[Compiled]]:
    """The queries of a page, by stretch, in turn: each is needed only if the ones before didn't fill the page.

    Their rows are the keys and the number of a part. Each part has all the rows of the stretch's parts before.
    """
    linked = link_rows(values) if link_rows and not order.columns else None
    if linked is None:
        queryset = rows(values)
    else:
        # the link table's index has the ids in order; the planner doesn't see that the join is unnecessary
        queryset, order = linked[0].distinct(), replace(order, id=linked[1])
    by = order.by(backwards=backwards)
    is_plain = linked is not None or "rank" in order.columns or values.keys() <= {"sight"} or values.keys() & SELECTIVE
    found = []
    for stretch in order.stretches(values, cursor, backwards=backwards):
        passing = queryset.filter(*stretch.conditions).order_by(*by).values_list(*order.keys)
        try:
            if is_plain:
                sql, params = passing[:limit].query.sql_with_params()
                found.append([(f"SELECT page.*, 0 FROM ({sql}) page", params)])
            else:
                found.append(_near_or_far(model, passing, stretch, order, limit, backwards=backwards))
        except EmptyResultSet:
            pass
    return found


def _near_or_far(
    model: type[Model], passing: QuerySet[Any], stretch: Stretch, order: Order, limit: int, *, backwards: bool
) -> list[Compiled]:
    """The queries for the first rows `passing` the filters: among the first rows of a stretch and, if these are too
    few, among more and then among all. The last two are one query, of which each part is executed only if needed."""
    down = order.descending != backwards
    first = model._default_manager.filter(*stretch.conditions).order_by(*order.by(backwards=backwards))
    near: list[Compiled] = []
    for number in NEAR:
        last_sql, last_params = first.values_list(*stretch.keys)[number : number + 1].query.sql_with_params()
        is_near = RowComparison(stretch.keys, ">=" if down else "<=", last_sql, last_params)
        sql, params = passing.filter(is_near)[:limit].query.sql_with_params()
        near.append((f"SELECT page.*, 0 FROM ({sql}) page", params))
    far_sql, far_params = passing.order_by().query.sql_with_params()
    by = ", ".join(f"{number} {'DESC' if down else 'ASC'}" for number in range(1, len(order.keys) + 1))
    (near_sql, near_params) = near.pop()
    # OFFSET 0 keeps the planner from reading the rows in order
    both_sql = (
        f"WITH near AS MATERIALIZED ({near_sql}) SELECT * FROM near UNION ALL "
        f"SELECT far.*, 1 FROM (SELECT * FROM ({far_sql} OFFSET 0) passing ORDER BY {by} LIMIT {limit}) far "
        f"WHERE (SELECT count(*) FROM near) < {limit}"
    )
    return [*near, (both_sql, (*near_params, *far_params))]
