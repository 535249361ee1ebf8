"""Keyset pagination: a page begins after a row, not at an offset, so no row is missed or repeated.

A view describes its list as a Listing. Every order ends in the id, so it is total. A cursor holds the name of the
order, the direction and the values of the row to continue after.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import connection
from django.db.models import DateField, F, FloatField, Model, OrderBy, Q, QuerySet
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from claims.models.dates import reread_day
from claims.models.visibility import Sight
from claims.rest.placeholders import Placeholder

DEFAULT_LIMIT = 50
MAX_LIMIT = 500


@dataclass(frozen=True)
class Order:
    """A total order of rows: by the columns, then by id; nulls come last.

    `descending` applies to all columns and the id, so one index serves both directions. `not_null`: the columns have
    a value in every row, so an index can also be read backwards for previous pages. `id`: the field with the id.
    """

    columns: tuple[str, ...] = ()
    descending: bool = False
    not_null: bool = False
    id: str = "pk"

    @property
    def keys(self) -> tuple[str, ...]:
        return (*self.columns, self.id)

    def by(self, *, backwards: bool) -> list[OrderBy]:
        down = self.descending != backwards
        return [
            F(key).desc(**self._nulls(key, backwards)) if down else F(key).asc(**self._nulls(key, backwards))
            for key in self.keys
        ]

    def _nulls(self, key: str, backwards: bool) -> dict[str, bool]:
        if key == self.id or self.not_null:
            return {}
        return {"nulls_first": True} if backwards else {"nulls_last": True}

    def beyond(self, values: list[Any], *, backwards: bool) -> Q:
        """The rows after the one with these values (before it, when backwards)."""
        step = "lt" if self.descending != backwards else "gt"
        found, same = Q(), Q()
        for key, value in zip(self.keys, values, strict=True):
            if value is None:
                # nulls come last: only rows with a null are after it, all rows with a value are before it
                further = Q(**{f"{key}__isnull": False}) if backwards else Q(pk__in=())
                equal = Q(**{f"{key}__isnull": True})
            else:
                further = Q(**{f"{key}__{step}": value})
                if key != self.id and not backwards and not self.not_null:
                    further |= Q(**{f"{key}__isnull": True})
                equal = Q(**{key: value})
            found |= same & further
            same &= equal
        return found


def _storable(text: str) -> bool:
    """Whether the database can store the text: no NUL, no lone surrogate."""
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


class BadCursor(Exception):
    pass


def _encode(order: str, backwards: bool, values: tuple[Any, ...]) -> str:
    text = json.dumps([order, backwards, values], default=str, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[str, bool, list[Any]]:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        order, backwards, values = json.loads(raw)
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise BadCursor from error
    if not (isinstance(order, str) and isinstance(backwards, bool) and isinstance(values, list)):
        raise BadCursor
    return order, backwards, values


def _invalid(parameter: str, message: str) -> ValidationError:
    return ValidationError({parameter: [ErrorDetail(message, code="invalid")]})


#: the filters of a list: parameter → value
Values = Mapping[str, Any]


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
        try:
            if self.keep_sql:
                names = tuple((n, v if isinstance(v, bool | Sight) else None) for n, v in sorted(self.values.items()))
                missing: Any = cursor and tuple(value is None for value in cursor)
                sql, params = _kept_sql(self.rows, self.link_rows, names, order, rows, missing, backwards=backwards)
            else:
                sql, params = _sql(self.rows, self.link_rows, self.values, order, rows, cursor, backwards=backwards)
        except EmptyResultSet:
            return []
        values = dict(self.values) | {f"cursor {i}": value for i, value in enumerate(cursor or ())}
        with connection.cursor() as database:
            database.execute(sql, [values[p.name] if isinstance(p, Placeholder) else p for p in params])
            return database.fetchall()

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
    rows: Any,
    link_rows: Any,
    names: tuple[tuple[str, Any], ...],
    order: Order,
    limit: int,
    missing: Any,
    *,
    backwards: bool,
) -> tuple[str, tuple[Any, ...]]:
    """The SQL of a page, with a Placeholder for each value that is None in `names`.

    `missing` says which values of the cursor are null. Raises EmptyResultSet.
    """
    values = {name: Placeholder(name) if value is None else value for name, value in names}
    cursor = missing and [None if none else Placeholder(f"cursor {i}") for i, none in enumerate(missing)]
    return _sql(rows, link_rows, values, order, limit, cursor, backwards=backwards)


def _sql(
    rows: Any,
    link_rows: Any,
    values: Values,
    order: Order,
    limit: int,
    cursor: list[Any] | None,
    *,
    backwards: bool,
) -> tuple[str, tuple[Any, ...]]:
    linked = link_rows(values) if link_rows and not order.columns else None
    if linked is None:
        queryset = rows(values)
    else:
        # the link table's index has the ids in order; the planner doesn't see that the join is unnecessary
        queryset, order = linked[0].distinct(), replace(order, id=linked[1])
    if cursor:
        queryset = queryset.filter(order.beyond(cursor, backwards=backwards))
    queryset = queryset.order_by(*order.by(backwards=backwards)).values_list(*order.keys)
    return queryset[:limit].query.sql_with_params()


class KeysetPagination(BasePagination):
    """`limit`, `cursor`, `order` and `count` of a list."""

    parameters = ("limit", "cursor", "order", "count")

    def ids(self, request: Request, listing: Listing) -> list[int]:
        """The ids of the rows on the requested page. Raises ValidationError (400)."""
        self.request = request
        limit = self._limit()
        name = request.query_params.get("order", listing.default_order)
        if name not in listing.orders:
            names = ", ".join(sorted(listing.orders))
            raise _invalid("order", f"This list has no order “{name}”. Allowed: {names}.")
        order, backwards = listing.orders[name], False
        self.count = self._count(listing)
        values: list[Any] | None = None
        cursor = request.query_params.get("cursor")
        if cursor is not None:
            try:
                cursor_order, backwards, values = _decode(cursor)
                if cursor_order != name or len(values) != len(order.keys):
                    raise BadCursor
                values = self._typed(listing.model, order, values)
            except (BadCursor, ValueError, TypeError, OverflowError, DjangoValidationError):
                detail = "The cursor does not belong to this list in this order. Use the URLs in `next` and `previous`."
                raise _invalid("cursor", detail) from None
        rows = listing.keys(order, limit + 1, values, backwards=backwards)
        more, rows = len(rows) > limit, rows[:limit]
        if backwards:
            rows.reverse()
        self.next = self.previous = None
        if rows and (more or backwards):
            self.next = _encode(name, False, rows[-1])
        if rows and ((more and backwards) or (cursor is not None and not backwards)):
            self.previous = _encode(name, True, rows[0])
        return [row[-1] for row in rows]

    def _limit(self) -> int:
        limit = self.request.query_params.get("limit", str(DEFAULT_LIMIT))
        if not (limit.isascii() and limit.isdigit() and len(limit) < 5 and 1 <= int(limit) <= MAX_LIMIT):
            raise _invalid("limit", f"The limit must be a whole number from 1 to {MAX_LIMIT}.")
        return int(limit)

    def _count(self, listing: Listing) -> int | None:
        wanted = self.request.query_params.get("count")
        if wanted is None:
            return None
        if wanted == "exact":
            return listing.count()
        if wanted == "estimate":
            return listing.estimate()
        raise _invalid("count", "The count must be exact or estimate. Leave it out if you don't need a count.")

    def _typed(self, model: type[Model], order: Order, values: list[Any]) -> list[Any]:
        """The cursor's values, converted to the types of the columns. Raises BadCursor, or what a field raises."""
        typed: list[Any] = []
        for key, value in zip(order.keys, values, strict=True):
            if isinstance(value, list | dict | bool) or (isinstance(value, str) and not _storable(value)):
                raise BadCursor
            field = self._field(model, key)
            if type(field) is DateField and isinstance(value, str):
                typed.append(reread_day(value))
            else:
                typed.append(None if value is None and key != "pk" else field.to_python(value))
            if key == "pk" and (typed[-1] is None or not 0 <= typed[-1] < 2**63):
                raise BadCursor
            if isinstance(typed[-1], datetime) and typed[-1].tzinfo is None:
                raise BadCursor
        return typed

    @staticmethod
    def _field(model: Any, key: str) -> Any:
        if key == "rank":
            return FloatField()
        field = model._meta.pk if key == "pk" else model._meta.get_field(key)
        return getattr(field, "output_field", field)

    def get_paginated_response(self, data: Any) -> Response:
        links = {name: self._link(cursor) for name, cursor in (("next", self.next), ("previous", self.previous))}
        body = links | {"results": data}
        if self.count is not None:
            body = {"count": self.count} | body
        header = ", ".join(
            f'<{url}>; rel="{"prev" if name == "previous" else name}"' for name, url in links.items() if url
        )
        return Response(body, headers={"Link": header} if header else {})

    def _link(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        url = remove_query_param(self.request.build_absolute_uri(), "count")
        return replace_query_param(url, "cursor", cursor)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "Only if `count` is given."},
                "next": link,
                "previous": link,
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        def parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
            return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}

        limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
        model = view.serializer_class.Meta.model.__name__
        orders = {"type": "string", "enum": sorted(view.get_orders()), "title": f"{model}Order"}
        counts = {"type": "string", "enum": ["exact", "estimate"], "title": "Count"}
        return [
            parameter("limit", limit, "Rows per page."),
            parameter(
                "cursor",
                {"type": "string", "pattern": r"^[A-Za-z0-9_-]+$"},
                "Where the page begins, from `next` or `previous`.",
            ),
            parameter("order", orders, "The order of the rows."),
            parameter("count", counts, "Also count all rows of the list."),
        ]
