"""What all resources share: reading, writing, nested lists."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar, cast

import orjson
from django.db import IntegrityError, connection
from django.db.models import Model, QuerySet
from django.http import Http404
from django.urls import get_script_prefix, reverse
from rest_framework import status
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from claims.models.lookup import MAX_ID, find, key_column, key_of, unknown
from claims.models.refusals import is_broken_rule
from claims.models.visibility import sight_of, visible
from claims.rest.dispatch import QuickDispatch
from claims.rest.filters import SHAPE, UNSHAPED, RecordFilterSet, refuse_unknown
from claims.rest.former import Moved, missing_record, not_found
from claims.rest.idempotency import idempotent
from claims.rest.listings import Listing
from claims.rest.orders import Order, by_change
from claims.rest.pages import KeysetPagination
from claims.rest.preconditions import (
    ConditionMissing,
    Stale,
    etag_of,
    if_match_matches,
    if_none_match_matches,
    refuse_changes,
    version_in,
)
from claims.rest.problems import Conflict
from claims.rest.renderers import json_response
from claims.rest.serializers import RecordSerializer
from claims.rest.shapes import MAX_WORDS, Statement, statement
from claims.rest.writing import WriteBatch, checked_transaction
from claimsdb.postgresql.joined import Rows
from claimsdb.postgresql.prepared import fetch_joined

#: attempts at a write whose generated slug is used by another write each time
MAX_ATTEMPTS = 5
#: when a record can't be shown after a write
GONE = "Another write came first: a record that this one refers to is gone. Nothing was saved."
#: actions whose response shows several records, each without embedded lists
MANY = ("list", "bulk", "bulk_change")
#: prefix for the filter that selects a nested list's parent, since the query string may use the same filter
INSIDE = "inside "


@cache
def _around_key(name: str, script: str) -> tuple[str, str]:
    """The path of a record, named `name`, before and after its key. `script`: the prefix of all paths."""
    before, _, after = reverse(name, kwargs={"key": "0"}).rpartition("0")
    return before, after


def _filters(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of the filters in the query string, and that of the one that selects the parent."""
    own = {name: value for name, value in values.items() if name not in ("q", "sight") and not name.startswith(INSIDE)}
    inside = {name.removeprefix(INSIDE): value for name, value in values.items() if name.startswith(INSIDE)}
    return own, inside


