"""The OpenAPI description: every answer that is given is declared, errors included."""

from typing import Any

import django_filters
from drf_spectacular.extensions import OpenApiFilterExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from claims.api.filters import MAX_IN, UNSHAPED, WHOLE, BooleanFilter, RecordFilter
from claims.api.problems import MEDIA_TYPE

#: a parameter that is given has a value
NOT_BLANK = r"\S"
#: names with commas between, and dots to go deeper
PATHS = {"type": "string", "pattern": r"^[a-z0-9_]+([.,][a-z0-9_]+)*$"}


class ProblemEntrySerializer(serializers.Serializer[Any]):
    """One faulty field or parameter."""

    field = serializers.CharField(allow_null=True, help_text="Path in the body, or name of the parameter.")
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


_MEANINGS = {
    400: "Something in the request is wrong; `errors` says what, field by field.",
    401: "Sign in first: the token or the password is wrong or has run out.",
    403: "You may not do this.",
    404: "There is no such record.",
    406: "Only JSON can be had.",
    408: "The body did not arrive in time.",
    409: "In conflict with the record: in use, or another write came first.",
    413: "The body is too large.",
    415: "The body must be JSON.",
    429: "Too many requests, or too many failures to sign in; `Retry-After` says when to ask again.",
    503: "The database is away, full, or took too long; `Retry-After` says when to ask again.",
}


class RecordSchema(AutoSchema):
    """Adds the error answers, `fields` and `expand`, the redirect of merged actors."""

    def get_override_parameters(self) -> list[Any]:
        view: Any = self.view
        serializer: Any = getattr(view, "serializer_class", None)
        if not hasattr(serializer, "expandable") or view.action in UNSHAPED:
            return []
        expand = ", ".join(sorted(serializer.expandable)) or "nothing"
        return [
            OpenApiParameter("fields", PATHS, description="Show these fields only, commas between."),
            OpenApiParameter("expand", PATHS, description=f"Show whole, commas between: {expand}. Dots go deeper."),
        ]

    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> Any:
        responses = super()._get_response_bodies(*args, **kwargs)
        writes = self.method in ("POST", "PUT", "PATCH", "DELETE")
        codes = [400, 401, 403, 406, 429, 503]
        if "{key}" in self.path:
            codes.append(404)
        if writes:
            codes.append(409)
        if writes and self.method != "DELETE":
            codes += [408, 413, 415]
        for code in codes:
            problem = OpenApiResponse(ProblemSerializer, description=_MEANINGS[code])
            responses[str(code)] = self._get_response_for_code(problem, str(code), media_types=[MEDIA_TYPE])
        if self.method == "GET" and self.path.endswith("/actors/{key}/"):
            responses["308"] = {"description": "Merged; `Location` is the address of the actor it was merged into."}
        return responses


def _parameter_schema(found: Any) -> dict[str, Any]:
    """The schema of the value that a filter takes."""
    choices = {"enum": [value for value, _ in found.extra["choices"]]} if "choices" in found.extra else {}
    many = isinstance(found, django_filters.BaseInFilter) or found.extra.get("many", False)
    if isinstance(found, django_filters.NumberFilter):
        kind: dict[str, Any] = {"type": "integer", "minimum": WHOLE["min_value"], "maximum": WHOLE["max_value"]}
    elif isinstance(found, RecordFilter):
        kind = {"type": "string", "pattern": "^[a-z0-9-]+$"}
    elif isinstance(found, django_filters.DateFilter):
        kind = {"type": "string", "format": "date"}
    elif isinstance(found, django_filters.IsoDateTimeFilter):
        kind = {"type": "string", "format": "date-time"}
    elif isinstance(found, BooleanFilter):
        kind = {"type": "boolean"}
    else:
        kind = {"type": "string", "pattern": NOT_BLANK}
    kind |= choices
    if choices and all(isinstance(value, int) for value in choices["enum"]):
        kind["type"] = "integer"
    return {"type": "array", "items": kind, "minItems": 1, "maxItems": MAX_IN} if many else kind


class FilterBackendSchema(OpenApiFilterExtension):
    """The parameters of a list, read off the filter set itself."""

    target_class = "claims.api.filters.FilterBackend"
    priority = 1

    def get_schema_operation_parameters(self, auto_schema: Any, *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
        view = auto_schema.view
        found = []
        for name, one in view.filterset_class.base_filters.items():
            schema = _parameter_schema(one)
            parameter = {"name": name, "in": "query", "required": False, "schema": schema}
            if schema["type"] == "array":
                parameter |= {"style": "form", "explode": False}
            if one._label:
                parameter["description"] = one._label
            found.append(parameter)
        if view.search_verb:
            schema = {"type": "string", "maxLength": 500, "pattern": NOT_BLANK}
            words = {"name": "q", "in": "query", "required": False, "schema": schema, "description": view.search_help}
            found.append(words)
        return found


def nothing_required_in_answers(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Since `fields` may leave out any member, an answer requires none; bodies that are sent keep their rules."""
    schemas = result.get("components", {}).get("schemas", {})
    for name, schema in schemas.items():
        if not name.endswith("Request") and not name.startswith("Problem"):
            schema.pop("required", None)
    return result
