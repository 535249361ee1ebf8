from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from claims.admin.base import RecordAdmin
from claims.admin.filters import AutocompleteFilter
from claims.admin.skipped import SkippedForm
from claims.admin.spans import ShowsQuote
from claims.models import Erratum, Source


class ErratumForm(SkippedForm):
    """The words looked up are those printed."""

    words = None  # type: ignore[assignment]

    def clean(self) -> dict[str, Any] | None:
        if self.cleaned_data.get("start") is None or "printed" in self.changed_data:
            self.cleaned_data["words"] = self.cleaned_data.get("printed")
        return super().clean()

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error("printed" if field == "words" else field, error)


@admin.register(Erratum)
class ErratumAdmin(ShowsQuote, RecordAdmin):
    form = ErratumForm
    list_display = ["printed", "meant", "kind", "snapshot", "start"]
    list_filter = [
        "kind",
        AutocompleteFilter.on(
            Erratum.snapshot,
            title="snapshot",
            parameter="snapshot",
            apply=lambda errata, pk: errata.filter(snapshot=pk).order_by("start", "id"),
        ),
    ]
    ordering = ["-id"]
    related = ("snapshot__source",)
    deferred = ("snapshot__text",)
    search_fields = ["id"]
    search_help_text = "Words of the source's title."
    autocomplete_fields = ["snapshot"]
    readonly_fields = ["in_context"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        context = ["in_context"] if obj else []
        fields = [*context, "snapshot", "printed", "meant", "kind", ("start", "end"), "note", "quote_sha256"]
        return [(None, {"fields": fields, "description": self.prefilled(request)})]

    def find(self, queryset: models.QuerySet[Any], words: str) -> models.QuerySet[Any]:
        return queryset.filter(snapshot__source__in=Source.objects.titled_like(words).values("pk"))
