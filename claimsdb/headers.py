"""Response headers that restrict what a browser may do with a response.

Packages for Content-Security-Policy build the policy for every response, which takes a twentieth of the time of a
read. Ours never changes, so it is a constant.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

#: Pages load scripts, styles and fonts from this site only, have none inline, and can't be framed.
PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: Other responses load nothing and can't be framed.
DATA = "default-src 'none'; frame-ancestors 'none'"
PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


class HeadersMiddleware:
    """Sets the headers. It is second in MIDDLEWARE, so that the responses of later middleware get them too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        headers = response.headers
        page = headers.get("Content-Type", "").startswith("text/html")
        # Django's debug pages have inline styles
        if not (page and settings.DEBUG and response.status_code in (404, 500)):
            headers.setdefault("Content-Security-Policy", PAGE if page else DATA)
        headers["Permissions-Policy"] = PERMISSIONS
        headers.setdefault("X-Frame-Options", "DENY")
        return response
