"""Claims: one checkable proposition each."""

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api.assertion import AssertionSerializer
from claims.desk.parts import Together, together
from claims.models import (
    Actor,
    Assertion,
    Claim,
    ClaimActor,
    ClaimRelation,
    ClaimTopic,
    Evidence,
    Source,
    Topic,
    Verdict,
)
from claims.models.choices import (
    AssertionStance,
    ClaimKind,
    Credibility,
    EvidenceStance,
    RelationKind,
    Status,
    Voice,
)
from claims.models.fields import registered_tag
from claims.models.querysets import descendants_of
from claims.models.visibility import Sight, sight_of, visible
from claims.rest.bulk import BulkWrites
from claims.rest.fields import RecordsField
from claims.rest.filterkinds import RecordFilter
from claims.rest.filters import canonical, choice, date, filterset, flag, missing, record, without
from claims.rest.orders import by_date
from claims.rest.releasing import ReleasedSerializer, Releasing
from claims.rest.rewording import RewordedSerializer
from claims.rest.serializers import Part
from claims.rest.shapes import Expand

#: kinds that hold in both directions
SYMMETRIC = (RelationKind.CONTRADICTS, RelationKind.REPEATS)


class AssertionOfClaimSerializer(AssertionSerializer):
    """An assertion of a new claim, in the claim's body."""

    claim = None  # type: ignore[assignment]  # drops the field
    set_after_validation = frozenset({"claim"})

    class Meta(AssertionSerializer.Meta):
        fields = [name for name in AssertionSerializer.Meta.fields if name != "claim"]


class ClaimSerializer(ReleasedSerializer, RewordedSerializer):
    topics = RecordsField(Topic, required=False)
    about = RecordsField(Actor, required=False)

    expandable = {
        "topics": Expand("claims.api.topic.TopicSerializer", many=True, listed=True),
        "about": Expand("claims.api.actor.ActorSerializer", many=True, listed=True),
        "assertions": Expand("claims.api.assertion.AssertionSerializer", many=True),
        "evidence": Expand("claims.api.evidence.EvidenceSerializer", many=True),
        "verdicts": Expand("claims.api.verdict.VerdictSerializer", many=True),
        "relations": Expand("claims.api.relation.RelationSerializer", many=True, references=("from_claim", "to_claim")),
    }

    class Meta:
        model = Claim
        fields = [
            "id",
            "slug",
            "text",
            "language",
            "kind",
            "status",
            "context",
            "topics",
            "about",
            "occurred",
            "occurred_first",
            "occurred_last",
            "visibility",
            "public_from",
            "in_preparation",
            "rewording",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["status", "occurred_first", "occurred_last", "version", "created_at", "updated_at"]


class OriginsSerializer(serializers.Serializer[Any]):
    """Ten reprints of one agency's story are ten sources and one origin."""

    stance = serializers.ChoiceField(choices=EvidenceStance.choices)
    sources = serializers.IntegerField()
    origins = serializers.IntegerField()


class DeskOriginsSerializer(OriginsSerializer):
    """With the numbers that readers see."""

    public_sources = serializers.IntegerField()
    public_origins = serializers.IntegerField()


class PartSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    text = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)


class TogetherSerializer(serializers.Serializer[Any]):
    """What the parts of a claim say together."""

    together = serializers.ChoiceField(choices=Together.choices)
    explanation = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="The number of parts by status.")
    parts = PartSerializer(many=True)


class NewClaimSerializer(ClaimSerializer):
    """A new claim, optionally with its assertions: all are saved, or none."""

    rewording = None  # type: ignore[assignment]  # drops the field
    assertions = AssertionOfClaimSerializer(many=True, required=False, max_length=200)

    class Meta(ClaimSerializer.Meta):
        fields = [*(name for name in ClaimSerializer.Meta.fields if name != "rewording"), "assertions"]

    own_parts = {"assertions": Part(Assertion, "claim", key=(), is_checked=True)}


