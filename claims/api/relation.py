"""Relations between claims."""

from typing import Any

from claims.api.fields import RecordField
from claims.api.filters import choice, filterset, record
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


class RelationViewSet(RecordViewSet):
    """Typed links: `from_claim` contradicts, repeats, refines, is part of, attributes … `to_claim`."""

    serializer_class = RelationSerializer
    filterset_class = filterset(
        ClaimRelation,
        record("from_claim", Claim) | record("to_claim", Claim) | choice("kind", RelationKind),
    )

    def inside(self, queryset: Any, parent: Any) -> Any:
        """A claim's relations: those from it and those to it."""
        return queryset.touching(parent.pk)
