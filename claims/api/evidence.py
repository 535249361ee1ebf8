"""Evidence: what bears on the truth of a claim."""

from claims.api.assertion import QuotedSerializer
from claims.api.bulk import BulkWrites
from claims.api.fields import RecordField
from claims.api.filters import choice, date, filterset, number, record
from claims.api.pages import Order
from claims.api.shapes import Expand
from claims.choices import EvidenceStance, Reliability
from claims.models import Actor, Claim, Evidence, Snapshot, Source


class EvidenceSerializer(QuotedSerializer):
    claim = RecordField(Claim)
    source = RecordField(Source)  # type: ignore[assignment]
    snapshot = RecordField(Snapshot, required=False, allow_null=True)

    expandable = {
        "claim": Expand("claim.ClaimSerializer"),
        "source": Expand("source.SourceSerializer"),
        "snapshot": Expand("snapshot.SnapshotSerializer"),
    }

    class Meta:
        model = Evidence
        fields = [
            *("id", "claim", "source", "snapshot", "start", "end", "quote_sha256", "quote", "locator"),
            *("stance", "credibility", "summary", "read_on", "version", "created_at", "updated_at"),
        ]
        read_only_fields = ["version", "created_at", "updated_at"]


class EvidenceViewSet(BulkWrites):
    """What a source says for or against a claim, in our own words, graded on the Admiralty scale."""

    serializer_class = EvidenceSerializer
    looked_at = ("snapshot", "verdict_links__verdict")
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
    orders = {"read_on": Order(("read_on",)), "credibility": Order(("credibility",), always=True)}
