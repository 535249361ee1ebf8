"""Skipped passages: spans of a snapshot that were read and contain no claim."""

from typing import Any

import pgtrigger
from django.db import models

from claims.models.base import Record, tracked
from claims.models.choices import SkipReason
from claims.models.fields import note_field
from claims.models.querysets import KeyedQuerySet
from claims.models.querysets.keys import key_of
from claims.models.rules import one_of
from claims.models.snapshot import Snapshot
from claims.models.spans import Span, quote_form, span_length
from claims.models.triggers import span_in_snapshot, touch


@tracked
class SkippedPassage(Span, Record):
    """A span that was judged to contain no claim, and why."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="skipped_passages", db_index=False)
    start = models.PositiveIntegerField(help_text="First code point, counted from 0.")
    end = models.PositiveIntegerField(help_text="The code point after the last one.")
    reason = models.CharField(max_length=20, choices=SkipReason)
    note = note_field()

    objects = KeyedQuerySet.keyed_by("snapshot__source__slug", "snapshot__sha256", "start", "end")

    class Meta:
        ordering = ["snapshot", "start", "id"]
        constraints = [
            one_of("skipped", "reason", SkipReason),
            *span_length("skipped"),
            quote_form("skipped"),
            models.UniqueConstraint(
                fields=["snapshot", "start", "end"],
                name="skipped_once",
                violation_error_message="This passage is already recorded as skipped.",
            ),
        ]
        triggers: list[pgtrigger.Trigger] = [touch(), span_in_snapshot("skipped", has_source=False)]

    def __str__(self) -> str:
        return f"{self.snapshot} {self.start}–{self.end}: {self.reason}"

    def natural_key(self) -> tuple[Any, ...]:
        return key_of(self)

    natural_key.dependencies = ["claims.snapshot"]  # type: ignore[attr-defined]
