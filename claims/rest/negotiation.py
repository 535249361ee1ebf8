"""Which form an answer has."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

#: what most programs send: anything, or JSON
PLAIN = (None, "", "*/*", "application/json")


class PlainNegotiation(DefaultContentNegotiation):
    """DRF's own, without the weighing of media types where there is nothing to weigh."""

    def select_renderer(self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None) -> Any:
        first = next(iter(renderers))
        json = format_suffix is None and first.media_type == "application/json"
        if json and request.META.get("HTTP_ACCEPT") in PLAIN:
            return first, first.media_type
        return super().select_renderer(request, renderers, format_suffix)
