"""Errata: errors in a text, with what was meant."""

from claims.models import Erratum
from claims.models.choices import ErratumKind
from claims.rest.filters import choice, filterset
from claims.rest.passages import PassageSerializer, PassageViewSet, passage_filters


class ErratumSerializer(PassageSerializer):
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


class ErratumViewSet(PassageViewSet):
    """Misprints and translation errors: what is printed, and what was meant."""

    serializer_class = ErratumSerializer
    filterset_class = filterset(Erratum, passage_filters() | choice("kind", ErratumKind))
