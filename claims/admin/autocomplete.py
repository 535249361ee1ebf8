"""The suggestions of an autocomplete field."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import models
from django.db.models import Case, Value, When
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from claims.texts.direction import direction, language_of

#: The query parameter with the id of a record to leave out.
WITHOUT = "not"


class Choices(AutocompleteJsonView):
    """Django's view, plus the language of each record and a description that tells namesakes apart."""

    def get_queryset(self) -> Any:
        found, without = super().get_queryset(), self.request.GET.get(WITHOUT, "")
        return found.exclude(pk=without) if without.isascii() and without.isdecimal() else found

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, Any]:
        describe = getattr(self.model_admin, "describe", None)
        about = {"about": describe(obj)} if describe else {}
        return super().serialize_result(obj, to_field_name) | direction(language_of(obj)) | about


class OtherAutocompleteSelect(AutocompleteSelect):
    """Suggests all records but one, since a record can't be part of itself."""

    without: Any = None

    def get_url(self) -> str:
        return f"{super().get_url()}?{urlencode({WITHOUT: self.without})}"


def other_than(field: models.ForeignKey, site: AdminSite, without: Any) -> OtherAutocompleteSelect:
    widget = OtherAutocompleteSelect(field, site)
    widget.without = without
    return widget


def autocomplete_view(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    return Choices.as_view(admin_site=site)(request)


def beginning_first(found: models.QuerySet[Any], field: str, words: str, *order: str) -> models.QuerySet[Any]:
    """Puts exact matches of `words` first, then rows that begin with them, then the rest, each group in `order`."""
    place = Case(
        When(**{f"{field}__iexact": words}, then=Value(0)),
        When(**{f"{field}__istartswith": words}, then=Value(1)),
        default=Value(2),
    )
    return found.order_by(place, *order)
