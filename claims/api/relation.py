"""Relations between claims."""

from typing import Any

from django.db.models import Q

from claims.api.fields import RecordField
from claims.api.filters import RecordFilter, choice, filterset, record
from claims.api.serializers import RecordSerializer
from claims.api.shapes import Expand
from claims.api.views import RecordViewSet
from claims.choices import RelationKind
from claims.models import Claim, ClaimRelation


class RelationSerializer(RecordSerializer):
    from_claim = RecordField(Claim)
    to_claim = RecordField(Claim)

    expandable = {
        "from_claim": Expand("claim.ClaimSerializer"),
        "to_claim": Expand("claim.ClaimSerializer"),
    }

    class Meta:
        model = ClaimRelation
        fields = ["id", "from_claim", "kind", "to_claim", "note", "version", "created_at", "updated_at"]
        read_only_fields = ["version", "created_at", "updated_at"]


class SideFilter(RecordFilter):
    """Relations of a claim, from it or to it."""

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(Q(from_claim__id__any=value) | Q(to_claim__id__any=value))


SIDES = {
    "claim": SideFilter("id", Claim, label="claim by id or slug, on either side."),
    "claim__in": SideFilter("id", Claim, many=True, label="One of several claims, on either side, commas between."),
}


class RelationViewSet(RecordViewSet):
    """Typed links: `from_claim` contradicts, repeats, refines, is part of, attributes … `to_claim`."""

    serializer_class = RelationSerializer
    filterset_class = filterset(
        ClaimRelation,
        SIDES | record("from_claim", Claim) | record("to_claim", Claim) | choice("kind", RelationKind),
    )
