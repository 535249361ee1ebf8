"""What the OpenAPI description is put together from: statuses, header fields, the forms of values."""

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

#: the server before the application gives these, not as a problem
BARE = (414,)
#: status → what it means, and the header fields that such an answer has besides
PROBLEMS: dict[int, tuple[str, dict[str, bool]]] = {
    400: ("Something in the request is wrong; `errors` says what, field by field.", {}),
    401: ("Sign in first: the token or the password is wrong or has run out.", {"WWW-Authenticate": True}),
    403: ("You may not do this.", {}),
    404: ("There is no such record.", {}),
    406: ("Only JSON can be had.", {}),
    408: ("The body did not arrive in time, or not whole.", {}),
    409: ("In conflict with the record: in use, or another write came first.", {}),
    410: ("This record was deleted.", {}),
    412: ("It was changed since you read it; `ETag` is that of its present state.", {"ETag": False}),
    413: ("The body is too large.", {}),
    414: ("The address is longer than 8 KiB.", {}),
    415: ("The body must be JSON.", {}),
    422: (
        "This `Idempotency-Key` was used for another request within the last 24 hours, or a text is too long for this.",
        {},
    ),
    428: ("Say which state you mean to change, by `If-Match` or `version`.", {}),
    429: ("Too many requests, or too many failures to sign in.", {"Retry-After": True}),
    503: ("The database is away, full, or took too long.", {"Retry-After": True}),
}
#: what any request may meet
ANYWHERE = (400, 401, 403, 406, 414, 429, 503)

# Header fields

