"""Snapshots: the text of a source as captured."""

from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from claims.models import Snapshot, Source
from claims.rest.fields import RecordField
from claims.rest.filters import BooleanFilter, filterset, record, text
from claims.rest.serializers import RecordSerializer
from claims.rest.shapes import Expand
from claims.rest.views import RecordViewSet
from claims.texts.coverage import coverage
from claims.texts.drift import drift

TEXT_HELD = {"text_held": BooleanFilter("text", "isnull", exclude=True, label="true or false.")}


class TextHeldField(serializers.BooleanField):
    def expression(self, at: str) -> ExpressionWrapper:
        return ExpressionWrapper(Q(**{f"{at}text__isnull": False}), output_field=BooleanField())


class SnapshotSerializer(RecordSerializer):
    source = RecordField(Source)  # type: ignore[assignment]
    text_held = TextHeldField(read_only=True, help_text="Whether the text itself is here.")
    text = serializers.CharField(
        required=False,
        allow_null=True,
        write_only=True,
        trim_whitespace=False,
        max_length=2_000_000,
        help_text="As captured, to the letter; without it give length and SHA-256. Never shown here.",
    )
    length = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)

    expandable = {"source": Expand("claims.api.source.SourceSerializer")}

    class Meta:
        model = Snapshot
        fields = [
            "id",
            "source",
            "sha256",
            "length",
            "media_type",
            "captured_at",
            "text_held",
            "text",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["version", "created_at", "updated_at"]


class SentenceSerializer(serializers.Serializer[Any]):
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["claimed", "skipped", "uncovered"])
    assertions = serializers.ListField(child=serializers.IntegerField(), source="assertion_ids")


class CoverageSerializer(serializers.Serializer[Any]):
    text_held = serializers.BooleanField(default=True)
    claimed = serializers.IntegerField(allow_null=True)
    skipped = serializers.IntegerField(allow_null=True)
    uncovered = serializers.IntegerField(allow_null=True)
    sentences = SentenceSerializer(many=True)


class DriftSerializer(serializers.Serializer[Any]):
    """A span of an earlier snapshot, looked up in this one; `start` and `end` are null where it vanished."""

    record = serializers.ChoiceField(choices=["assertion", "evidence"], source="record._meta.model_name")
    id = serializers.IntegerField(source="record.pk")
    claim = serializers.CharField(source="record.claim.slug")
    state = serializers.ChoiceField(choices=["kept", "moved", "changed", "vanished", "unknown"])
    start = serializers.IntegerField(allow_null=True)
    end = serializers.IntegerField(allow_null=True)


class SnapshotViewSet(RecordViewSet):
    """The text of a source as captured, never changed; or its hash and length where the text is not held."""

    serializer_class = SnapshotSerializer
    filterset_class = filterset(Snapshot, record("source", Source) | text("sha256") | text("media_type") | TEXT_HELD)

    @extend_schema(responses={200: CoverageSerializer})
    @action(detail=True)
    def coverage(self, request: Request, key: str) -> Response:
        """Which sentences hold claims, which were skipped, which nobody has read; counts are null without a text."""
        found = coverage(self.get_object())
        if found is None:
            none = dict.fromkeys(("claimed", "skipped", "uncovered"))
            return Response({"text_held": False, **none, "sentences": []})
        return Response({"text_held": True, **CoverageSerializer(found).data})

    @extend_schema(responses={200: DriftSerializer(many=True)})
    @action(detail=True, pagination_class=None)
    def drift(self, request: Request, key: str) -> Response:
        """What became, in this text, of the spans recorded on earlier snapshots of its source."""
        return Response(DriftSerializer(drift(self.get_object()), many=True).data)
