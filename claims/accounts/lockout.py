"""Responses to a user who is locked out after too many wrong passwords."""

from datetime import datetime
from http import HTTPStatus
from math import ceil
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from claims.limits.addresses import address


def seconds_left(request: HttpRequest, username: str) -> int:
    """Seconds, at most, until this user can sign in from this client address again, counted from the last failure."""
    attempts = AccessAttempt.objects.filter(username=username, ip_address=address(request))
    last: datetime | None = attempts.aggregate(last=Max("attempt_time"))["last"]
    left = ((last or timezone.now()) + settings.AXES_COOLOFF_TIME - timezone.now()).total_seconds()
    return max(ceil(left), 1)


def answer(request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None) -> HttpResponse:
    """A page with status 429 in place of the form. The API's response is a problem already, and kept."""
    if request.path_info.startswith("/api/"):
        return response
    seconds = seconds_left(request, (credentials or {}).get("username", ""))
    context = {"limit": settings.AXES_FAILURE_LIMIT, "minutes": ceil(seconds / 60)}
    page = render(request, "claims/locked_out.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)
    page["Retry-After"], page["Cache-Control"] = str(seconds), "no-store"
    return page
