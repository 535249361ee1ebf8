"""The OpenAPI document, and the pages to read and try it."""

from typing import Any

from django.conf import settings
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class ReadersOnly(BasePermission):
    """Whoever may read the record: anyone or, where ANONYMOUS_READING is off, who is signed in."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(settings.ANONYMOUS_READING or request.user.is_authenticated)


class DescriptionView(SpectacularAPIView):
    permission_classes = (ReadersOnly,)


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI. Its script is a file of its own, since the policy of our pages takes none inline."""

    permission_classes = (ReadersOnly,)
    template_name = "claims/docs.html"