class RecordViewSet(QuickDispatch):
    """A resource: a serializer, a filter set and orders. Its list may be nested in a parent."""

    http_method_names = ["get", "post", "put", "patch", "delete", "head", "options"]
    lookup_url_kwarg = "key"
    lookup_value_regex = r"[a-z0-9-]+|Q[0-9]+"
    serializer_class: type[RecordSerializer]
    filterset_class: type[RecordFilterSet]
    #: the query set method that `q` calls, and its description in the OpenAPI document
    search_verb = ""
    search_help = ""
    #: whether its SQL is the same for all words
    search_is_kept = False
    orders: ClassVar[dict[str, Order]] = {}
    default_order = "newest"
    #: what a single record expands by default
    detail_expand: ClassVar[tuple[str, ...]] = ()
    #: columns read along with the JSON of a row, the id first
    columns: ClassVar[tuple[str, ...]] = ("pk",)
    #: for a nested list: the parent's model, and the filter that selects it; its key is in the URL
    parent: type[Model] | None = None
    parent_filter = ""
    #: the write batch, and whether it is retried because a generated slug was already in use
    batch: WriteBatch | None = None
    is_retry = False

    def get_orders(self) -> dict[str, Order]:
        """The orders of this list, by name."""
        common = {
            "newest": Order((), descending=True),
            "oldest": Order(()),
        } | by_change()
        rank = {"best": Order(("rank",), descending=True, not_null=True)} if self._searched() else {}
        return common | self.orders | rank

    def _searched(self) -> bool:
        """Whether a search ranks the rows (in the schema: whether one could)."""
        fake = getattr(self, "swagger_fake_view", False)
        return bool(self.search_verb) and (fake or "q" in self.request.query_params)

    def get_default_order(self) -> str:
        return "best" if self._searched() else self.default_order

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action is None or str(request.method).lower() not in self.http_method_names:
            return  # the response will be 405, whatever the parameters
        if request._request.META.get("QUERY_STRING"):
            refuse_unknown(request, self.parameters())
        self.statement = self.get_statement()

    def parameters(self) -> list[str]:
        """The query parameters of this action."""
        if self.action == "list":
            names = [*SHAPE, *KeysetPagination.parameters, *self.filterset_class.base_filters]
            return [*names, "q"] if self.search_verb else names
        return [] if self.action in UNSHAPED else [*SHAPE]

    def get_statement(self, parts: tuple[str, ...] | None = None) -> Statement:
        """The statement that reads the records with the requested fields. Raises ValidationError (400).

        `parts`: for new records, the lists that are not empty.
        """
        fields, expand = (self.request.query_params.get(name, "") for name in SHAPE)
        in_full = None if self.action in MANY else self.detail_expand
        return statement(
            self.serializer_class, fields, expand, in_full, self.columns, sight_of(self.request.user), parts
        )

    def get_queryset(self) -> QuerySet[Any]:
        model = self.serializer_class.Meta.model
        return model._default_manager.filter(visible(model, sight_of(self.request.user)))

    @property
    def paginator(self) -> KeysetPagination:
        return cast(KeysetPagination, super().paginator)

    def listing(self) -> Listing:
        """The requested list. Raises ValidationError (400), or Http404 or Gone if there is no such parent."""
        values = self.list_values()
        return Listing(
            model=self.serializer_class.Meta.model,
            rows=self.narrowed,
            link_rows=self.link_rows,
            values=values,
            orders=self.get_orders(),
            default_order=self.get_default_order(),
            keep_sql="q" not in values or self.search_is_kept,
        )

    def list_values(self) -> dict[str, Any]:
        """The values of the filters in the query string, of `q`, of `sight`, and of the filter that selects the parent,
        prefixed by INSIDE. Raises ValidationError (400), or Http404 or Gone if there is no such parent."""
        sight = sight_of(self.request.user)
        values = self.filterset_class.read(self.request.query_params, sight)
        values["sight"] = sight
        if self.parent is not None:
            key, field = self.kwargs["key"], self.filterset_class.base_filters[self.parent_filter].field
            found = find(self.parent, [key], sight, whole=False)
            if key not in found:
                raise not_found(found, key)
            values[INSIDE + self.parent_filter] = field.widened([found[key].pk])
        if self.search_verb and "q" in self.request.query_params:
            values["q"] = self.request.query_params["q"]
            if len(values["q"]) > MAX_WORDS:
                raise ValidationError({"q": [ErrorDetail(f"At most {MAX_WORDS} characters.", "max_length")]})
        return values

    @classmethod
    def narrowed(cls, values: Mapping[str, Any]) -> QuerySet[Any]:
        """The rows of a list."""
        model, sight = cls.serializer_class.Meta.model, values["sight"]
        queryset = model._default_manager.filter(visible(model, sight))
        for filters in _filters(values):
            queryset = cls.filterset_class.narrow(queryset, filters, sight)
        return getattr(queryset, cls.search_verb)(values["q"]) if "q" in values else queryset

    @classmethod
    def link_rows(cls, values: Mapping[str, Any]) -> tuple[QuerySet[Any], str] | None:
        """If a link table alone determines the list: its rows, and their column with the ids of the list's rows.
        Otherwise None."""
        (own, inside), sight = _filters(values), values["sight"]
        if "q" in values or (own and inside):
            return None
        return cls.filterset_class.link_rows(own or inside, sight)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        ids = self.paginator.ids(request, self.listing(), self.statement)
        found = self.paginator.shown or {row[0]: row[-1] for row in self.statement.where("id", ids)}
        records = [found[pk] for pk in ids if pk in found]
        self.paginator.refuse_large(records)
        return self.paginator.get_paginated_response([orjson.Fragment(record) for record in records])

    def handle_exception(self, exc: Exception) -> Response:
        """The response to an error. If the database refused a body, it lists all the rules that the body breaks."""
        if isinstance(exc, Moved):
            return exc.response(self.request)
        if self.batch is not None and is_broken_rule(exc):
            try:
                self.batch.explain()
            except ValidationError as error:
                exc = error
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Sets the ETag of successful reads; responds with 304 if the client has that version already."""
        if request.method in ("GET", "HEAD") and response.status_code == status.HTTP_200_OK:
            if isinstance(response, Response):
                response = json_response(orjson.dumps(response.data))
            etag = etag_of(response.content)
            # caches may store it, but must revalidate it before each use
            response.headers["Cache-Control"] = "no-cache"
            if known := if_none_match_matches(request._request.META.get("HTTP_IF_NONE_MATCH"), etag):
                etag = known
                # must be that of the 200, or absent (RFC 9110, section 8.6); Django would set 0
                response.headers["Content-Length"] = str(len(response.content))
                response.status_code, response.content = status.HTTP_304_NOT_MODIFIED, b""
                del response.headers["Content-Type"]
            response.headers["ETag"] = etag
        return super().finalize_response(request, response, *args, **kwargs)

    def condition(self) -> tuple[str, Any]:
        """The column and the value by which the URL identifies the record. Raises Http404."""
        model, key = self.serializer_class.Meta.model, self.kwargs["key"]
        if not key.isdigit() and key_column(model) == "slug":
            return "slug", key
        if key.isdigit() and len(key) < 20 and int(key) <= MAX_ID:
            return "id", int(key)
        raise Http404(unknown(model, key))

    def get_object(self) -> Any:
        """The record of the URL, locked for a write. Raises Http404, Gone, Moved, or Conflict for a merged actor."""
        column, value = self.condition()
        queryset = self.get_queryset()
        # OPTIONS calls this in the name of PUT, to find out whether that is allowed
        writes = self.request.method not in ("GET", "HEAD") and self.action != "metadata"
        if writes:
            queryset = queryset.select_for_update(of=("self",), no_key=self.request.method in ("PUT", "PATCH"))
        record = queryset.filter(**{column: value}).first()
        if record is None or (writes and getattr(record, "merged_into_id", None)):
            raise missing_record(self, writes=writes)
        self.check_object_permissions(self.request, record)
        return record

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        rows = self.statement.where(*self.condition())
        if not rows or self.is_merged(rows[0]):
            raise missing_record(self, writes=False)
        return json_response(rows[0][-1])

    def is_merged(self, row: Any) -> bool:
        """Whether the row, `columns` and its JSON, is that of a record that was merged into another."""
        return False

    def shown(self, pk: int, code: int = status.HTTP_200_OK, *, is_last: bool = False) -> Response:
        """The response to a write: the record as saved, with the ETag of a read. Raises Conflict (409).

        Executes what the write batch still has to insert.
        """
        ((*_, body),) = self.saved(pk, 1, is_last=is_last)
        return Response(body, code, headers={"ETag": etag_of(body)})

    def saved(self, condition: Any, count: int, *, is_last: bool) -> Rows:
        """Executes what the write batch still has to insert, and reads the records that meet `condition` in the same
        round trip. Raises Conflict (409) if there are not `count`.

        `is_last`: nothing else happens in the transaction. It is committed along, unless a record could be missing
        because the user may not see it: one that refers to a deleted record is not committed by the database.
        """
        inserts, statement = [], self.statement
        if self.batch and self.batch.inserts:
            inserts, statement = self.batch.inserts, self.get_statement(self.batch.filled)
        model = self.serializer_class.Meta.model
        is_last = is_last and not visible(model, sight_of(self.request.user))
        *_, rows = fetch_joined([*inserts, statement.query("id", condition)], last=is_last)
        if len(rows) < count:
            raise Conflict(GONE)
        return rows

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.made(self._create)

    def made(self, act: Callable[[bool], Response]) -> Response:
        """The response of `act`, which creates records, by way of `idempotent`.

        If a generated slug turns out to be in use, `act` is retried under a lock, so that concurrent writes with the
        same words get different numbers.
        """

        def in_turn(is_last: bool) -> Response:
            self.is_retry = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"slugs of {self.basename}"])
            return act(is_last)

        attempt = act
        for _ in range(MAX_ATTEMPTS - 1):
            try:
                return idempotent(self.request, attempt)
            except IntegrityError as error:
                if self.batch is None or not self.batch.is_generated_slug_taken(error):
                    raise
            attempt = in_turn
        return idempotent(self.request, attempt)

    def _create(self, is_last: bool) -> Response:
        self.batch = WriteBatch(self.body_serializer(), single=True)
        self.batch.read([self.request.data])
        self.sign(self.batch)
        # optimistic: a generated slug is rarely in use
        self.batch.validate(query=self.is_retry)
        self.batch.create(self.request.user)
        (record,) = self.batch.records
        answer = self.shown(record.pk, status.HTTP_201_CREATED, is_last=is_last)
        answer["Location"] = self.address(key_of(record))
        return answer

    def update(self, request: Request, *args: Any, partial: bool = False, **kwargs: Any) -> Response:
        with checked_transaction():
            record = self.get_object()
            body = self.check_precondition(record)
            self.batch = WriteBatch(self.body_serializer(partial=partial), single=True)
            self.batch.read([body], [record])
            self.sign(self.batch)
            self.batch.validate()
            self.batch.update(self.request.user)
            return self.shown(record.pk)

    def body_serializer(self, *, partial: bool = False) -> RecordSerializer:
        """The serializer for the body of a write."""
        serializer: Any = self.get_serializer_class()
        return serializer.for_bodies(partial=partial, context={"request": self.request})

    def sign(self, batch: WriteBatch) -> None:
        """Sets the values that depend on the user."""

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with checked_transaction():
            record = self.get_object()
            refuse_changes(self.check_precondition(record))
            record.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)

    def check_precondition(self, record: Any) -> Any:
        """The body of a change without its `version`. The record is locked.

        Raises ConditionMissing (428) if the request has neither `If-Match` nor `version`, and Stale (412) if they don't
        match the record's current state.
        """
        body, version = version_in(self.request.data)
        given = self.request.META.get("HTTP_IF_MATCH", "").strip() or None
        if given is None and version is None:
            raise ConditionMissing
        unwanted = self.request.META.get("HTTP_IF_NONE_MATCH")
        if given is None and unwanted is None and version == record.version:
            return body
        etag = etag_of(self.statement.where("id", record.pk)[0][-1])
        if (
            version not in (None, record.version)
            or not if_match_matches(given, etag)
            or if_none_match_matches(unwanted, etag)
        ):
            raise Stale(etag)
        return body

    def address(self, key: str | int) -> str:
        before, after = _around_key(f"api:{self.basename}-detail", get_script_prefix())
        return f"{self.request.scheme}://{self.request.get_host()}{before}{key}{after}"
