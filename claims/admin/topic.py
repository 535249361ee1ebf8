from typing import Any

from django.contrib import admin
from django.db import models
from slugify import slugify

from claims.admin.autocomplete import beginning_first
from claims.admin.base import RecordAdmin
from claims.admin.filters import AutocompleteFilter, DateFilter
from claims.models import Topic

#: Trigram search is useless for shorter words.
SHORTEST = 2


@admin.register(Topic)
class TopicAdmin(RecordAdmin):
    list_display = ["name", "kind", "parent", "occurred", "place", "country"]
    list_filter = [
        "kind",
        AutocompleteFilter.on(
            Topic.parent,
            title="parent topic (including subtopics)",
            parameter="below",
            apply=lambda topics, pk, sight: topics.below([pk]),
        ),
        DateFilter.on("occurred", title="date of the event"),
    ]
    related = ("parent", "place")
    search_fields = ["slug"]
    search_help_text = "Words in the name. Typos are tolerated."
    autocomplete_fields = ["parent", "place"]
    fieldsets = [
        (None, {"fields": ["name", "kind", "parent", "description"]}),
        ("Event or place", {"fields": ["occurred", "place", "country"]}),
        ("Identifiers", {"fields": ["wikidata_id", "slug"]}),
    ]

    def describe(self, topic: Topic) -> str:
        about = [topic.get_kind_display().lower(), topic.parent, topic.occurred, topic.slug]
        return " · ".join(str(each) for each in about if each)

    def find(self, queryset: models.QuerySet[Any], words: str) -> models.QuerySet[Any]:
        if len(words) < SHORTEST:
            return queryset.filter(slug__startswith=slugify(words) or words)
        return beginning_first(queryset.named_like(words), "name", words, "-rank", "name", "id")  # type: ignore[attr-defined]
