"""Topics of claims: subjects, events and places, in a tree."""

from typing import Any

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from claims.models.addresses import keeps_addresses
from claims.models.base import Slugged, clean_no_cycle, tracked
from claims.models.choices import TopicKind
from claims.models.dates import edtf_field, edtf_form, first_day, last_day
from claims.models.fields import LineField, country_field, note_field, wikidata_field
from claims.models.normal import NormalForm
from claims.models.querysets import TopicQuerySet
from claims.models.querysets.keys import key_of
from claims.models.rules import check, country_form, not_blank, one_of, slug_rules
from claims.models.triggers import no_cycle, refuse, touch
from claims.models.wikidata import wikidata_rule

_REFUSE_TOPIC_PLACE_IS_A_PLACE = refuse("topic_place_is_a_place", "place", "'The place must be a topic of kind place.'")

PLACE_IN_USE = "This topic is the place of an event, so it must stay a place."
_REFUSE_TOPIC_PLACE_IN_USE = refuse("topic_place_is_a_place", "kind", f"'{PLACE_IN_USE}'")


@tracked
class Topic(Slugged):
    """A subject, event or place. Only an event can have a date and a place."""

    name = LineField(max_length=200)
    kind = models.CharField(max_length=20, choices=TopicKind, default=TopicKind.SUBJECT)
    description = note_field()
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    occurred = edtf_field("When the event happened.")
    occurred_first = first_day("occurred")
    occurred_last = last_day("occurred")
    place = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="events_here",
        limit_choices_to={"kind": TopicKind.PLACE},
        help_text="Where the event happened: a topic of kind place.",
    )
    country = country_field()
    wikidata_id = wikidata_field()

    objects = TopicQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            *slug_rules("topic"),
            not_blank("topic", "name"),
            one_of("topic", "kind", TopicKind),
            edtf_form("topic", "occurred"),
            country_form("topic"),
            wikidata_rule("topic"),
            check(
                "topic",
                "occurred",
                "only_events",
                Q(kind=TopicKind.EVENT) | Q(occurred="", place__isnull=True),
                "Only an event can have a date and a place.",
            ),
        ]
        indexes = [
            # fuzzy search by name: q=
            GinIndex(OpClass(NormalForm("name"), "gin_trgm_ops"), name="topic_name_trigrams"),
        ]
        triggers: list[pgtrigger.Trigger] = [
            touch(),
            *keeps_addresses("topic", wikidata=True, releases=False),
            no_cycle("claims_topic", "parent"),
            pgtrigger.Trigger(
                name="place_is_a_place",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("place_id"),
                condition=pgtrigger.Condition("NEW.place_id IS NOT NULL"),
                func=f"""
                    IF EXISTS (SELECT 1 FROM claims_topic WHERE id = NEW.place_id AND kind <> 'place') THEN
                        {_REFUSE_TOPIC_PLACE_IS_A_PLACE}
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="place_stays_one",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("kind"),
                condition=pgtrigger.Condition("OLD.kind = 'place' AND NEW.kind <> 'place'"),
                func=f"""
                    IF EXISTS (SELECT 1 FROM claims_topic WHERE place_id = NEW.id) THEN
                        {_REFUSE_TOPIC_PLACE_IN_USE}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[Any, ...]:
        return key_of(self)

    def clean(self) -> None:
        super().clean()
        clean_no_cycle(self, "parent")
        if self.place is not None and self.place.kind != TopicKind.PLACE:
            raise ValidationError({"place": "The place must be a topic of kind place."})
        if self.pk is not None and self.kind != TopicKind.PLACE and self.events_here.exists():
            raise ValidationError({"kind": PLACE_IN_USE})
