"""Skipped passages: spans that were read and contain no claim."""

from claims.models import SkippedPassage
from claims.models.choices import SkipReason
from claims.rest.filters import choice, filterset
from claims.rest.passages import PassageSerializer, PassageViewSet, passage_filters


class SkippedPassageSerializer(PassageSerializer):
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


class SkippedPassageViewSet(PassageViewSet):
    """Spans of a text judged to contain no claim, and the reason."""

    serializer_class = SkippedPassageSerializer
    filterset_class = filterset(SkippedPassage, passage_filters() | choice("reason", SkipReason))
