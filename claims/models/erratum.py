"""Errata: what a text says by mistake, and what was meant."""

from typing import Any

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models

from claims.models.base import Record, tracked
from claims.models.choices import ErratumKind
from claims.models.fields import LineField, note_field
from claims.models.querysets import KeyedQuerySet
from claims.models.querysets.keys import key_of
from claims.models.rules import one_of
from claims.models.snapshot import Snapshot, digest
from claims.models.spans import Span, quote_form, span_length
from claims.models.triggers import refuse, span_in_snapshot, touch

_REFUSE_ERRATUM_PRINTED = refuse(
    "erratum_printed", "printed", "'The printed words do not match the SHA-256 of the span.'"
)


@tracked
class Erratum(Span, Record):
    """A misprint or translation error in a snapshot. Claims state what was meant; the original wording is kept here."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="errata", db_index=False)
    start = models.PositiveIntegerField(help_text="First code point, counted from 0.")
    end = models.PositiveIntegerField(help_text="The code point after the last one.")
    printed = LineField(max_length=1000, help_text="The words as printed at the span.", instead="Mark only the slip.")
    meant = LineField(
        max_length=1000,
        help_text="What was meant; if you are not sure, say so in the note.",
        instead="Mark only the slip.",
    )
    kind = models.CharField(max_length=20, choices=ErratumKind)
    note = note_field()

    objects = KeyedQuerySet.keyed_by("snapshot__source__slug", "snapshot__sha256", "start", "end")

    class Meta:
        ordering = ["snapshot", "start", "id"]
        verbose_name_plural = "errata"
        constraints = [
            one_of("erratum", "kind", ErratumKind),
            *span_length("erratum"),
            quote_form("erratum"),
            models.UniqueConstraint(
                fields=["snapshot", "start", "end"],
                name="erratum_once",
                violation_error_message="An erratum is already recorded at this span.",
            ),
        ]
        triggers: list[pgtrigger.Trigger] = [
            touch(),
            span_in_snapshot("erratum", has_source=False),
            pgtrigger.Trigger(
                name="printed_is_the_quote",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=f"""
                    IF NEW.quote_sha256 = '' THEN
                        NEW.quote_sha256 := encode(sha256(convert_to(NEW.printed, 'UTF8')), 'hex');
                    ELSIF NEW.quote_sha256 <> encode(sha256(convert_to(NEW.printed, 'UTF8')), 'hex') THEN
                        {_REFUSE_ERRATUM_PRINTED}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.printed} → {self.meant}"

    def natural_key(self) -> tuple[Any, ...]:
        return key_of(self)

    natural_key.dependencies = ["claims.snapshot"]  # type: ignore[attr-defined]

    def clean(self) -> None:
        self.quote_sha256 = self.quote_sha256 or digest(self.printed)
        super().clean()
        if digest(self.printed) != self.quote_sha256:
            raise ValidationError({"printed": "The printed words do not match the SHA-256 of the span."})
