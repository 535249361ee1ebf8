"""Verdicts: decisions of an issuer on a claim."""

from typing import Any

import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from claims.models.actor import Actor
from claims.models.base import Record, tracked
from claims.models.choices import Status, VerdictState
from claims.models.claim import Claim
from claims.models.dates import edtf_field, edtf_form, first_day, last_day
from claims.models.evidence import Evidence
from claims.models.fields import LineField, WebAddressField, WordsField
from claims.models.normal import shows_something
from claims.models.querysets import KeyedQuerySet, VerdictQuerySet
from claims.models.querysets.keys import key_of
from claims.models.refusals import FIELD_OF
from claims.models.rules import by_change, by_date, check, not_blank, one_of, web_address
from claims.models.triggers import refuse, touch

FIELD_OF |= {"verdict_of_record_once": "of_record"}

SUPERSEDES = "A verdict can supersede only an earlier one by the same issuer on the same claim."
OWN_EVIDENCE = "A verdict can rely only on evidence on its own claim."
STAYS = "A verdict that has been published cannot move to another claim; add a new verdict on that claim."
TAKES_OVER = (
    "This verdict supersedes the position of record and takes its place: leave this field out or set it to true."
)
SUPERSEDED = "A later published verdict supersedes this one; withdraw that one first."
_REFUSE_VERDICT_SUPERSEDES_EARLIER = refuse("verdict_supersedes_earlier", "supersedes", f"'{SUPERSEDES}'")
_REFUSE_VERDICT_EVIDENCE_SAME_CLAIM = refuse("verdict_evidence_same_claim", "evidence", f"'{OWN_EVIDENCE}'")
_REFUSE_VERDICT_MOVE = refuse("verdict_evidence_same_claim", "claim", f"'{OWN_EVIDENCE}'")
_REFUSE_VERDICT_STAYS = refuse("verdict_published_stays", "claim", f"'{STAYS}'")
_REFUSE_VERDICT_TAKES_OVER = refuse("verdict_takes_over", "of_record", f"'{TAKES_OVER}'")
_REFUSE_VERDICT_SUPERSEDED = refuse("verdict_superseded", "of_record", f"'{SUPERSEDED}'")

#: Sets the status of all claims in `touched` at once: row by row, bulk loads would take ever longer.
_SET_STATUS = """
    IF pg_trigger_depth() > 1 THEN
        RETURN NULL; -- a verdict is being superseded: the status is set for its successor
    END IF;
    UPDATE claims_claim c SET status = d.status
    FROM (
        SELECT t.claim_id, coalesce(v.status, 'unverified') AS status
        FROM ({touched}) t
        LEFT JOIN claims_verdict v ON v.claim_id = t.claim_id AND v.of_record
    ) d
    WHERE c.id = d.claim_id AND c.status <> d.status;
    RETURN NULL;
"""
_OLD = "SELECT claim_id FROM old_values WHERE of_record"
_NEW = "SELECT claim_id FROM new_values WHERE of_record"


