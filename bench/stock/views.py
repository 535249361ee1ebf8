"""Model view sets that prefetch what each action shows."""

from typing import Any

import django_filters
from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F, Prefetch, QuerySet
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.viewsets import ModelViewSet

from bench.stock.serializers import ActorSerializer, ClaimSerializer, ListedClaimSerializer, WholeClaimSerializer
from claims.models import (
    Actor,
    Assertion,
    Claim,
    ClaimRelation,
    ClaimTopic,
    Evidence,
    Source,
    Topic,
    Verdict,
)
from claims.models.querysets import STEMS, descendants_of


class Pages(CursorPagination):
    """The fastest pagination of Django REST framework: it neither counts nor skips rows."""

    page_size = 50

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        return ("-rank", "-id") if "q" in request.query_params else ("-id",)


class ClaimFilter(django_filters.FilterSet):
    occurred__gte = django_filters.DateFilter("occurred_first", "gte")
    topic = django_filters.ModelChoiceFilter(queryset=Topic.objects.all(), to_field_name="slug", method="below")
    q = django_filters.CharFilter(method="matching")

    class Meta:
        model = Claim
        fields = ["status"]

    def below(self, queryset: QuerySet[Claim], name: str, value: Topic) -> QuerySet[Claim]:
        links = ClaimTopic.objects.filter(topic__in=descendants_of([value.pk]))
        return queryset.filter(pk__in=links.values("claim"))

    def matching(self, queryset: QuerySet[Claim], name: str, value: str) -> QuerySet[Claim]:
        words = SearchQuery(value, config=STEMS, search_type="websearch")
        return queryset.filter(search=words).annotate(rank=SearchRank(F("search"), words))


class ClaimViewSet(ModelViewSet[Claim]):
    lookup_field = "slug"
    filterset_class = ClaimFilter
    pagination_class = Pages

    def get_serializer_class(self) -> type[ClaimSerializer]:
        if self.action != "list":
            return WholeClaimSerializer
        return ListedClaimSerializer if "expand" in self.request.query_params else ClaimSerializer

    def get_queryset(self) -> QuerySet[Claim]:
        claims = Claim.objects.defer("search").prefetch_related("topics", "about")
        if self.action == "list":
            return claims.prefetch_related(*self.embedded()) if "expand" in self.request.query_params else claims
        relations = ClaimRelation.objects.select_related("from_claim", "to_claim")
        return claims.prefetch_related(
            Prefetch("assertions", Assertion.objects.select_related("claim", "source", "speaker").order_by("id")),
            Prefetch("evidence", Evidence.objects.select_related("claim", "source")),
            Prefetch(
                "verdicts",
                Verdict.objects.select_related("claim", "issuer", "drafted_by", "published_by").prefetch_related(
                    "evidence"
                ),
            ),
            Prefetch("relations_out", relations),
            Prefetch("relations_in", relations),
        )

    def embedded(self) -> list[Prefetch]:
        """Prefetches of the assertions of each claim, and of their speakers and sources."""
        authors = Prefetch("authors", Actor.objects.order_by("bylines__position"))
        sources = Source.objects.select_related("publisher", "derived_from").prefetch_related(authors)
        speakers = Actor.objects.select_related("part_of", "merged_into").prefetch_related("names")
        assertions = Assertion.objects.select_related("claim").order_by("id")
        return [
            Prefetch(
                "assertions",
                assertions.prefetch_related(Prefetch("source", sources), Prefetch("speaker", speakers)),
            )
        ]


class ActorViewSet(ModelViewSet[Actor]):
    lookup_field = "slug"
    serializer_class = ActorSerializer
    queryset = Actor.objects.select_related("part_of", "merged_into").prefetch_related("names")
