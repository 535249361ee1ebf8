"""Building blocks of the OpenAPI description: statuses, headers, patterns of values."""

import re
from functools import cache
from typing import Any

from django.db.models import Model
from rest_framework import serializers

from claims.models.idempotency import KEY_LENGTH
from claims.models.normal import BLANK, INVISIBLE
from claims.models.rules import LANGUAGE_FORM, SLUG_FORM, SLUG_LENGTH, WEB_FORM, forms
from claims.rest.strict import StrictSerializer

Schema = dict[str, Any]

# Statuses

#: sent by the server, not the application, so not as a problem
WITHOUT_BODY = (414,)
#: status → its meaning, and its additional headers (True: always present)
PROBLEMS: dict[int, tuple[str, dict[str, bool]]] = {
    400: ("The request is invalid; `errors` lists the faulty fields or parameters.", {}),
    401: ("Not authenticated: credentials are missing, wrong or expired.", {"WWW-Authenticate": True}),
    403: ("You may not do this.", {}),
    404: ("There is no such record.", {}),
    406: ("Only JSON is available.", {}),
    408: ("The request body did not arrive in time, or was incomplete.", {}),
    409: ("The record is still in use or public already, or another write came first.", {}),
    410: ("This record was deleted.", {}),
    412: ("The record has changed since you read it; `ETag` is the current one.", {"ETag": False}),
    413: ("The request body is too large.", {}),
    414: ("The URL is longer than 8 KiB.", {}),
    415: ("The request body must be JSON.", {}),
    422: (
        "This `Idempotency-Key` was used for a different request within the last 24 hours, or the text is too long for "
        "this analysis.",
        {},
    ),
    428: ("A precondition is required: send `If-Match` or `version`.", {}),
    429: ("Too many requests or failed sign-ins.", {"Retry-After": True}),
    503: ("The database is unavailable or full, or the query took too long.", {"Retry-After": True}),
}
#: possible for any request
COMMON_STATUSES = (400, 401, 403, 406, 414, 429, 503)

# Headers

