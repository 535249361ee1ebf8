"""Fields and filters for values that have several forms, or a required form: moments, days, web addresses, tags."""

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

NO_ZONE = "Give a date and time with a time zone, such as 2024-03-22T10:00:00Z or 2024-03-22T10:00:00+02:00."


class MomentField(serializers.DateTimeField):
    """A date and time. The time zone is required, since it can't be guessed."""

    default_error_messages = {"invalid": f"This is not an ISO 8601 date and time. {NO_ZONE}", "no_zone": NO_ZONE}

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("no_zone")
        return super().enforce_timezone(value)


class DayField(serializers.Field[Any, Any, Any, Any]):
    """The first or last day of an EDTF date."""

    def expression(self, at: str) -> IsoDay:
        return IsoDay(F(path_of(self, at)))


class DayFieldSchema(OpenApiSerializerFieldExtension):
    target_class = DayField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return {"type": "string", "pattern": DAY}


class WebAddressField(serializers.URLField):
    """A URL, with scheme and host in any case."""

    def to_internal_value(self, data: Any) -> str:
        return canonical_address(super().to_internal_value(data))


class MomentFormField(forms.Field):
    """A date and time, converted to UTC: PostgreSQL doesn't support offsets of 16 hours or more, which RFC 3339
    allows."""

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            moment = parse_datetime(value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise forms.ValidationError(NO_ZONE, "invalid")
        try:
            return moment.astimezone(UTC)
        except OverflowError:  # the offset moves it before year 1 or after year 9999
            return (datetime.min if moment.year == MINYEAR else datetime.max).replace(tzinfo=UTC)


class MomentFilter(filters.IsoDateTimeFilter):
    field_class = MomentFormField


class DayFormField(forms.Field):
    """A day in any four-digit year, also before year 1."""

    def to_python(self, value: Any) -> date | str | None:
        if value in self.empty_values:
            return None
        try:
            return read_day(value)
        except ValueError:
            raise forms.ValidationError(
                "Give a day as YYYY-MM-DD, such as 2024-03-22, or -0043-03-15 for 44 BC.", "invalid"
            ) from None


class DayFilter(filters.DateFilter):
    field_class = DayFormField

    def filter(self, qs: Any, value: Any) -> Any:
        return super().filter(qs, as_day(value))


class CanonicalField(forms.CharField):
    """A text that is converted to its canonical form."""

    def __init__(self, *, canonical: Callable[[str], str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.canonical = canonical

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return self.canonical(text) if text else text


class CanonicalFilter(filters.CharFilter):
    field_class = CanonicalField
