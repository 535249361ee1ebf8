"""Writing bodies: JSON, and the pieces of it that the database wrote, as they are."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer


class FragmentRenderer(BaseRenderer):
    """JSON in UTF-8. A record goes out as PostgreSQL wrote it: bytes, or an `orjson.Fragment` inside of more."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        if data is None:
            return b""
        return data if isinstance(data, bytes) else orjson.dumps(data)
