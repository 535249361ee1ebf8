"""Values that bodies and parameters give in more than one form, or in a form that must be complete."""

from collections.abc import Callable
from datetime import MINYEAR, UTC, date, datetime
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import F
from django.utils.dateparse import parse_datetime
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from claims.models.dates import IsoDay, as_day, read_day
from claims.models.fields import canonical_address
from claims.rest.schemas import DAY
from claims.rest.shapes import path_of

NO_ZONE = "Give the moment with its time zone: 2024-03-22T10:00:00Z, or with +02:00 in place of Z."


class MomentField(serializers.DateTimeField):
    """A moment. Without a time zone nobody knows which one is meant."""

    default_error_messages = {"invalid": f"This is not a moment as in ISO 8601. {NO_ZONE}", "no_zone": NO_ZONE}

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("no_zone")
        return super().enforce_timezone(value)


class DayField(serializers.Field[Any, Any, Any, Any]):
    """The first or last day of a date that is known in part."""

    def expression(self, at: str) -> IsoDay:
        return IsoDay(F(path_of(self, at)))


class DayFieldSchema(OpenApiSerializerFieldExtension):
    target_class = DayField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return {"type": "string", "pattern": DAY}


class WebAddressField(serializers.URLField):
    """A web address, its scheme and host in any case."""

    def to_internal_value(self, data: Any) -> str:
        return canonical_address(super().to_internal_value(data))


class MomentFormField(forms.Field):
    """A moment, in UTC: PostgreSQL knows no offset of 16 hours or more, which RFC 3339 allows."""

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            found = parse_datetime(value)
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            raise forms.ValidationError(NO_ZONE, "invalid")
        try:
            return found.astimezone(UTC)
        except OverflowError:  # before the first year, or behind the last, by the offset
            return (datetime.min if found.year == MINYEAR else datetime.max).replace(tzinfo=UTC)


class MomentFilter(filters.IsoDateTimeFilter):
    field_class = MomentFormField


class DayFormField(forms.Field):
    """A day, in any year of four digits."""

    def to_python(self, value: Any) -> date | str | None:
        if value in self.empty_values:
            return None
        try:
            return read_day(value)
        except ValueError:
            raise forms.ValidationError(
                "Give a day as year-month-day: 2024-03-22, or -0043-03-15 for one in 44 BC.", "invalid"
            ) from None


class DayFilter(filters.DateFilter):
    field_class = DayFormField

    def filter(self, qs: Any, value: Any) -> Any:
        return super().filter(qs, as_day(value))


class CanonicalField(forms.CharField):
    """A text that is looked up by its canonical form."""

    def __init__(self, *, canonical: Callable[[str], str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.canonical = canonical

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return self.canonical(text) if text else text


class CanonicalFilter(filters.CharFilter):
    field_class = CanonicalField
