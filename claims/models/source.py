"""Sources: works that say something, and their authors."""

from typing import Any

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models

from claims.models.actor import Actor
from claims.models.addresses import keeps_addresses
from claims.models.base import Record, Slugged, clean_no_cycle, tracked
from claims.models.choices import Reliability, SourceKind
from claims.models.dates import edtf_field, edtf_form, first_day, last_day
from claims.models.fields import LanguageField, LineField, WebAddressField, note_field
from claims.models.normal import NormalForm
from claims.models.querysets import KeyedQuerySet, SourceQuerySet
from claims.models.querysets.keys import key_of
from claims.models.releases import Released, points_to_public, stays_public
from claims.models.rules import (
    by_change,
    by_creation,
    by_date,
    by_release,
    language_form,
    not_blank,
    one_of,
    slug_rules,
    web_address,
)
from claims.models.triggers import no_cycle, touch


@tracked
class Source(Released, Slugged):
    """An article, opinion piece, speech, statement, report, post, video or data set.

    `derived_from` is the work that this one copies, translates or syndicates; the root of that chain is its origin.
    """

    title = LineField(
        max_length=500,
        help_text="In [brackets] if we supplied it.",
        instead="Shorten the title; the full text belongs in a snapshot.",
    )
    kind = models.CharField(max_length=20, choices=SourceKind)
    publisher = models.ForeignKey(
        Actor, on_delete=models.PROTECT, null=True, blank=True, related_name="published_sources"
    )
    authors = models.ManyToManyField(Actor, through="SourceAuthor", related_name="authored_sources", blank=True)
    url = WebAddressField("URL")
    archived_url = WebAddressField("archived URL")
    language = LanguageField(blank=True, default="")
    published = edtf_field("Date of publication.")
    published_first = first_day("published")
    published_last = last_day("published")
    reliability = models.CharField(max_length=1, choices=Reliability, default=Reliability.F)
    derived_from = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="derivatives",
        help_text="The work that this one copies, translates or syndicates.",
    )
    note = note_field()

    objects = SourceQuerySet.as_manager()
    slug_from = "title"

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            *slug_rules("source"),
            not_blank("source", "title"),
            one_of("source", "kind", SourceKind),
            one_of("source", "reliability", Reliability),
            language_form("source"),
            edtf_form("source", "published"),
            web_address("source", "url"),
            web_address("source", "archived_url"),
        ]
        indexes = [
            # fuzzy search by title: q=
            GinIndex(OpClass(NormalForm("title"), "gin_trgm_ops"), name="source_title_trigrams"),
            # lists ordered by title
            models.Index(fields=["title", "id"], name="source_by_title"),
            *by_date("source", "published"),
            by_change("source"),
            by_release("source"),
            by_creation("source"),
        ]
        triggers: list[pgtrigger.Trigger] = [
            touch(),
            *keeps_addresses("source"),
            no_cycle("claims_source", "derived_from"),
            *points_to_public(
                "source",
                {"publisher": ("actor", "its publisher"), "derived_from": ("source", "the work it derives from")},
            ),
            stays_public(
                "source",
                {("source", "derived_from"): "a public source derives from it,"},
                "SELECT l.verdict_id FROM claims_verdictevidence l JOIN claims_evidence e ON e.id = l.evidence_id "
                "WHERE e.source_id = NEW.id",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def natural_key(self) -> tuple[Any, ...]:
        return key_of(self)

    def clean(self) -> None:
        super().clean()
        clean_no_cycle(self, "derived_from")


@tracked
class SourceAuthor(Record):
    """An author of a source; `position` keeps their order, from 1."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="bylines", db_index=False)
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="bylines")
    position = models.PositiveSmallIntegerField(default=1)

    objects = KeyedQuerySet.keyed_by("source__slug", "actor__slug")

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "actor"],
                name="source_author_once",
                violation_error_message="The source already lists this author.",
            ),
        ]
        triggers = [touch()]

    def __str__(self) -> str:
        return f"{self.actor} – {self.source}"

    def natural_key(self) -> tuple[Any, ...]:
        return key_of(self)

    natural_key.dependencies = ["claims.source", "claims.actor"]  # type: ignore[attr-defined]
