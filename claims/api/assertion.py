"""Assertions: somebody puts a claim forward at a place in a source."""

from typing import Any

from django.db.models import Case, F, Func, Q, TextField, Value, When
from django.db.models.functions import Greatest
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from claims.models import Actor, Assertion, Claim, ClaimActor, ClaimTopic, Snapshot, Source, Topic
from claims.models.choices import AssertionStance, ClaimKind, Status, Voice
from claims.rest.bulk import BulkWrites
from claims.rest.fields import RecordField
from claims.rest.filters import choice, date, filterset, flag, record
from claims.rest.pages import Order
from claims.rest.serializers import RecordSerializer
from claims.rest.shapes import Expand, JsonObject

#: code points of context on either side of a quote
AROUND = 60


class QuoteSerializer(serializers.Serializer[Any]):
    """A TextQuoteSelector of the W3C Web Annotation Data Model."""

    exact = serializers.CharField()
    prefix = serializers.CharField(allow_blank=True)
    suffix = serializers.CharField(allow_blank=True)


@extend_schema_field(QuoteSerializer(allow_null=True))
class QuoteField(serializers.Field[Any, Any, Any, Any]):
    """The words of a span, cut out by the database, so that no whole text is fetched; null where none is held."""

    def expression(self, at: str) -> Case:
        start, end, text = F(f"{at}start"), F(f"{at}end"), F(f"{at}snapshot__text")
        before = Greatest(start - AROUND, Value(0))

        def piece(first: Any, length: Any) -> Func:
            return Func(text, first + 1, length, function="substr", output_field=TextField())

        selector = {
            "exact": piece(start, end - start),
            "prefix": piece(before, start - before),
            "suffix": piece(end, Value(AROUND)),
        }
        held = Q(**{f"{at}start__isnull": False, f"{at}snapshot__text__isnull": False})
        return Case(When(held, then=JsonObject(selector)))


class QuotedSerializer(RecordSerializer):
    """A record with a span."""

    quote = QuoteField(read_only=True, help_text="The words at the span, where the text is held.")


class AssertionSerializer(QuotedSerializer):
    claim = RecordField(Claim)
    source = RecordField(Source)  # type: ignore[assignment]
    snapshot = RecordField(Snapshot, required=False, allow_null=True)
    speaker = RecordField(Actor)

    expandable = {
        "claim": Expand("claims.api.claim.ClaimSerializer"),
        "source": Expand("claims.api.source.SourceSerializer"),
        "speaker": Expand("claims.api.actor.ActorSerializer"),
        "snapshot": Expand("claims.api.snapshot.SnapshotSerializer"),
    }

    class Meta:
        model = Assertion
        fields = [
            *("id", "claim", "source", "snapshot", "start", "end", "quote_sha256", "quote", "locator"),
            *("speaker", "voice", "stance", "hedged", "implied", "said", "said_first", "said_last", "note"),
            *("version", "created_at", "updated_at"),
        ]
        read_only_fields = ["said_first", "said_last", "version", "created_at", "updated_at"]


class AssertionViewSet(BulkWrites):
    """Who puts which claim forward, where, in whose voice."""

    serializer_class = AssertionSerializer
    looked_at = ("snapshot",)
    filterset_class = filterset(
        Assertion,
        record("claim", Claim)
        | record("source", Source)
        | record("snapshot", Snapshot)
        | record("speaker", Actor)
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
            (ClaimTopic, "claim", "claim", record("topic", Topic, widen="below")),
            (ClaimActor, "claim", "claim", record("about", Actor, "actor")),
        ],
    )
    orders = {
        "reading": Order(("snapshot_id", "start")),
        "said": Order(("said_first",)),
        "-said": Order(("said_first",), descending=True),
    }
