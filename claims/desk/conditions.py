"""Conditions in the table of roles: of the records given, all of one model, the places of those that are refused."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Q

from claims.models import Verdict
from claims.models.choices import Status
from claims.models.visibility import sight_of, visible

#: (user, records) → place: reason
Condition = Callable[[Any, Sequence[Any]], dict[int, str]]

#: model → its fields that name the claims concerned
CLAIMS_OF = {
    "claims.assertion": ("claim",),
    "claims.evidence": ("claim",),
    "claims.claimtopic": ("claim",),
    "claims.claimactor": ("claim",),
    "claims.claimrelation": ("from_claim", "to_claim"),
}

#: Of the claims given, those with a verdict, or with rows that somebody else than the user added.
HANGING = """
    WITH given AS (SELECT unnest(%s::bigint[]) AS id, %s::int AS writer)
    SELECT g.id FROM given g WHERE
        EXISTS (SELECT 1 FROM claims_verdict v WHERE v.claim_id = g.id)
        OR EXISTS (SELECT 1 FROM claims_assertion a WHERE a.claim_id = g.id AND a.created_by_id IS DISTINCT FROM writer)
        OR EXISTS (SELECT 1 FROM claims_evidence e WHERE e.claim_id = g.id AND e.created_by_id IS DISTINCT FROM writer)
        OR EXISTS (SELECT 1 FROM claims_claimrelation r
            WHERE r.from_claim_id = g.id AND r.created_by_id IS DISTINCT FROM writer)
        OR EXISTS (SELECT 1 FROM claims_claimrelation r
            WHERE r.to_claim_id = g.id AND r.created_by_id IS DISTINCT FROM writer)
"""


def _ids(sql: str, *params: Any) -> list[int]:
    # plain SQL, as in claims.models.lookup: the first is asked with every write of a contributor
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [pk for (pk,) in cursor]


def added_by_others(user: Any, records: Sequence[Any]) -> dict[int, str]:
    """Records that somebody else than the user added."""
    why = "Somebody else added this; a contributor may touch only what they added themselves. Ask a reviewer."
    return {at: why for at, record in enumerate(records) if record.created_by_id != user.pk}


def added_by_others_or_decided(user: Any, records: Sequence[Any]) -> dict[int, str]:
    """Records that somebody else added, or whose claims have a verdict of record. One query at most."""
    found = added_by_others(user, records)
    decided: set[int] = set()
    asked: dict[int, set[int]] = {}
    for at, record in enumerate(records):
        fields = CLAIMS_OF.get(record._meta.label_lower)
        if fields is None:
            if record.status != Status.UNVERIFIED:
                decided.add(at)
            continue
        for name in fields:
            if not record._meta.get_field(name).is_cached(record):
                asked.setdefault(getattr(record, f"{name}_id"), set()).add(at)
            elif getattr(record, name).status != Status.UNVERIFIED:
                decided.add(at)
    if asked:
        claims = _ids("SELECT id FROM claims_claim WHERE id = ANY(%s) AND status <> 'unverified'", list(asked))
        decided |= {at for pk in claims for at in asked[pk]}
    why = "A verdict of record rests on the claim; from then on a reviewer has to do this."
    return dict.fromkeys(decided, why) | found


def decided_or_shared(user: Any, claims: Sequence[Any]) -> dict[int, str]:
    """Claims that somebody else added, that have a verdict, or rows that others added and that would go with them.

    Two queries at most.
    """
    found = added_by_others_or_decided(user, claims)
    places = {claim.pk: at for at, claim in enumerate(claims) if at not in found}
    if places:
        why = "What others added would go with this claim; ask a reviewer to delete it."
        found |= {places[pk]: why for pk in _ids(HANGING, list(places), user.pk)}
    return found


def once_published(user: Any, verdicts: Sequence[Any]) -> dict[int, str]:
    """Verdicts that are published, or were once."""
    places = {verdict.pk: at for at, verdict in enumerate(verdicts)}
    why = "This verdict was published; withdraw or supersede it. Only an administrator may delete it."
    published = Verdict.objects.filter(pk__in=places).once_published().order_by()
    return {places[pk]: why for pk in published.values_list("pk", flat=True)}


def with_published_verdict(user: Any, claims: Sequence[Any]) -> dict[int, str]:
    """Claims with a verdict that is published, or was once; it would go with the claim."""
    places = {claim.pk: at for at, claim in enumerate(claims)}
    why = "A verdict that was published would go with this claim. Only an administrator may delete it."
    published = Verdict.objects.filter(claim__in=places).once_published().order_by()
    return {places[pk]: why for pk in published.values_list("claim", flat=True)}


def hidden(user: Any, records: Sequence[Any]) -> dict[int, str]:
    """Records that the user doesn't see. One query at most."""
    seen = visible(type(records[0]), sight_of(user)) if records else Q()
    if not seen:
        return {}
    model = type(records[0])
    shown = set(model._default_manager.filter(seen, pk__in=[r.pk for r in records]).values_list("pk", flat=True))
    why = f"This {model._meta.verbose_name} is not published."
    return {at: why for at, record in enumerate(records) if record.pk not in shown}


def of_other_users(user: Any, tokens: Sequence[Any]) -> dict[int, str]:
    """Tokens of somebody else than the user."""
    why = "This token is another user's; only an administrator may touch it."
    return {at: why for at, token in enumerate(tokens) if token.user_id != user.pk}


def superusers(user: Any, users: Sequence[Any]) -> dict[int, str]:
    """Accounts of superusers."""
    why = "This is the account of a superuser, whom only a superuser may change."
    return {at: why for at, other in enumerate(users) if other.is_superuser}
