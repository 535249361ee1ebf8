"""Sources: works that say something."""

from typing import Any

from claims.models import Actor, Source, SourceAuthor
from claims.models.choices import Reliability, SourceKind
from claims.models.fields import canonical_address, registered_tag
from claims.rest.fields import RecordField, RecordsField
from claims.rest.filters import canonical, choice, date, filterset, missing, record
from claims.rest.orders import by_date
from claims.rest.releasing import ReleasedSerializer, Releasing
from claims.rest.serializers import Part
from claims.rest.shapes import Expand


class SourceSerializer(ReleasedSerializer):
    publisher = RecordField(Actor, required=False, allow_null=True)
    authors = RecordsField(Actor, required=False)
    derived_from = RecordField(Source, required=False, allow_null=True)

    expandable = {
        "publisher": Expand("claims.api.actor.ActorSerializer"),
        "authors": Expand("claims.api.actor.ActorSerializer", many=True, listed=True),
        "derived_from": Expand("claims.api.source.SourceSerializer"),
        "snapshots": Expand("claims.api.snapshot.SnapshotSerializer", many=True),
        "assertions": Expand("claims.api.assertion.AssertionSerializer", many=True),
    }

    class Meta:
        model = Source
        fields = [
            "id",
            "slug",
            "title",
            "kind",
            "publisher",
            "authors",
            "url",
            "archived_url",
            "language",
            "published",
            "published_first",
            "published_last",
            "reliability",
            "derived_from",
            "note",
            "visibility",
            "public_from",
            "in_preparation",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["published_first", "published_last", "version", "created_at", "updated_at"]

    own_parts = {"authors": Part(SourceAuthor, "source", key=("actor_id",), values=("position",))}

    def part_rows(self, name: str, values: list[Any]) -> list[Any]:
        """As in the base class, with the authors numbered in order."""
        found = super().part_rows(name, values)
        for position, row in enumerate(found, 1):
            row.position = position
        return found


class SourceViewSet(Releasing):
    """Articles, opinion pieces, speeches, statements, reports, posts, videos, data sets."""

    serializer_class = SourceSerializer
    search_verb = "titled_like"
    search_help = "Words of the title, tolerating typing errors; the most similar first."
    filterset_class = filterset(
        Source,
        choice("kind", SourceKind)
        | choice("reliability", Reliability)
        | record("publisher", Actor)
        | missing("publisher")
        | record("derived_from", Source)
        | missing("derived_from")
        | canonical("language", registered_tag)
        | canonical("url", canonical_address)
        | date("published"),
        [(SourceAuthor, "source", "pk", record("author", Actor, "actor"))],
        slug=True,
    )
    orders = by_date("published")
