"""Evidence: what bears on the truth of a claim."""

from typing import Any

from claims.models import Actor, Claim, Evidence, Snapshot, Source
from claims.models.choices import EvidenceStance, Reliability
from claims.rest.bulk import BulkWrites
from claims.rest.fields import RecordField
from claims.rest.filters import choice, date, filterset, number, record
from claims.rest.orders import Order, by_date
from claims.rest.quotes import QuotedSerializer
from claims.rest.releasing import ReleasedSerializer, Releasing
from claims.rest.rewording import RewordedSerializer
from claims.rest.shapes import Expand

#: filters that bound the order by credibility
CREDIBILITY = (("credibility", "exact"), ("credibility__gte", "gte"), ("credibility__lte", "lte"))


class EvidenceSerializer(ReleasedSerializer, RewordedSerializer, QuotedSerializer):
    claim = RecordField(Claim)
    source = RecordField(Source)  # type: ignore[assignment]
    snapshot = RecordField(Snapshot, required=False, allow_null=True)

    expandable = {
        "claim": Expand("claims.api.claim.ClaimSerializer"),
        "source": Expand("claims.api.source.SourceSerializer"),
        "snapshot": Expand("claims.api.snapshot.SnapshotSerializer"),
    }

    class Meta:
        model = Evidence
        fields = [
            "id",
            "claim",
            "source",
            "snapshot",
            "start",
            "end",
            "quote_sha256",
            "quote",
            "locator",
            "stance",
            "credibility",
            "summary",
            "read_on",
            "confidential",
            "visibility",
            "public_from",
            "in_preparation",
            "rewording",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["version", "created_at", "updated_at"]


class NewEvidenceSerializer(EvidenceSerializer):
    """New evidence, which has no earlier words."""

    rewording = None  # type: ignore[assignment]  # drops the field

    class Meta(EvidenceSerializer.Meta):
        fields = [name for name in EvidenceSerializer.Meta.fields if name != "rewording"]


class EvidenceViewSet(Releasing, BulkWrites):
    """What a source says for or against a claim, in our own words, graded on the Admiralty scale."""

    serializer_class = EvidenceSerializer
    prefetched = ("snapshot", "verdict_links__verdict")
    filterset_class = filterset(
        Evidence,
        record("claim", Claim)
        | record("source", Source)
        | record("snapshot", Snapshot)
        | record("publisher", Actor, "source__publisher")
        | choice("stance", EvidenceStance)
        | choice("reliability", Reliability, "source__reliability")
        | number("credibility")
        | date("read_on", "read_on", "read_on")
        | date("published", "source__published_first", "source__published_last"),
    )
    orders = {
        "read_on": by_date("read_on", "read_on")["read_on"],
        "credibility": Order(("credibility",), not_null=True, bounds=CREDIBILITY),
    }

    def get_serializer_class(self) -> Any:
        return NewEvidenceSerializer if self.action in ("create", "bulk") else EvidenceSerializer
