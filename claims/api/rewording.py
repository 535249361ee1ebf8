"""Rewordings: the earlier words of what published verdicts were about, and why they changed."""

from rest_framework import serializers

from claims.models import Claim, Evidence, Rewording, Snapshot, Source
from claims.models.choices import ReasonKind
from claims.rest.fields import RecordField, UserNameField
from claims.rest.filters import choice, filterset, record
from claims.rest.serializers import RecordSerializer
from claims.rest.shapes import Expand
from claims.rest.views import RecordViewSet


class RewordingSerializer(RecordSerializer):
    claim = RecordField(Claim, read_only=True)
    evidence = RecordField(Evidence, read_only=True)
    earlier = serializers.JSONField(read_only=True, help_text="The earlier words, by the field that held them.")
    source = RecordField(Source, read_only=True)  # type: ignore[assignment]
    snapshot = RecordField(Snapshot, read_only=True)
    created_by = UserNameField(source="created_by.username")

    expandable = {
        "claim": Expand("claims.api.claim.ClaimSerializer"),
        "evidence": Expand("claims.api.evidence.EvidenceSerializer"),
    }

    class Meta:
        model = Rewording
        fields = [
            "id",
            "claim",
            "evidence",
            "kind",
            "reason",
            "earlier",
            "source",
            "snapshot",
            "new_version",
            "created_by",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class RewordingViewSet(RecordViewSet):
    """Changes of claims and evidence after a verdict on them was published, with the earlier words. They are made by a
    change of the record with a `rewording`."""

    http_method_names = ["get", "head", "options"]
    serializer_class = RewordingSerializer
    filterset_class = filterset(
        Rewording, record("claim", Claim) | record("evidence", Evidence) | choice("kind", ReasonKind)
    )
