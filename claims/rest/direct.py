"""The short way from the middleware to the API's views, for reads without a session."""

from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from claims.rest.views import RecordViewSet

#: the namespace of the API's URLs
NAMESPACE = "api"


class DirectReads:
    """Answers GET and HEAD requests for records of the API that carry no session cookie.

    Such a request needs none of the middleware that comes after ApiMiddleware: it has no session, form or
    message, and changes nothing. Its view is found by the first segment of the path below the prefix, whereas Django's
    resolver tries all patterns in turn and describes each match.
    """

    def respond(self, request: HttpRequest) -> HttpResponse | None:
        """The response of the view; None if the request has to go the long way."""
        prefix, views = self._views
        path = request.path_info
        if (
            request.method not in ("GET", "HEAD")
            or not path.startswith(prefix)
            or settings.SESSION_COOKIE_NAME in request.COOKIES
        ):
            return None
        rest = path[len(prefix) :]
        for pattern in views.get(rest.partition("/")[0], ()):
            if match := pattern.pattern.match(rest):
                request.get_host()  # refuses a host that isn't in ALLOWED_HOSTS
                response: Any = pattern.callback(request, *match[1], **match[2])
                if hasattr(response, "render"):
                    response.render()
                # as if the session had been asked
                response.headers["Vary"] = "Cookie"
                response.headers.setdefault("Content-Length", str(len(response.content)))
                return response
        return None

    @cached_property
    def _views(self) -> tuple[str, dict[str, list[URLPattern]]]:
        """The API's prefix, and the patterns of its records by first segment."""
        resolvers = [found for found in get_resolver().url_patterns if isinstance(found, URLResolver)]
        api = next((found for found in resolvers if found.app_name == NAMESPACE), None)
        views: dict[str, list[URLPattern]] = {}
        for pattern in _patterns(api) if api else ():
            if not issubclass(getattr(pattern.callback, "cls", object), RecordViewSet):
                continue
            views.setdefault(str(pattern.pattern).removeprefix("^").partition("/")[0], []).append(pattern)
        return f"/{api.pattern}" if api else "/", views


def _patterns(resolver: URLResolver) -> list[URLPattern]:
    found: list[URLPattern] = []
    for each in resolver.url_patterns:
        found.extend(_patterns(each) if isinstance(each, URLResolver) else [each])
    return found