_STRONG = {"type": "string", "pattern": r'^"[0-9a-f]{32}(-gzip)?"$'}
_TEXT = {"type": "string"}
#: response header → its schema and description
RESPONSE_HEADERS: dict[str, tuple[Schema, str]] = {
    "ETag": (_STRONG, "Names this state of the record (RFC 9110, section 8.8.3)."),
    "Link": (_TEXT, "The next and previous pages, if any (RFC 8288)."),
    "Location": ({"type": "string", "format": "uri-reference"}, "The URL of the record."),
    "Retry-After": ({"type": "integer", "minimum": 1}, "How many seconds to wait before retrying."),
    "WWW-Authenticate": (_TEXT, "The authentication schemes."),
    "Idempotency-Replayed": ({"const": "true"}, "The response is that of an earlier request with this key."),
    "RateLimit": (_TEXT, "How many more requests are allowed (draft-ietf-httpapi-ratelimit-headers)."),
    "RateLimit-Policy": (_TEXT, "How many requests are allowed per time window."),
    "X-Request-ID": ({"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}, "The id of this request in the logs."),
}
#: headers that any response may have
COMMON_HEADERS = ("RateLimit", "RateLimit-Policy", "X-Request-ID")


def headers(*always: str, sometimes: tuple[str, ...] = ()) -> Schema:
    """The headers of a response, which has those in `always` each time. Inline, since a component can't say
    `required` per use."""
    declared: Schema = {}
    for name in (*always, *sometimes, *COMMON_HEADERS):
        schema, description = RESPONSE_HEADERS[name]
        required = {"required": True} if name in always else {}
        declared[name] = {"schema": dict(schema), "description": description} | required
    return declared


def _request_header(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "header", "required": False, "schema": schema, "description": description}


IF_NONE_MATCH = _request_header("If-None-Match", _TEXT, "The ETag of your copy: 304 if the resource is unchanged.")
IF_MATCH = _request_header("If-Match", _TEXT, "The ETag that you read; or send `version` in the body.")
IDEMPOTENCY_KEY = _request_header(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    "A unique key per request, such as a UUID. A retry under the same key is not carried out again.",
)

# Patterns of values

#: text that a column can store, and such text that isn't blank
_ANY_TEXT = r"^[^\u0000]*$"
WORDS = rf"^[^\u0000]*[^\s\u0000{BLANK}{INVISIBLE}][^\u0000]*$"
#: an item of a comma-separated list
ONE_OF_WORDS = WORDS.replace(r"[^\u0000", r"[^\u0000,").replace(r"\s\u0000", r"\s\u0000,")
_SLUG = r"^([0-9]+-)*[0-9]*[a-z][a-z0-9]*(-[a-z0-9]+)*$"
_ADDRESS = r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#]+([/?#]\S*)?$"
#: in any case
_LANGUAGE = (
    r"^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
    r"(-[A-WY-Za-wy-z0-9](-[A-Za-z0-9]{2,8})+)*(-[Xx](-[A-Za-z0-9]{1,8})+)?$"
)
#: an ISO 8601 date, with a minus before the year 0
DAY = r"^-?[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
# there is no year -0000
_YEAR = r"([0-9]{4}|-([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000))"
_MONTH = r"(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]|XX))?|2[1-4]"
_SPAN_OF_DAYS = rf"(({_YEAR}|-?[0-9]{{3}}X|-?[0-9]{{2}}XX)(-({_MONTH}|XX(-XX)?))?|Y-?[1-9][0-9]{{4,}})[?~%]?"
_HOUR = "([01][0-9]|2[0-3])"
_TIME = rf"{_HOUR}:[0-5][0-9]:[0-5][0-9](Z|[+-]{_HOUR}(:[0-5][0-9])?)?"
_DAY_AND_TIME = rf"{_YEAR}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T{_TIME}"
#: What the database function edtf_bounds accepts. It also refuses nonexistent days, and intervals that end before they
#: begin.
_EDTF = rf"^({_SPAN_OF_DAYS}(/({_SPAN_OF_DAYS}|\.\.)?)?|(\.\.)?/{_SPAN_OF_DAYS}|{_DAY_AND_TIME})$"
#: regular expressions that PostgreSQL and JSON Schema write differently: that of the constraint → pattern
_INSTEAD = {
    WEB_FORM: _ADDRESS,
    LANGUAGE_FORM: _LANGUAGE,
    # without a lookahead, which few data generators support
    SLUG_FORM: _SLUG,
}

VERSION: Schema = {"type": "integer", "description": "The version that you read; or send its ETag in `If-Match`."}


def reference(*, named: bool) -> Schema:
    """The schema of a reference in a body: an id, as a number or its digits, or a slug if the record has one."""
    digits = {"type": "string", "pattern": "^[0-9]{1,19}$"}
    slug = {"type": "string", "pattern": "^([a-z0-9]+(-[a-z0-9]+)*|Q[1-9][0-9]*)$", "maxLength": SLUG_LENGTH}
    return {"anyOf": [slug if named else digits, {"type": "integer", "minimum": 1}]}


@cache
def patterns(model: type[Model]) -> dict[str, str]:
    """The pattern of each text field of a model, from its check constraints; without the empty text."""
    by_field = {field: _INSTEAD.get(form, form) for field, (form, _) in forms(model).items()}
    names = [constraint.name for constraint in model._meta.constraints]
    for field in model._meta.fields:
        if any(name.endswith(f"_{field.name}_edtf") for name in names):
            by_field[field.name] = _EDTF
        if any(name.endswith(f"_{field.name}_not_blank") for name in names):
            by_field[field.name] = WORDS
    return by_field


def pattern_of(field: Any) -> str | None:
    """The pattern of a text field; None for other fields and choices."""
    if not isinstance(field, serializers.CharField):
        return None
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    form = patterns(model).get(str(field.source)) if model else None
    if model is None and not isinstance(field.parent, StrictSerializer):
        return None
    if form is None:
        return _ANY_TEXT if field.allow_blank or not field.trim_whitespace else WORDS
    return re.sub(r"^\^(.*)\$$", r"^(\1)?$", form) if field.allow_blank and form != WORDS else form


def shows_null(field: Any) -> bool:
    """Whether a field is read-only and its column nullable."""
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    columns = {f.name: f for f in model._meta.concrete_fields} if model else {}
    column = columns.get(str(field.source))
    return field.read_only and column is not None and getattr(column, "output_field", column).null


def or_null(schema: Schema) -> None:
    """Changes the schema so that it also allows null."""
    several = next((name for name in ("oneOf", "anyOf") if name in schema), None)
    if several:
        schema[several] = [*schema[several], {"type": "null"}]
    elif "null" not in schema["type"]:
        schema["type"] = [schema["type"], "null"]
