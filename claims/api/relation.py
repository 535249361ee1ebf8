"""Relations between claims."""

from typing import Any

from django.db.models import Q

from claims.models import Claim, ClaimRelation
from claims.models.choices import RelationKind
from claims.rest.fields import RecordField, VisibilityField
from claims.rest.filterkinds import RecordFilter
from claims.rest.filters import choice, filterset, record
from claims.rest.serializers import RecordSerializer
from claims.rest.shapes import Expand
from claims.rest.views import RecordViewSet


class RelationSerializer(RecordSerializer):
    from_claim = RecordField(Claim)
    to_claim = RecordField(Claim)
    visibility = VisibilityField()

    expandable = {
        "from_claim": Expand("claims.api.claim.ClaimSerializer"),
        "to_claim": Expand("claims.api.claim.ClaimSerializer"),
    }

    class Meta:
        model = ClaimRelation
        fields = ["id", "from_claim", "kind", "to_claim", "note", "visibility", "version", "created_at", "updated_at"]
        read_only_fields = ["version", "created_at", "updated_at"]


class SideFilter(RecordFilter):
    """Relations of a claim, from it or to it."""

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(Q(from_claim__id__any=value) | Q(to_claim__id__any=value))


SIDES = {
    "claim": SideFilter("id", Claim, label="The claim on either side, by id or slug."),
    "claim__in": SideFilter("id", Claim, many=True, label="One of these claims, on either side."),
}


class RelationViewSet(RecordViewSet):
    """Typed relations: `from_claim` contradicts, repeats, refines, is part of, attributes … `to_claim`."""

    serializer_class = RelationSerializer
    filterset_class = filterset(
        ClaimRelation,
        SIDES | record("from_claim", Claim) | record("to_claim", Claim) | choice("kind", RelationKind),
    )
