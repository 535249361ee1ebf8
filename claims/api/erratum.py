"""Errata: errors in a text, with what was meant."""

from claims.models import Erratum, Snapshot, Source
from claims.models.choices import ErratumKind
from claims.rest.fields import RecordField
from claims.rest.filters import choice, filterset, record
from claims.rest.pages import Order
from claims.rest.quotes import QuotedSerializer
from claims.rest.shapes import Expand
from claims.rest.views import RecordViewSet


class ErratumSerializer(QuotedSerializer):
    snapshot = RecordField(Snapshot)

    expandable = {"snapshot": Expand("claims.api.snapshot.SnapshotSerializer")}

    class Meta:
        model = Erratum
        fields = [
            "id",
            "snapshot",
            "start",
            "end",
            "quote_sha256",
            "quote",
            "printed",
            "meant",
            "kind",
            "note",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["version", "created_at", "updated_at"]


class ErratumViewSet(RecordViewSet):
    """Misprints and translation errors: what is printed, and what was meant."""

    serializer_class = ErratumSerializer
    filterset_class = filterset(
        Erratum,
        record("snapshot", Snapshot) | record("source", Source, "snapshot__source") | choice("kind", ErratumKind),
    )
    orders = {"reading": Order(("snapshot_id", "start"))}
    default_order = "reading"
