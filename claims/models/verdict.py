"""Verdicts: decisions of an issuer on a claim."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from claims.models.actor import Actor
from claims.models.base import Record, tracked
from claims.models.choices import ReasonKind, Status, VerdictState
from claims.models.claim import Claim
from claims.models.dates import edtf_field, edtf_form, first_day, last_day
from claims.models.evidence import Evidence
from claims.models.fields import LineField, WebAddressField, WordsField
from claims.models.link_triggers import links_kept, links_to_shown, same_claim
from claims.models.normal import shows_something
from claims.models.querysets import KeyedQuerySet, VerdictQuerySet
from claims.models.querysets.keys import key_of
from claims.models.refusals import FIELD_OF
from claims.models.rules import by_change, by_creation, by_date, check, not_blank, one_of, web_address
from claims.models.triggers import touch
from claims.models.verdict_triggers import (
    KEEPS,
    OWN_EVIDENCE,
    STAYS,
    SUPERSEDES,
    TAKES_OVER,
    verdict_triggers,
)

FIELD_OF |= {"verdict_of_record_once": "of_record", "verdict_superseded_once": "supersedes"}


class OnceAmongPublished(models.UniqueConstraint):
    """A rule for verdicts that are or were published. For others, nothing needs to be asked."""

    def validate(self, model: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        if instance.state in (VerdictState.PUBLISHED, VerdictState.WITHDRAWN):
            super().validate(model, instance, *args, **kwargs)

    def deconstruct(self) -> Any:
        _, args, kwargs = super().deconstruct()
        return "django.db.models.UniqueConstraint", args, kwargs


class OneOfRecord(OnceAmongPublished):
    """A claim has one verdict of record. If the new one supersedes the old, a trigger unsets the old one first."""

    def validate(self, model: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        gives_way = model.objects.of_record().filter(pk=instance.supersedes_id, claim=instance.claim_id)
        if instance.supersedes_id is None or not gives_way.exists():
            super().validate(model, instance, *args, **kwargs)


@tracked
class Verdict(Record):
    """A decision by one issuer: our desk, or another fact-checker, whose label is kept as published.

    The verdict `of_record`, of which a claim has at most one and which is published, determines the claim's status.
    `revision` counts an issuer's published verdicts on a claim, from 1; it is 0 before publication.

    A verdict is a draft, is submitted to a second reader, who returns or publishes it, and may be withdrawn
    (`claims.desk.verdicts`). Once published, it keeps its word; only a later one can supersede it, and then for good.
    """

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="verdicts")
    issuer = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="verdicts")
    revision = models.PositiveIntegerField(
        blank=True, default=0, help_text="1, 2, 3 … for this issuer and claim, given on publication; 0 before it."
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
    comment = WordsField(
        blank=True,
        default="",
        db_default="",
        max_length=10_000,
        help_text="What to change, from the reader who returned it. Removed on publication.",
        instead="Say briefly what to change.",
    )
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
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    second_reader = models.BooleanField(
        default=True,
        db_default=True,
        editable=False,
        help_text="Published by somebody who wrote none of it.",
    )
    on_earlier_words = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="The claim, or evidence that it relies on, has been reworded since.",
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
    reason_kind = models.CharField(
        "kind of reason", max_length=20, choices=ReasonKind, blank=True, default="", db_default=""
    )
    withdrawal = WordsField(
        "reason for withdrawal",
        blank=True,
        default="",
        db_default="",
        max_length=10_000,
        instead="Say briefly why.",
    )
    withdrawal_kind = models.CharField(
        "kind of withdrawal", max_length=20, choices=ReasonKind, blank=True, default="", db_default=""
    )

    objects = VerdictQuerySet.as_manager()

    class Meta:
        ordering = ["-of_record", "-id"]
        indexes = [
            # drafts and withdrawn verdicts, newest first
            models.Index(fields=["-id"], condition=~Q(state=VerdictState.PUBLISHED), name="verdict_in_work"),
            *by_date("verdict", "issued"),
            by_change("verdict"),
            by_creation("verdict"),
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
            one_of("verdict", "reason_kind", ReasonKind, blank=True),
            one_of("verdict", "withdrawal_kind", ReasonKind, blank=True),
            check(
                "verdict",
                "withdrawal",
                "given",
                ~Q(state=VerdictState.WITHDRAWN) | shows_something("withdrawal"),
                "Say why this verdict is withdrawn.",
            ),
            check(
                "verdict",
                "withdrawal",
                "stated",
                Q(state=VerdictState.WITHDRAWN) | Q(withdrawal="", withdrawal_kind=""),
                "Only a withdrawn verdict has a reason for its withdrawal.",
            ),
            OnceAmongPublished(
                fields=["supersedes"],
                condition=Q(published_at__isnull=False),
                name="verdict_superseded_once",
                violation_error_message="That verdict has been superseded already; supersede the latest one.",
            ),
            OneOfRecord(
                fields=["claim"],
                condition=Q(of_record=True),
                name="verdict_of_record_once",
                violation_error_message="The claim already has a verdict of record; supersede that one.",
            ),
            OnceAmongPublished(
                fields=["claim", "issuer", "revision"],
                condition=Q(revision__gt=0),
                name="verdict_revision_once",
                violation_error_message="The issuer already has a verdict with this revision on the claim.",
            ),
        ]
        triggers = [touch(), *verdict_triggers()]

    def __str__(self) -> str:
        return f"{self.issuer}: {self.status}"

    def natural_key(self) -> tuple[Any, ...]:
        return key_of(self)

    natural_key.dependencies = ["claims.claim", "claims.actor"]  # type: ignore[attr-defined]

    def clean(self) -> None:
        super().clean()
        kept = None
        if self.pk is not None:
            kept = Verdict.objects.filter(pk=self.pk).once_published().values("claim_id", "issuer_id").first()
        if kept is not None and kept["claim_id"] != self.claim_id:
            raise ValidationError({"claim": STAYS})
        if kept is not None and kept["issuer_id"] != self.issuer_id:
            raise ValidationError({"issuer": KEEPS})
        if self.supersedes is not None and not self._follows(self.supersedes):
            raise ValidationError({"supersedes": SUPERSEDES})
        is_beside = self.state == VerdictState.PUBLISHED and not self.of_record
        if is_beside and self.supersedes is not None and self.supersedes.of_record:
            raise ValidationError({"of_record": TAKES_OVER})
        if self.pk is None:
            return
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
        triggers = [touch(), same_claim(), *links_kept(), *links_to_shown()]

    def __str__(self) -> str:
        return f"{self.verdict} – {self.evidence}"

    def natural_key(self) -> tuple[Any, ...]:
        return key_of(self)

    natural_key.dependencies = ["claims.verdict", "claims.evidence"]  # type: ignore[attr-defined]

    def clean(self) -> None:
        super().clean()
        if self.verdict_id and self.evidence_id and self.verdict.claim_id != self.evidence.claim_id:
            raise ValidationError({"evidence": OWN_EVIDENCE})
