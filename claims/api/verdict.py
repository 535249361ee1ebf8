"""Verdicts: one issuer's decision on a claim."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from claims.desk import verdicts
from claims.models import Actor, Claim, Evidence, Verdict, VerdictEvidence
from claims.models.choices import ReasonKind, Status, VerdictState
from claims.rest.fields import RecordField, RecordsField, ReliesOnConfidentialField, UserNameField, VisibilityField
from claims.rest.filters import choice, date, filterset, flag, record
from claims.rest.idempotency import idempotent
from claims.rest.orders import by_date
from claims.rest.problems import Conflict, as_detail
from claims.rest.serializers import RecordSerializer
from claims.rest.shapes import Expand
from claims.rest.strict import StrictSerializer
from claims.rest.views import RecordViewSet
from claims.rest.writing import WriteBatch


class CommentField(serializers.CharField):
    """The comment with which it was returned. For those who work on it."""

    for_desk = True


class VerdictSerializer(RecordSerializer):
    claim = RecordField(Claim)
    issuer = RecordField(Actor)
    evidence = RecordsField(Evidence, required=False)
    supersedes = RecordField(Verdict, required=False, allow_null=True)
    comment = CommentField(read_only=True, allow_blank=True)
    relies_on_confidential = ReliesOnConfidentialField()
    visibility = VisibilityField()
    drafted_by = UserNameField(source="drafted_by.username")
    published_by = UserNameField(source="published_by.username")

    expandable = {
        "claim": Expand("claims.api.claim.ClaimSerializer"),
        "issuer": Expand("claims.api.actor.ActorSerializer"),
        "evidence": Expand("claims.api.evidence.EvidenceSerializer", many=True, listed=True),
        "supersedes": Expand("claims.api.verdict.VerdictSerializer"),
    }

    class Meta:
        model = Verdict
        fields = [
            "id",
            "claim",
            "issuer",
            "revision",
            "status",
            "rationale",
            "label",
            "url",
            "issued",
            "issued_first",
            "issued_last",
            "state",
            "comment",
            "of_record",
            "evidence",
            "relies_on_confidential",
            "on_earlier_words",
            "supersedes",
            "reason_kind",
            "reason",
            "withdrawal_kind",
            "withdrawal",
            "drafted_by",
            "published_by",
            "published_at",
            "second_reader",
            "visibility",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = [
            "revision",
            "issued_first",
            "issued_last",
            "state",
            "of_record",
            "on_earlier_words",
            "withdrawal_kind",
            "withdrawal",
            "published_at",
            "second_reader",
            "version",
            "created_at",
            "updated_at",
        ]
        extra_kwargs = {name: {"allow_blank": True} for name in ("withdrawal_kind", "withdrawal")}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        claim = attrs["claim"] if "claim" in attrs else getattr(self.instance, "claim", None)
        other = [e.pk for e in attrs.get("evidence", []) if claim is not None and e.claim_id != claim.pk]
        if other:
            ids = ", ".join(str(pk) for pk in other)
            raise serializers.ValidationError({"evidence": f"Evidence on another claim: {ids}."})
        return attrs


class NothingSerializer(StrictSerializer):
    """No members but `version`."""


class ReturnSerializer(StrictSerializer):
    comment = serializers.CharField(max_length=10_000, help_text="What should change.")


class PublishSerializer(StrictSerializer):
    of_record = serializers.BooleanField(
        required=False,
        allow_null=True,
        help_text="Whether it becomes the position of record. Left out: if it supersedes that, or is the desk's first.",
    )


class WithdrawSerializer(StrictSerializer):
    kind = serializers.ChoiceField(choices=ReasonKind.choices)
    reason = serializers.CharField(max_length=10_000)


class VerdictViewSet(RecordViewSet):
    """Decisions on claims, ours and others'. The one `of_record` sets the claim's status.

    A new verdict is a draft. Its state changes by `submit/`, `return/`, `publish/` and `withdraw/`.
    """

    serializer_class = VerdictSerializer
    filterset_class = filterset(
        Verdict,
        record("claim", Claim)
        | record("issuer", Actor)
        | record("supersedes", Verdict)
        | choice("status", Status)
        | choice("state", VerdictState)
        | flag("of_record")
        | flag("second_reader")
        | flag("on_earlier_words")
        | date("issued"),
        [(VerdictEvidence, "verdict", "pk", record("evidence", Evidence))],
    )
    orders = by_date("issued")

    def sign(self, batch: WriteBatch) -> None:
        for item in batch.items:
            if item.before is None:
                item.record.drafted_by = self.request.user

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, key: str) -> Response:
        """Submits a draft to a second reader. It can't change until it is returned."""
        return self._step("submit", NothingSerializer, lambda verdict: verdicts.submit(verdict))

    @extend_schema(request=ReturnSerializer)
    @action(detail=True, methods=["post"], url_path="return", url_name="return")
    def send_back(self, request: Request, key: str) -> Response:
        """Returns a submitted verdict to those who wrote it, with a comment."""
        return self._step("return", ReturnSerializer, verdicts.return_to_draft)

    @extend_schema(request=PublishSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, key: str) -> Response:
        """Publishes a submitted verdict. Nobody publishes one of which they wrote any words or made any choice.

        One that supersedes the position of record takes its place in the same moment.
        """

        def act(verdict: Verdict, **options: Any) -> None:
            verdicts.publish(verdict, request.user, **options)

        return self._step("publish", PublishSerializer, act)

    @extend_schema(request=WithdrawSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, key: str) -> Response:
        """Withdraws a published verdict, for good. If it was the position of record, the claim is unverified again."""
        return self._step("withdraw", WithdrawSerializer, verdicts.withdraw)

    def _step(self, verb: str, expected: type[StrictSerializer], act: Callable[..., None]) -> Response:
        def step(is_last: bool) -> Response:
            verdict = self.get_object()
            try:
                # before the version is compared: of many at once, all but one learn the present state
                verdicts.check_step(verdict, verb)
                body = expected(data=self.check_precondition(verdict) or {})
                body.is_valid(raise_exception=True)
                act(verdict, **body.validated_data)
            except DjangoValidationError as error:
                raise _problem(error) from error
            return self.shown(verdict.pk)

        return idempotent(self.request, step)


def _problem(error: DjangoValidationError) -> Exception:
    if isinstance(error, verdicts.WrongState):
        conflict = Conflict(error.messages[0])
        conflict.members = {"state": error.state, "possible": error.possible}  # type: ignore[attr-defined]
        return conflict
    if isinstance(error, verdicts.OwnWords):
        return PermissionDenied(error.messages[0])
    return ValidationError(as_detail(error))
