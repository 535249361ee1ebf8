"""Addresses that once were those of a record: where it is now, or that it was deleted."""

from typing import Any

from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from claims.models.base import Slugged
from claims.models.lookup import Found, find, key_of, unknown
from claims.rest.problems import Conflict


class Gone(APIException):
    status_code = status.HTTP_410_GONE
    default_detail = "This record was deleted."
    default_code = "gone"


class Moved(Exception):
    """The record of the address has another one."""

    def __init__(self, key: str | int) -> None:
        super().__init__(key)
        self.key = key

    def response(self, request: Request) -> Response:
        """308 with the address asked for, but for the key of the record."""
        match: Any = request.resolver_match
        asked = request.META.get("QUERY_STRING", "")
        target = reverse(match.view_name, kwargs=match.kwargs | {"key": self.key}, request=request)
        target += f"?{asked}" if asked else ""
        # kept, but asked about before each use: a record may take a former slug of its own back
        headers = {"Location": target, "Cache-Control": "no-cache"}
        return Response({"moved_to": target}, status.HTTP_308_PERMANENT_REDIRECT, headers=headers)


def absent(found: Found, key: str) -> Exception:
    """What answers an address that names no record: 410 if it was deleted, else 404."""
    return Gone(found.unknown(key)) if key in found.gone else Http404(found.unknown(key))


def elsewhere(model: Any, key: str, *, writes: bool) -> Exception:
    """What answers an address with the `key` of no present record.

    A write is not led on to a record that took the place of the one that it means.
    """
    found = find(model, [key])
    if key not in found:
        return absent(found, key)
    if not issubclass(model, Slugged) or key in (found[key].slug, str(found[key].pk)):
        return Http404(unknown(model, key))  # it is there, but not for this reader
    if writes and key in found.others:
        return Conflict(found.unknown(key))
    return Moved(key_of(found[key]))
