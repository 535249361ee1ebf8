"""The index of the admin: the record first, in the order of work, then accounts and the rest."""

from types import MethodType
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest

from claims.admin import sign_in
from claims.admin.autocomplete import autocomplete_view

ORDER = [
    "Claim",
    "Source",
    "Actor",
    "Topic",
    "Assertion",
    "Evidence",
    "Verdict",
    "Rewording",
    "ClaimRelation",
    "Snapshot",
    "SkippedPassage",
    "Erratum",
    "ImportRun",
    "Token",
]


def _app_list(site: AdminSite, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
    apps = AdminSite.get_app_list(site, request, app_label)
    for app in apps:
        if app["app_label"] == "claims":
            app["models"].sort(key=lambda model: ORDER.index(model["object_name"]))
    return sorted(apps, key=lambda app: app["app_label"] != "claims")


def arrange(site: AdminSite) -> None:
    site.site_header = site.site_title = "claimsdb"
    site.index_title = "The record"
    # lists need the full width
    site.enable_nav_sidebar = False
    site.get_app_list = MethodType(_app_list, site)  # type: ignore[method-assign]
    site.autocomplete_view = MethodType(autocomplete_view, site)  # type: ignore[method-assign]
    site.login = MethodType(sign_in.login, site)  # type: ignore[method-assign]
    site.admin_view = MethodType(sign_in.admin_view, site)  # type: ignore[method-assign]
