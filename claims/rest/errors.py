"""Unknown addresses of the API, and errors raised outside its views."""

import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.template import loader
from django.urls import resolve
from drf_spectacular.utils import extend_schema
from rest_framework import status as statuses
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from claims.rest.problems import LATE, is_api_request, plain
from claimsdb.postgresql.errors import failure_of

NOWHERE = "There is nothing at this address. /api/v1/ lists the resources."


@extend_schema(exclude=True)
class NotFoundView(APIView):
    """Responds with a 404 problem; or, for a read whose address lacks its final slash, with 308.

    Writes are not redirected, since few clients send the body again.
    """

    authentication_classes = ()
    permission_classes = ()
    http_method_names = APIView.http_method_names

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.path.endswith("/") or resolve(f"{request.path_info}/").func is not_found:
            raise NotFound(NOWHERE)
        if request.method not in ("GET", "HEAD"):
            raise NotFound(f"There is nothing at this address: the final slash is missing. Use {request.path}/")

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        headers = {"Location": request.get_full_path(force_append_slash=True), "Cache-Control": "no-cache"}
        return Response(status=statuses.HTTP_308_PERMANENT_REDIRECT, headers=headers)


not_found = NotFoundView.as_view()


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Responds to a request that Django itself refuses: with a problem below /api/, with a page elsewhere."""
    status, detail = HTTPStatus.BAD_REQUEST, "The request is malformed: its host, URL or form data is invalid."
    if isinstance(exception, TooManyFieldsSent | TooManyFilesSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        detail = f"The request has more than {most} parameters or form fields. Nothing was saved; send fewer."
    elif isinstance(exception, RequestDataTooBig):
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        detail = f"The form is larger than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes. Nothing was saved; send less."
    return plain(request, status, detail) if is_api_request(request) else _page(status, detail)


def server_error(request: HttpRequest) -> HttpResponse:
    """Responds to an unhandled error without its details: with a problem below /api/, with a page elsewhere.

    Django calls this wherever the error was raised: in a view, in a middleware, on saving a session.
    """
    error = sys.exc_info()[1]
    status, detail, headers = (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong on the server. The error was logged.",
        {},
    )
    if isinstance(error, UnreadablePostError):
        status, detail = HTTPStatus.REQUEST_TIMEOUT, LATE
    elif found := failure_of(error):
        status, detail, headers = found.status, found.detail, found.headers()
    if is_api_request(request):
        return plain(request, status, detail, headers)
    return _page(status, detail, headers)


def _page(status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
    context = {"title": status.phrase, "detail": detail, "retry_after": (headers or {}).get("Retry-After")}
    return HttpResponse(loader.render_to_string("claims/failure.html", context), status=status, headers=headers)
