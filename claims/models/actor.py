"""Actors speak, publish or are spoken of: persons, organisations, states, public bodies, armed groups, outlets."""

from typing import Any

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q

from claims.models.addresses import keeps_addresses
from claims.models.base import Record, Slugged, clean_no_cycle, tracked
from claims.models.choices import ActorKind, NameKind
from claims.models.fields import LanguageField, LineField, country_field, note_field, wikidata_field
from claims.models.normal import NormalForm
from claims.models.querysets import ActorQuerySet, KeyedQuerySet
from claims.models.querysets.keys import key_of
from claims.models.releases import Released, points_to_public, stays_public
from claims.models.rules import by_change, by_release, country_form, language_form, not_blank, one_of, slug_rules
from claims.models.triggers import no_cycle, touch
from claims.models.wikidata import wikidata_rule


@tracked
class Actor(Released, Slugged):
    """A person, organisation, state, public body, armed group or outlet.

    A merged actor keeps its slug and points to the actor it was merged into; lookups follow that pointer.
    """

    name = LineField(max_length=200, help_text="The display name; other names are listed by language.")
    kind = models.CharField(max_length=20, choices=ActorKind)
    description = note_field()
    part_of = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="parts",
        help_text="The larger body it belongs to, as the FSB is part of Russia.",
    )
    country = country_field()
    wikidata_id = wikidata_field()
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged", editable=False
    )

    objects = ActorQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            *slug_rules("actor"),
            not_blank("actor", "name"),
            one_of("actor", "kind", ActorKind),
            country_form("actor"),
            wikidata_rule("actor"),
            models.UniqueConstraint(
                fields=["wikidata_id"],
                condition=~Q(wikidata_id="") & Q(merged_into__isnull=True),
                name="actor_wikidata_id_unique",
                violation_error_message="Another actor already has this Wikidata id.",
            ),
        ]
        indexes = [
            # fuzzy search by name: q=
            GinIndex(OpClass(NormalForm("name"), "gin_trgm_ops"), name="actor_name_trigrams"),
            # lists ordered by name
            models.Index(fields=["name", "id"], name="actor_by_name"),
            by_change("actor"),
            by_release("actor"),
        ]
        triggers: list[pgtrigger.Trigger] = [
            touch(),
            *keeps_addresses("actor", wikidata=True, merges=True),
            no_cycle("claims_actor", "part_of"),
            no_cycle("claims_actor", "merged_into"),
            *points_to_public(
                "actor",
                {
                    "part_of": ("actor", "the body it is part of"),
                    "merged_into": ("actor", "the actor it was merged into"),
                },
            ),
            stays_public(
                "actor",
                {
                    ("source", "publisher"): "it is the publisher of a public source,",
                    ("actor", "part_of"): "a public actor is part of it,",
                    ("actor", "merged_into"): "a public actor was merged into it,",
                },
                "SELECT id FROM claims_verdict WHERE issuer_id = NEW.id",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[Any, ...]:
        return key_of(self)

    def clean(self) -> None:
        super().clean()
        clean_no_cycle(self, "part_of")
        clean_no_cycle(self, "merged_into")


@tracked
class ActorName(Record):
    """Another name of an actor, in one language."""

    actor = models.ForeignKey(Actor, on_delete=models.CASCADE, related_name="names", db_index=False)
    language = LanguageField()
    name = LineField(max_length=200)
    kind = models.CharField(max_length=20, choices=NameKind, default=NameKind.ALIAS)

    objects = KeyedQuerySet.keyed_by("actor__slug", "language", "name")

    class Meta:
        ordering = ["language", "name", "id"]
        constraints = [
            not_blank("actor_name", "name"),
            one_of("actor_name", "kind", NameKind),
            language_form("actor_name"),
            models.UniqueConstraint(
                "actor",
                "language",
                NormalForm("name"),
                name="actor_name_once",
                violation_error_message="The actor already has this name in this language.",
            ),
        ]
        indexes = [
            # fuzzy search by any name: q=
            GinIndex(OpClass(NormalForm("name"), "gin_trgm_ops"), name="actor_name_any_trigrams"),
        ]
        triggers = [touch()]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"

    def natural_key(self) -> tuple[Any, ...]:
        return key_of(self)

    natural_key.dependencies = ["claims.actor"]  # type: ignore[attr-defined]
