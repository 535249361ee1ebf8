"""Rendering responses: JSON, with the parts that the database wrote unchanged."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework.renderers import BaseRenderer


class FragmentRenderer(BaseRenderer):
    """JSON in UTF-8. Records are sent as PostgreSQL wrote them: bytes, or an `orjson.Fragment` within other data."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        if data is None:
            return b""
        return data if isinstance(data, bytes) else orjson.dumps(data)


JSON = FragmentRenderer()


def json_response(body: bytes, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A response with this JSON. Unlike DRF's Response it needs no rendering."""
    return HttpResponse(body, content_type=JSON.media_type, headers=headers)
