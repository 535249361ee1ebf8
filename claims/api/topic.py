"""Topics: subjects, events and places."""

from claims.models import Topic
from claims.models.choices import TopicKind
from claims.models.querysets import descendants_of
from claims.rest.fields import RecordField, WikidataIdField
from claims.rest.filters import choice, date, filterset, missing, record, text, wikidata
from claims.rest.orders import Order, by_date
from claims.rest.serializers import RecordSerializer
from claims.rest.shapes import Expand
from claims.rest.views import RecordViewSet


class TopicSerializer(RecordSerializer):
    parent = RecordField(Topic, required=False, allow_null=True)  # type: ignore[assignment]
    place = RecordField(Topic, required=False, allow_null=True)
    wikidata_id = WikidataIdField(required=False, allow_blank=True, max_length=16)

    expandable = {
        "parent": Expand("claims.api.topic.TopicSerializer"),
        "place": Expand("claims.api.topic.TopicSerializer"),
    }

    class Meta:
        model = Topic
        fields = [
            "id",
            "slug",
            "name",
            "kind",
            "description",
            "parent",
            "occurred",
            "occurred_first",
            "occurred_last",
            "place",
            "country",
            "wikidata_id",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["occurred_first", "occurred_last", "version", "created_at", "updated_at"]


class TopicViewSet(RecordViewSet):
    """Subjects, events and places, in a tree."""

    serializer_class = TopicSerializer
    search_verb = "named_like"
    search_help = "A name, tolerating typing errors; the most similar first."
    filterset_class = filterset(
        Topic,
        choice("kind", TopicKind)
        | record("parent", Topic)
        | missing("parent")
        | record("within", Topic, "id", widen=descendants_of)
        | record("place", Topic)
        | text("country")
        | wikidata()
        | date("occurred"),
        slug=True,
    )
    orders = {"name": Order(("name",), not_null=True), "occurred": by_date("occurred")["occurred"]}
    default_order = "name"
