"""Former addresses: slugs and ids that once named a record, and where they lead."""

import pgtrigger
from django.db import models
from django.db.models import Q

from claims.models.actor import Actor
from claims.models.base import tracked
from claims.models.choices import AddressKind
from claims.models.claim import Claim
from claims.models.querysets import KeyedQuerySet
from claims.models.releases import Released
from claims.models.rules import SLUG_LENGTH, by_change, check, one_of
from claims.models.source import Source
from claims.models.topic import Topic
from claims.models.triggers import refuse, touch

_REFUSE_IN_USE = refuse(
    "former_address_name_free", "name", "'“' || NEW.name || '” is the slug of an existing ' || NEW.kind || '.'"
)


def _target(model: type[models.Model]) -> models.ForeignKey:
    # a trigger sets it to null when the record is deleted
    return models.ForeignKey(
        model, on_delete=models.DO_NOTHING, null=True, blank=True, related_name="former_addresses", db_index=False
    )


@tracked
class FormerAddress(Released):
    """A slug or Wikidata id that no longer names its record, and the record that it leads to.

    Triggers of the four models write these rows (`claims.models.addresses`) when a slug or Wikidata id changes, an
    actor is merged or a record is deleted. A row points to a record, not to another name, so there are no chains and
    no cycles; if the record was deleted it points to none. No other record can take such a slug.

    A name that its record lost before it was public stays hidden from readers.
    """

    kind = models.CharField(max_length=10, choices=AddressKind)
    name = models.CharField(max_length=SLUG_LENGTH, help_text="A former slug, or a former Wikidata id.")
    #: not a foreign key: the record may have been deleted. Its id leads where its slug leads
    former_id = models.PositiveBigIntegerField(
        null=True, blank=True, editable=False, help_text="The id of the record that it once named."
    )
    claim = _target(Claim)
    source = _target(Source)
    actor = _target(Actor)
    topic = _target(Topic)

    objects = KeyedQuerySet.keyed_by("name", "kind")

    class Meta:
        verbose_name_plural = "former addresses"
        ordering = ["kind", "name"]
        constraints = [
            one_of("former_address", "kind", AddressKind),
            check(
                "former_address",
                "name",
                "form",
                Q(name__regex=r"^(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$")
                | Q(name__regex="^Q[1-9][0-9]*$", kind__in=[AddressKind.ACTOR, AddressKind.TOPIC]),
                "A former address must be a slug or, for an actor or topic, a Wikidata id.",
            ),
            check(
                "former_address",
                "kind",
                "of_target",
                Q(kind=AddressKind.CLAIM, source=None, actor=None, topic=None)
                | Q(kind=AddressKind.SOURCE, claim=None, actor=None, topic=None)
                | Q(kind=AddressKind.ACTOR, claim=None, source=None, topic=None)
                | Q(kind=AddressKind.TOPIC, claim=None, source=None, actor=None),
                "A former address must lead to a record of its own kind.",
            ),
            # looks up slugs that no record has, and those with the same beginning
            models.UniqueConstraint(
                fields=["name", "kind"],
                opclasses=["varchar_pattern_ops", "varchar_pattern_ops"],
                name="former_address_once",
                violation_error_message="This former address is already recorded.",
            ),
        ]
        indexes = [
            # looks up an id that no record has
            models.Index(fields=["former_id", "kind"], name="former_address_by_id"),
            by_change("former_address"),
            # the rows that lead to a record, when it is deleted or merged
            *(
                models.Index(fields=[name], condition=Q(**{f"{name}__isnull": False}), name=f"former_address_{name}")
                for name in AddressKind.values
            ),
        ]
        triggers: list[pgtrigger.Trigger] = [
            touch(),
            pgtrigger.Trigger(
                name="leads",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                declare=[("present", "BIGINT"), ("is_held", "BOOLEAN")],
                func=f"""
                    IF TG_OP = 'UPDATE' THEN
                        NEW.former_id := coalesce(NEW.former_id, OLD.former_id);
                    END IF;
                    NEW.former_id :=
                        coalesce(NEW.former_id, NEW.claim_id, NEW.source_id, NEW.actor_id, NEW.topic_id);
                    IF NEW.actor_id IS NOT NULL THEN
                        WITH RECURSIVE up AS (
                            SELECT a.id, a.merged_into_id FROM claims_actor a WHERE a.id = NEW.actor_id
                            UNION
                            SELECT a.id, a.merged_into_id FROM claims_actor a JOIN up ON a.id = up.merged_into_id
                        )
                        SELECT up.id INTO present FROM up WHERE up.merged_into_id IS NULL;
                        NEW.actor_id := coalesce(present, NEW.actor_id);
                    END IF;
                    IF TG_OP = 'UPDATE' AND NEW.name = OLD.name AND NEW.kind = OLD.kind
                        OR NEW.kind NOT IN ('claim', 'source', 'actor', 'topic') THEN
                        RETURN NEW; -- its check constraint refuses an unknown kind
                    END IF;
                    IF pg_trigger_depth() = 1 THEN
                        -- not written by a trigger: no record may take the slug until this commits
                        EXECUTE format('LOCK TABLE %I IN SHARE ROW EXCLUSIVE MODE', 'claims_' || NEW.kind);
                    END IF;
                    EXECUTE format(
                        'SELECT EXISTS (SELECT 1 FROM %I WHERE slug = $1 %s)',
                        'claims_' || NEW.kind,
                        CASE NEW.kind WHEN 'actor' THEN 'AND merged_into_id IS NULL' ELSE '' END
                    ) INTO is_held USING NEW.name;
                    IF is_held THEN
                        {_REFUSE_IN_USE}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    def natural_key(self) -> tuple[str, str]:
        return (self.name, self.kind)

    natural_key.dependencies = [  # type: ignore[attr-defined]
        *("claims.claim", "claims.source", "claims.actor", "claims.topic")
    ]
