"""Snapshots: the text of a source as captured."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from claims.models import Snapshot, Source
from claims.models.visibility import sight_of
from claims.rest.fields import RecordField
from claims.rest.filterkinds import BooleanFilter
from claims.rest.filters import filterset, record, text
from claims.rest.releasing import ReleasedSerializer, Releasing
from claims.rest.shapes import Expand
from claims.texts.coverage import SentenceState, coverage
from claims.texts.drift import Drift, DriftState, drift
from claims.texts.errors import TooMuchWork

TEXT_HELD = {"text_held": BooleanFilter("text", "isnull", exclude=True, label="true or false.")}


class TextHeldField(serializers.BooleanField):
    def expression(self, at: str) -> ExpressionWrapper:
        return ExpressionWrapper(Q(**{f"{at}text__isnull": False}), output_field=BooleanField())


class SnapshotSerializer(ReleasedSerializer):
    source = RecordField(Source)  # type: ignore[assignment]
    text_held = TextHeldField(read_only=True, help_text="Whether the text itself is stored.")
    text = serializers.CharField(
        required=False,
        allow_null=True,
        write_only=True,
        trim_whitespace=False,
        max_length=2_000_000,
        help_text="Exactly as captured, with LF for every line break. If you leave it out, give length and SHA-256. "
        "Never shown; records with spans quote at most 1,000 code points of it.",
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
            "visibility",
            "public_from",
            "in_preparation",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["version", "created_at", "updated_at"]


class SentenceSerializer(serializers.Serializer[Any]):
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    state = serializers.ChoiceField(choices=[*SentenceState])
    assertions = serializers.ListField(child=serializers.IntegerField())


class CoverageSerializer(serializers.Serializer[Any]):
    text_held = serializers.BooleanField(default=True)
    claimed = serializers.IntegerField(allow_null=True)
    skipped = serializers.IntegerField(allow_null=True)
    uncovered = serializers.IntegerField(allow_null=True)
    sentences = SentenceSerializer(many=True)


class DriftSerializer(serializers.Serializer[Any]):
    """A span of an earlier snapshot, located in this one; `start` and `end` are null if it vanished."""

    record = serializers.ChoiceField(choices=["assertion", "evidence"])
    id = serializers.IntegerField()
    claim = serializers.CharField()
    state = serializers.ChoiceField(choices=[*DriftState])
    start = serializers.IntegerField(allow_null=True)
    end = serializers.IntegerField(allow_null=True)


class TooLong(exceptions.APIException):
    """The text is too long for this analysis."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_code = "too_long"


@contextmanager
def refused_if_too_long() -> Iterator[None]:
    try:
        yield
    except TooMuchWork as error:
        raise TooLong(str(error)) from None


def as_json(found: Drift) -> dict[str, Any]:
    """What DriftSerializer shows; for thousands of spans, the serializer itself would take seconds."""
    record, place = found.record, found.place
    return {
        "record": record._meta.model_name,
        "id": record.pk,
        "claim": record.claim.slug,
        "state": place.state,
        "start": place.start,
        "end": place.end,
    }


class SnapshotViewSet(Releasing):
    """The text of a source as captured, which never changes; or its hash and length if the text is not held."""

    serializer_class = SnapshotSerializer
    filterset_class = filterset(Snapshot, record("source", Source) | text("sha256") | text("media_type") | TEXT_HELD)

    @extend_schema(responses={200: CoverageSerializer})
    @action(detail=True)
    def coverage(self, request: Request, key: str) -> Response:
        """Which sentences contain claims, were skipped, or are not covered yet; counts are null without a text."""
        with refused_if_too_long():
            found = coverage(self.get_object(), sight_of(request.user))
        if found is None:
            none = dict.fromkeys(("claimed", "skipped", "uncovered"))
            return Response({"text_held": False, **none, "sentences": []})
        sentences = [
            {"start": each.start, "end": each.end, "state": each.state, "assertions": each.assertion_ids}
            for each in found.sentences
        ]
        counts = {"claimed": found.claimed, "skipped": found.skipped, "uncovered": found.uncovered}
        return Response({"text_held": True, **counts, "sentences": sentences})

    @extend_schema(responses={200: DriftSerializer(many=True)})
    @action(detail=True, pagination_class=None)
    def drift(self, request: Request, key: str) -> Response:
        """Where the spans of earlier snapshots of the source are in this text."""
        with refused_if_too_long():
            found = drift(self.get_object(), sight_of(request.user))
        return Response([as_json(each) for each in found])
