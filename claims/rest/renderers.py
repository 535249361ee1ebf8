"""Rendering responses: JSON, with the parts that the database wrote unchanged."""

from collections.abc import Mapping
from typing import Any

import orjson
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
