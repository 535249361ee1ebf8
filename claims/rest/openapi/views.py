"""The OpenAPI document, and Swagger UI."""

import threading
from typing import Any

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from claims.rest.filters import refuse_unknown
from claims.rest.preconditions import etag_of, if_none_match_matches

#: values of `format`
FORMATS = ("yaml", "json")
_lock = threading.Lock()
_documents: dict[str, bytes] = {}


@extend_schema(exclude=True)
class DescriptionView(APIView):
    """The document, as YAML or JSON. It depends only on the code, takes seconds to generate, and is generated once per
    process.

    A lock ensures that only one thread generates it: drf-spectacular loads its extensions meanwhile, which is not
    thread-safe.
    """

    renderer_classes = [OpenApiYamlRenderer, OpenApiYamlRenderer2, OpenApiJsonRenderer, OpenApiJsonRenderer2]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """The renderer for `format` or, without it, `Accept`."""
        wanted = request.query_params.get("format")
        named = [one for one in self.get_renderers() if one.format == wanted]
        return (named[-1], named[-1].media_type) if named else super().perform_content_negotiation(request, force)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_unknown(request, ["format"])
        if request.query_params.get("format", "yaml") not in FORMATS:
            raise ValidationError({"format": [ErrorDetail(f"Give one of: {', '.join(FORMATS)}.", "invalid_choice")]})

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        renderer: Any = request.accepted_renderer
        with _lock:
            if renderer.format not in _documents:
                document = SchemaGenerator().get_schema(request=None, public=True)
                for kind in (OpenApiYamlRenderer, OpenApiJsonRenderer):
                    _documents[str(kind.format)] = kind().render(document, renderer_context={})
        body = _documents[renderer.format]
        etag = etag_of(body)
        known = if_none_match_matches(request.META.get("HTTP_IF_NONE_MATCH"), etag)
        response = HttpResponse(b"" if known else body, status=304 if known else 200, content_type=renderer.media_type)
        response["ETag"], response["Cache-Control"] = known or etag, "no-cache"
        patch_vary_headers(response, ("Accept",))
        return response


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI. Its script is a separate file, since our Content-Security-Policy forbids inline scripts."""

    template_name = "claims/docs.html"
    # the template can't be rendered for OPTIONS
    http_method_names = ["get", "head"]
