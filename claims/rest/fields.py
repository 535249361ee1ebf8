"""Fields that stand for other records."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, Model, TextField, Value, When
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework import serializers

from claims.models.base import Slugged
from claims.models.lookup import Found, find, key_column
from claims.models.visibility import visible
from claims.models.wikidata import WIKIDATA_ID, WIKIDATA_MESSAGE, wikidata_id_in
from claims.rest.schemas import reference
from claims.rest.shapes import linked, path_of


class References:
    """The records that bodies name, found once a model for all bodies together."""

    def __init__(self, serializer: Any, bodies: Iterable[Any]) -> None:
        self.wanted: dict[type[Model], set[Any]] = {}
        for body in bodies:
            self._collect(serializer, body)
        self.found = {model: find(model, values) for model, values in self.wanted.items()}

    def _collect(self, serializer: Any, body: Any) -> None:
        if not isinstance(body, Mapping):
            return
        for name, value in body.items():
            field = serializer.fields.get(name)
            if isinstance(field, RecordField):
                self._want(field.model, [value])
            elif isinstance(value, list) and isinstance(field, RecordsField):
                self._want(field.model, value[:MAX_RECORDS])
            elif isinstance(value, list) and isinstance(field, serializers.ListSerializer):
                for item in value[:MAX_RECORDS]:
                    self._collect(field.child, item)

    def _want(self, model: type[Model], values: Iterable[Any]) -> None:
        names = {v for v in values if isinstance(v, int | str) and not isinstance(v, bool)}
        self.wanted.setdefault(model, set()).update(names)


def _find(field: Any, values: list[Any]) -> Found:
    """The records that a field's values name: of those found beforehand, if there are any."""
    references: References | None = field.context.get("references")
    return references.found[field.model] if references else find(field.model, values)


#: no list of references in one body is longer
MAX_RECORDS = 200


class WikidataIdField(serializers.CharField):
    """An item's id. Takes its address as well."""

    default_error_messages = {"wikidata_id": WIKIDATA_MESSAGE}

    def to_internal_value(self, data: Any) -> str:
        found = wikidata_id_in(super().to_internal_value(data))
        if found and not WIKIDATA_ID.fullmatch(found):
            self.fail("wikidata_id")
        return found


class RecordField(serializers.Field[Any, Any, Any, Any]):
    """One other record, by slug (or id where it has none); `expand` shows it whole. Takes either."""

    default_error_messages = {"type": "Give an id or a slug as text or number.", "unknown": "{message}"}

    def __init__(self, model: type[Model], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool) or not isinstance(data, int | str):
            self.fail("type")
        found = _find(self, [data])
        if data not in found:
            self.fail("unknown", message=found.unknown(data))
        return found[data]

    def expression(self, at: str) -> F | Case:
        path = path_of(self, at)
        key, seen = F(f"{path}__{key_column(self.model)}"), visible(self.model, self.context["sight"], f"{path}__")
        return Case(When(seen, then=key)) if seen else key


class RecordsField(serializers.Field[Any, Any, Any, Any]):
    """A list of other records, by slug or id, in their order; a write replaces the whole list."""

    default_error_messages = {
        "not_a_list": "Give a list of ids or slugs.",
        "too_many": f"At most {MAX_RECORDS} records can stand here.",
    }

    def __init__(self, model: type[Model], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        if len(data) > MAX_RECORDS:
            self.fail("too_many")
        hashable = [v for v in data if isinstance(v, int | str) and not isinstance(v, bool)]
        found = _find(self, hashable)
        errors: dict[Any, Any] = {}
        records: list[Any] = []
        for index, value in enumerate(data):
            if isinstance(value, bool) or not isinstance(value, int | str):
                errors[index] = ["Give an id or a slug as text or number."]
            elif value not in found:
                errors[index] = [found.unknown(value)]
            elif found[value] in records:
                errors[index] = [f"“{value}” stands here twice."]
            else:
                records.append(found[value])
        if errors:
            raise serializers.ValidationError(errors)
        return records

    def expression(self, at: str) -> ArraySubquery:
        rows, other = linked(self.parent.Meta.model, str(self.source), at)  # type: ignore[attr-defined]
        rows = rows.filter(visible(self.model, self.context["sight"], f"{other}__"))
        return ArraySubquery(rows.values_list(f"{other}__{key_column(self.model)}"))


class UserNameField(serializers.CharField):
    """The name by which a user signs in, for readers with an account; null for others. Read-only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **kwargs)

    def expression(self, at: str) -> F | Value:
        return F(path_of(self, at)) if self.context["sight"].names else Value(None, output_field=TextField())


def _reference(auto_schema: Any, model: type[Model], direction: str) -> dict[str, Any]:
    named = issubclass(model, Slugged)
    if direction == "request":
        return reference(named=named)
    whole = {"type": "object", "description": "The whole record, where `expand` asks for it."}
    expanded = ResolvedComponent("Expanded", ResolvedComponent.SCHEMA, schema=whole, object="Expanded")
    auto_schema.registry.register_on_missing(expanded)
    return {"oneOf": [{"type": "string" if named else "integer"}, expanded.ref]}


class RecordFieldSchema(OpenApiSerializerFieldExtension):
    target_class = RecordField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return _reference(auto_schema, self.target.model, direction)


class RecordsFieldSchema(OpenApiSerializerFieldExtension):
    target_class = RecordsField
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        found = {"type": "array", "items": _reference(auto_schema, self.target.model, direction)}
        return found | {"maxItems": MAX_RECORDS, "uniqueItems": True} if direction == "request" else found
