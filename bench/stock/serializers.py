"""Nested model serializers with the members that our API shows."""

from typing import Any

from django.db import transaction
from rest_framework.serializers import ModelSerializer, SlugRelatedField

from claims.models import Actor, ActorName, Assertion, Claim, ClaimRelation, Evidence, Source, Verdict


def slug(**options: Any) -> Any:
    return SlugRelatedField("slug", **{"read_only": True} | options)


class ActorNameSerializer(ModelSerializer[ActorName]):
    class Meta:
        model = ActorName
        fields = ["language", "name", "kind"]


class ActorSerializer(ModelSerializer[Actor]):
    names = ActorNameSerializer(many=True)
    part_of = slug()
    merged_into = slug()

    class Meta:
        model = Actor
        fields = "__all__"


class SourceSerializer(ModelSerializer[Source]):
    publisher = slug()
    authors = slug(many=True)
    derived_from = slug()

    class Meta:
        model = Source
        fields = "__all__"


class AssertionSerializer(ModelSerializer[Assertion]):
    claim = slug()
    source = slug(read_only=False, queryset=Source.objects.all())
    speaker = slug(read_only=False, queryset=Actor.objects.all())

    class Meta:
        model = Assertion
        fields = "__all__"


class WholeAssertionSerializer(AssertionSerializer):
    source = SourceSerializer()
    speaker = ActorSerializer()


class EvidenceSerializer(ModelSerializer[Evidence]):
    claim = slug()
    source = slug()

    class Meta:
        model = Evidence
        fields = "__all__"


class VerdictSerializer(ModelSerializer[Verdict]):
    claim = slug()
    issuer = slug()
    drafted_by: Any = SlugRelatedField("username", read_only=True)
    published_by: Any = SlugRelatedField("username", read_only=True)

    class Meta:
        model = Verdict
        fields = "__all__"


class RelationSerializer(ModelSerializer[ClaimRelation]):
    from_claim = slug()
    to_claim = slug()

    class Meta:
        model = ClaimRelation
        fields = "__all__"


class ClaimSerializer(ModelSerializer[Claim]):
    topics = slug(many=True)
    about = slug(many=True)

    class Meta:
        model = Claim
        exclude = ["search"]


class ListedClaimSerializer(ClaimSerializer):
    """A claim in a list, with its assertions and their speakers and sources."""

    assertions = WholeAssertionSerializer(many=True)


class WholeClaimSerializer(ClaimSerializer):
    """A claim with everything that its own page shows."""

    assertions = AssertionSerializer(many=True)
    evidence = EvidenceSerializer(many=True, read_only=True)
    verdicts = VerdictSerializer(many=True, read_only=True)
    relations_out = RelationSerializer(many=True, read_only=True)
    relations_in = RelationSerializer(many=True, read_only=True)

    def create(self, validated_data: dict[str, Any]) -> Claim:
        assertions = validated_data.pop("assertions")
        with transaction.atomic():
            claim = Claim.objects.create(**validated_data)
            for values in assertions:
                Assertion.objects.create(claim=claim, **values)
        return claim
