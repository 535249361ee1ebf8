"""Signing in: where it leads, and what becomes of a form that was sent when its session had ended."""

from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import Resolver404, resolve, reverse
from django.utils.http import urlencode

from claims.admin.repeats import FORM_KEY

#: The field of the login form with what was sent to another form, as it was sent.
KEPT = "_kept"
#: The session's entry with the same, and the address it was sent to, until that page is shown.
WAITING = "kept_form"


def login(site: AdminSite, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """Django's, but that it leads to pages of this site alone, and carries along the form that asked for it."""
    kept = request.POST.get(KEPT, "")
    response = AdminSite.login(site, request, {"kept": kept} | (extra_context or {}))
    if request.method == "POST" and response.has_header("Location"):
        if not is_page(response["Location"]):
            response["Location"] = reverse("admin:index")
        elif kept:
            request.session[WAITING] = {"at": response["Location"], "form": kept}
    return response


def is_page(address: str) -> bool:
    """Whether there is a page to look at. What answers every unknown address has no name."""
    try:
        return resolve(urlsplit(address).path).url_name not in (None, "logout")
    except Resolver404:
        return False


def admin_view(site: AdminSite, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
    """Django's, but that a form of a record is kept if its session has ended."""
    inner = AdminSite.admin_view(site, view, cacheable)

    @wraps(inner)
    def outer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and FORM_KEY in request.POST and not request.user.is_authenticated:
            return _ask(site, request)
        return inner(request, *args, **kwargs)

    return outer


def _ask(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """The login form, with the form that was sent."""
    kept = request.POST.copy()
    kept.pop("csrfmiddlewaretoken", None)
    following = urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})
    asking = copy(request)
    asking.method, asking.GET = "GET", QueryDict(following)
    return site.login(asking, {"kept": kept.urlencode(), "app_path": f"{reverse('admin:login')}?{following}"})


def take_kept(request: HttpRequest) -> QueryDict | None:
    """What was sent to this page before its user signed in again: it is handed out once."""
    waiting = request.session.get(WAITING)
    if request.method != "GET" or waiting is None or waiting["at"] != request.get_full_path():
        return None
    del request.session[WAITING]
    return QueryDict(waiting["form"])
