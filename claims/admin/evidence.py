from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.safestring import SafeString

from claims.admin.assertion import PLACE
from claims.admin.base import admin_url
from claims.admin.cards import CardInline
from claims.admin.filters import AutocompleteFilter
from claims.admin.labels import grade
from claims.admin.rewording import RewordedAdmin, RewordedForm, reason_fields
from claims.admin.spans import Placed, ShowsQuote, SpanForm, placed
from claims.models import Claim, Evidence
from claims.models.visibility import Sight, sight_of, visible


class EvidenceInline(CardInline):
    model = Evidence
    form = SpanForm
    verbose_name = verbose_name_plural = "evidence"
    card = "admin/claims/cards/evidence.html"
    autocomplete_fields = ["source", "snapshot"]
    fields = [("stance", "credibility"), "summary", "source", *PLACE, ("read_on", "confidential")]

    def rows(self) -> models.QuerySet[Any]:
        return Evidence.objects.filter(claim=self.parent).select_related("source__publisher").order_by("stance", "id")

    def cards(self) -> list[Placed]:
        return placed(self._some())

    def summary(self) -> str:
        return count_origins(self.parent, sight_of(self.user)) if self.parent else ""

    def all_url(self) -> str:
        return admin_url(Evidence, "changelist", claim=self.parent.pk)


def count_origins(claim: Claim, sight: Sight) -> str:
    """How many sources and independent origins the evidence on a claim has that the user may see, in words, and for the
    desk what readers see of them. Empty if there is none."""

    def counted(seen: Sight) -> str:
        counts = Evidence.objects.filter(visible(Evidence, seen), claim=claim).counted_by("claim").first()
        return origins_in_words(counts["sources"], counts["origins"]) if counts else ""

    own = counted(sight)
    public = counted(Sight()) if own and sight.desk else own
    return own if own == public else f"{own} (public: {public or 'none'})"


def origins_in_words(sources: int, origins: int) -> str:
    return f"{sources} source{'' if sources == 1 else 's'}, {origins} independent origin{'' if origins == 1 else 's'}"


class EvidenceForm(RewordedForm, SpanForm):
    """The form of evidence, on its own page."""

    held_words = "the stance, the summary or the place"


@admin.register(Evidence)
class EvidenceAdmin(ShowsQuote, RewordedAdmin):
    form = EvidenceForm
    list_display = ["claim", "stance", "grade", "source", "summary", "read_on"]
    list_filter = [
        AutocompleteFilter.on(Evidence.claim),
        AutocompleteFilter.on(Evidence.source),
        "stance",
        "credibility",
    ]
    ordering = ["-id"]
    sortable_by = ("read_on",)
    related = ("claim", "source")
    deferred = ("claim__search",)
    search_fields = ["id"]
    search_help_text = 'Words in the claim. Use "a phrase", -exclude or OR.'
    autocomplete_fields = ["claim", "source", "snapshot"]
    readonly_fields = ["in_context"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        place = ["source", *PLACE, "quote_sha256"]
        words = ["claim", ("stance", "credibility"), "summary", *reason_fields(request, obj)]
        return [
            (None, {"fields": [*words, ("read_on", "confidential")]}),
            ("Place", {"fields": ["in_context", *place] if obj else place, "description": self.prefilled(request)}),
        ]

    @admin.display(description="grade")
    def grade(self, evidence: Evidence) -> SafeString:
        return grade(evidence.source.reliability, evidence.credibility)

    def find(self, queryset: models.QuerySet[Any], words: str) -> models.QuerySet[Any]:
        return queryset.filter(claim__in=Claim.objects.matching(words).values("pk"))
