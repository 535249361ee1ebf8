"""Assertions: a speaker puts a claim forward at a place in a source."""

from claims.models import Actor, Assertion, Claim, ClaimActor, ClaimTopic, Snapshot, Source, Topic
from claims.models.choices import AssertionStance, ClaimKind, Status, Voice
from claims.models.querysets import descendants_of
from claims.rest.bulk import BulkWrites
from claims.rest.fields import RecordField, VisibilityField
from claims.rest.filters import choice, date, filterset, flag, missing, record
from claims.rest.orders import Order, by_date
from claims.rest.quotes import QuotedSerializer
from claims.rest.shapes import Expand


class AssertionSerializer(QuotedSerializer):
    claim = RecordField(Claim)
    source = RecordField(Source)  # type: ignore[assignment]
    snapshot = RecordField(Snapshot, required=False, allow_null=True)
    speaker = RecordField(Actor, required=False, allow_null=True)
    visibility = VisibilityField()

    expandable = {
        "claim": Expand("claims.api.claim.ClaimSerializer"),
        "source": Expand("claims.api.source.SourceSerializer"),
        "speaker": Expand("claims.api.actor.ActorSerializer"),
        "snapshot": Expand("claims.api.snapshot.SnapshotSerializer"),
    }

    class Meta:
        model = Assertion
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
            "speaker",
            "voice",
            "stance",
            "hedged",
            "implied",
            "said",
            "said_first",
            "said_last",
            "note",
            "visibility",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["said_first", "said_last", "version", "created_at", "updated_at"]


class AssertionViewSet(BulkWrites):
    """Who puts which claim forward, where, in whose voice."""

    serializer_class = AssertionSerializer
    prefetched = ("snapshot",)
    filterset_class = filterset(
        Assertion,
        record("claim", Claim)
        | record("source", Source)
        | record("snapshot", Snapshot)
        | record("speaker", Actor)
        | missing("speaker")
        | record("publisher", Actor, "source__publisher")
        | choice("voice", Voice)
        | choice("stance", AssertionStance)
        | flag("hedged")
        | flag("implied")
        | choice("status", Status, "claim__status")
        | choice("kind", ClaimKind, "claim__kind")
        | date("said")
        | date("published", "source__published_first", "source__published_last"),
        [
            (ClaimTopic, "claim", "claim", record("topic", Topic, widen=descendants_of)),
            (ClaimActor, "claim", "claim", record("about", Actor, "actor")),
        ],
    )
    orders = {"reading": Order(("snapshot_id", "start"))} | by_date("said")
