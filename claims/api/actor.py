"""Actors: those who speak, publish or are spoken of."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from claims.desk.merging import merge
from claims.models import Actor, ActorName
from claims.models.choices import ActorKind
from claims.models.querysets import parts_of
from claims.rest.fields import RecordField, WikidataIdField
from claims.rest.filters import choice, filterset, missing, record, text, wikidata
from claims.rest.idempotency import idempotent
from claims.rest.orders import Order
from claims.rest.releasing import ReleasedSerializer, Releasing
from claims.rest.serializers import Part, RecordSerializer
from claims.rest.shapes import Expand
from claims.rest.strict import StrictSerializer


class ActorNameSerializer(RecordSerializer):
    """A name of an actor, in the actor's body."""

    set_after_validation = frozenset({"actor"})

    class Meta:
        model = ActorName
        fields = ["language", "name", "kind"]


class ActorSerializer(ReleasedSerializer):
    part_of = RecordField(Actor, required=False, allow_null=True)
    merged_into = RecordField(Actor, read_only=True)
    wikidata_id = WikidataIdField(required=False, allow_blank=True, max_length=16)
    names = ActorNameSerializer(many=True, required=False, max_length=200)

    expandable = {"part_of": Expand("claims.api.actor.ActorSerializer")}
    own_parts = {"names": Part(ActorName, "actor", key=("language", "name"), values=("kind",), is_checked=True)}

    class Meta:
        model = Actor
        fields = [
            "id",
            "slug",
            "name",
            "names",
            "kind",
            "description",
            "part_of",
            "country",
            "wikidata_id",
            "merged_into",
            "visibility",
            "public_from",
            "in_preparation",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["version", "created_at", "updated_at"]


class MergeSerializer(StrictSerializer):
    into = RecordField(Actor)


class ActorViewSet(Releasing):
    """Persons, organisations, states, public bodies, armed groups, outlets.

    A merged actor redirects (308) to the actor it was merged into. Lists omit merged actors unless they are filtered by
    `merged_into`.
    """

    serializer_class = ActorSerializer
    search_verb = "named_like"
    search_help = "Any name of the actor, tolerating typing errors; the most similar first."
    filterset_class = filterset(
        Actor,
        choice("kind", ActorKind)
        | record("part_of", Actor)
        | missing("part_of")
        | record("within", Actor, "id", widen=parts_of)
        | record("merged_into", Actor)
        | missing("merged_into")
        | text("country")
        | wikidata(),
        slug=True,
    )
    orders = {"name": Order(("name",), not_null=True)}
    default_order = "name"
    columns = ("pk", "merged_into_id")

    def is_merged(self, row: Any) -> bool:
        return row[1] is not None

    @classmethod
    def narrowed(cls, values: Mapping[str, Any]) -> Any:
        queryset: Any = super().narrowed(values)
        return queryset if any(name.startswith("merged_into") for name in values) else queryset.current()

    @extend_schema(request=MergeSerializer, responses={200: ActorSerializer})
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, key: str) -> Response:
        """Merges this actor into another: everything that refers to it now refers to the other one, and its slug
        redirects there."""
        return idempotent(request, self._merge)

    def _merge(self, is_last: bool) -> Response:
        actor = self.get_object()
        body = MergeSerializer(data=self.check_precondition(actor))
        body.is_valid(raise_exception=True)
        into = body.validated_data["into"]
        self.check_object_permissions(self.request, into)
        merge(actor, into)
        return self.shown(into.pk)
