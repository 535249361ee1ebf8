"""The words of a span, in answers."""

from typing import Any

from django.db.models import Case, F, Func, Q, TextField, Value, When
from django.db.models.functions import Greatest
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from claims.rest.serializers import RecordSerializer
from claims.rest.shapes import JsonObject

#: code points of context on either side of a quote
AROUND = 60


class QuoteSerializer(serializers.Serializer[Any]):
    """A TextQuoteSelector of the W3C Web Annotation Data Model."""

    exact = serializers.CharField()
    prefix = serializers.CharField(allow_blank=True)
    suffix = serializers.CharField(allow_blank=True)


@extend_schema_field(QuoteSerializer(allow_null=True))
class QuoteField(serializers.Field[Any, Any, Any, Any]):
    """The words of a span, cut out by the database, so that no whole text is fetched; null where none is held."""

    def expression(self, at: str) -> Case:
        start, end, text = F(f"{at}start"), F(f"{at}end"), F(f"{at}snapshot__text")
        before = Greatest(start - AROUND, Value(0))

        def piece(first: Any, length: Any) -> Func:
            return Func(text, first + 1, length, function="substr", output_field=TextField())

        selector = {
            "exact": piece(start, end - start),
            "prefix": piece(before, start - before),
            "suffix": piece(end, Value(AROUND)),
        }
        held = Q(**{f"{at}start__isnull": False, f"{at}snapshot__text__isnull": False})
        return Case(When(held, then=JsonObject(selector)))


class QuotedSerializer(RecordSerializer):
    """A record with a span."""

    quote = QuoteField(read_only=True, help_text="The words at the span, where the text is held.")
