"""What all serializers share: `fields`, `expand`, whole-record validation."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from django.db import models
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from claims.models import fields
from claims.models.base import Record
from claims.rest.fields import References
from claims.rest.permissions import check_body, locked_in
from claims.rest.shapes import Expand, Tree
from claims.rest.strict import StrictSerializer
from claims.rest.values import DayField, MomentField, WebAddressField

#: a page of records, the list in each, the list in each of those: the third would make an answer of millions
MAX_LISTS = 2


@dataclass(frozen=True)
class Part:
    """A field whose values are rows of another table, which refer to the record by `parent`.

    `key`: the attributes by which a row that stays is known again; `values`: those that may change in it.
    `is_checked`: its rows are records with rules of their own.
    """

    model: type[Record]
    parent: str
    key: tuple[str, ...]
    values: tuple[str, ...] = ()
    is_checked: bool = False

    def key_of(self, row: Any) -> tuple[Any, ...]:
        return tuple(getattr(row, name) for name in self.key)


def _links(field: Any) -> Part:
    """The rows that link a record to others."""
    through = field.remote_field.through
    return Part(through, field.m2m_field_name(), (through._meta.get_field(field.m2m_reverse_field_name()).attname,))


def _copy(field: Any) -> Any:
    """A field for one more serializer. DRF's own `deepcopy` makes it anew from its arguments, all its choices too, and
    `copy.copy` takes ten times as long as this: three dozen fields are copied for a new claim."""
    if isinstance(field, serializers.BaseSerializer):
        return copy.deepcopy(field)
    new = object.__new__(type(field))
    new.__dict__ = field.__dict__.copy()
    return new


class RecordSerializer(StrictSerializer, serializers.ModelSerializer[Any]):
    """A resource: its fields, and its relations that can be expanded.

    Bodies are read and checked with it; answers are made from the same fields by `claims.rest.shapes`.
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
    def check_trees(cls, pick: Tree | None, expand: Tree, lists: int = 0) -> dict[str, list[ErrorDetail]]:
        """What is wrong with `fields` and `expand`, by parameter. `lists`: how many lists this one stands in."""
        wrong: dict[str, list[ErrorDetail]] = {}

        def report(parameter: str, name: str, names: list[str]) -> None:
            message = f"There is no “{name[:100]}” to choose; there are: {', '.join(names) or 'none'}."
            wrong.setdefault(parameter, []).append(ErrorDetail(message, code="invalid"))

        for name, below in expand.items():
            if name not in cls.expandable:
                report("expand", name, sorted(cls.expandable))
                continue
            inside = lists + cls.expandable[name].many
            if inside > MAX_LISTS:
                message = f"“{name}” would be a list in a list in a list; ask for it at its own address."
                wrong.setdefault("expand", []).append(ErrorDetail(message, code="invalid"))
                continue
            found = cls.expandable[name].load().check_trees((pick or {}).get(name) or None, below, inside)
            for parameter, errors in found.items():
                wrong.setdefault(parameter, []).extend(errors)
        extra = [n for n, e in cls.expandable.items() if e.many and not e.listed]
        known = [*cls.Meta.fields, *extra]
        for name, below in (pick or {}).items():
            if name not in known:
                report("fields", name, sorted(known))
            elif (below or name in extra) and name not in expand:
                message = f"“{name}” has fields to choose from only when it is expanded: expand={name}."
                wrong.setdefault("fields", []).append(ErrorDetail(message, code="invalid"))
        return wrong

    @classmethod
    @cache
    def own_fields(cls) -> dict[str, Any]:
        """The fields of the resource; to look them up in the model takes longer than a read."""
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
        """Uniqueness is asked for with the other rules of the model; here it would be asked twice."""
        kwargs = super().get_extra_kwargs()
        if "slug" in self.Meta.fields:
            kwargs.setdefault("slug", {})["validators"] = []
        return kwargs

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """As DRF does, but for far days, and with the model's words for a text that is too long."""
        if isinstance(getattr(model_field, "output_field", None), models.DateField):
            return DayField, {"read_only": True}
        kind, kwargs = super().build_standard_field(field_name, model_field)
        if isinstance(model_field, fields.BoundedMixin):
            kwargs["error_messages"] = {"max_length": model_field.too_long}
        return kind, kwargs

    def get_validators(self) -> list[Any]:
        return []

    def to_internal_value(self, data: Any) -> Any:
        """The validated values; a PUT gives the whole record, so that what it leaves out goes back to its default."""
        check_body(self, data)
        found = super().to_internal_value(data)
        if self.instance is not None and not self.partial:
            columns = {f.name: f for f in self.Meta.model._meta.fields}
            kept = self.stay | locked_in(self)
            for name, field in self.fields.items():
                if name in found or field.read_only or field.write_only or name in kept:
                    continue
                found[name] = columns[name].get_default() if name in columns else []
        return found

    def look_up(self, bodies: Sequence[Any]) -> None:
        """Looks up all records that the bodies name, once a model."""
        self.context["references"] = References(self, bodies)  # type: ignore[index]

    def record_of(self, attrs: dict[str, Any]) -> Any:
        """The whole record, as it would be after the write."""
        model = self.Meta.model
        record = copy.copy(self.instance) if self.instance is not None else model()
        if self.instance is not None:
            record._state = copy.copy(self.instance._state)
            record._state.fields_cache = self.instance._state.fields_cache.copy()
        for name, value in attrs.items():
            setattr(record, name, value)
        return record

    #: fields that stay as they are where a PUT leaves them out, or follow from the rest
    stay: ClassVar[frozenset[str]] = frozenset({"slug"})
    #: fields that the view sets after validation
    left_to_the_view: ClassVar[frozenset[str]] = frozenset()
    #: parts that are no lists of other records, or more than that
    own_parts: ClassVar[dict[str, Part]] = {}

    @classmethod
    @cache
    def parts(cls) -> dict[str, Part]:
        """What is written to other tables, by field."""
        lists = [f for f in cls.Meta.model._meta.many_to_many if f.name in cls.Meta.fields]
        return {f.name: _links(f) for f in lists} | cls.own_parts

    def part_rows(self, name: str, values: list[Any]) -> list[Any]:
        """The rows of a part, for what a body says there."""
        part, field = self.parts()[name], self.fields[name]
        if isinstance(field, serializers.ListSerializer):
            child: Any = field.child
            return [child.record_of(attributes) for attributes in values]
        (other,) = part.key
        return [part.model(**{other.removesuffix("_id"): value}) for value in values]

    class Meta:
        model: Any
        fields: list[str]
