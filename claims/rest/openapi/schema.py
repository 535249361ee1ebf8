"""The OpenAPI description of all request bodies and responses, errors included."""

import copy
from collections.abc import Sequence
from typing import Any

import django_filters
from django.conf import settings
from django.db.models import Model
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, force_instance
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from claims.models.base import Slugged
from claims.rest.filterkinds import MAX_IN, BooleanFilter, RecordFilter
from claims.rest.filters import ID_BOUNDS, UNSHAPED
from claims.rest.permissions import CHANGES
from claims.rest.problems import MEDIA_TYPE
from claims.rest.schemas import (
    COMMON_STATUSES,
    DAY,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    IF_NONE_MATCH,
    ONE_OF_WORDS,
    PROBLEMS,
    VERSION,
    WITHOUT_BODY,
    WORDS,
    Schema,
    headers,
    or_null,
    pattern_of,
    reference,
    shows_null,
)
from claims.rest.shapes import MAX_SHAPE, MAX_WORDS
from claims.rest.writing import MAX_ITEMS


class ProblemEntrySerializer(serializers.Serializer[Any]):
    """One faulty field or parameter."""

    field = serializers.CharField(allow_null=True, help_text="The path in the body, or the name of the parameter.")
    detail = serializers.CharField()
    code = serializers.CharField(allow_null=True)


