"""The header fields that every answer has: what a browser may do with it.

A package for Content-Security-Policy puts the same policy together for each answer, which takes a twentieth of the
time of a whole read; ours never changes, so it is a constant.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

#: Pages take scripts, styles and fonts from this site alone, none inline; they are in no frame.
PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: Anything else shows nothing, and loads nothing.
DATA = "default-src 'none'; frame-ancestors 'none'"
PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


class HeadersMiddleware:
    """Comes second, so that redirects and refusals of other middleware have the fields as well."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        headers = response.headers
        page = headers.get("Content-Type", "").startswith("text/html")
        # Django's own page for an error of one's own code has its styles inline
        if not (page and settings.DEBUG and response.status_code in (404, 500)):
            headers.setdefault("Content-Security-Policy", PAGE if page else DATA)
        headers["Permissions-Policy"] = PERMISSIONS
        return response
