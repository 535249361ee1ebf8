from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Q

from claims.admin.base import RecordAdmin, admin_url
from claims.admin.cards import CardInline
from claims.admin.filters import AutocompleteFilter
from claims.models import Claim, ClaimRelation


class RelationInline(CardInline):
    model = ClaimRelation
    card = "admin/claims/cards/relation.html"

    def rows(self) -> models.QuerySet[Any]:
        side: str = self.fk_name  # type: ignore[assignment]
        return ClaimRelation.objects.filter(**{side: self.parent}).select_related("from_claim", "to_claim")

    def all_url(self) -> str:
        return admin_url(ClaimRelation, "changelist", claim=self.parent.pk)


class RelationOutInline(RelationInline):
    fk_name = "from_claim"
    verbose_name = "relation"
    verbose_name_plural = "relations: this claim …"
    fields = ("kind", "to_claim", "note")
    autocomplete_fields = ("to_claim",)


class RelationInInline(RelationInline):
    fk_name = "to_claim"
    verbose_name = "relation to this claim"
    verbose_name_plural = "relations: … this claim"
    fields = ("from_claim", "kind", "note")
    autocomplete_fields = ("from_claim",)


@admin.register(ClaimRelation)
class ClaimRelationAdmin(RecordAdmin):
    list_display = ["from_claim", "kind", "to_claim"]
    list_display_links = ["kind"]
    list_filter = [
        "kind",
        AutocompleteFilter.on(
            ClaimRelation.from_claim,
            title="claim (either side)",
            parameter="claim",
            apply=lambda relations, pk, sight: relations.filter(Q(from_claim=pk) | Q(to_claim=pk)),
        ),
    ]
    ordering = ["-id"]
    related = ("from_claim", "to_claim")
    deferred = ("from_claim__search", "to_claim__search")
    search_fields = ["id"]
    search_help_text = "Words in either claim."
    autocomplete_fields = ["from_claim", "to_claim"]
    fields = ["from_claim", "kind", "to_claim", "note"]

    def find(self, queryset: models.QuerySet[Any], words: str) -> models.QuerySet[Any]:
        found = Claim.objects.matching(words).values("pk")
        # a union, since an OR would use the index of neither side
        sides = [
            ClaimRelation.objects.filter(**{f"{side}__in": found}).order_by() for side in ("from_claim", "to_claim")
        ]
        return queryset.filter(pk__in=sides[0].values("pk").union(sides[1].values("pk")))
