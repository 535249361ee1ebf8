"""Release and withhold: actions of the resources whose records can be in preparation."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from claims.desk.releases import Entry, Plan, Refused, plan_release, release, withhold
from claims.desk.roles import refusal
from claims.models import Actor, Assertion, Claim, ClaimRelation, Evidence, Rewording, Snapshot, Source, Verdict
from claims.models.lookup import find, key_of
from claims.models.visibility import DESK
from claims.rest.fields import VisibilityField
from claims.rest.idempotency import idempotent
from claims.rest.permissions import NotYours
from claims.rest.problems import Conflict, as_detail
from claims.rest.serializers import RecordSerializer
from claims.rest.strict import StrictSerializer
from claims.rest.values import MomentField
from claims.rest.views import RecordViewSet

#: the resources of the records that a plan names
RESOURCES: dict[type[Model], str] = {
    Claim: "claims",
    Source: "sources",
    Snapshot: "snapshots",
    Actor: "actors",
    Evidence: "evidence",
    Assertion: "assertions",
    Verdict: "verdicts",
    ClaimRelation: "relations",
    Rewording: "rewordings",
}
RELEASED = {RESOURCES[model]: model for model in (Claim, Source, Snapshot, Actor, Evidence)}
MOST_FURTHER = 200


class PublicFromField(MomentField):
    """From when everybody sees the record; null while it is in preparation. For those who see it before."""

    for_desk = True


class ReleasedSerializer(RecordSerializer):
    """A record that can be in preparation."""

    visibility = VisibilityField()
    public_from = PublicFromField(read_only=True, allow_null=True)
    in_preparation = serializers.BooleanField(
        write_only=True,
        required=False,
        help_text="For a new record: whether only contributors and above see it until it is released.",
    )

    def validate_in_preparation(self, value: bool) -> bool:
        if self.instance is not None:
            raise serializers.ValidationError("Only for new records. Use …/release/ or …/withhold/ for this one.")
        why = None if value else refusal(self.context["request"].user, "release", self.Meta.model)
        if why is not None:
            raise NotYours({"in_preparation": [why]})
        return value


class ReleaseSerializer(StrictSerializer):
    public_from = MomentField(
        required=False, allow_null=True, help_text="An embargo: the moment from which it is public. Default: at once."
    )
    also = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        max_length=MOST_FURTHER,
        help_text="Further records to release with it, as `sources/gazette` or `evidence/7`.",
    )

    def validate_also(self, names: list[str]) -> list[Any]:
        found, wrong = [], []
        for name in names:
            resource, _, key = name.strip("/").partition("/")
            model = RELEASED.get(resource)
            records = find(model, [key], DESK) if model else {}
            if key in records:
                found.append(records[key])
            else:
                allowed = ", ".join(RELEASED)
                wrong.append(f"There is no “{name[:100]}”. Give a resource ({allowed}) and a key, as sources/gazette.")
        if wrong:
            raise serializers.ValidationError(wrong)
        return found


class EntrySerializer(serializers.Serializer[Any]):
    resource = serializers.ChoiceField(choices=sorted(RESOURCES.values()))
    key = serializers.CharField()
    name = serializers.CharField()
    why = serializers.CharField(allow_blank=True)


class PlanSerializer(serializers.Serializer[Any]):
    """What becomes public, what stays back and why, and what is in the way of the release."""

    public_from = serializers.DateTimeField(allow_null=True, help_text="null: at once.")
    public = EntrySerializer(many=True)
    back = EntrySerializer(many=True)
    refused = EntrySerializer(many=True)


def _entries(entries: Iterable[Entry]) -> list[dict[str, str]]:
    return [
        {
            "resource": RESOURCES[type(each.record)],
            "key": str(key_of(each.record)),
            "name": str(each.record),
            "why": each.why,
        }
        for each in entries
    ]


def _as_json(plan: Plan) -> dict[str, Any]:
    found = {name: _entries(getattr(plan, name)) for name in ("public", "back", "refused")}
    return {"public_from": plan.moment and plan.moment.isoformat(), **found}


def _problem(error: DjangoValidationError) -> Exception:
    """400 if a member of the body is at fault, otherwise 409."""
    if isinstance(error, Refused) and not hasattr(error, "error_dict"):
        return Conflict(" ".join(error.messages))
    return ValidationError(as_detail(error))


class Releasing(RecordViewSet):
    """A resource whose records can be in preparation."""

    def parameters(self) -> list[str]:
        return ["public_from", "also"] if self.action == "release" else super().parameters()

    @extend_schema(
        responses={200: PlanSerializer},
        parameters=[
            OpenApiParameter("public_from", {"type": "string", "format": "date-time"}, description="For an embargo."),
            OpenApiParameter("also", {"type": "string"}, description="Further records, separated by commas."),
        ],
    )
    @action(detail=True, pagination_class=None)
    def release(self, request: Request, key: str) -> Response:
        """What a release would do: what becomes public, what stays back, and what is in the way."""
        given = {name: request.query_params[name] for name in ("public_from",) if name in request.query_params}
        also = request.query_params.get("also")
        body = ReleaseSerializer(data=given | ({"also": also.split(",")} if also else {}))
        body.is_valid(raise_exception=True)
        try:
            plan = plan_release(self.get_object(), *_options(body))
        except DjangoValidationError as error:
            raise _problem(error) from error
        return Response(_as_json(plan))

    @extend_schema(request=ReleaseSerializer, responses={200: PlanSerializer})
    @release.mapping.post
    def do_release(self, request: Request, key: str) -> Response:
        """Makes the record public, at once or from `public_from` on, with what belongs to it: a claim with its
        evidence, a source with its snapshots."""
        return idempotent(request, self._release)

    def _release(self, is_last: bool) -> Response:
        record = self.get_object()
        body = ReleaseSerializer(data=self.check_precondition(record))
        body.is_valid(raise_exception=True)
        further, moment = _options(body)
        for each in further:
            self.check_object_permissions(self.request, each)
        try:
            plan = release(record, further, moment)
        except DjangoValidationError as error:
            raise _problem(error) from error
        return Response(_as_json(plan))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def withhold(self, request: Request, key: str) -> Response:
        """Takes the record back to preparation. This is possible until something public relies on it."""
        return idempotent(request, self._withhold)

    def _withhold(self, is_last: bool) -> Response:
        record = self.get_object()
        wrong = self.check_precondition(record)
        if wrong:
            raise ValidationError({name[:100]: [ErrorDetail("Unknown field.", "unknown")] for name in wrong})
        try:
            withhold(record)
        except DjangoValidationError as error:
            raise _problem(error) from error
        return self.shown(record.pk)


def _options(body: ReleaseSerializer) -> tuple[list[Any], Any]:
    return body.validated_data.get("also", []), body.validated_data.get("public_from")
