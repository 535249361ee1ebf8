"""The member `rewording` in bodies of claims and evidence: why the words of what a verdict was about change."""

from typing import Any

from rest_framework import serializers

from claims.desk.roles import refusal
from claims.models import Rewording
from claims.models.choices import ReasonKind
from claims.models.normal import is_blank
from claims.rest.permissions import NotYours
from claims.rest.serializers import RecordSerializer
from claims.rest.strict import StrictSerializer


class ReasonSerializer(StrictSerializer):
    kind = serializers.ChoiceField(choices=ReasonKind.choices)
    reason = serializers.CharField(max_length=10_000, help_text="Why, in words.")

    def validate_reason(self, value: str) -> str:
        if is_blank(value):
            raise serializers.ValidationError("Say why the words change.")
        return value


class RewordedSerializer(RecordSerializer):
    """A record on which verdicts can be published."""

    rewording = ReasonSerializer(
        write_only=True,
        required=False,
        help_text="Why the words change; required once a verdict was published on them.",
    )

    def validate_rewording(self, value: Any) -> Any:
        if self.instance is None:
            raise serializers.ValidationError("Only for changes: a new record has no earlier words.")
        why = refusal(self.context["request"].user, "add", Rewording)
        if why is not None:
            raise NotYours({"rewording": [why]})
        # a PATCH may leave out members of the record, not of this one
        missing = [name for name in ("kind", "reason") if name not in value]
        if missing:
            raise serializers.ValidationError(dict.fromkeys(missing, "This field is required."), code="required")
        return value
