"""Former addresses: redirects to a record's current address, and 410 if it was deleted."""

from typing import Any

from django.http import Http404
from django.urls import resolve
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from claims.models.base import Slugged
from claims.models.lookup import Found, find, key_of, unknown
from claims.models.visibility import sight_of
from claims.rest.problems import Conflict


class Gone(APIException):
    status_code = status.HTTP_410_GONE
    default_detail = "This record was deleted."
    default_code = "gone"


class Moved(Exception):
    """The record has a different address now: `key` is its slug or id."""

    def __init__(self, key: str | int) -> None:
        super().__init__(key)
        self.key = key

    def response(self, request: Request) -> Response:
        """308 to the requested URL with the record's current key."""
        match = resolve(request.path_info)
        query = request.META.get("QUERY_STRING", "")
        target = reverse(match.view_name, kwargs=match.kwargs | {"key": self.key}, request=request)
        target += f"?{query}" if query else ""
        # revalidate the redirect before each use: a record may take back a former slug of its own
        headers = {"Location": target, "Cache-Control": "no-cache"}
        return Response({"moved_to": target}, status.HTTP_308_PERMANENT_REDIRECT, headers=headers)


def not_found(found: Found, key: str) -> Exception:
    """The exception for an address without a record: 410 if the record was deleted, else 404."""
    return Gone(found.unknown(key)) if key in found.gone else Http404(found.unknown(key))


def missing_record(view: Any, *, writes: bool) -> Exception:
    """The exception if the key in the URL of `view` is not the current one of a record that the user may see.

    A write to a record that was merged into another is not redirected to that one: it gets Conflict.
    """
    model, key = view.serializer_class.Meta.model, view.kwargs["key"]
    found = find(model, [key], sight_of(view.request.user))
    if key not in found:
        return not_found(found, key)
    if not issubclass(model, Slugged) or key in (found[key].slug, str(found[key].pk)):
        return Http404(unknown(model, key))  # it was added a moment ago
    if writes and key in found.others:
        return Conflict(found.unknown(key))
    return Moved(key_of(found[key]))
