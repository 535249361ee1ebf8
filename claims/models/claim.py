"""Claims: one proposition each, in our own neutral words."""

from typing import Any

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q

from claims.models.actor import Actor
from claims.models.addresses import keeps_addresses
from claims.models.base import Record, Slugged, tracked
from claims.models.choices import ClaimKind, Status
from claims.models.dates import edtf_field, edtf_form, first_day, last_day
from claims.models.fields import LanguageField, LineField, WordsField
from claims.models.normal import SearchForm
from claims.models.querysets import STEMS, ClaimQuerySet, KeyedQuerySet
from claims.models.querysets.keys import key_of
from claims.models.releases import Released, stays_public
from claims.models.rewording_triggers import CLAIM_WORDS, held_words
from claims.models.rules import (
    by_change,
    by_creation,
    by_date,
    by_release,
    check,
    language_form,
    not_blank,
    one_of,
    slug_rules,
)
from claims.models.topic import Topic
from claims.models.triggers import refuse, touch

_REFUSE_CLAIM_STATUS_OF_RECORD = refuse(
    "claim_status_of_record",
    "status",
    "'The status follows the verdict of record; publish a verdict to change it.'",
)

_STATUS_FUNC = f"""
    IF EXISTS (
        SELECT 1 FROM claims_claim c
        LEFT JOIN claims_verdict v ON v.claim_id = c.id AND v.of_record
        WHERE c.id = NEW.id AND c.status <> coalesce(v.status, 'unverified')
    ) THEN
        {_REFUSE_CLAIM_STATUS_OF_RECORD}
    END IF;
    RETURN NULL;
"""


@tracked
class Claim(Released, Slugged):
    """One proposition that could be true or false.

    `status` mirrors the verdict of record: the database sets it when a verdict changes, and refuses any other value at
    commit.
    """

    text = LineField(
        max_length=1000,
        help_text="One proposition, in our own neutral words.",
        instead="State the claim briefly; the full text belongs in a snapshot of its source.",
    )
    language = LanguageField(default="en")
    kind = models.CharField(max_length=20, choices=ClaimKind)
    status = models.CharField(max_length=20, choices=Status, default=Status.UNVERIFIED, editable=False)
    context = WordsField(
        blank=True,
        default="",
        max_length=10_000,
        help_text="The definition or measure by which it is judged.",
        instead="Give only the definition or measure; what sources say belongs in evidence.",
    )
    topics = models.ManyToManyField(Topic, through="ClaimTopic", related_name="claims", blank=True)
    about = models.ManyToManyField(Actor, through="ClaimActor", related_name="claims_about", blank=True)
    occurred = edtf_field("When it is said to have happened.")
    occurred_first = first_day("occurred")
    occurred_last = last_day("occurred")
    search = models.GeneratedField(
        expression=SearchVector(SearchForm("text"), config=STEMS, weight="A")
        + SearchVector(SearchForm("context"), config=STEMS, weight="C"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = ClaimQuerySet.as_manager()
    slug_from = "text"
    # bulk writes have this URL
    reserved_slugs = frozenset({"bulk"})

    class Meta:
        ordering = ["-id"]
        indexes = [
            # text search: q=
            GinIndex(fields=["search"], name="claim_search_gin"),
            # lists by status, newest first
            models.Index(fields=["status", "-id"], name="claim_status_newest"),
            *by_date("claim", "occurred"),
            by_change("claim"),
            by_release("claim"),
            by_creation("claim"),
        ]
        constraints = [
            *slug_rules("claim"),
            check("claim", "slug", "free", ~Q(slug="bulk"), "“bulk” is reserved; choose another slug."),
            not_blank("claim", "text"),
            one_of("claim", "kind", ClaimKind),
            one_of("claim", "status", Status),
            language_form("claim"),
            edtf_form("claim", "occurred"),
        ]
        triggers: list[pgtrigger.Trigger] = [
            touch(),
            *keeps_addresses("claim"),
            held_words("claim", CLAIM_WORDS),
            stays_public("claim", {}, "SELECT id FROM claims_verdict WHERE claim_id = NEW.id"),
            pgtrigger.Trigger(
                name="status_on_insert",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Condition("NEW.status <> 'unverified'"),
                func=_STATUS_FUNC,
            ),
            pgtrigger.Trigger(
                name="status_on_update",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("status"),
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Condition("OLD.status IS DISTINCT FROM NEW.status"),
                func=_STATUS_FUNC,
            ),
        ]

    def __str__(self) -> str:
        return self.text

    def natural_key(self) -> tuple[Any, ...]:
        return key_of(self)


@tracked
class ClaimTopic(Record):
    """The link between a claim and a topic."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="topic_links", db_index=False)
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="claim_links", db_index=False)

    objects = KeyedQuerySet.keyed_by("claim__slug", "topic__slug")

    class Meta:
        ordering = ["topic__name", "topic_id"]
        indexes = [
            # the claims of a topic, newest first
            models.Index(fields=["topic", "claim"], name="claim_topic_newest"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "topic"],
                name="claim_topic_once",
                violation_error_message="The claim already has this topic.",
            ),
        ]
        triggers = [touch()]

    def __str__(self) -> str:
        return f"{self.claim} – {self.topic}"

    def natural_key(self) -> tuple[Any, ...]:
        return key_of(self)

    natural_key.dependencies = ["claims.claim", "claims.topic"]  # type: ignore[attr-defined]


@tracked
class ClaimActor(Record):
    """The link between a claim and an actor that it is about."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="actor_links", db_index=False)
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="claim_links", db_index=False)

    objects = KeyedQuerySet.keyed_by("claim__slug", "actor__slug")

    class Meta:
        ordering = ["actor__name", "actor_id"]
        indexes = [
            # the claims about an actor, newest first
            models.Index(fields=["actor", "claim"], name="claim_actor_newest"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "actor"],
                name="claim_actor_once",
                violation_error_message="The claim is already recorded as being about this actor.",
            ),
        ]
        triggers = [touch()]

    def __str__(self) -> str:
        return f"{self.claim} – {self.actor}"

    def natural_key(self) -> tuple[Any, ...]:
        return key_of(self)

    natural_key.dependencies = ["claims.claim", "claims.actor"]  # type: ignore[attr-defined]
