"""Request ids, the request log, and the history of what a request changes."""

import logging
import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject, empty
from pghistory import middleware

from claims.limits.addresses import address
from claimsdb.logs import REQUESTS, current_request

ID_HEADER = "X-Request-ID"
VALID_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

logger = logging.getLogger(REQUESTS)


class RequestMiddleware:
    """Gives each request an id and logs its response. It is first in MIDDLEWARE, so that it sees every response.

    The id is the client's `X-Request-ID` if that is valid, and is returned in the response.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        database: Any = connections[DEFAULT_DB_ALIAS]  # of this thread
        queries, seconds = database.queries_made, database.seconds_taken
        database.set_statement_timeout(None)
        client_id = request.META.get("HTTP_X_REQUEST_ID", "")
        current_request.id = client_id if VALID_ID.fullmatch(client_id) else secrets.token_hex(8)
        try:
            response = self.get_response(request)
            response[ID_HEADER] = current_request.id
            line = {
                "request_id": current_request.id,
                "method": request.method,
                "path": request.path,
                "parameters": sorted(request.GET) if request.META.get("QUERY_STRING") else [],
                "status": response.status_code,
                "user": _user_of(request),
                "ms": _milliseconds(time.perf_counter() - began),
                "queries": database.queries_made - queries,
                "database_ms": _milliseconds(database.seconds_taken - seconds),
                "address": address(request),
            }
            logger.info("%(method)s %(path)s %(status)s", line)
            return response
        finally:
            current_request.id = None


class HistoryMiddleware(middleware.HistoryMiddleware):
    """Records the request id with each change, in addition to the user and the URL."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().get_context(request) | {"request_id": current_request.id}


def _user_of(request: HttpRequest) -> dict[str, Any] | None:
    """The id and name of the authenticated user; None if there is none or nothing needed to know. Makes no query."""
    user = request.__dict__.get("user")
    if isinstance(user, SimpleLazyObject):
        user = user.__dict__["_wrapped"]
    if user is None or user is empty or user.pk is None:
        return None
    return {"id": user.pk, "name": user.get_username()}


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)
