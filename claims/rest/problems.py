"""Errors as RFC 9457 problem details, with an entry for each faulty field or parameter.

{"type": …, "title": …, "status": 400, "detail": …, "instance": "/api/v1/…",
 "errors": [{"field": "speaker", "detail": "…", "code": "…"}]}

`field` is the path of a member of the body (`assertions.0.speaker`) or the name of a query parameter; null if the
record as a whole is at fault. At most MAX_ERRORS are listed; a last entry then says how many more there are.
"""

import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, IntegrityError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from claims.models.refusals import refusal_of
from claims.rest.renderers import FragmentRenderer
from claimsdb.postgresql.errors import failure_of

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
INVALID = "urn:claimsdb:problem:invalid"
CONFLICT = "urn:claimsdb:problem:conflict"
#: errors listed in a response; once there are more, validation stops
MAX_ERRORS = 100
#: characters of a message; a longer one contains a value from the client, and its middle is cut
MAX_DETAIL = 2000
LATE = "The request body did not arrive in time, or was incomplete."


class Conflict(exceptions.APIException):
    status_code = HTTPStatus.CONFLICT
    default_detail = "This conflicts with the current state of the record."
    default_code = "conflict"


class TooLarge(exceptions.APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is too large."
    default_code = "too_large"


def body(request: HttpRequest | Request, status: int, detail: str, **more: Any) -> dict[str, Any]:
    """The members of a problem; `more` adds or replaces some."""
    title = HTTPStatus(status).phrase
    return {
        "type": "about:blank",
        "title": title,
        "status": int(status),
        "detail": detail,
        "instance": request.path,
    } | more


def is_api_request(request: HttpRequest) -> bool:
    return request.path_info == "/api" or request.path_info.startswith("/api/")


def plain(
    request: HttpRequest, status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JsonResponse:
    """The response for an error outside the API's views; `more` as for `body`."""
    return JsonResponse(body(request, status, detail, **more), status=status, content_type=MEDIA_TYPE, headers=headers)


def printable(text: object) -> str:
    """The text, cut to about MAX_DETAIL characters and encodable as UTF-8: lone surrogates, which JSON allows, are
    escaped."""
    text = str(text)
    if len(text) > MAX_DETAIL:
        text = f"{text[: MAX_DETAIL // 2]} … {text[-MAX_DETAIL // 2 :]}"
    return text.encode("utf-8", "backslashreplace").decode()


def flatten(found: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """The entries for the errors of serializers and filters: nested dicts and lists of ErrorDetail."""
    if isinstance(found, Mapping):
        for key, value in found.items():
            own = key in (api_settings.NON_FIELD_ERRORS_KEY, NON_FIELD_ERRORS)
            yield from flatten(value, path if own else f"{path}.{key}".lstrip("."))
    elif isinstance(found, list):
        for index, value in enumerate(found):
            yield from flatten(value, f"{path}.{index}".lstrip(".") if isinstance(value, Mapping | list) else path)
    elif found:
        code = getattr(found, "code", "invalid")
        yield {"field": printable(path) or None, "detail": printable(found), "code": code}


def count_errors(found: Any) -> int:
    """How many entries `flatten` yields."""
    if isinstance(found, Mapping):
        return sum(map(count_errors, found.values()))
    return sum(map(count_errors, found)) if isinstance(found, list) else bool(found)


def listed(found: Any) -> list[dict[str, Any]]:
    """The entries of a response: the first MAX_ERRORS, and one that says how many more there are."""
    entries = list(islice(flatten(found), MAX_ERRORS))
    if more := count_errors(found) - len(entries):
        # “at least”, since validation stops after so many
        errors = "1 more error is" if more == 1 else f"{more} more errors are"
        entries.append({"field": None, "detail": f"At least {errors} not listed here.", "code": "more"})
    return entries


def as_detail(error: DjangoValidationError) -> Any:
    """The error of a model in the form in which a serializer would report it."""
    if hasattr(error, "error_dict"):
        return {
            (api_settings.NON_FIELD_ERRORS_KEY if field == NON_FIELD_ERRORS else field): as_detail(
                DjangoValidationError(found)
            )
            for field, found in error.error_dict.items()
        }
    return [
        exceptions.ErrorDetail(message, code=item.code or "invalid")
        for item in error.error_list
        for message in item.messages
    ]


def _of_database(error: IntegrityError) -> tuple[int, dict[str, Any]]:
    """The status and members for a refusal by the database: 400 with the field for a broken rule, 409 for a race."""
    refusal = refusal_of(error)
    entry = {"field": refusal.field, "detail": refusal.message, "code": refusal.code}
    if refusal.is_rule:
        return HTTPStatus.BAD_REQUEST, {"type": INVALID, "detail": refusal.message, "errors": [entry]}
    detail = "Another write came first: a record that this one refers to is gone, or a unique value is already in use."
    return HTTPStatus.CONFLICT, {"type": CONFLICT, "detail": detail, "errors": [entry]}


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. Returns None, and so a 500, for unexpected errors."""
    request: Request = context["request"]
    headers: dict[str, str] = {}
    more: dict[str, Any] = {}
    if isinstance(error, DjangoValidationError):
        error = exceptions.ValidationError(as_detail(error))
    if isinstance(error, exceptions.ValidationError):
        entries = listed(error.detail)
        status, more = HTTPStatus.BAD_REQUEST, {"type": INVALID, "errors": entries}
        detail = "; ".join(f"{e['field']}: {e['detail']}" if e["field"] else e["detail"] for e in entries[:3])
    elif isinstance(error, exceptions.APIException):
        status, detail = HTTPStatus(error.status_code), printable(error.detail)
        more = dict(getattr(error, "members", {}))
        if errors := getattr(error, "errors", None):
            more["errors"] = listed(errors)
        if challenge := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = challenge
        headers |= getattr(error, "headers", {})
    elif isinstance(error, ObjectDoesNotExist) and request.method not in ("GET", "HEAD"):
        # the record existed when the body was validated
        status, more = HTTPStatus.CONFLICT, {"type": CONFLICT}
        detail = "Another write came first: a record that this one refers to is gone."
    elif isinstance(error, Http404 | ObjectDoesNotExist):
        status, detail = HTTPStatus.NOT_FOUND, str(error) or "There is nothing at this address."
    elif isinstance(error, DjangoPermissionDenied):
        status, detail = HTTPStatus.FORBIDDEN, str(error) or "You may not do this."
    elif isinstance(error, ProtectedError | RestrictedError):
        users = error.protected_objects if isinstance(error, ProtectedError) else error.restricted_objects
        names = sorted({str(o._meta.verbose_name) for o in users})
        status, more = HTTPStatus.CONFLICT, {"type": CONFLICT}
        detail = f"Still in use by: {', '.join(names)}. Change or delete those first."
    elif isinstance(error, IntegrityError):
        status_code, more = _of_database(error)
        status, detail = HTTPStatus(status_code), more.pop("detail")
    elif isinstance(error, DataError):
        status, detail = HTTPStatus.BAD_REQUEST, "A value is out of range."
        more = {"type": INVALID}
    elif isinstance(error, UnreadablePostError):
        status, detail = HTTPStatus.REQUEST_TIMEOUT, LATE
    elif found := failure_of(error):
        logger.error("%s %s: %s", request.method, request.path, error)
        status, detail, headers = found.status, found.detail, found.headers()
        more = {"type": CONFLICT} if status == HTTPStatus.CONFLICT else {}
    else:
        return None
    # problems are JSON, whatever the view's renderer
    request.accepted_renderer, request.accepted_media_type = FragmentRenderer(), MEDIA_TYPE
    return Response(body(request, status, detail, **more), status=status, headers=headers, content_type=MEDIA_TYPE)
