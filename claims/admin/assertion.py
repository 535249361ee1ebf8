from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.safestring import SafeString

from claims.admin.base import RecordAdmin, admin_url
from claims.admin.cards import CardInline
from claims.admin.filters import AutocompleteFilter, DateFilter
from claims.admin.spans import Placed, ShowsQuote, SpanForm, placed
from claims.models import Assertion, Claim, ClaimTopic
from claims.texts.direction import words

PLACE: list[Any] = ["snapshot", "words", ("start", "end"), "locator"]


class AssertionInline(CardInline):
    model = Assertion
    form = SpanForm
    card = "admin/claims/cards/assertion.html"
    autocomplete_fields = ["source", "snapshot", "speaker"]
    fields = ["speaker", ("stance", "voice"), ("hedged", "implied"), "source", *PLACE, "said", "note"]

    def rows(self) -> models.QuerySet[Any]:
        rows = Assertion.objects.filter(claim=self.parent).select_related("source", "speaker")
        return rows.order_by("source__published_first", "source_id", "start", "id")

    def cards(self) -> list[Placed]:
        return placed(self._some())

    def all_url(self) -> str:
        return admin_url(Assertion, "changelist", claim=self.parent.pk)


@admin.register(Assertion)
class AssertionAdmin(ShowsQuote, RecordAdmin):
    form = SpanForm
    list_display = ["claim", "said_by", "stance", "voice", "source", "start", "said"]
    list_filter = [
        AutocompleteFilter.on(Assertion.speaker, apply=lambda assertions, pk, sight: assertions.said_by(pk)),
        AutocompleteFilter.on(Assertion.source),
        AutocompleteFilter.on(Assertion.claim),
        AutocompleteFilter.on(
            ClaimTopic.topic,
            title="topic (including subtopics)",
            apply=lambda assertions, pk, sight: assertions.filter(claim__in=Claim.objects.under(pk).values("pk")),
        ),
        ("speaker", admin.EmptyFieldListFilter),
        DateFilter.on("said", title="date said"),
        "stance",
        "voice",
    ]
    ordering = ["-id"]
    sortable_by = ("said",)
    related = ("claim", "speaker", "source")
    deferred = ("claim__search",)
    search_fields = ["id"]
    search_help_text = 'Words in the claim. Use "a phrase", -exclude or OR.'
    autocomplete_fields = ["claim", "source", "snapshot", "speaker"]
    readonly_fields = ["in_context"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        place = ["source", *PLACE, "quote_sha256"]
        return [
            (
                None,
                {"fields": ["claim", "speaker", ("stance", "voice"), ("hedged", "implied"), "said", "note"]},
            ),
            ("Place", {"fields": ["in_context", *place] if obj else place, "description": self.prefilled(request)}),
        ]

    @admin.display(description="speaker", empty_value="not known")
    def said_by(self, assertion: Assertion) -> SafeString | None:
        return words(assertion.speaker) if assertion.speaker else None

    def find(self, queryset: models.QuerySet[Any], words: str) -> models.QuerySet[Any]:
        return queryset.filter(claim__in=Claim.objects.matching(words).values("pk"))
