"""What all resources share: reading, writing, lists inside a parent."""

from typing import Any, ClassVar

from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.http import Http404
from rest_framework import status, viewsets
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from claims.api.filters import SHAPE, UNSHAPED, RecordFilterSet, refuse_unknown
from claims.api.lookup import find, key_of, unknown
from claims.api.pages import KeysetPagination, Order
from claims.api.problems import Conflict
from claims.api.serializers import RecordSerializer, Tree, read_tree
from claims.models import Actor
from claims.models.base import Named

MAX_SHAPE = 1000


class RecordViewSet(viewsets.ModelViewSet[Any]):
    """A resource: a query set, a serializer and a filter set; a list of it may stand inside a parent."""

    http_method_names = ["get", "post", "put", "patch", "delete", "head", "options"]
    lookup_url_kwarg = "key"
    lookup_value_regex = r"[a-z0-9-]+"
    serializer_class: type[RecordSerializer]
    filterset_class: type[RecordFilterSet]
    #: the verb of the query set that `q` calls, and what it does, for the docs
    search_verb = ""
    search_help = ""
    orders: ClassVar[dict[str, Order]] = {}
    default_order = "newest"
    #: what one record shows in full without being asked
    detail_expand: ClassVar[tuple[str, ...]] = ()
    #: for a list inside a parent: its model, the filter that holds it and, in the address, its key
    parent: type[Model] | None = None
    parent_field = ""

    def get_orders(self) -> dict[str, Order]:
        """The orders of this list, by name."""
        common = {
            "newest": Order((), descending=True),
            "oldest": Order(()),
            "updated": Order(("updated_at",)),
            "-updated": Order(("updated_at",), descending=True),
        }
        rank = {"best": Order(("rank",), descending=True)} if self._searched() else {}
        return common | self.orders | rank

    def _searched(self) -> bool:
        """Whether a search gives the rows a rank (in the schema: whether it could)."""
        fake = getattr(self, "swagger_fake_view", False)
        return bool(self.search_verb) and (fake or "q" in self.request.query_params)

    def get_default_order(self) -> str:
        return "best" if self._searched() else self.default_order

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_unknown(request, self.parameters())
        self.pick, self.expand = self.shape()

    def parameters(self) -> list[str]:
        """The query parameters of this action."""
        if self.action == "list":
            names = [*SHAPE, *KeysetPagination.parameters, *self.filterset_class.base_filters]
            return [*names, "q"] if self.search_verb else names
        return [] if self.action in UNSHAPED else [*SHAPE]

    def shape(self) -> tuple[Tree | None, Tree]:
        """`fields` and `expand` as trees, checked. Raises ValidationError (400)."""
        given = {name: self.request.query_params.get(name, "") for name in SHAPE}
        for name, value in given.items():
            if len(value) > MAX_SHAPE or value.count(".") > 20:
                raise ValidationError(
                    {name: [ErrorDetail(f"At most {MAX_SHAPE} characters and 20 dots.", "max_length")]}
                )
        pick = read_tree(given["fields"]) if given["fields"] else None
        expand = read_tree(given["expand"]) if given["expand"] else {}
        if self.action != "list":
            expand = {name: {} for name in self.detail_expand if pick is None or name in pick} | expand
        wrong = self.serializer_class.check_trees(pick, expand, lists=int(self.action == "list"))
        if wrong:
            raise ValidationError(wrong)
        return pick, expand

    def get_queryset(self) -> QuerySet[Any]:
        return self.serializer_class.Meta.model._default_manager.all()

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.parent is not None:
            key = self.kwargs["key"]
            found = find(self.parent, [key])
            if key not in found:
                raise Http404(unknown(self.parent, key))
            queryset = self.inside(queryset, found[key])
        return super().filter_queryset(queryset)

    def inside(self, queryset: QuerySet[Any], parent: Any) -> QuerySet[Any]:
        """The rows of a list inside `parent`."""
        return queryset.filter(**{self.parent_field: parent.pk})

    def shown(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The query set with all that the answer shows."""
        return self.serializer_class.prepare(queryset, self.expand)

    def out(self, instance: Any, *, many: bool = False) -> Any:
        context = self.get_serializer_context()
        return self.serializer_class(instance, many=many, pick=self.pick, expand=self.expand, context=context).data

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        rows = self.paginate_queryset(self.shown(self.filter_queryset(self.get_queryset())))
        return self.get_paginated_response(self.out(rows, many=True))

    def get_object(self) -> Any:
        """The record that the address names, by id or slug. Raises Http404, or Conflict for a merged actor."""
        model, key = self.serializer_class.Meta.model, self.kwargs["key"]
        field = "slug" if issubclass(model, Named) and not key.isdigit() else "pk"
        if field == "pk" and not (key.isdigit() and len(key) < 20):
            raise Http404(unknown(model, key))
        queryset = self.get_queryset()
        if self.request.method not in ("GET", "HEAD"):
            queryset = queryset.select_for_update(of=("self",))
        elif self.action not in UNSHAPED:
            queryset = self.shown(queryset)
        record = queryset.filter(**{field: key}).first()
        if record is None:
            raise Http404(unknown(model, key))
        if isinstance(record, Actor) and record.merged_into_id and self.request.method not in ("GET", "HEAD"):
            raise Conflict(f"This actor was merged into “{record.merged_into}”; change that one.")
        self.check_object_permissions(self.request, record)
        return record

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        record = self.get_object()
        if isinstance(record, Actor) and record.merged_into is not None:
            asked = request.META.get("QUERY_STRING", "")
            target = self.address(record.merged_into) + (f"?{asked}" if asked else "")
            return Response({"merged_into": target}, status.HTTP_308_PERMANENT_REDIRECT, headers={"Location": target})
        return Response(self.out(record))

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            serializer: Any = self.get_serializer(data=request.data)
            serializer.is_valid(raise_exception=True)
            self.perform_create(serializer)
            connection.check_constraints()
        record = self.shown(self.get_queryset()).get(pk=serializer.instance.pk)
        headers = {"Location": self.address(record)}
        return Response(self.out(record), status.HTTP_201_CREATED, headers=headers)

    def update(self, request: Request, *args: Any, partial: bool = False, **kwargs: Any) -> Response:
        with transaction.atomic():
            record = self.get_object()
            serializer = self.get_serializer(record, data=request.data, partial=partial)
            serializer.is_valid(raise_exception=True)
            self.perform_update(serializer)
            connection.check_constraints()
        return Response(self.out(self.shown(self.get_queryset()).get(pk=record.pk)))

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            self.get_object().delete()
            connection.check_constraints()
        return Response(status=status.HTTP_204_NO_CONTENT)

    def address(self, record: Any) -> str:
        return reverse(f"api:{self.basename}-detail", kwargs={"key": key_of(record)}, request=self.request)
