"""Lists, and the SQL that finds a page of one.

The rows of a filtered list are looked for in the first rows of its order (NEAR). If that is not enough, all rows that
pass the filters are put in order, at once if they are FEW. So a list takes no longer than reading the rows that pass,
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
from claims.rest.shapes import Statement
from claimsdb.postgresql.prepared import fetch_prepared

#: rows of an order in which a page is looked for first, then, and if more than FEW rows pass the filters
NEAR = (2_000, 40_000, 400_000)
#: rows passing the filters that are put in order without looking further
FEW = 20_000
#: filters that few rows pass
SELECTIVE = frozenset({"id", "id__in", "slug", "slug__in"})

#: the filters of a list: parameter → value
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Query:
    """SQL for the keys of rows, and the number of a part; `by`: their order.

    `is_steady`: its best plan is the same for all values, so it is planned only once.
    """

    sql: str
    params: tuple[Any, ...]
    by: str
    is_steady: bool = False


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

    def keys(
        self, order: Order, rows: int, cursor: list[Any] | None, statement: Statement | None, *, backwards: bool
    ) -> tuple[list[tuple[Any, ...]], dict[int, Any]]:
        """The keys of the first rows in this order, after those of `cursor` if given; and the JSON by id of those rows
        that were read with `statement` in the same query."""
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
        shown: dict[int, Any] = {}
        width = len(order.keys)
        for queries in stretches:
            for query in queries:
                params = [values[p.name] if isinstance(p, Placeholder) else p for p in query.params]
                if not query.is_steady:
                    with connection.cursor() as database:
                        database.execute(query.sql, params)
                        read = database.fetchall()
                elif statement is None:
                    read = fetch_prepared(query.sql, params)
                else:
                    read = fetch_prepared(statement.of_page(query.sql, query.by), params)
                    shown |= {row[width - 1]: row[-1] for row in read}
                if len(read) >= rows:
                    break
            # the last part has the rows of the others
            found += [row[:width] for row in read if row[width] == read[-1][width]]
            if len(found) >= rows:
                break
        return found[:rows], shown

    def count(self, **values: Any) -> int:
        """The number of rows. `values` replace some of the listing's."""
        return self.rows({**self.values, **values}).count()

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
) -> list[list[Query]]:
    """The SQL of a page, with a Placeholder for each value that is None in `names`.

    `missing` says which values of the cursor are null.
    """
    is_prepared = order.columns == ("rank",) and {name for name, _ in names} <= {"sight", "q"}
    values = {name: Placeholder(name, is_prepared) if value is None else value for name, value in names}
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
) -> list[list[Query]]:
    """The queries of a page, by stretch, in turn: each is needed only if the ones before didn't fill the page.

    Their rows are the keys and the number of a part. Each part has all the rows of the stretch's parts before.
    """
    linked = link_rows(values) if link_rows and not order.columns else None
    if linked is None:
        queryset = rows(values)
    else:
        # the link table's index has the ids in order; the planner doesn't see that the join is unnecessary
        queryset, order = linked[0].distinct(), replace(order, id=linked[1])
    by, sorting = order.by(backwards=backwards), order.by_number(backwards=backwards)
    is_plain = linked is not None or "rank" in order.columns or values.keys() <= {"sight"} or values.keys() & SELECTIVE
    found = []
    for stretch in order.stretches(values, cursor, backwards=backwards):
        passing = queryset.filter(*stretch.conditions).order_by(*by).values_list(*order.keys)
        try:
            if is_plain:
                sql, params = passing[:limit].query.sql_with_params()
                is_steady = values.keys() <= ({"sight", "q"} if "rank" in order.columns else {"sight"})
                if linked is not None and _is_link(linked[0].model, linked[1], sql, params):
                    sql, is_steady = _each_newest(sql, sorting, limit), True
                found.append([Query(f"SELECT page.*, 0 FROM ({sql}) page", params, sorting, is_steady)])
            else:
                ranked = model._default_manager.filter(*stretch.conditions, **_leading(model, order, values))
                found.append(_near_or_far(ranked, passing, stretch, order, limit, backwards=backwards))
        except EmptyResultSet:
            pass
    return found