class OneOfRecord(models.UniqueConstraint):
    """A claim has one verdict of record. If the new one supersedes the old, a trigger unsets the old one first."""

    def validate(self, model: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        gives_way = model.objects.of_record().filter(pk=instance.supersedes_id, claim=instance.claim_id)
        if instance.supersedes_id is None or not gives_way.exists():
            super().validate(model, instance, *args, **kwargs)

    def deconstruct(self) -> Any:
        _, args, kwargs = super().deconstruct()
        return "django.db.models.UniqueConstraint", args, kwargs


@tracked
class Verdict(Record):
    """A decision by one issuer: our desk, or another fact-checker, whose label is kept as published.

    The verdict `of_record`, of which a claim has at most one and which is published, determines the claim's status.
    `revision` counts an issuer's verdicts on a claim, from 1.
    """

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="verdicts")
    issuer = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="verdicts")
    revision = models.PositiveIntegerField(
        blank=True, default=0, help_text="1, 2, 3 … for this issuer and claim; 0 becomes the next number."
    )
    status = models.CharField(max_length=20, choices=Status)
    rationale = WordsField(
        max_length=20_000,
        instead="Summarise the reasons; the full article belongs in a snapshot of its source.",
    )
    label = LineField(
        max_length=1000,
        blank=True,
        default="",
        help_text="As the issuer published it.",
        instead="Give only the label; its explanation belongs in the rationale.",
    )
    url = WebAddressField("URL")
    issued = edtf_field("When it was issued.")
    issued_first = first_day("issued")
    issued_last = last_day("issued")
    state = models.CharField(max_length=20, choices=VerdictState, default=VerdictState.DRAFT)
    of_record = models.BooleanField("position of record", default=False)
    evidence = models.ManyToManyField(Evidence, through="VerdictEvidence", related_name="verdicts", blank=True)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        db_index=False,
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        db_index=False,
    )
    supersedes = models.ForeignKey(
        "self", on_delete=models.RESTRICT, null=True, blank=True, related_name="superseded_by"
    )
    reason = WordsField(
        "reason for superseding",
        blank=True,
        default="",
        max_length=10_000,
        instead="Say briefly why; the reasons for the decision belong in the rationale.",
    )

    objects = VerdictQuerySet.as_manager()

    class Meta:
        ordering = ["-of_record", "-id"]
        indexes = [
            # drafts and withdrawn verdicts, newest first
            models.Index(fields=["-id"], condition=~Q(state=VerdictState.PUBLISHED), name="verdict_in_work"),
            *by_date("verdict", "issued"),
            by_change("verdict"),
        ]
        constraints = [
            one_of("verdict", "status", Status),
            one_of("verdict", "state", VerdictState),
            not_blank("verdict", "rationale"),
            edtf_form("verdict", "issued"),
            web_address("verdict", "url"),
            check(
                "verdict",
                "status",
                "decides",
                ~Q(status=Status.UNVERIFIED),
                "“unverified” means that there is no verdict; choose another status.",
            ),
            check(
                "verdict",
                "of_record",
                "published",
                Q(of_record=False) | Q(state=VerdictState.PUBLISHED),
                "Only a published verdict can be the position of record.",
            ),
            check(
                "verdict",
                "reason",
                "given",
                Q(supersedes__isnull=True) | shows_something("reason"),
                "Say why this verdict supersedes the other.",
            ),
            OneOfRecord(
                fields=["claim"],
                condition=Q(of_record=True),
                name="verdict_of_record_once",
                violation_error_message="The claim already has a verdict of record; supersede that one.",
            ),
            models.UniqueConstraint(
                fields=["claim", "issuer", "revision"],
                name="verdict_revision_once",
                violation_error_message="The issuer already has a verdict with this revision on the claim.",
            ),
        ]
        triggers: list[pgtrigger.Trigger] = [
            touch(),
            pgtrigger.Trigger(
                name="number",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Condition("NEW.revision = 0"),
                func="""
                    NEW.revision := 1 + coalesce((
                        SELECT max(revision) FROM claims_verdict
                        WHERE claim_id = NEW.claim_id AND issuer_id = NEW.issuer_id
                    ), 0);
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                # deferred, so that both can change together: merging actors changes their issuer
                name="supersedes_earlier",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("supersedes_id", "claim_id", "issuer_id", "revision"),
                timing=pgtrigger.Deferred,
                func=f"""
                    IF EXISTS (
                        SELECT 1 FROM (
                            SELECT id, supersedes_id FROM claims_verdict WHERE id = NEW.id
                            UNION ALL SELECT id, supersedes_id FROM claims_verdict WHERE supersedes_id = NEW.id
                        ) pair
                        JOIN claims_verdict n ON n.id = pair.id
                        JOIN claims_verdict o ON o.id = pair.supersedes_id
                        WHERE o.claim_id <> n.claim_id OR o.issuer_id <> n.issuer_id OR o.revision >= n.revision
                    ) THEN
                        {_REFUSE_VERDICT_SUPERSEDES_EARLIER}
                    END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="evidence_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("claim_id"),
                condition=pgtrigger.Condition("OLD.claim_id <> NEW.claim_id"),
                func=f"""
                    IF EXISTS (SELECT 1 FROM claims_verdictevidence WHERE verdict_id = NEW.id) THEN
                        {_REFUSE_VERDICT_MOVE}
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="published_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("claim_id"),
                condition=pgtrigger.Condition("OLD.claim_id <> NEW.claim_id"),
                func=f"""
                    IF OLD.state = 'published' OR OLD.published_by_id IS NOT NULL OR EXISTS (
                        SELECT 1 FROM claims_verdictevent WHERE pgh_obj_id = OLD.id AND state = 'published'
                    ) THEN
                        {_REFUSE_VERDICT_STAYS}
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                # in the statement that publishes the other, so that the claim always has a verdict of record
                name="gives_way",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("state", "of_record", "supersedes_id"),
                condition=pgtrigger.Condition("NEW.state = 'published'"),
                func=f"""
                    IF NEW.of_record THEN
                        IF EXISTS (
                            SELECT 1 FROM claims_verdict WHERE supersedes_id = NEW.id AND state = 'published'
                        ) THEN
                            {_REFUSE_VERDICT_SUPERSEDED}
                        END IF;
                        UPDATE claims_verdict SET of_record = false WHERE id = NEW.supersedes_id AND of_record;
                    ELSIF EXISTS (SELECT 1 FROM claims_verdict WHERE id = NEW.supersedes_id AND of_record) THEN
                        {_REFUSE_VERDICT_TAKES_OVER}
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="status_when_given",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(new="new_values"),
                func=_SET_STATUS.format(touched=_NEW),
            ),
            pgtrigger.Trigger(
                name="status_when_changed",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(old="old_values", new="new_values"),
                func=_SET_STATUS.format(touched=f"{_OLD} UNION {_NEW}"),
            ),
            pgtrigger.Trigger(
                name="status_when_deleted",
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(old="old_values"),
                func=_SET_STATUS.format(touched=_OLD),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issuer}: {self.status}"

    def natural_key(self) -> tuple[Any, ...]:
        return key_of(self)

    natural_key.dependencies = ["claims.claim", "claims.actor"]  # type: ignore[attr-defined]

    def clean(self) -> None:
        super().clean()
        if self.supersedes is not None and not self._follows(self.supersedes):
            raise ValidationError({"supersedes": SUPERSEDES})
        is_beside = self.state == VerdictState.PUBLISHED and not self.of_record
        if is_beside and self.supersedes is not None and self.supersedes.of_record:
            raise ValidationError({"of_record": TAKES_OVER})
        if self.pk is None:
            return
        if self.of_record and self.superseded_by.published().exists():
            raise ValidationError({"of_record": SUPERSEDED})
        if Verdict.objects.filter(pk=self.pk).exclude(claim=self.claim_id).once_published().exists():
            raise ValidationError({"claim": STAYS})
        if not all(later._follows(self) for later in self.superseded_by.all()):
            message = f"A later verdict supersedes this one and no longer could. {SUPERSEDES}"
            raise ValidationError({"supersedes": message})
        if self.evidence_links.exclude(evidence__claim=self.claim_id).exists():
            raise ValidationError({"claim": OWN_EVIDENCE})

    def _follows(self, other: "Verdict") -> bool:
        """Whether this verdict may supersede the other. Revision 0 means the next number."""
        same = (self.claim_id, self.issuer_id) == (other.claim_id, other.issuer_id)
        return same and self.pk != other.pk and (self.revision == 0 or other.revision < self.revision)


@tracked
class VerdictEvidence(Record):
    """The link between a verdict and a piece of evidence, which must be on the same claim."""

    verdict = models.ForeignKey(Verdict, on_delete=models.CASCADE, related_name="evidence_links", db_index=False)
    evidence = models.ForeignKey(Evidence, on_delete=models.RESTRICT, related_name="verdict_links")

    objects = KeyedQuerySet.keyed_by(
        *(f"verdict__{f}" for f in ("claim__slug", "issuer__slug", "revision")),
        *(f"evidence__{f}" for f in ("claim__slug", "source__slug", "snapshot__sha256", "start", "end", "locator")),
    )

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "evidence of verdicts"
        constraints = [
            models.UniqueConstraint(
                fields=["verdict", "evidence"],
                name="verdict_evidence_once",
                violation_error_message="The verdict already relies on this evidence.",
            ),
        ]
        triggers: list[pgtrigger.Trigger] = [
            touch(),
            pgtrigger.Trigger(
                name="same_claim",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                # lock both, so that neither can move to another claim at the same time
                func=f"""
                    PERFORM 1 FROM claims_verdict WHERE id = NEW.verdict_id FOR SHARE;
                    PERFORM 1 FROM claims_evidence WHERE id = NEW.evidence_id FOR SHARE;
                    IF EXISTS (
                        SELECT 1 FROM claims_verdict v, claims_evidence e
                        WHERE v.id = NEW.verdict_id AND e.id = NEW.evidence_id AND v.claim_id <> e.claim_id
                    ) THEN
                        {_REFUSE_VERDICT_EVIDENCE_SAME_CLAIM}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} – {self.evidence}"

    def natural_key(self) -> tuple[Any, ...]:
        return key_of(self)

    natural_key.dependencies = ["claims.verdict", "claims.evidence"]  # type: ignore[attr-defined]

    def clean(self) -> None:
        super().clean()
        if self.verdict_id and self.evidence_id and self.verdict.claim_id != self.evidence.claim_id:
            raise ValidationError({"evidence": OWN_EVIDENCE})