class ProblemSerializer(serializers.Serializer[Any]):
    """An error, as in RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    errors = ProblemEntrySerializer(many=True, required=False)  # type: ignore[assignment]
    state = serializers.CharField(required=False, help_text="Of a verdict that can't take a step: its present state.")
    possible = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="The steps that it can take instead."
    )


_SUCCESS = {200: "The current state.", 201: "Created.", 204: "Deleted."}


def _paths(names: Sequence[str], deeper: Sequence[str]) -> Schema:
    """The schema of comma-separated names; those in `deeper` may be followed by dots and further names."""
    ends = [name for name in names if name not in deeper]
    one = "|".join([*ends, rf"({'|'.join(deeper)})(\.[a-z0-9_]+)*"]) if deeper else "|".join(ends)
    return {"type": "string", "pattern": f"^({one})(,({one}))*$", "maxLength": MAX_SHAPE}


def _closed(properties: Schema, required: Sequence[str] = ()) -> Schema:
    """The schema of an object with these members and no others."""
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | {"required": [*required]} if required else schema


#: the optional body of a DELETE
_VERSIONED: Schema = _closed({"version": VERSION})


def _many(item: Schema) -> Schema:
    """The schema of the body of a bulk write."""
    return _closed({"items": {"type": "array", "items": item, "minItems": 1, "maxItems": MAX_ITEMS}}, ["items"])


def _json(schema: Schema, *, required: bool = True) -> Schema:
    return {"content": {"application/json": {"schema": schema}}, "required": required}


class RecordSchema(AutoSchema):
    """Adds what resources have in common: errors, headers, preconditions, bulk writes."""

    @property
    def _of_record(self) -> bool:
        """Whether the view is that of a resource."""
        return hasattr(getattr(self.view, "serializer_class", None), "expandable")

    @property
    def _bulk(self) -> bool:
        return self.path.endswith("/bulk/")

    @property
    def _by_slug(self) -> bool:
        """Whether the URL contains the key of a record with a slug."""
        view: Any = self.view
        model = getattr(view, "parent", None) or (view.serializer_class.Meta.model if self._of_record else Model)
        return "{key}" in self.path and issubclass(model, Slugged)

    @property
    def _conditional(self) -> bool:
        """Whether a precondition is required."""
        return self._of_record and (
            self.method in ("PUT", "PATCH", "DELETE") or getattr(self.view, "action", None) in CHANGES
        )

    def get_override_parameters(self) -> list[Any]:
        view: Any = self.view
        if not self._of_record or view.action in UNSHAPED:
            return []
        serializer: Any = view.serializer_class
        expand = sorted(serializer.expandable)
        lists = [name for name, one in serializer.expandable.items() if one.many]
        names = sorted({*serializer.Meta.fields, *lists})
        description = f"Embed these records, separated by commas: {', '.join(expand)}. Dots go deeper."
        return [
            OpenApiParameter(
                "fields", _paths(names, deeper=expand), description="Show only these fields, separated by commas."
            ),
            *([OpenApiParameter("expand", _paths(expand, deeper=expand), description=description)] if expand else []),
        ]

    def _get_filter_parameters(self) -> list[Schema]:
        """The parameters of a list, read off its filter set."""
        view: Any = self.view
        if view.action != "list":
            return []
        found = []
        for name, one in view.filterset_class.base_filters.items():
            schema = _parameter_schema(one)
            parameter = {"name": name, "in": "query", "required": False, "schema": schema}
            if schema["type"] == "array":
                parameter |= {"style": "form", "explode": False}
                label = f"{one._label or ''} Separate values by commas, or repeat the parameter.".strip()
                parameter["description"] = label
            elif one._label:
                parameter["description"] = one._label
            found.append(parameter)
        if getattr(view, "search_verb", ""):
            schema = {"type": "string", "maxLength": MAX_WORDS, "pattern": WORDS}
            words = {"name": "q", "in": "query", "required": False, "schema": schema, "description": view.search_help}
            found.append(words)
        return found

    def _get_parameters(self) -> list[Schema]:
        found = list(super()._get_parameters())
        if self._of_record and self.method == "GET":
            found.append(IF_NONE_MATCH)
        if self._conditional and not self._bulk:
            found.append(IF_MATCH)
        if self._of_record and self.method == "POST":
            found.append(IDEMPOTENCY_KEY)
        return found

    def get_auth(self) -> list[Schema]:
        """Reading needs no authentication, unless ANONYMOUS_READING is off."""
        is_read = self.method == "GET" and getattr(self.view, "action", None) != "release"
        open_to_all = self._of_record and is_read and getattr(settings, "ANONYMOUS_READING", True)
        return [*super().get_auth(), *([{}] if open_to_all else [])]

    # Bodies

    def _get_request_body(self, *args: Any, **kwargs: Any) -> Schema | None:
        if not self._of_record:
            body: Schema | None = super()._get_request_body(*args, **kwargs)
            return body
        serializer = copy.copy(force_instance(self.get_request_serializer()))
        if self.method == "GET":
            return None
        if self._bulk:
            key = reference(named="slug" in serializer.fields)
            named = {"id": key, "version": {"type": "integer", "description": "The version that you read."}}
            if self.method == "DELETE":
                which = "SluggedVersionRequest" if "slug" in serializer.fields else "IdVersionRequest"
                return _json(_many(self._shared(which, _closed(named, ["id", "version"]))))
            if self.method == "POST":
                return _json(_many(self.resolve_serializer(serializer, "request").ref))
            return _json(_many(self._changed(serializer, "Patched{}ItemRequest", named, ["id", "version"])))
        if self.method == "DELETE" or serializer is None:
            return _json(self._shared("VersionRequest", _VERSIONED), required=False)
        if self.method == "POST" and not self._conditional:
            return _json(self.resolve_serializer(serializer, "request").ref)
        form = {"PUT": "{}ChangeRequest", "PATCH": "Patched{}Request"}.get(str(self.method), "{}Request")
        required = self.method != "PATCH" and any(field.required for field in serializer.fields.values())
        return _json(self._changed(serializer, form, {"version": VERSION}), required=required)

    def _shared(self, name: str, schema: Schema) -> Schema:
        """A reference to a component of this name, registered if it is missing."""
        component = ResolvedComponent(name, ResolvedComponent.SCHEMA, schema=schema, object=name)
        self.registry.register_on_missing(component)
        ref: Schema = component.ref
        return ref

    def _changed(self, serializer: Any, form: str, members: Schema, required: Sequence[str] = ()) -> Schema:
        """The schema of a change: `members`, which identify the record or its version, and those of the resource."""
        serializer.partial = self.method == "PATCH"
        schema = self._map_serializer(serializer, "request")
        schema["properties"] = members | schema["properties"]
        if required:
            schema["required"] = [*required, *schema.get("required", [])]
        name = form.format(type(serializer).__name__.removesuffix("Serializer"))
        component = ResolvedComponent(name, ResolvedComponent.SCHEMA, schema, type(serializer))
        self.registry.register_on_missing(component)
        ref: Schema = component.ref
        return ref

    def _postprocess_serializer_schema(self, schema: Schema, serializer: Any, direction: str) -> Schema:
        """Forbids unknown members of bodies, and removes the docstrings of base classes."""
        schema = super()._postprocess_serializer_schema(schema, serializer, direction)
        if direction == "request":
            schema["additionalProperties"] = False
        if not type(serializer).__dict__.get("__doc__"):
            schema.pop("description", None)
        return schema

    def _insert_field_validators(self, field: Any, schema: Schema) -> None:
        longest = getattr(field, "max_length", None)
        if isinstance(field, serializers.ListSerializer) and longest is not None:
            schema["maxItems"] = longest
        pattern = pattern_of(field)
        super()._insert_field_validators(field, schema)
        for text in schema.get("oneOf", [schema]):
            if pattern and text.get("type") in ("string", ["string", "null"]) and "enum" not in text:
                text.pop("format", None)
                text["pattern"] = pattern
        if "oneOf" in schema and pattern:
            schema |= schema.pop("oneOf")[0]
        if shows_null(field):
            or_null(schema)

    # Answers

    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> Schema:
        responses: Schema = super()._get_response_bodies(*args, **kwargs)
        if self._bulk and self.method != "DELETE":
            responses = self._many_shown(responses)
        for code, answer in responses.items():
            answer["headers"] = answer.get("headers", {}) | self._headers(code)
            answer["description"] = answer.get("description") or _SUCCESS[int(code)]
        responses |= {str(status): self._problem(status) for status in self._statuses()}
        if self._of_record and self.method == "GET":
            responses["304"] = {"description": "Unchanged: `If-None-Match` matches.", "headers": headers("ETag")}
        if self._by_slug and getattr(self.view, "parent", None) is None:
            moved = {"type": "object", "properties": {"moved_to": {"type": "string", "format": "uri-reference"}}}
            responses["308"] = {
                "description": "A former slug, a Wikidata id or a merged record; `Location` is the current URL.",
                "headers": headers("Location"),
                "content": {"application/json": {"schema": moved}},
            }
        return responses

    def _many_shown(self, responses: Schema) -> Schema:
        """The responses to a bulk write."""
        (answer,) = responses.values()
        shown = {"type": "array", "items": answer["content"]["application/json"]["schema"]}
        answer["content"]["application/json"]["schema"] = {"type": "object", "properties": {"results": shown}}
        return {"201" if self.method == "POST" else "200": answer}

    def _statuses(self) -> list[int]:
        """The statuses of possible problems."""
        found = {*COMMON_STATUSES}
        if "{key}" in self.path:
            found |= {404, 410} if self._by_slug else {404}
        if self.method != "GET":
            found |= {408, 409, 413, 415}
        elif getattr(self.view, "action", None) == "release":
            found.add(409)
        if self._conditional:
            found |= {412, 428}
        if (self._of_record and self.method == "POST") or getattr(self.view, "action", "") in ("coverage", "drift"):
            found.add(422)
        return sorted(found)

    def _problem(self, code: int) -> Schema:
        meaning, own = PROBLEMS[code]
        component = ResolvedComponent(f"Problem{code}", ResolvedComponent.RESPONSE, object=ProblemSerializer)
        if component not in self.registry:
            problem = self.resolve_serializer(ProblemSerializer, "response").ref
            always = tuple(name for name, required in own.items() if required)
            component.schema = {
                "description": meaning,
                "headers": headers(*always, sometimes=tuple(own.keys() - {*always})),
                "content": {MEDIA_TYPE: {"schema": problem}},
            }
            if code in WITHOUT_BODY:
                component.schema = {"description": meaning}
            self.registry.register(component)
        ref: Schema = component.ref
        return ref

    def _headers(self, code: str) -> Schema:
        """The headers of a successful response."""
        if not self._of_record or code == "204":
            return headers()
        listed = self._get_paginator() is not None and self._is_list_view()
        replayed = ("Idempotency-Replayed",) if self.method == "POST" else ()
        made = ("Location",) if code == "201" and not self._bulk else ()
        etag = () if self._bulk else ("ETag",)
        return headers(*etag, *made, sometimes=(*(("Link",) if listed else ()), *replayed))


def _parameter_schema(found: Any) -> dict[str, Any]:
    """The schema of a filter's value."""
    choices = {"enum": [value for value, _ in found.extra["choices"]]} if "choices" in found.extra else {}
    longest = found.extra.get("max_length")
    many = isinstance(found, django_filters.BaseInFilter) or found.extra.get("many", False)
    if isinstance(found, django_filters.NumberFilter):
        kind: dict[str, Any] = {"type": "integer", "minimum": ID_BOUNDS["min_value"], "maximum": ID_BOUNDS["max_value"]}
    elif isinstance(found, RecordFilter):
        kind = {"type": "string", "pattern": "^([a-z0-9-]+|Q[0-9]+)$"}
    elif isinstance(found, django_filters.DateFilter):
        kind = {"type": "string", "pattern": DAY}
    elif isinstance(found, django_filters.IsoDateTimeFilter):
        kind = {"type": "string", "format": "date-time"}
    elif isinstance(found, BooleanFilter):
        kind = {"type": "boolean"}
    else:
        kind = {"type": "string", "pattern": ONE_OF_WORDS if many else WORDS} | (
            {"maxLength": longest} if longest else {}
        )
    kind |= choices
    if choices and all(isinstance(value, int) for value in choices["enum"]):
        kind["type"] = "integer"
    return {"type": "array", "items": kind, "minItems": 1, "maxItems": MAX_IN} if many else kind


def nothing_required_in_answers(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Removes `required` from responses, since `fields` may leave out any member; request bodies keep it."""
    schemas = result.get("components", {}).get("schemas", {})
    for name, schema in schemas.items():
        if not name.endswith("Request") and not name.startswith("Problem"):
            schema.pop("required", None)
    return result


def shared_choices(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Replaces the choices of parameters by references, so that a generated client defines each enum once."""
    schemas = result.get("components", {}).get("schemas", {})
    named = {tuple(schema["enum"]): name for name, schema in schemas.items() if "enum" in schema}
    operations = [one for path in result["paths"].values() for one in path.values() if isinstance(one, dict)]
    for parameter in (parameter for one in operations for parameter in one.get("parameters", ())):
        schema = parameter["schema"]
        holder, key = (schema, "items") if schema.get("type") == "array" else (parameter, "schema")
        choices = holder[key]
        if "enum" not in choices:
            continue
        name = choices.get("title") or named[tuple(choices["enum"])]
        schemas.setdefault(name, {member: value for member, value in choices.items() if member != "title"})
        holder[key] = {"$ref": f"#/components/schemas/{name}"}
    return result
