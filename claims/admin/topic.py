from typing import Any

from django.contrib import admin
from django.db import models
from slugify import slugify

from claims.admin.base import RecordAdmin
from claims.admin.filters import AutocompleteFilter, DateFilter
from claims.models import Topic

#: Trigrams tell nothing of shorter words.
SHORTEST = 2


@admin.register(Topic)
class TopicAdmin(RecordAdmin):
    list_display = ["name", "kind", "parent", "occurred", "place", "country"]
    list_filter = [
        "kind",
        AutocompleteFilter.on(
            Topic.parent,
            title="topic (and all below)",
            parameter="below",
            apply=lambda topics, pk: topics.below([pk]),
        ),
        DateFilter.on("occurred", title="date of the event"),
    ]
    related = ("parent", "place")
    search_fields = ["slug"]
    search_help_text = "Words of the name; typing errors are forgiven."
    autocomplete_fields = ["parent", "place"]
    fieldsets = [
        (None, {"fields": ["name", "kind", "parent", "description"]}),
        ("Event or place", {"fields": ["occurred", "place", "country"]}),
        ("Names elsewhere", {"fields": ["wikidata_id", "slug"]}),
    ]

    def find(self, queryset: models.QuerySet[Any], words: str) -> models.QuerySet[Any]:
        if len(words) < SHORTEST:
            return queryset.filter(slug__startswith=slugify(words) or words)
        return queryset.named_like(words).order_by("-rank", "name", "id")  # type: ignore[attr-defined]
