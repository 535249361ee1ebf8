"""Rate limits and `Cache-Control` for every answer below /api/, and compression where it is safe."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers
from django.utils.functional import LazyObject

from claims.rest.preconditions import gzipped
from claims.rest.problems import of_api, plain
from claims.rest.throttles import TooMany, count_request, is_counted

#: bytes below which compressing an answer saves no packet
LEAST = 1024
COMPRESSED = (
    "application/json",
    "application/vnd.oai.openapi",
    "application/vnd.oai.openapi+json",
    "application/yaml",
    "text/html",
)


class ApiMiddleware:
    """Counts each request once, and answers 429 above the limit, whatever the answer would be otherwise.

    A request is counted as soon as its user is known and it may do what it asks for (RateThrottle): before anything is
    looked up for it. One that was refused before that has cost little, and is counted here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not of_api(request):
            return self.get_response(request)
        try:
            response = self.get_response(request)
            if not is_counted(request):
                user = getattr(request, "user", None)
                # a user that nothing asked for yet would be looked up
                count_request(request, None if isinstance(user, LazyObject) else user)
        except TooMany as error:
            response = plain(request, error.status_code, str(error.detail), error.headers, **error.members)
        if is_counted(request):
            policies, limits = zip(*request.rates.values(), strict=True)  # type: ignore[attr-defined]
            response["RateLimit-Policy"], response["RateLimit"] = ", ".join(policies), ", ".join(limits)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class CompressionMiddleware(GZipMiddleware):
    """Compresses large answers that hold no secret.

    From the length of a compressed answer one can guess a secret that stands in it beside one's own words (BREACH).
    Answers with tokens, and pages with forms, are marked `no-store` or set a cookie; and nothing is compressed for a
    browser with a session, which another site could make ask.

    The compressed form has an ETag of its own, and a strong one (RFC 9110, section 8.8.3.3): the same body gives the
    same bytes each time.
    """

    max_random_bytes = 0

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        if not self._is_safe(request, response):
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        etag = response.get("ETag")
        if len(response.content) >= LEAST:
            response = super().process_response(request, response)
        if etag and response.get("Content-Encoding") == "gzip":
            response["ETag"] = gzipped(etag)
        return response

    @staticmethod
    def _is_safe(request: HttpRequest, response: Any) -> bool:
        kind = response.get("Content-Type", "").partition(";")[0]
        return (
            not response.streaming
            and (kind in COMPRESSED or response.status_code == 304)
            and not response.cookies
            and "no-store" not in response.get("Cache-Control", "")
            and settings.SESSION_COOKIE_NAME not in request.COOKIES
        )
