"""Evidence for or against a claim."""

from collections.abc import Sequence
from typing import Any

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from claims.models.base import tracked
from claims.models.choices import Credibility, EvidenceStance
from claims.models.claim import Claim
from claims.models.fields import LineField, WordsField
from claims.models.querysets import EvidenceQuerySet
from claims.models.querysets.keys import key_of
from claims.models.releases import Released, relies_on_shown, stays_public
from claims.models.rewording_triggers import HASHED, held_words
from claims.models.rules import by_change, by_creation, by_release, check, not_blank, one_of
from claims.models.snapshot import Snapshot
from claims.models.source import Source
from claims.models.spans import Span, span_form
from claims.models.triggers import refuse, span_in_snapshot, touch

#: the verdicts that rely on a piece of evidence
_RELYING = "SELECT verdict_id FROM claims_verdictevidence WHERE evidence_id = NEW.id"
IN_USE = "A verdict relies on this evidence, so it must stay with its claim."
_REFUSE_EVIDENCE_IN_USE = refuse("verdict_evidence_same_claim", "claim", f"'{IN_USE}'")


@tracked
class Evidence(Span, Released):
    """What a source says about a claim, in our own words, with the credibility of this item (Admiralty scale, 1–6).

    `confidential` evidence is never public. A verdict may rely on it, and then says so.
    """

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="evidence", db_index=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="evidence")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, null=True, blank=True, related_name="evidence")
    locator = LineField(
        max_length=500,
        blank=True,
        default="",
        help_text="A page, heading or time code.",
        instead="Give only the place; the words of the source belong in a snapshot.",
    )
    stance = models.CharField(max_length=20, choices=EvidenceStance)
    credibility = models.PositiveSmallIntegerField(choices=Credibility, default=Credibility.UNKNOWN)
    summary = WordsField(
        max_length=10_000,
        help_text="What it says about this claim, in our own words.",
        instead="Summarise it; the full text belongs in a snapshot of the source.",
    )
    read_on = models.DateField(null=True, blank=True, help_text="The day on which someone read it.")
    confidential = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Never public. A public verdict that relies on it says that it relies on confidential evidence.",
    )

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "evidence"
        indexes = [
            # lists ordered by the day it was read, and by credibility
            models.Index(fields=["read_on", "id"], name="evidence_read_on"),
            models.Index(fields=["credibility", "id"], name="evidence_credibility"),
            by_change("evidence"),
            by_release("evidence"),
            by_creation("evidence"),
        ]
        constraints = [
            one_of("evidence", "stance", EvidenceStance),
            one_of("evidence", "credibility", Credibility),
            not_blank("evidence", "summary"),
            *span_form("evidence"),
            check(
                "evidence",
                "confidential",
                "hidden",
                Q(confidential=False) | Q(public_from__isnull=True),
                "Confidential evidence can’t be public.",
            ),
            models.UniqueConstraint(
                fields=["claim", "source", "snapshot", "start", "end", "locator"],
                nulls_distinct=False,
                name="evidence_once",
                violation_error_message="This place in the source is already recorded as evidence on the claim.",
            ),
        ]
        triggers: list[pgtrigger.Trigger] = [
            touch(),
            span_in_snapshot("evidence"),
            held_words("evidence", HASHED),
            pgtrigger.Trigger(
                name="confidential_hides",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Condition("NEW.confidential AND NEW.public_from IS NOT NULL"),
                func="NEW.public_from := NULL; RETURN NEW;",
            ),
            stays_public("evidence", {}, _RELYING),
            pgtrigger.Trigger(
                name="stays_reliable",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("confidential", "source_id", "snapshot_id"),
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Condition(
                    "OLD.confidential <> NEW.confidential OR OLD.source_id <> NEW.source_id "
                    "OR OLD.snapshot_id IS DISTINCT FROM NEW.snapshot_id"
                ),
                func=f"""
                    PERFORM 1 FROM claims_evidence WHERE id = NEW.id FOR UPDATE;
                    {relies_on_shown(_RELYING)}
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="claim_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("claim_id"),
                condition=pgtrigger.Condition("OLD.claim_id <> NEW.claim_id"),
                func=f"""
                    IF EXISTS (SELECT 1 FROM claims_verdictevidence WHERE evidence_id = NEW.id) THEN
                        {_REFUSE_EVIDENCE_IN_USE}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    @classmethod
    def fill_all(cls, records: Sequence[Any], *, query: bool = True) -> None:
        """Confidential evidence isn't public."""
        for record in records:
            if record.confidential:
                record.public_from = None

    def __str__(self) -> str:
        return f"{self.source} {self.stance}: {self.claim}"

    def natural_key(self) -> tuple[Any, ...]:
        return key_of(self)

    def clean(self) -> None:
        super().clean()
        links = self.verdict_links.all() if self.pk is not None else ()
        if any(link.verdict.claim_id != self.claim_id for link in links):
            raise ValidationError({"claim": IN_USE})

    natural_key.dependencies = [  # type: ignore[attr-defined]
        "claims.claim",
        "claims.source",
        "claims.snapshot",
    ]
