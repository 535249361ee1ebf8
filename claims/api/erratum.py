"""Errata: slips of a text, kept apart from what was meant."""

from claims.api.assertion import QuotedSerializer
from claims.api.fields import RecordField
from claims.api.filters import choice, filterset, record
from claims.api.pages import Order
from claims.api.shapes import Expand
from claims.api.views import RecordViewSet
from claims.choices import ErratumKind
from claims.models import Erratum, Snapshot, Source


class ErratumSerializer(QuotedSerializer):
    snapshot = RecordField(Snapshot)

    expandable = {"snapshot": Expand("snapshot.SnapshotSerializer")}

    class Meta:
        model = Erratum
        fields = [
            *("id", "snapshot", "start", "end", "quote_sha256", "quote", "printed", "meant", "kind", "note"),
            *("version", "created_at", "updated_at"),
        ]
        read_only_fields = ["version", "created_at", "updated_at"]


class ErratumViewSet(RecordViewSet):
    """Misprints and slips of translation: what stands there and what was meant."""

    serializer_class = ErratumSerializer
    filterset_class = filterset(
        Erratum,
        record("snapshot", Snapshot) | record("source", Source, "snapshot__source") | choice("kind", ErratumKind),
    )
    orders = {"reading": Order(("snapshot_id", "start"))}
    default_order = "reading"
