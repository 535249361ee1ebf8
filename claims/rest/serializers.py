"""What all serializers share: `fields`, `expand`, validation of the whole record."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from django.db import models
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.utils.serializer_helpers import BindingDict

from claims.models import fields
from claims.models.base import Record
from claims.rest.fields import References
from claims.rest.permissions import check_body, locked_in
from claims.rest.shapes import Expand, Tree
from claims.rest.strict import StrictSerializer
from claims.rest.values import DayField, MomentField, WebAddressField
from claimsdb.postgresql.joined import Query, Rows

#: levels of nested lists: with a third one, a page could hold millions of records
MAX_LISTS = 2


@dataclass(frozen=True)
class Part:
    """A field whose values are rows of another table, which refer to the record by `parent`.

    `key`: the attributes that identify a row when the list is replaced; `values`: those that may change in it.
    `is_checked`: the rows are records with their own validation.
    """

    model: type[Record]
    parent: str
    key: tuple[str, ...]
    values: tuple[str, ...] = ()
    is_checked: bool = False

    def key_of(self, row: Any) -> tuple[Any, ...]:
        return tuple(getattr(row, name) for name in self.key)


def _links(field: Any) -> Part:
    """The link table of a many-to-many field."""
    through = field.remote_field.through
    return Part(through, field.m2m_field_name(), (through._meta.get_field(field.m2m_reverse_field_name()).attname,))


def _copy(field: Any) -> Any:
    """A copy of a field for another serializer."""
    return copy.deepcopy(field) if isinstance(field, serializers.BaseSerializer) else _shallow(field)


def _shallow(field: Any) -> Any:
    """DRF's `deepcopy` constructs a field again from its arguments, choices included, and `copy.copy` takes ten times
    as long as this."""
    new = object.__new__(type(field))
    new.__dict__ = field.__dict__.copy()
    return new


def _clone(field: Any, parent: Any) -> Any:
    """A copy of a bound field and of the fields in it, bound to `parent`. Read-only fields, which bodies don't reach,
    are shared."""
    new = _shallow(field)
    new.parent = parent
    if "fields" in field.__dict__:
        new.fields = BindingDict(new)
        new.fields.fields = {
            name: inner if inner.read_only else _clone(inner, new) for name, inner in field.fields.items()
        }
    if "child" in field.__dict__:
        new.child = _clone(field.child, new)
    return new


class RecordSerializer(StrictSerializer, serializers.ModelSerializer[Any]):
    """A resource: its fields, and the relations that can be expanded.

    It parses and validates request bodies; `claims.rest.shapes` builds responses from the same fields.
    """

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.DateTimeField: MomentField,
        fields.WebAddressField: WebAddressField,
    }
    expandable: ClassVar[dict[str, Expand]] = {}

    def __init__(self, *args: Any, pick: Tree | None = None, expand: Tree | None = None, **kwargs: Any) -> None:
        self.pick = pick
        self.expand = expand or {}
        super().__init__(*args, **kwargs)

    @classmethod
    def for_bodies(cls, *, partial: bool, context: dict[str, Any]) -> "RecordSerializer":
        """A serializer for the bodies of a request: a copy of one whose fields are bound already."""
        new: RecordSerializer = _clone(cls._bound(partial), None)
        new._context = context
        return new

    @classmethod
    @cache
    def _bound(cls, partial: bool) -> "RecordSerializer":
        """A serializer with all fields, and those in them, bound to it."""
        serializer = cls(partial=partial)
        pending: list[Any] = [serializer]
        while pending:
            field = pending.pop()
            inside = getattr(field, "child", field)
            pending += inside.fields.values() if isinstance(inside, serializers.Serializer) else []
        return serializer

    @classmethod
    def check_trees(cls, pick: Tree | None, expand: Tree, lists: int = 0) -> dict[str, list[ErrorDetail]]:
        """The errors in `fields` and `expand`, by parameter. `lists`: how many lists this serializer is nested in."""
        wrong: dict[str, list[ErrorDetail]] = {}

        def report(parameter: str, name: str, names: list[str]) -> None:
            message = f"“{name[:100]}” is not available here. Allowed: {', '.join(names) or 'none'}."
            wrong.setdefault(parameter, []).append(ErrorDetail(message, code="invalid"))

        for name, below in expand.items():
            if name not in cls.expandable:
                report("expand", name, sorted(cls.expandable))
                continue
            inside = lists + cls.expandable[name].many
            if inside > MAX_LISTS:
                message = f"“{name}” would nest lists three deep. Request it at its own URL."
                wrong.setdefault("expand", []).append(ErrorDetail(message, code="invalid"))
                continue
            nested = cls.expandable[name].load().check_trees((pick or {}).get(name) or None, below, inside)
            for parameter, errors in nested.items():
                wrong.setdefault(parameter, []).extend(errors)
        extra = [n for n, e in cls.expandable.items() if e.many and not e.listed]
        known = [*cls.Meta.fields, *extra]
        for name, below in (pick or {}).items():
            if name not in known:
                report("fields", name, sorted(known))
            elif (below or name in extra) and name not in expand:
                message = f"“{name}” has fields to choose from only when it is expanded: add expand={name}."
                wrong.setdefault("fields", []).append(ErrorDetail(message, code="invalid"))
        return wrong

    @classmethod
    @cache
    def own_fields(cls) -> dict[str, Any]:
        """The fields of the resource, cached: deriving them from the model takes longer than a read."""
        return super(RecordSerializer, cls()).get_fields()

    def get_fields(self) -> dict[str, Any]:
        fields = {name: _copy(field) for name, field in self.own_fields().items()}
        for name, below in self.expand.items():
            if self.pick is None or name in self.pick:
                expand = self.expandable[name]
                pick = (self.pick or {}).get(name) or None
                fields[name] = expand.load()(many=expand.many, read_only=True, pick=pick, expand=below)
        if self.pick is not None:
            fields = {name: field for name, field in fields.items() if name in self.pick}
        return fields

    def get_extra_kwargs(self) -> dict[str, Any]:
        """Removes the uniqueness validator of `slug`: the model's validation checks it."""
        kwargs = super().get_extra_kwargs()
        if "slug" in self.Meta.fields:
            kwargs.setdefault("slug", {})["validators"] = []
        return kwargs

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """Like DRF, except for days that Python's dates can't hold, and for the model's message for too long texts."""
        if isinstance(getattr(model_field, "output_field", None), models.DateField):
            return DayField, {"read_only": True}
        kind, kwargs = super().build_standard_field(field_name, model_field)
        if isinstance(model_field, fields.BoundedMixin):
            kwargs["error_messages"] = {"max_length": model_field.too_long}
        return kind, kwargs

    def get_validators(self) -> list[Any]:
        return []

    def run_validators(self, value: Any) -> None:
        """Does nothing: there are none. DRF's copies the value first."""

    def to_internal_value(self, data: Any) -> Any:
        """The validated values. In a PUT, fields that are left out get their defaults. Raises ValidationError (400) or
        NotYours (403)."""
        check_body(self, data)
        attrs = super().to_internal_value(data)
        if self.instance is not None and not self.partial:
            columns = {f.name: f for f in self.Meta.model._meta.fields}
            kept = self.kept_by_put | locked_in(self)
            for name, field in self.fields.items():
                if name in attrs or field.read_only or field.write_only or name in kept:
                    continue
                attrs[name] = columns[name].get_default() if name in columns else []
        return attrs

    def look_up(self, bodies: Sequence[Any], queries: Sequence[Query]) -> list[Rows]:
        """Looks up all records that the bodies refer to. Returns the rows of `queries`, made in the same round trip."""
        references = References(self, bodies, queries)
        self.context["references"] = references  # type: ignore[index]
        return references.rows

    def record_of(self, attrs: dict[str, Any]) -> Any:
        """The record as it would be after the write, unsaved."""
        model = self.Meta.model
        record = copy.copy(self.instance) if self.instance is not None else model()
        if self.instance is not None:
            record._state = copy.copy(self.instance._state)
            record._state.fields_cache = self.instance._state.fields_cache.copy()
        for name, value in attrs.items():
            setattr(record, name, value)
        return record

    #: fields that a PUT leaves unchanged, or that are derived, when it leaves them out
    kept_by_put: ClassVar[frozenset[str]] = frozenset({"slug"})
    #: fields that the view sets after validation
    set_after_validation: ClassVar[frozenset[str]] = frozenset()
    #: parts other than plain many-to-many lists
    own_parts: ClassVar[dict[str, Part]] = {}

    @classmethod
    @cache
    def parts(cls) -> dict[str, Part]:
        """The fields that are written to other tables."""
        lists = [f for f in cls.Meta.model._meta.many_to_many if f.name in cls.Meta.fields]
        return {f.name: _links(f) for f in lists} | cls.own_parts

    def part_rows(self, name: str, values: list[Any]) -> list[Any]:
        """The unsaved rows of a part, from the values of its field."""
        part, field = self.parts()[name], self.fields[name]
        if isinstance(field, serializers.ListSerializer):
            child: Any = field.child
            return [child.record_of(attributes) for attributes in values]
        (other,) = part.key
        return [part.model(**{other.removesuffix("_id"): value}) for value in values]

    class Meta:
        model: Any
        fields: list[str]
