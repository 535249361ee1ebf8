"""Conditional requests (RFC 9110, section 13): no unchanged resource is sent again, no changed one overwritten."""

from collections.abc import Mapping
from hashlib import blake2b
from http import HTTPStatus
from typing import Any

from django.utils.http import parse_etags
from rest_framework import exceptions


class Stale(exceptions.APIException):
    status_code = HTTPStatus.PRECONDITION_FAILED
    default_detail = "The record has changed since you read it. Read it again and retry."
    default_code = "stale"

    def __init__(self, etag: str | None = None, detail: str | None = None) -> None:
        super().__init__(detail)
        self.headers = {"ETag": etag} if etag else {}


class ConditionMissing(exceptions.APIException):
    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_detail = (
        "Send `If-Match` with the ETag you read, or `version` in the body, so that you don't overwrite someone else's "
        "change."
    )
    default_code = "condition_missing"


def etag_of(body: bytes) -> str:
    """The strong ETag of a response: a hash of its body."""
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def gzipped(etag: str) -> str:
    """The ETag of the compressed form of a response."""
    return f'{etag[:-1]}-gzip"'


def if_none_match_matches(given: str | None, etag: str) -> str | None:
    """The ETag in `If-None-Match` that matches `etag` by weak comparison; None if none does."""
    known = [one.removeprefix("W/") for one in parse_etags(given or "")]
    return etag if "*" in known else next((one for one in known if one in (etag, gzipped(etag))), None)


def if_match_matches(given: str | None, etag: str) -> bool:
    """Whether `If-Match` is absent or matches `etag` by strong comparison."""
    expected = parse_etags(given or "*")
    return not {"*", etag, gzipped(etag)}.isdisjoint(expected)


def version_in(body: Any) -> tuple[Any, int | None]:
    """Splits a body into the rest and its `version` (None if absent). Raises ValidationError (400) if `version` is
    not a whole number."""
    if not isinstance(body, Mapping) or "version" not in body:
        return body, None
    version = body["version"]
    if isinstance(version, bool) or not isinstance(version, int):
        detail = exceptions.ErrorDetail("Give the version that you read, as a whole number.", "type")
        raise exceptions.ValidationError({"version": [detail]})
    return {name: value for name, value in body.items() if name != "version"}, version


def refuse_changes(body: Any) -> None:
    """Raises ValidationError (400) if the body of a DELETE, without its `version`, is not an empty object."""
    if isinstance(body, Mapping):
        detail = exceptions.ErrorDetail("The body of a DELETE may only contain `version`.", "unknown")
        wrong: Any = {str(name)[:100]: [detail] for name in body}
    else:
        wrong = [exceptions.ErrorDetail("Send an object, or no body.", "invalid")]
    if wrong:
        raise exceptions.ValidationError(wrong)