def related_claims() -> dict[str, django_filters.Filter]:
    """Filters by relation: `contradicts=x` finds the claims that contradict x; also `contradicts__in=x,y`, and the
    same for each kind of relation."""
    one = {kind.value: RelatedClaimFilter(kind) for kind in RelationKind}
    return one | {f"{kind.value}__in": RelatedClaimFilter(kind, many=True) for kind in RelationKind}


class RelatedClaimFilter(RecordFilter):
    def __init__(self, kind: RelationKind, *, many: bool = False) -> None:
        target = "one of these, separated by commas" if many else "this claim"
        super().__init__("id", Claim, many=many, label=f"Claims with the relation “{kind.label}” to {target}.")
        self.kind = kind

    def filter(self, qs: Any, value: Any) -> Any:
        relations = ClaimRelation.objects.filter(kind=self.kind)
        ids = relations.filter(to_claim__id__any=value).values("from_claim")
        if self.kind in SYMMETRIC:
            ids = ids.union(relations.filter(from_claim__id__any=value).values("to_claim"))
        return qs.filter(id__in=ids)


class ClaimViewSet(Releasing, BulkWrites):
    """Propositions that could be true or false, with their assertions, evidence and verdicts."""

    serializer_class = ClaimSerializer
    search_verb = "matching"
    search_is_kept = True
    search_help = 'Words, compared by stem; "a phrase", -without, this or that. The best match first.'
    detail_expand = ("assertions", "evidence", "verdicts", "relations")
    filterset_class = filterset(
        Claim,
        choice("status", Status)
        | choice("kind", ClaimKind)
        | canonical("language", registered_tag)
        | date("occurred")
        | without("evidence", Evidence, "claim")
        | without("assertions", Assertion, "claim")
        | related_claims(),
        [
            (ClaimTopic, "claim", "pk", record("topic", Topic, widen=descendants_of)),
            (ClaimActor, "claim", "pk", record("about", Actor, "actor")),
            (
                Assertion,
                "claim",
                "pk",
                record("speaker", Actor)
                | missing("speaker")
                | record("source", Source)
                | record("publisher", Actor, "source__publisher")
                | choice("voice", Voice)
                | choice("stance", AssertionStance)
                | date("asserted", "said_first", "said_last")
                | date("published", "source__published_first", "source__published_last"),
            ),
            (
                Evidence,
                "claim",
                "pk",
                choice("evidence__stance", EvidenceStance, "stance")
                | choice("evidence__credibility", Credibility, "credibility")
                | record("evidence__source", Source, "source"),
            ),
            (
                Verdict,
                "claim",
                "pk",
                record("verdict__issuer", Actor, "issuer")
                | choice("verdict__status", Status, "status")
                | flag("verdict__of_record", "of_record"),
            ),
        ],
        slug=True,
    )
    orders = by_date("occurred")

    def get_serializer_class(self) -> Any:
        return NewClaimSerializer if self.action in ("create", "bulk") else ClaimSerializer

    @extend_schema(responses={200: TogetherSerializer})
    @action(detail=True, pagination_class=None)
    def parts(self, request: Request, key: str) -> Response:
        """The claims that are part of this one, and what their statuses say together. They decide nothing by
        themselves."""
        return Response(TogetherSerializer(together(self.get_object(), sight_of(request.user))).data)

    @extend_schema(responses={200: DeskOriginsSerializer(many=True)})
    @action(detail=True, pagination_class=None)
    def origins(self, request: Request, key: str) -> Response:
        """The number of sources and of independent origins behind them, for each stance of the evidence. For those who
        see more than everybody, also the numbers that everybody sees."""
        evidence = Evidence.objects.filter(claim=self.get_object())
        public = {row["stance"]: row for row in evidence.filter(visible(Evidence, Sight())).counted_by("stance")}
        if not sight_of(request.user).desk:
            return Response(OriginsSerializer(public.values(), many=True).data)
        counts = [
            row | {f"public_{name}": public.get(row["stance"], {}).get(name, 0) for name in ("sources", "origins")}
            for row in evidence.counted_by("stance")
        ]
        return Response(DeskOriginsSerializer(counts, many=True).data)
