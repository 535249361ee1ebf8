"""The pages to read and try the OpenAPI document."""

from drf_spectacular.views import SpectacularSwaggerSplitView


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI. Its script is a file of its own, since the policy of our pages takes none inline."""

    template_name = "claims/docs.html"
    # the template has no answer for OPTIONS
    http_method_names = ["get", "head"]
