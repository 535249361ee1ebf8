"""The front page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from claims.desk.roles import may
from claims.models import Snapshot, Source

NEWEST = 10


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show links to the parts of the site, and the latest sources with a snapshot."""
    if not may(request.user, "view", Source):
        return render(request, "claims/home.html")
    captured = Snapshot.objects.visible_to(request.user).values("source")
    sources = Source.objects.visible_to(request.user).filter(pk__in=captured).order_by("-id")[:NEWEST]
    return render(request, "claims/home.html", {"sources": sources})
