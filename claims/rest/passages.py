"""What errata and skipped passages share: they mark a span of a snapshot and nothing else."""

import django_filters

from claims.models import Snapshot, Source
from claims.rest.fields import RecordField
from claims.rest.filters import record
from claims.rest.orders import Order
from claims.rest.quotes import QuotedSerializer
from claims.rest.shapes import Expand
from claims.rest.views import RecordViewSet


class PassageSerializer(QuotedSerializer):
    """A marked span of a snapshot."""

    snapshot = RecordField(Snapshot)

    expandable = {"snapshot": Expand("claims.api.snapshot.SnapshotSerializer")}


class PassageViewSet(RecordViewSet):
    """Marked spans, in reading order."""

    orders = {"reading": Order(("snapshot_id", "start"), not_null=True)}
    default_order = "reading"


def passage_filters() -> dict[str, django_filters.Filter]:
    """Filters by the snapshot of a marked span, and by its source."""
    return record("snapshot", Snapshot) | record("source", Source, "snapshot__source")
