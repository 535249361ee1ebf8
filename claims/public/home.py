"""The front page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from claims.desk.roles import may
from claims.models import Source

NEWEST = 10


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show links to the parts of the site, and the latest sources with a snapshot."""
    if not may(request.user, "view", Source):
        return render(request, "claims/home.html")
    sources = Source.objects.filter(snapshots__isnull=False).order_by("-id").distinct()[:NEWEST]
    return render(request, "claims/home.html", {"sources": sources})
