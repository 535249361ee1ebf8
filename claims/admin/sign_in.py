"""Signing in: the redirect afterwards, and forms that were submitted after the session ended."""

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

#: The field of the login form that carries the data of another form, as it was submitted.
KEPT = "_kept"
#: The session entry with that data and its URL, until the page is shown.
WAITING = "kept_form"


def login(site: AdminSite, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """Django's login, but it redirects only to pages of this site, and keeps a form submitted without a session."""
    kept = request.POST.get(KEPT, "")
    response = AdminSite.login(site, request, {"kept": kept} | (extra_context or {}))
    if request.method == "POST" and response.has_header("Location"):
        if not is_page(response["Location"]):
            response["Location"] = reverse("admin:index")
        elif kept:
            request.session[WAITING] = {"at": response["Location"], "form": kept}
    return response


def is_page(address: str) -> bool:
    """Whether the URL is one of a page to view. The catch-all view has no name."""
    try:
        return resolve(urlsplit(address).path).url_name not in (None, "logout")
    except Resolver404:
        return False


def admin_view(site: AdminSite, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
    """Django's `admin_view`, but the form of a record is kept if the session has ended."""
    inner = AdminSite.admin_view(site, view, cacheable)

    @wraps(inner)
    def outer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and FORM_KEY in request.POST and not request.user.is_authenticated:
            return _sign_in_again(site, request)
        return inner(request, *args, **kwargs)

    return outer


def _sign_in_again(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """The login form, carrying the submitted form."""
    kept = request.POST.copy()
    kept.pop("csrfmiddlewaretoken", None)
    following = urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})
    asking = copy(request)
    asking.method, asking.GET = "GET", QueryDict(following)
    return site.login(asking, {"kept": kept.urlencode(), "app_path": f"{reverse('admin:login')}?{following}"})


def take_kept(request: HttpRequest) -> QueryDict | None:
    """The data submitted to this page before the user signed in again. Returned once, then removed."""
    waiting = request.session.get(WAITING)
    if request.method != "GET" or waiting is None or waiting["at"] != request.get_full_path():
        return None
    del request.session[WAITING]
    return QueryDict(waiting["form"])
