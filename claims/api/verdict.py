"""Verdicts: one issuer's decision on a claim."""

from typing import Any

from rest_framework import serializers

from claims.desk.verdicts import settle
from claims.models import Actor, Claim, Evidence, Verdict, VerdictEvidence
from claims.models.choices import Status, VerdictState
from claims.rest.fields import RecordField, RecordsField, ReliesOnConfidentialField, UserNameField, VisibilityField
from claims.rest.filters import choice, date, filterset, flag, record
from claims.rest.orders import by_date
from claims.rest.serializers import RecordSerializer
from claims.rest.shapes import Expand
from claims.rest.views import RecordViewSet
from claims.rest.writing import WriteBatch


class VerdictSerializer(RecordSerializer):
    claim = RecordField(Claim)
    issuer = RecordField(Actor)
    evidence = RecordsField(Evidence, required=False)
    supersedes = RecordField(Verdict, required=False, allow_null=True)
    # no default: if it is left out, `settle` derives it
    of_record = serializers.BooleanField(required=False)
    relies_on_confidential = ReliesOnConfidentialField()
    visibility = VisibilityField()
    drafted_by = UserNameField(source="drafted_by.username")
    published_by = UserNameField(source="published_by.username")

    kept_by_put = frozenset({"of_record"})
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
            "relies_on_confidential",
            "supersedes",
            "reason",
            "drafted_by",
            "published_by",
            "visibility",
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
    """Decisions on claims, ours and others'. The one `of_record` sets the claim's status."""

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
    orders = by_date("issued")

    def sign(self, batch: WriteBatch) -> None:
        for item in batch.items:
            of_record = item.attrs.get("of_record")
            settle(item.record, self.request.user, before=item.before, of_record=of_record)