def _is_link(model: type[Model], field: str, sql: str, params: tuple[Any, ...]) -> bool:
    """Whether the rows are those of a link table that refer to one of some records, and an index has the rows of each
    in order."""
    wanted = [param for param in params if not (isinstance(param, Placeholder) and param.name.startswith("cursor "))]
    ends = [
        f'"{model._meta.db_table}"."{i.fields[0]}_id" = ANY((%s))'
        for i in model._meta.indexes
        if i.fields[1:] == [field.removesuffix("_id")]
    ]
    return len(wanted) == 1 and any(end in sql for end in ends)


def _each_newest(sql: str, by: str, limit: int) -> str:
    """SQL for the first rows of each of the records that `sql` asks for, and of these rows the first of all."""
    return (
        "SELECT DISTINCT first.* FROM unnest(%s::bigint[]) AS wanted (id) "
        f"CROSS JOIN LATERAL ({sql.replace('= ANY((%s))', '= wanted.id', 1)}) AS first ORDER BY {by} LIMIT {limit}"
    )


def _leading(model: type[Model], order: Order, values: Values) -> dict[str, Any]:
    """The filters for a value of which an index has the rows in this order: the page is looked for among those rows.
    After an import of many claims, say, the first ones in order have no verdict."""
    if order.columns:
        return {}
    leading = {i.fields[0] for i in model._meta.indexes if len(i.fields) == 2 and i.fields[1].lstrip("-") == "id"}
    return {name: values[name] for name in values if name in leading}


def _near_or_far(
    ranked: QuerySet[Any], passing: QuerySet[Any], stretch: Stretch, order: Order, limit: int, *, backwards: bool
) -> list[Query]:
    """The queries for the first rows `passing` the filters: among the first `ranked` rows of a stretch; if these are
    too few, among more; and then, all of them if they are FEW, otherwise among still more, and at last all."""
    down = order.descending != backwards
    first = ranked.order_by(*order.by(backwards=backwards))
    by = order.by_number(backwards=backwards)
    near = []
    for number in NEAR:
        last_sql, last_params = first.values_list(*stretch.keys)[number : number + 1].query.sql_with_params()
        is_near = RowComparison(stretch.keys, ">=" if down else "<=", last_sql, last_params)
        near.append(passing.filter(is_near)[:limit].query.sql_with_params())
    (first_sql, first_params), (near_sql, near_params), (wide_sql, wide_params) = near
    all_sql, all_params = passing.order_by().query.sql_with_params()
    # each part is executed only if needed; OFFSET 0 keeps the planner from reading the rows in order
    rest_sql = f"""
        WITH near AS MATERIALIZED ({near_sql}),
            few AS MATERIALIZED (SELECT * FROM ({all_sql} OFFSET 0) passing LIMIT {FEW + 1}),
            wide AS MATERIALIZED ({wide_sql})
        SELECT near.*, 0 FROM near
        UNION ALL
        SELECT page.*, 1 FROM (SELECT * FROM few ORDER BY {by} LIMIT {limit}) page
        WHERE (SELECT count(*) FROM near) < {limit} AND (SELECT count(*) FROM few) <= {FEW}
        UNION ALL
        SELECT wide.*, 2 FROM wide
        WHERE (SELECT count(*) FROM near) < {limit} AND (SELECT count(*) FROM few) > {FEW}
        UNION ALL
        SELECT page.*, 3 FROM (SELECT * FROM ({all_sql} OFFSET 0) passing ORDER BY {by} LIMIT {limit}) page
        WHERE (SELECT count(*) FROM near) < {limit} AND (SELECT count(*) FROM few) > {FEW}
            AND (SELECT count(*) FROM wide) < {limit}
    """
    rest = Query(rest_sql, (*near_params, *all_params, *wide_params, *all_params), by)
    return [Query(f"SELECT page.*, 0 FROM ({first_sql}) page", first_params, by), rest]
