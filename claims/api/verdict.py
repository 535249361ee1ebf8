"""Verdicts: one issuer's decision on a claim."""

from typing import Any

from rest_framework import serializers

from claims.models import Actor, Claim, Evidence, Verdict, VerdictEvidence
from claims.models.choices import Status, VerdictState
from claims.rest.fields import RecordField, RecordsField
from claims.rest.filters import choice, date, filterset, flag, record
from claims.rest.pages import Order
from claims.rest.serializers import RecordSerializer
from claims.rest.shapes import Expand
from claims.rest.views import RecordViewSet
from claims.rest.writing import WriteBatch


class VerdictSerializer(RecordSerializer):
    claim = RecordField(Claim)
    issuer = RecordField(Actor)
    evidence = RecordsField(Evidence, required=False)
    supersedes = RecordField(Verdict, required=False, allow_null=True)
    drafted_by = serializers.CharField(source="drafted_by.username", read_only=True, allow_null=True)
    published_by = serializers.CharField(source="published_by.username", read_only=True, allow_null=True)

    expandable = {
        "claim": Expand("claims.api.claim.ClaimSerializer"),
        "issuer": Expand("claims.api.actor.ActorSerializer"),
        "evidence": Expand("claims.api.evidence.EvidenceSerializer", many=True, listed=True),
        "supersedes": Expand("claims.api.verdict.VerdictSerializer"),
    }

    class Meta:
        model = Verdict
        fields = [
            "id",
            "claim",
            "issuer",
            "revision",
            "status",
            "rationale",
            "label",
            "url",
            "issued",
            "issued_first",
            "issued_last",
            "state",
            "of_record",
            "evidence",
            "supersedes",
            "reason",
            "drafted_by",
            "published_by",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["revision", "issued_first", "issued_last", "version", "created_at", "updated_at"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        claim = attrs["claim"] if "claim" in attrs else getattr(self.instance, "claim", None)
        other = [e.pk for e in attrs.get("evidence", []) if claim is not None and e.claim_id != claim.pk]
        if other:
            ids = ", ".join(str(pk) for pk in other)
            raise serializers.ValidationError({"evidence": f"Evidence on another claim: {ids}."})
        return attrs


class VerdictViewSet(RecordViewSet):
    """Decisions on claims, ours and others'. The one `of_record` gives the claim its status."""

    serializer_class = VerdictSerializer
    filterset_class = filterset(
        Verdict,
        record("claim", Claim)
        | record("issuer", Actor)
        | choice("status", Status)
        | choice("state", VerdictState)
        | flag("of_record")
        | date("issued"),
        [(VerdictEvidence, "verdict", "pk", record("evidence", Evidence))],
    )
    orders = {"issued": Order(("issued_first",)), "-issued": Order(("issued_first",), descending=True)}

    def sign(self, batch: WriteBatch) -> None:
        """Whoever drafts a verdict, and whoever publishes it, is on record for that."""
        for item in batch.items:
            if item.before is None:
                item.record.drafted_by = self.request.user
            was_published = item.before is not None and item.before.state == VerdictState.PUBLISHED
            if item.record.state == VerdictState.PUBLISHED and not was_published:
                item.record.published_by = self.request.user
