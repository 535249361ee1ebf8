"""Strict request bodies: unknown members are refused, and values are not converted from other types."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import SkipField, empty, get_error_detail
from rest_framework.settings import api_settings

from claims.rest.hints import MAX_HINTS, hint

#: unknown members of one object that are named in errors
MAX_UNKNOWN = 20


def _choices(field: Any) -> str:
    return ", ".join(str(choice) for choice in field.choices if choice != "")


def _wrong_value(field: Any, value: Any) -> ErrorDetail | None:
    """The error for a value whose JSON type the field would silently convert, or for a wrong choice, with the valid
    ones, which the field itself doesn't list."""
    if isinstance(field, serializers.ChoiceField):
        if type(value) not in {type(choice) for choice in field.choices}:
            return ErrorDetail(f"Give one of: {_choices(field)}.", "invalid_choice")
        if value not in field.choices and not (value == "" and field.allow_blank):
            return ErrorDetail(f"“{str(value)[:100]}” is not one of: {_choices(field)}.", "invalid_choice")
    elif isinstance(field, serializers.CharField):
        if not isinstance(value, str):
            return ErrorDetail("Give text.", "type")
    elif isinstance(field, serializers.BooleanField):
        if not isinstance(value, bool):
            return ErrorDetail("Give true or false.", "type")
    elif isinstance(field, serializers.IntegerField) and (isinstance(value, bool) or not isinstance(value, int)):
        return ErrorDetail("Give a whole number.", "type")
    return None


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses members that are unknown or read-only, and values of the wrong JSON type."""

    def to_internal_value(self, data: Any) -> Any:
        """The validated values. Raises ValidationError (400) with all errors, by member."""
        wrong: dict[str, Any] = {}
        unknown = 0
        if isinstance(data, Mapping):
            for name, value in data.items():
                field = self.fields.get(name)
                if field is None:
                    unknown += 1
                    if unknown > MAX_UNKNOWN:
                        continue
                    writable = [n for n, f in self.fields.items() if not f.read_only]
                    suggestion = hint(str(name), writable) if len(wrong) < MAX_HINTS else ""
                    message = f"Unknown field.{suggestion} Allowed: {', '.join(writable)}."
                    wrong[str(name)[:100]] = [ErrorDetail(message, "unknown")]
                elif field.read_only:
                    wrong[name] = [ErrorDetail("This field is read-only.", "read_only")]
                elif value is not None and (error := _wrong_value(field, value)):
                    wrong[name] = [error]
        if unknown > MAX_UNKNOWN:
            more = ErrorDetail(f"{unknown - MAX_UNKNOWN} more fields are unknown.", "unknown")
            wrong[api_settings.NON_FIELD_ERRORS_KEY] = [more]
        try:
            values = self._values(data) if isinstance(data, Mapping) else super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError(error.detail | wrong) from None  # type: ignore[operator]
        if wrong:
            raise serializers.ValidationError(wrong)
        return values

    def _values(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The values as DRF computes them, but without asking those fields that may be missing and are."""
        values: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for name, field in self.fields.items():
            if field.read_only or (name not in data and not field.required and field.default is empty):
                continue
            validate = getattr(self, f"validate_{name}", None)
            try:
                value = field.run_validation(field.get_value(data))
                self.set_value(values, field.source_attrs, value if validate is None else validate(value))
            except serializers.ValidationError as error:
                errors[name] = error.detail
            except DjangoValidationError as error:
                errors[name] = get_error_detail(error)
            except SkipField:
                pass
        if errors:
            raise serializers.ValidationError(errors)
        return values
