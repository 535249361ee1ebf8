"""Shortcuts in the steps that Django REST framework takes before it calls a view."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from rest_framework import viewsets
from rest_framework.request import Request

from claims.rest.renderers import JSON


class QuickDispatch(viewsets.ModelViewSet[Any]):
    """Most clients accept every representation, and most readers send no credentials. Both are seen at a glance; all
    other requests take the steps of the framework."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        if request._request.META.get("HTTP_ACCEPT", "*/*") in ("*/*", JSON.media_type):
            return JSON, JSON.media_type
        return super().perform_content_negotiation(request, force)

    def perform_authentication(self, request: Request) -> None:
        http = request._request
        # there is a user if the request came by way of the middleware for sessions, or if a test named one
        named = hasattr(http, "user") or getattr(http, "_force_auth_user", None) is not None
        if named or "HTTP_AUTHORIZATION" in http.META:
            super().perform_authentication(request)
        else:
            request.user, request.auth = AnonymousUser(), None