_STRONG = {"type": "string", "pattern": r'^"[0-9a-f]{32}(-gzip)?"$'}
_TEXT = {"type": "string"}
#: header field of an answer → its schema, and what it says
ANSWERED: dict[str, tuple[Schema, str]] = {
    "ETag": (_STRONG, "Names this state of the record (RFC 9110, section 8.8.3)."),
    "Link": (_TEXT, "The next and the previous page, where there is one (RFC 8288)."),
    "Location": ({"type": "string", "format": "uri-reference"}, "The address of the record."),
    "Retry-After": ({"type": "integer", "minimum": 1}, "Seconds after which it is worth asking again."),
    "WWW-Authenticate": (_TEXT, "How to sign in."),
    "Idempotency-Replayed": ({"const": "true"}, "The answer is that of an earlier request with this key."),
    "RateLimit": (_TEXT, "How many more requests are allowed (draft-ietf-httpapi-ratelimit-headers)."),
    "RateLimit-Policy": (_TEXT, "How many are allowed in how long."),
    "X-Request-ID": ({"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}, "What the logs call this request."),
}
#: header fields that any answer may have
EVERYWHERE = ("RateLimit", "RateLimit-Policy", "X-Request-ID")


def headers(*always: str, sometimes: tuple[str, ...] = ()) -> Schema:
    """The header fields of an answer. Those that it always has are required, which a component can't say."""
    found: Schema = {}
    for name in (*always, *sometimes, *EVERYWHERE):
        schema, description = ANSWERED[name]
        required = {"required": True} if name in always else {}
        found[name] = {"schema": dict(schema), "description": description} | required
    return found


def _sent(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "header", "required": False, "schema": schema, "description": description}


IF_NONE_MATCH = _sent("If-None-Match", _TEXT, "The ETag of what you have: 304 if that is what there still is.")
IF_MATCH = _sent("If-Match", _TEXT, "The ETag of the state that you mean to change; or give `version` in the body.")
IDEMPOTENCY_KEY = _sent(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    "A new one for each new request, such as a UUID. A request that is sent again with it is not carried out again.",
)

# The forms of values

#: text that a column can hold, and such text with something in it
_ANY_TEXT = r"^[^\u0000]*$"
WORDS = rf"^[^\u0000]*[^\s\u0000{BLANK}{INVISIBLE}][^\u0000]*$"
#: one of several words with commas between
ONE_OF_WORDS = WORDS.replace(r"[^\u0000", r"[^\u0000,").replace(r"\s\u0000", r"\s\u0000,")
_SLUG = r"^([0-9]+-)*[0-9]*[a-z][a-z0-9]*(-[a-z0-9]+)*$"
_ADDRESS = r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#]+([/?#]\S*)?$"
#: any capitals are taken
_LANGUAGE = (
    r"^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
    r"(-[A-WY-Za-wy-z0-9](-[A-Za-z0-9]{2,8})+)*(-[Xx](-[A-Za-z0-9]{1,8})+)?$"
)
#: a day of ISO 8601; before the year 0, with a minus
DAY = r"^-?[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
# there is no year -0000
_YEAR = r"([0-9]{4}|-([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000))"
_MONTH = r"(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]|XX))?|2[1-4]"
_SPAN_OF_DAYS = rf"(({_YEAR}|-?[0-9]{{3}}X|-?[0-9]{{2}}XX)(-({_MONTH}|XX(-XX)?))?|Y-?[1-9][0-9]{{4,}})[?~%]?"
_HOUR = "([01][0-9]|2[0-3])"
_TIME = rf"{_HOUR}:[0-5][0-9]:[0-5][0-9](Z|[+-]{_HOUR}(:[0-5][0-9])?)?"
_DAY_AND_TIME = rf"{_YEAR}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T{_TIME}"
#: What the database's function edtf_bounds reads, but for days that a month hasn't and intervals that end before they
#: begin.
_EDTF = rf"^({_SPAN_OF_DAYS}(/({_SPAN_OF_DAYS}|\.\.)?)?|(\.\.)?/{_SPAN_OF_DAYS}|{_DAY_AND_TIME})$"
#: patterns that databases and JSON Schema write, or mean, differently: form of a constraint → pattern
_INSTEAD = {
    WEB_FORM: _ADDRESS,
    LANGUAGE_FORM: _LANGUAGE,
    # the same without looking ahead, which few generators of data understand
    SLUG_FORM: _SLUG,
}

VERSION: Schema = {"type": "integer", "description": "As it was read; or give its ETag by `If-Match`."}


def reference(*, named: bool) -> Schema:
    """How a body names another record: by id, as a number or its digits, or by slug where it has one."""
    digits = {"type": "string", "pattern": "^[0-9]{1,19}$"}
    slug = {"type": "string", "pattern": "^([a-z0-9]+(-[a-z0-9]+)*|Q[1-9][0-9]*)$", "maxLength": SLUG_LENGTH}
    return {"anyOf": [slug if named else digits, {"type": "integer", "minimum": 1}]}


@cache
def patterns(model: type[Model]) -> dict[str, str]:
    """The pattern of each text field of a model, as its check constraints have it, but for the empty text."""
    found = {field: _INSTEAD.get(form, form) for field, (form, _) in forms(model).items()}
    names = [constraint.name for constraint in model._meta.constraints]
    for field in model._meta.fields:
        if any(name.endswith(f"_{field.name}_edtf") for name in names):
            found[field.name] = _EDTF
        if any(name.endswith(f"_{field.name}_not_blank") for name in names):
            found[field.name] = WORDS
    return found


def pattern_of(field: Any) -> str | None:
    """The pattern of the text that a field takes and shows; None for fields of no or of closed text."""
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
    """Whether a field that can't be written shows a column that may be empty."""
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    columns = {f.name: f for f in model._meta.concrete_fields} if model else {}
    column = columns.get(str(field.source))
    return field.read_only and column is not None and getattr(column, "output_field", column).null


def or_null(schema: Schema) -> None:
    """Lets the value be null as well."""
    several = next((name for name in ("oneOf", "anyOf") if name in schema), None)
    if several:
        schema[several] = [*schema[several], {"type": "null"}]
    elif "null" not in schema["type"]:
        schema["type"] = [schema["type"], "null"]
