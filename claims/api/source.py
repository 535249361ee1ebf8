"""Sources: works that say something."""

from typing import Any

from claims.api.fields import RecordField, RecordsField
from claims.api.filters import choice, date, filterset, missing, record, text
from claims.api.pages import Order
from claims.api.permissions import check_rows
from claims.api.serializers import RecordSerializer
from claims.api.shapes import Expand
from claims.api.views import RecordViewSet
from claims.choices import Reliability, SourceKind
from claims.models import Actor, Source, SourceAuthor


class SourceSerializer(RecordSerializer):
    publisher = RecordField(Actor, required=False, allow_null=True)
    authors = RecordsField(Actor, required=False)
    derived_from = RecordField(Source, required=False, allow_null=True)

    expandable = {
        "publisher": Expand("actor.ActorSerializer"),
        "authors": Expand("actor.ActorSerializer", many=True, listed=True),
        "derived_from": Expand("source.SourceSerializer"),
        "snapshots": Expand("snapshot.SnapshotSerializer", many=True),
        "assertions": Expand("assertion.AssertionSerializer", many=True),
    }

    class Meta:
        model = Source
        fields = [
            *("id", "slug", "title", "kind", "publisher", "authors", "url", "archived_url", "language"),
            *("published", "published_first", "published_last", "reliability", "derived_from", "note"),
            *("version", "created_at", "updated_at"),
        ]
        read_only_fields = ["published_first", "published_last", "version", "created_at", "updated_at"]

    def write_lists(self, record: Any, lists: dict[str, Any]) -> bool:
        if "authors" not in lists:
            return False
        wanted = [author.pk for author in lists["authors"]]
        rows = {row.actor_id: row for row in record.bylines.all()}
        if [row.actor_id for row in sorted(rows.values(), key=lambda r: r.position)] == wanted:
            return False
        removed = record.bylines.exclude(actor__in=wanted)
        check_rows(self, "authors", "delete", removed.select_related("source", "actor"))
        removed.delete()
        for position, actor_id in enumerate(wanted, 1):
            SourceAuthor.objects.update_or_create(source=record, actor_id=actor_id, defaults={"position": position})
        return True


class SourceViewSet(RecordViewSet):
    """Articles, opinion pieces, speeches, statements, reports, posts, videos, data sets."""

    serializer_class = SourceSerializer
    search_verb = "titled_like"
    search_help = "Words of the title, typing errors forgiven; the likest first."
    filterset_class = filterset(
        Source,
        choice("kind", SourceKind)
        | choice("reliability", Reliability)
        | record("publisher", Actor)
        | missing("publisher")
        | record("derived_from", Source)
        | missing("derived_from")
        | text("language")
        | text("url")
        | date("published"),
        [(SourceAuthor, "source", "pk", record("author", Actor, "actor"))],
        slug=True,
    )
    orders = {
        "published": Order(("published_first",)),
        "-published": Order(("published_first",), descending=True),
    }
