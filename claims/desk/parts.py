"""Compound claims: what the statuses of their parts say together. They explain, and decide nothing by themselves."""

from collections import Counter
from typing import Any, NamedTuple

from django.db.models import TextChoices

from claims.models import Claim, ClaimRelation
from claims.models.choices import RelationKind, Status
from claims.models.visibility import Sight, visible


class Together(TextChoices):
    NO_PARTS = "no_parts", "No parts"
    REFUTED = "refuted", "At least one part is refuted"
    CONFLICTING = "conflicting", "The evidence on at least one part conflicts"
    OPEN = "open", "At least one part has no verdict"
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence", "There is not enough evidence on at least one part"
    NOT_CHECKABLE = "not_checkable", "At least one part can’t be checked"
    SUPPORTED = "supported", "All parts are supported"


#: from the status that weighs most: a claim stands only if all its parts do
_WEIGHT = {
    Status.REFUTED: Together.REFUTED,
    Status.CONFLICTING: Together.CONFLICTING,
    Status.UNVERIFIED: Together.OPEN,
    Status.NOT_ENOUGH_EVIDENCE: Together.NOT_ENOUGH_EVIDENCE,
    Status.NOT_CHECKABLE: Together.NOT_CHECKABLE,
    Status.SUPPORTED: Together.SUPPORTED,
}
_SAYS = {
    Together.NO_PARTS: "No claim is recorded as part of this one.",
    Together.REFUTED: "A claim holds only if all its parts do, and {here} of {all} {is_are} refuted.",
    Together.CONFLICTING: "No part is refuted, but the evidence on {here} of {all} conflicts.",
    Together.OPEN: "No part is refuted; {here} of {all} {has_have} no verdict yet.",
    Together.NOT_ENOUGH_EVIDENCE: "No part is refuted; there is not enough evidence on {here} of {all}.",
    Together.NOT_CHECKABLE: "No part is refuted; {here} of {all} can’t be checked.",
    Together.SUPPORTED: (
        "{here} of {all} {is_are} supported. Whether they make up the whole claim is for a reviewer to say."
    ),
}
#: parts that are listed
MOST = 200


class Parts(NamedTuple):
    """`counts`: parts by status; `parts`: at most MOST of them, by id."""

    together: Together
    explanation: str
    counts: dict[str, int]
    parts: list[Any]


def together(claim: Claim, sight: Sight) -> Parts:
    """What the visible parts of a claim say together. Two queries."""
    relations = ClaimRelation.objects.filter(visible(ClaimRelation, sight), kind=RelationKind.PART_OF, to_claim=claim)
    ids = relations.values("from_claim")
    counts = Counter(Claim.objects.filter(pk__in=ids).order_by().values_list("status", flat=True))
    says = next((says for status, says in _WEIGHT.items() if counts[status]), Together.NO_PARTS)
    here = next((counts[status] for status in _WEIGHT if counts[status]), 0)
    words = {
        "here": str(here),
        "all": str(counts.total()),
        "is_are": "is" if here == 1 else "are",
        "has_have": "has" if here == 1 else "have",
    }
    parts = Claim.objects.filter(pk__in=ids).order_by("pk").only("slug", "text", "status")[:MOST]
    return Parts(says, _SAYS[says].format(**words), dict(counts), list(parts))
