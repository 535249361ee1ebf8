"""Rewordings: changes of what published verdicts were about, with the earlier words and the reason."""

import pgtrigger
from django.db import models

from claims.models.base import tracked
from claims.models.choices import ReasonKind
from claims.models.claim import Claim
from claims.models.evidence import Evidence
from claims.models.fields import WordsField
from claims.models.querysets import KeyedQuerySet
from claims.models.releases import Released
from claims.models.rewording_triggers import REFUSE_CHANGE, fill_in, is_a_change, marks_verdicts
from claims.models.rules import by_change, by_creation, not_blank, one_of
from claims.models.snapshot import Snapshot
from claims.models.source import Source
from claims.models.triggers import touch


@tracked
class Rewording(Released):
    """A change of the words of a claim, or of a piece of evidence on it, after a verdict on them was published.

    It is written before the change, in the same transaction. The database fills in the earlier words and the version of
    the record that has the new ones, and marks the verdicts that were given on the earlier words. It never changes.
    """

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="rewordings", db_index=False)
    evidence = models.ForeignKey(
        Evidence, on_delete=models.PROTECT, null=True, blank=True, related_name="rewordings", db_index=False
    )
    kind = models.CharField(max_length=20, choices=ReasonKind)
    reason = WordsField(max_length=10_000, instead="Say briefly why.")
    #: of the record, after the change
    new_version = models.PositiveIntegerField(editable=False, default=0)
    earlier = models.JSONField(
        editable=False, default=dict, help_text="The earlier words: text and context; or stance, summary and place."
    )
    #: the earlier source and snapshot of evidence
    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    snapshot = models.ForeignKey(
        Snapshot, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )

    objects = KeyedQuerySet.keyed_by("claim__slug", "evidence", "new_version")

    class Meta:
        ordering = ["-id"]
        indexes = [by_change("rewording"), by_creation("rewording")]
        constraints = [
            one_of("rewording", "kind", ReasonKind),
            not_blank("rewording", "reason"),
            models.UniqueConstraint(
                fields=["claim", "evidence", "new_version"],
                nulls_distinct=False,
                name="rewording_once",
                violation_error_message="This change has a reason already.",
            ),
        ]
        triggers = [
            touch(),
            fill_in(),
            is_a_change(),
            marks_verdicts(),
            pgtrigger.Trigger(
                name="kept",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=REFUSE_CHANGE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.reason}"
