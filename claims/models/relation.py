"""Claim relations: typed links between two claims."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least

from claims.models.base import Record, tracked
from claims.models.choices import RelationKind
from claims.models.claim import Claim
from claims.models.fields import note_field
from claims.models.querysets import RelationQuerySet
from claims.models.querysets.keys import key_of
from claims.models.rules import by_change, check, one_of
from claims.models.triggers import touch


@tracked
class ClaimRelation(Record):
    """`from_claim` <kind> `to_claim`.

    Two claims can have only one relation of each kind, whatever its direction: `contradicts` and `repeats` are
    symmetric, and a directed kind in both directions would be a cycle.
    """

    from_claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="relations_out")
    to_claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="relations_in")
    kind = models.CharField(max_length=20, choices=RelationKind)
    note = note_field()

    objects = RelationQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [by_change("relation")]
        constraints = [
            one_of("relation", "kind", RelationKind),
            check("relation", "to_claim", "other", ~Q(from_claim=F("to_claim")), "A claim can't be related to itself."),
            models.UniqueConstraint(
                "kind",
                Least("from_claim", "to_claim"),
                Greatest("from_claim", "to_claim"),
                name="relation_once",
                violation_error_message="The two claims already have this relation, in one direction or the other.",
            ),
        ]
        triggers = [touch()]

    def __str__(self) -> str:
        return f"{self.from_claim} {RelationKind(self.kind).label} {self.to_claim}"

    def natural_key(self) -> tuple[Any, ...]:
        return key_of(self)

    natural_key.dependencies = ["claims.claim"]  # type: ignore[attr-defined]
