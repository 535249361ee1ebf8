"""What all serializers share: `fields`, `expand`, whole-record validation."""

import copy
from functools import cache
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import ManyToManyField
from django.db.models.functions import Now
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from claims.api.permissions import check_body, check_rows, locked_in
from claims.api.problems import as_detail
from claims.api.shapes import Expand, Tree
from claims.api.strict import StrictSerializer
from claims.models.base import Named

#: a page of records, the list in each, the list in each of those: the third would make an answer of millions
MAX_LISTS = 2


class RecordSerializer(StrictSerializer, serializers.ModelSerializer[Any]):
    """A resource: its fields, and its relations that can be expanded.

    Bodies are read and checked with it; answers are made from the same fields by `claims.api.shapes`.
    """

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
        fields = copy.deepcopy(self.own_fields())
        for name, below in self.expand.items():
            if self.pick is None or name in self.pick:
                expand = self.expandable[name]
                pick = (self.pick or {}).get(name) or None
                fields[name] = expand.load()(many=expand.many, read_only=True, pick=pick, expand=below)
        if self.pick is not None:
            fields = {name: field for name, field in fields.items() if name in self.pick}
        return fields

    def get_extra_kwargs(self) -> dict[str, Any]:
        """Uniqueness is left to `validate`, which asks the model; here it would be asked twice."""
        kwargs = super().get_extra_kwargs()
        if "slug" in self.Meta.fields:
            kwargs.setdefault("slug", {})["validators"] = []
        return kwargs

    def get_validators(self) -> list[Any]:
        return []

    def to_internal_value(self, data: Any) -> Any:
        """The validated values; a PUT gives the whole record, so that what it leaves out goes back to its default."""
        check_body(self, data)
        found = super().to_internal_value(data)
        if self.instance is not None and not self.partial:
            columns = {f.name: f for f in self.Meta.model._meta.fields}
            kept = {"slug", *locked_in(self)}
            for name, field in self.fields.items():
                if name in found or field.read_only or field.write_only or name in kept:
                    continue
                found[name] = columns[name].get_default() if name in columns else []
        return found

    def record_of(self, attrs: dict[str, Any]) -> Any:
        """The whole record, as it would be after the write."""
        model = self.Meta.model
        record = copy.copy(self.instance) if self.instance is not None else model()
        if self.instance is not None:
            record._state = copy.copy(self.instance._state)
            record._state.fields_cache = self.instance._state.fields_cache.copy()
        columns = {f.name for f in model._meta.fields}
        for name, value in attrs.items():
            if name in columns:
                setattr(record, name, value)
        return record

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Holds the whole record against the rules of its model, but for the checks that the database makes anyway."""
        record = self.record_of(attrs)
        try:
            record.clean_before_write(exclude=self.left_to_the_view, slug_given="slug" in attrs)
        except DjangoValidationError:
            self.explain(attrs)
            raise
        if isinstance(record, Named):
            attrs["slug"] = record.slug
        return attrs

    def explain(self, attrs: dict[str, Any]) -> None:
        """Raises ValidationError (400) with every rule that the body breaks: a refusal tells of the first alone."""
        wrong: dict[str, Any] = {}
        try:
            self.record_of(attrs).full_clean(exclude=set(self.left_to_the_view))
        except DjangoValidationError as error:
            wrong = as_detail(error)
        for name, field in self.fields.items():
            if isinstance(field, serializers.ListSerializer):
                child: Any = field.child
                for index, attributes in enumerate(attrs.get(name, ())):
                    try:
                        child.explain(attributes)
                    except serializers.ValidationError as error:
                        wrong.setdefault(name, {})[str(index)] = error.detail
        if wrong:
            raise serializers.ValidationError(wrong)

    #: fields that the view sets after validation
    left_to_the_view: ClassVar[frozenset[str]] = frozenset()

    def lists(self, validated: dict[str, Any]) -> dict[str, Any]:
        """Takes the lists of other records out of `validated`; they are written when the row is there."""
        names = [f.name for f in self.Meta.model._meta.many_to_many if isinstance(f, ManyToManyField)]
        return {name: validated.pop(name) for name in names if name in validated}

    def create(self, validated_data: dict[str, Any]) -> Any:
        lists = self.lists(validated_data)
        record = self.Meta.model(**validated_data)
        record.save(force_insert=True)
        self.write_lists(record, lists)
        return record

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        lists = self.lists(validated_data)
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.save(force_update=True)
        if self.write_lists(instance, lists):
            # a list is part of what the record shows: its version counts that change, too
            type(instance)._default_manager.filter(pk=instance.pk).update(updated_at=Now())
        return instance

    def write_lists(self, record: Any, lists: dict[str, Any]) -> bool:
        """Makes each list hold just these records, and tells whether any changed; those that stay are not touched."""
        changed = False
        for name, wanted in lists.items():
            manager = getattr(record, name)
            if {r.pk for r in manager.all()} != {r.pk for r in wanted}:
                here, there = manager.source_field_name, manager.target_field_name
                links = manager.through._default_manager.filter(**{here: record}).exclude(**{f"{there}__in": wanted})
                check_rows(self, name, "delete", links.select_related(here, there))
                manager.set(wanted)
                changed = True
        return changed

    class Meta:
        model: Any
        fields: list[str]
