"""Spans: places in a text."""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from claims.models.rules import SHA256_FORM, check, well_formed

#: the models that have a span, by model name
SPANNED = ("assertion", "evidence", "skippedpassage", "erratum")
#: maximum length of a span in code points; split longer passages
LONGEST = 10_000


def spanned() -> list[Any]:
    """The models that have a span."""
    return [apps.get_model("claims", name) for name in SPANNED]


class Span(models.Model):
    """A place in a snapshot: `start` and `end` in Unicode code points, 0-based, end excluded.

    As in the TextPositionSelector of the W3C Web Annotation Data Model, with the SHA-256 of the exact words (UTF-8).
    The trigger `span_in_snapshot` compares it with the text.
    """

    start = models.PositiveIntegerField(null=True, blank=True, help_text="First code point, counted from 0.")
    end = models.PositiveIntegerField(null=True, blank=True, help_text="The code point after the last one.")
    quote_sha256 = models.CharField(
        "SHA-256 of the words",
        max_length=64,
        blank=True,
        default="",
        help_text="Filled in if the text is held.",
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Raise ValidationError, by field, if the trigger would refuse the span."""
        super().clean()
        snapshot = self._described_snapshot()
        if snapshot is None or self.start is None or self.end is None or self.end <= self.start:
            return
        source_id = getattr(self, "source_id", None)
        if source_id is not None and snapshot.source_id != source_id:
            raise ValidationError({"snapshot": "The snapshot belongs to another source."})
        problem = snapshot.span_problem(self.start, self.end, self.quote_sha256)
        if problem:
            raise ValidationError(dict([problem]))

    def _described_snapshot(self) -> Any:
        """The snapshot, if there is one; if it hasn't been read yet, without its text."""
        relation: Any = self._meta.get_field("snapshot")
        pk = getattr(self, relation.attname)
        if pk is not None and not relation.is_cached(self):
            described = relation.related_model.objects.defer(*relation.related_model.long_columns)
            setattr(self, relation.name, described.filter(pk=pk).first())
            setattr(self, relation.attname, pk)
        return getattr(self, relation.name, None)

    @classmethod
    def read_all_words(cls, records: Sequence[Any]) -> None:
        """Read the words at the spans of several records in one query, before `clean` is called for each."""
        spans = []
        for record in records:
            snapshot, start, end = record._described_snapshot(), record.start, record.end
            if snapshot is not None and start is not None and end is not None and 0 <= start < end <= snapshot.length:
                spans.append((snapshot, start, end))
        if spans:
            type(spans[0][0]).read_words(spans)


def span_length(model: str) -> list[models.BaseConstraint]:
    """Constraints for the length of a span: not empty, and at most LONGEST."""
    not_empty, short = (
        Q(end__isnull=True) | Q(end__gt=F("start")),
        Q(end__isnull=True) | Q(start__gte=F("end") - LONGEST),
    )
    return [
        check(model, "end", "after_start", not_empty, "The span is empty: its end must come after its start."),
        check(
            model,
            "end",
            "near_start",
            short,
            f"A span can have at most {LONGEST:,} code points; split it into several.",
        ),
    ]


def quote_form(model: str) -> models.CheckConstraint:
    return well_formed(model, "quote_sha256", SHA256_FORM, "A SHA-256 must be 64 lowercase hexadecimal digits.")


def span_form(model: str) -> list[models.BaseConstraint]:
    """Constraints for an optional span: either complete, with its snapshot and not empty, or absent."""
    none = Q(start__isnull=True, end__isnull=True, quote_sha256="")
    whole = Q(start__isnull=False, end__isnull=False, snapshot__isnull=False)
    message = "A span needs a snapshot, a start and an end; if there is no span, leave its hash empty."
    return [check(model, "start", "span_whole", none | whole, message), *span_length(model), quote_form(model)]
