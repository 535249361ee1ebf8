"""Rate limits and `Cache-Control` for every response below /api/, and compression where it is safe."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers
from django.utils.functional import LazyObject

from claims.rest.direct import DirectReads
from claims.rest.preconditions import gzipped
from claims.rest.problems import is_api_request, plain
from claims.rest.throttles import TooMany, count_request, is_counted

#: bytes below which compressing a response saves no packet
MIN_SIZE = 1024
COMPRESSIBLE = (
    "application/json",
    "application/vnd.oai.openapi",
    "application/vnd.oai.openapi+json",
    "application/yaml",
    "text/html",
)


class ApiMiddleware:
    """Counts each request once, and responds with 429 above the rate limit, whatever the response would have been.

    RateThrottle counts a request once it is authenticated and permitted, before the view makes any query. A request
    that was refused before that was cheap, and is counted here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.direct = DirectReads()
        # exceptions become responses here, as they do between middlewares
        self.respond_directly: Any = convert_exception_to_response(self._respond_directly)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_api_request(request):
            return self.get_response(request)
        try:
            response = self.respond_directly(request)
            if response is None:
                response = self.get_response(request)
            if not is_counted(request):
                user = getattr(request, "user", None)
                # a lazy user has not been loaded; don't make a query for it
                count_request(request, None if isinstance(user, LazyObject) else user)
        except TooMany as error:
            response = plain(request, error.status_code, str(error.detail), error.headers, **error.members)
        if is_counted(request):
            policies, limits = zip(*request.rates.values(), strict=True)  # type: ignore[attr-defined]
            response["RateLimit-Policy"], response["RateLimit"] = ", ".join(policies), ", ".join(limits)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _respond_directly(self, request: HttpRequest) -> Any:
        return self.direct.respond(request)


class CompressionMiddleware(GZipMiddleware):
    """Compresses large responses that contain no secret.

    The length of a compressed response can reveal a secret in it to an attacker who chooses other parts of it (BREACH).
    So responses marked `no-store` or with a cookie, such as tokens and pages with forms, are not compressed, nor is
    anything for a browser with a session, since another site could make that browser send requests.

    The compressed form has its own strong ETag (RFC 9110, section 8.8.3.3): the same body always compresses to the
    same bytes.
    """

    max_random_bytes = 0

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        if not self._is_safe(request, response):
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        etag = response.get("ETag")
        if len(response.content) >= MIN_SIZE:
            response = super().process_response(request, response)
        if etag and response.get("Content-Encoding") == "gzip":
            response["ETag"] = gzipped(etag)
        return response

    @staticmethod
    def _is_safe(request: HttpRequest, response: Any) -> bool:
        kind = response.get("Content-Type", "").partition(";")[0]
        return (
            not response.streaming
            and (kind in COMPRESSIBLE or response.status_code == 304)
            and not response.cookies
            and "no-store" not in response.get("Cache-Control", "")
            and settings.SESSION_COOKIE_NAME not in request.COOKIES
        )
