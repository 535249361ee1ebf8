"""The OpenAPI document, and the pages to read and try it."""

import threading
from typing import Any

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

_lock = threading.Lock()
_document: dict[str, Any] = {}


class DescriptionView(SpectacularAPIView):
    """The document. It follows from the code alone, takes a second to make, and is made once a process.

    One request at a time makes it: drf-spectacular loads its extensions on the way, and two threads that do so at once
    get in each other's way.
    """

    def _get_schema_response(self, request: Request) -> Response:
        with _lock:
            if not _document:
                _document.update(self.generator_class().get_schema(request=None, public=True))
        return Response(_document)


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI. Its script is a file of its own, since the policy of our pages takes none inline."""

    template_name = "claims/docs.html"
    # the template has no answer for OPTIONS
    http_method_names = ["get", "head"]
