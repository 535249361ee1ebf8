"""Skipped passages: spans that were read and contain no claim."""

from claims.models import SkippedPassage, Snapshot, Source
from claims.models.choices import SkipReason
from claims.rest.fields import RecordField
from claims.rest.filters import choice, filterset, record
from claims.rest.pages import Order
from claims.rest.quotes import QuotedSerializer
from claims.rest.shapes import Expand
from claims.rest.views import RecordViewSet


class SkippedPassageSerializer(QuotedSerializer):
    snapshot = RecordField(Snapshot)

    expandable = {"snapshot": Expand("claims.api.snapshot.SnapshotSerializer")}

    class Meta:
        model = SkippedPassage
        fields = [
            "id",
            "snapshot",
            "start",
            "end",
            "quote_sha256",
            "quote",
            "reason",
            "note",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["version", "created_at", "updated_at"]


class SkippedPassageViewSet(RecordViewSet):
    """Spans of a text judged to contain no claim, and the reason."""

    serializer_class = SkippedPassageSerializer
    filterset_class = filterset(
        SkippedPassage,
        record("snapshot", Snapshot) | record("source", Source, "snapshot__source") | choice("reason", SkipReason),
    )
    orders = {"reading": Order(("snapshot_id", "start"))}
    default_order = "reading"
