"""The quoted words of a span, in responses."""

from typing import Any

from django.db.models import Case, F, Func, JSONField, Q, When
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from claims.models.snapshot import AROUND, LONGEST_QUOTE
from claims.rest.serializers import RecordSerializer


class QuoteSerializer(serializers.Serializer[Any]):
    """A TextQuoteSelector of the W3C Web Annotation Data Model."""

    exact = serializers.CharField(
        help_text="The words; if they are longer than 1,000 code points, the first 999 and an ellipsis."
    )
    prefix = serializers.CharField(allow_blank=True)
    suffix = serializers.CharField(allow_blank=True)
    cut = serializers.BooleanField(required=False, help_text="true if `exact` was shortened; otherwise absent.")


class Quote(Func):
    """The quote of a span, from text, start and end: `Snapshot.quote` in SQL.

    The text is cut once, prefix and suffix included, since each cut reads it from its beginning.
    """

    output_field = JSONField()
    template = (
        f"(SELECT CASE WHEN length > {LONGEST_QUOTE}"
        " THEN (SELECT row_to_json(r) FROM"
        f" (SELECT left(exact, {LONGEST_QUOTE - 1}) || '…' AS exact, prefix, suffix, true AS cut) r)"
        " ELSE (SELECT row_to_json(r) FROM (SELECT exact, prefix, suffix) r) END FROM"
        " (SELECT substr(words, before + 1, length) AS exact, left(words, before) AS prefix,"
        " substr(words, before + length + 1) AS suffix, length FROM"
        f" (SELECT substr(text, first - before + 1, before + length + {AROUND}) AS words, before, length FROM"
        " (SELECT %(expressions)s) AS place (text, first, last)"
        f" CROSS JOIN LATERAL (SELECT least(first, {AROUND}) AS before, last - first AS length) AS size"
        " OFFSET 0) AS shown) AS parts)"
    )


@extend_schema_field(QuoteSerializer(allow_null=True))
class QuoteField(serializers.Field[Any, Any, Any, Any]):
    """The words of a span, cut by the database so that the whole text isn't fetched; null if the text is not held."""

    def expression(self, at: str) -> Case:
        held = Q(**{f"{at}start__isnull": False, f"{at}snapshot__text__isnull": False})
        return Case(When(held, then=Quote(F(f"{at}snapshot__text"), F(f"{at}start"), F(f"{at}end"))))


class QuotedSerializer(RecordSerializer):
    """A record with a span."""

    quote = QuoteField(read_only=True, help_text="The words at the span; null if the text is not held.")
