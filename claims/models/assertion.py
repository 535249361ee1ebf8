"""Assertions: someone puts a claim forward at a place in a source."""

from typing import Any

import pgtrigger
from django.db import models

from claims.models.actor import Actor
from claims.models.base import Record, tracked
from claims.models.choices import AssertionStance, Voice
from claims.models.claim import Claim
from claims.models.dates import edtf_field, edtf_form, first_day, last_day
from claims.models.fields import LineField, note_field
from claims.models.querysets import AssertionQuerySet
from claims.models.querysets.keys import key_of
from claims.models.rules import by_change, by_creation, by_date, one_of
from claims.models.snapshot import Snapshot
from claims.models.source import Source
from claims.models.spans import Span, span_form
from claims.models.triggers import span_in_snapshot, touch

NOT_KNOWN = "Speaker not known"


@tracked
class Assertion(Span, Record):
    """A claim put forward by a speaker in a source, at a span of a snapshot or at another locator.

    `speaker` is null if nobody knows who said it, as with many posts that circulate.

    `voice` says whether the source speaks for itself (`own`) or reports the speaker's words (`quoted`,
    `paraphrased`). `hedged`: the text itself qualifies it ("it appears"). `implied`: carried by a presupposition or a
    rhetorical question, not said outright.
    """

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="assertions", db_index=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="assertions", db_index=False)
    snapshot = models.ForeignKey(
        Snapshot, on_delete=models.PROTECT, null=True, blank=True, related_name="assertions", db_index=False
    )
    locator = LineField(
        max_length=500,
        blank=True,
        default="",
        help_text="A page or time code, if the text of the source is not held.",
        instead="Give only the place; the words of the source belong in a snapshot.",
    )
    speaker = models.ForeignKey(
        Actor,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="assertions",
        db_index=False,
        help_text="Leave empty if not known.",
    )
    voice = models.CharField(max_length=20, choices=Voice, default=Voice.OWN)
    stance = models.CharField(max_length=20, choices=AssertionStance, default=AssertionStance.ASSERTS)
    hedged = models.BooleanField(default=False)
    implied = models.BooleanField(default=False)
    said = edtf_field("When the speaker said it.")
    said_first = first_day("said")
    said_last = last_day("said")
    note = note_field()

    objects = AssertionQuerySet.as_manager()

    class Meta:
        ordering = ["source", "snapshot", "start", "id"]
        indexes = [
            # a source's claims in reading order
            models.Index(fields=["source", "snapshot", "start", "id"], name="assertion_reading_order"),
            # a snapshot's claims, and all claims, in reading order
            models.Index(fields=["snapshot", "start", "id"], name="assertion_of_snapshot"),
            *by_date("assertion", "said"),
            by_change("assertion"),
            by_creation("assertion"),
            # the claims of a speaker, newest first
            models.Index(fields=["speaker", "claim"], name="assertion_speaker_newest"),
        ]
        constraints = [
            one_of("assertion", "voice", Voice),
            one_of("assertion", "stance", AssertionStance),
            edtf_form("assertion", "said"),
            *span_form("assertion"),
            models.UniqueConstraint(
                fields=["claim", "source", "snapshot", "start", "end", "locator", "speaker", "stance"],
                nulls_distinct=False,
                name="assertion_once",
                violation_error_message="This assertion by this speaker is already recorded at this place.",
            ),
        ]
        triggers: list[pgtrigger.Trigger] = [touch(), span_in_snapshot("assertion")]

    def __str__(self) -> str:
        return f"{self.speaker or NOT_KNOWN} {self.stance}: {self.claim}"

    def natural_key(self) -> tuple[Any, ...]:
        return key_of(self)

    natural_key.dependencies = [  # type: ignore[attr-defined]
        "claims.claim",
        "claims.source",
        "claims.snapshot",
        "claims.actor",
    ]
