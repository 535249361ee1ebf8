"""Keyset pagination: a page begins after a row, not at an offset, so no row is missed or repeated.

A view describes its list as a Listing. Every order ends in the id, so it is total. A cursor holds the name of the
order, the direction and the values of the row to continue after.
"""

import base64
import binascii
import json
from datetime import datetime
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

import orjson
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import DateField, FloatField, Model
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request

from claims.models.dates import reread_day
from claims.models.visibility import Sight
from claims.rest.listings import Listing
from claims.rest.orders import Order
from claims.rest.renderers import json_response
from claims.rest.shapes import Statement

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
#: the same without signing in, if the records show lists of records
MAX_LIMIT_WITH_LISTS = 50
#: bytes of the records on a page, without signing in
MAX_BYTES = 4_000_000


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


class KeysetPagination(BasePagination):
    """`limit`, `cursor`, `order` and `count` of a list."""

    parameters = ("limit", "cursor", "order", "count")

    def ids(self, request: Request, listing: Listing, statement: Statement | None = None) -> list[int]:
        """The ids of the rows on the requested page. Raises ValidationError (400).

        `statement` shows the rows: if that was possible in the same query, `shown` is their JSON by id; otherwise it
        is empty.
        """
        self.request = request
        limit = self._limit(with_lists=statement is not None and statement.embeds_lists)
        name = request.query_params.get("order", listing.default_order)
        if name not in listing.orders:
            names = ", ".join(sorted(listing.orders))
            raise _invalid("order", f"This list has no order “{name}”. Allowed: {names}.")
        order, backwards = listing.orders[name], False
        self.counts = self._counts(listing)
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
        rows, self.shown = listing.keys(order, limit + 1, values, statement, backwards=backwards)
        more, rows = len(rows) > limit, rows[:limit]
        if backwards:
            rows.reverse()
        self.next = self.previous = None
        if rows and (more or backwards):
            self.next = _encode(name, False, rows[-1])
        if rows and ((more and backwards) or (cursor is not None and not backwards)):
            self.previous = _encode(name, True, rows[0])
        return [row[-1] for row in rows]

    def _limit(self, *, with_lists: bool) -> int:
        limit = self.request.query_params.get("limit", str(DEFAULT_LIMIT))
        if not (limit.isascii() and limit.isdigit() and len(limit) < 5 and 1 <= int(limit) <= MAX_LIMIT):
            raise _invalid("limit", f"The limit must be a whole number from 1 to {MAX_LIMIT}.")
        if with_lists and int(limit) > MAX_LIMIT_WITH_LISTS and not self.request.user.is_authenticated:
            message = f"With an expanded list, the limit is at most {MAX_LIMIT_WITH_LISTS}, unless you sign in."
            raise _invalid("limit", message)
        return int(limit)

    def refuse_large(self, records: list[bytes]) -> None:
        """Raises ValidationError (400) if a page of these records is too large to send without signing in."""
        size = sum(map(len, records))
        if size > MAX_BYTES and not self.request.user.is_authenticated:
            message = (
                f"This page would have {size / 1e6:.1f} MB; without signing in, {MAX_BYTES // 1_000_000} MB are "
                f"allowed. Give a limit below {len(records)}, choose fields, or expand less."
            )
            raise _invalid("limit", message)

    def _counts(self, listing: Listing) -> dict[str, int]:
        """The members of the page with the counts that were asked for."""
        wanted = self.request.query_params.get("count")
        if wanted is None:
            return {}
        if wanted == "exact":
            counts = {"count": listing.count()}
            sight = listing.values.get("sight")
            if sight is not None and sight.desk:
                counts["public_count"] = listing.count(sight=Sight())
            return counts
        if wanted == "estimate":
            return {"count": listing.estimate()}
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

    def get_paginated_response(self, data: Any) -> Any:
        links = {name: self._link(cursor) for name, cursor in (("next", self.next), ("previous", self.previous))}
        body = self.counts | links | {"results": data}
        header = ", ".join(
            f'<{url}>; rel="{"prev" if name == "previous" else name}"' for name, url in links.items() if url
        )
        return json_response(orjson.dumps(body), {"Link": header} if header else None)

    def _link(self, cursor: str | None) -> str | None:
        """The URL of this list from the cursor on; its parameters are sorted, and `count` is left out."""
        if cursor is None:
            return None
        request = self.request._request
        given = [(name, value) for name, values in request.GET.lists() for value in values]
        kept = [(name, value) for name, value in given if name not in ("count", "cursor")]
        query = urlencode(sorted([*kept, ("cursor", cursor)], key=itemgetter(0)))
        return f"{request.scheme}://{request.get_host()}{request.path}?{query}"

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "Only if `count` is given."},
                "public_count": {
                    "type": "integer",
                    "description": "Only if `count` is exact, for those who see more than everybody: how many rows of "
                    "this list everybody sees.",
                },
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
