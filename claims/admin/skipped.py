from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from claims.admin.base import RecordAdmin
from claims.admin.filters import AutocompleteFilter
from claims.admin.spans import ShowsQuote, SpanForm
from claims.models import SkippedPassage, Source


class SkippedForm(SpanForm):
    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("start") is None and "words" not in self.errors:
            self.add_error("words", "Enter the exact words, or start and end.")
        return cleaned


class PassageAdmin(ShowsQuote, RecordAdmin):
    """Models that belong to a span of a snapshot and to nothing else."""

    ordering = ["-id"]
    related = ("snapshot__source",)
    deferred = ("snapshot__text",)
    search_fields = ["id"]
    search_help_text = "Words in the title of the source."
    autocomplete_fields = ["snapshot"]
    readonly_fields = ["in_context"]
    #: the fields between the snapshot and the note, in their order
    own_fields: tuple[Any, ...] = ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        context = ["in_context"] if obj else []
        fields = [*context, "snapshot", *self.own_fields, "note", "quote_sha256"]
        return [(None, {"fields": fields, "description": self.prefilled(request)})]

    def find(self, queryset: models.QuerySet[Any], words: str) -> models.QuerySet[Any]:
        return queryset.filter(snapshot__source__in=Source.objects.titled_like(words).values("pk"))


def by_snapshot(model: Any) -> Any:
    """A filter by snapshot that sorts the list in reading order."""
    return AutocompleteFilter.on(
        model.snapshot, apply=lambda passages, pk, sight: passages.filter(snapshot=pk).order_by("start", "id")
    )


@admin.register(SkippedPassage)
class SkippedPassageAdmin(PassageAdmin):
    form = SkippedForm
    list_display = ["snapshot", "start", "end", "reason", "note"]
    list_filter = ["reason", by_snapshot(SkippedPassage)]
    own_fields = ("words", ("start", "end"), "reason")
