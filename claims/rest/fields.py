"""Serializer fields that refer to other records."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.functions import TransactionNow
from django.db.models import Case, Exists, F, Model, OuterRef, TextField, Value, When
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework import serializers

from claims.models import VerdictEvidence
from claims.models.base import Slugged
from claims.models.choices import Visibility
from claims.models.lookup import Found, find, find_all, key_column
from claims.models.visibility import DESK, Sight, visible, visible_through
from claims.models.wikidata import WIKIDATA_ID, WIKIDATA_MESSAGE, wikidata_id_in
from claims.rest.schemas import reference
from claims.rest.shapes import EMPTY_LIST, is_empty, linked, path_of
from claimsdb.postgresql.joined import Query


class References:
    """The records that bodies refer to, and the rows of further `queries`, fetched in one round trip.

    Only users who see all records send bodies that refer to some.
    """

    def __init__(self, serializer: Any, bodies: Iterable[Any], queries: Sequence[Query] = ()) -> None:
        self.wanted: dict[type[Model], set[Any]] = {}
        for body in bodies:
            self._collect(serializer, body)
        self.found, self.rows = find_all(self.wanted, DESK, queries)

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
    """The records that a field's values refer to: from the context's References, if it has them."""
    references: References | None = field.context.get("references")
    return references.found[field.model] if references else find(field.model, values, DESK)


#: entries of one list of references in a body
MAX_RECORDS = 200


class WikidataIdField(serializers.CharField):
    """The id of a Wikidata item. Input may also be the item's URL."""

    default_error_messages = {"wikidata_id": WIKIDATA_MESSAGE}

    def to_internal_value(self, data: Any) -> str:
        item = wikidata_id_in(super().to_internal_value(data))
        if item and not WIKIDATA_ID.fullmatch(item):
            self.fail("wikidata_id")
        return item


class RecordField(serializers.Field[Any, Any, Any, Any]):
    """A reference to one record, shown as its slug, or its id if it has none. Input may be either."""

    default_error_messages = {"type": "Give an id or a slug, as a number or text.", "unknown": "{message}"}

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
        key = F(f"{path}__{key_column(self.model)}")
        owner: Any = self.parent
        is_visible = visible_through(owner.Meta.model, str(self.source), self.context["sight"], f"{path}__")
        return Case(When(is_visible, then=key)) if is_visible else key


class RecordsField(serializers.Field[Any, Any, Any, Any]):
    """An ordered list of references, by slug or id; a write replaces the whole list."""

    default_error_messages = {
        "not_a_list": "Give a list of ids or slugs.",
        "too_many": f"At most {MAX_RECORDS} records are allowed.",
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
                errors[index] = ["Give an id or a slug, as a number or text."]
            elif value not in found:
                errors[index] = [found.unknown(value)]
            elif found[value] in records:
                errors[index] = [f"“{value}” is listed twice."]
            else:
                records.append(found[value])
        if errors:
            raise serializers.ValidationError(errors)
        return records

    def expression(self, at: str) -> ArraySubquery | Value:
        if is_empty(self):
            return EMPTY_LIST
        rows, other = linked(self.parent.Meta.model, str(self.source), at)  # type: ignore[attr-defined]
        rows = rows.filter(visible(self.model, self.context["sight"], f"{other}__", joins=True))
        return ArraySubquery(rows.values_list(f"{other}__{key_column(self.model)}"))


class UserNameField(serializers.CharField):
    """A username, null for anonymous readers. Read-only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **kwargs)

    def expression(self, at: str) -> F | Value:
        return F(path_of(self, at)) if self.context["sight"].names else Value(None, output_field=TextField())


class VisibilityField(serializers.ChoiceField):
    """Whether everybody sees the record. Only for those who see more than everybody: for others the answer is clear."""

    for_desk = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=Visibility.choices, read_only=True, **kwargs)

    def expression(self, at: str) -> Case:
        owner: Any = self.parent
        model = owner.Meta.model
        names = {f.name for f in model._meta.concrete_fields}
        cases = [When(visible(model, Sight(), at, joins=True), then=Value(Visibility.PUBLIC.value))]
        if "confidential" in names:
            cases.insert(0, When(**{f"{at}confidential": True}, then=Value(Visibility.CONFIDENTIAL.value)))
        if "public_from" in names:
            later = {f"{at}public_from__gt": TransactionNow()}
            cases.append(When(**later, then=Value(Visibility.EMBARGOED.value)))
        return Case(*cases, default=Value(Visibility.IN_PREPARATION.value), output_field=TextField())


class ReliesOnConfidentialField(serializers.BooleanField):
    """Whether a verdict relies on confidential evidence. For all readers, as its list of evidence leaves that out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def expression(self, at: str) -> Exists:
        return Exists(VerdictEvidence.objects.filter(verdict=OuterRef(f"{at}pk"), evidence__confidential=True))


def _reference(auto_schema: Any, model: type[Model], direction: str) -> dict[str, Any]:
    named = issubclass(model, Slugged)
    if direction == "request":
        return reference(named=named)
    embedded = {"type": "object", "description": "The whole record, if `expand` names it."}
    expanded = ResolvedComponent("Expanded", ResolvedComponent.SCHEMA, schema=embedded, object="Expanded")
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
        schema = {"type": "array", "items": _reference(auto_schema, self.target.model, direction)}
        return schema | {"maxItems": MAX_RECORDS, "uniqueItems": True} if direction == "request" else schema
