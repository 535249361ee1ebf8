from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from claims.admin.filters import AutocompleteFilter
from claims.admin.releasing import Releasing
from claims.models import Snapshot, Source


class KeepsText:
    """For snapshot forms: the text keeps the whitespace at its ends."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "text":
            # an empty box means no text, not an empty text
            kwargs |= {"strip": False, "empty_value": None}
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]


@admin.register(Snapshot)
class SnapshotAdmin(KeepsText, Releasing):
    list_display = ["source", "captured_at", "length", "media_type", "short_hash", "text_held"]
    list_display_links = ["source", "captured_at"]
    list_filter = [
        AutocompleteFilter.on(Snapshot.source),
    ]
    ordering = ["-id"]
    related = ("source",)
    search_fields = ["id"]
    search_help_text = "Words in the title of the source, or the beginning of the SHA-256."
    autocomplete_fields = ["source"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        # the text can be megabytes; a list needs only to know whether it is held
        has_text = models.ExpressionWrapper(models.Q(text__isnull=False), output_field=models.BooleanField())
        return super().get_queryset(request).annotate(has_text=has_text).defer("text")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["source", "captured_at", "media_type", "text", "sha256", "length"]})]
        fields = ["source", "sha256", "length", "captured_at", "media_type", "reading"]
        return [(None, {"fields": fields if obj.has_text else [*fields, "text"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # a capture never changes, but a missing text can be added if it matches the hash
        fixed = ["source", "sha256", "length", "reading"] if obj else []
        return [*fixed, *super().get_readonly_fields(request, obj)]

    @admin.display(description="text held", boolean=True)
    def text_held(self, snapshot: Any) -> bool:
        return snapshot.has_text

    @admin.display(description="SHA-256")
    def short_hash(self, snapshot: Snapshot) -> str:
        return f"{snapshot.sha256[:12]}…"

    @admin.display(description="reading view")
    def reading(self, snapshot: Any) -> SafeString:
        url = reverse("admin:claims_source_reading", args=[snapshot.source_id])
        words = "Read the text with its claims highlighted" if snapshot.has_text else "The text is not held here"
        return format_html('<a href="{}?snapshot={}">{}</a>', url, snapshot.pk, words)

    def find(self, queryset: models.QuerySet[Any], words: str) -> models.QuerySet[Any]:
        titled = Source.objects.titled_like(words).values("pk")
        return queryset.filter(models.Q(source__in=titled) | models.Q(sha256__startswith=words.lower()))
