"""Conditions in the table of roles. Each takes records of one model and returns the indexes of those refused."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Q

from claims.models import Verdict
from claims.models.choices import Status, VerdictState
from claims.models.verdict_triggers import SUBMITTED
from claims.models.visibility import sight_of, visible

#: (user, records) → {index: reason}
Condition = Callable[[Any, Sequence[Any]], dict[int, str]]

#: model → the foreign keys to the claims concerned
CLAIMS_OF = {
    "claims.assertion": ("claim",),
    "claims.evidence": ("claim",),
    "claims.claimtopic": ("claim",),
    "claims.claimactor": ("claim",),
    "claims.claimrelation": ("from_claim", "to_claim"),
}

#: Those of the given claims that have a verdict, or rows that someone other than the user added.
NOT_ALONE = """
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
    # plain SQL, as in claims.models.lookup: every write of a contributor runs the first of these queries
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [pk for (pk,) in cursor]


def added_by_others(user: Any, records: Sequence[Any]) -> dict[int, str]:
    """Refuses records that someone other than the user added."""
    why = "Someone else added this; contributors can change or delete only what they added themselves. Ask a reviewer."
    return {i: why for i, record in enumerate(records) if record.created_by_id != user.pk}


def added_by_others_or_decided(user: Any, records: Sequence[Any]) -> dict[int, str]:
    """Refuses records that someone else added, or whose claims have a verdict of record. At most one query."""
    found = added_by_others(user, records)
    decided: set[int] = set()
    uncached: dict[int, set[int]] = {}
    for i, record in enumerate(records):
        fields = CLAIMS_OF.get(record._meta.label_lower)
        if fields is None:
            if record.status != Status.UNVERIFIED:
                decided.add(i)
            continue
        for name in fields:
            if not record._meta.get_field(name).is_cached(record):
                uncached.setdefault(getattr(record, f"{name}_id"), set()).add(i)
            elif getattr(record, name).status != Status.UNVERIFIED:
                decided.add(i)
    if uncached:
        claims = _ids("SELECT id FROM claims_claim WHERE id = ANY(%s) AND status <> 'unverified'", list(uncached))
        decided |= {i for pk in claims for i in uncached[pk]}
    why = "The claim has a verdict of record, so only a reviewer can do this."
    return dict.fromkeys(decided, why) | found


def decided_or_shared(user: Any, claims: Sequence[Any]) -> dict[int, str]:
    """Refuses claims that someone else added, that have a verdict, or whose deletion would delete others' rows.

    At most two queries.
    """
    found = added_by_others_or_decided(user, claims)
    places = {claim.pk: i for i, claim in enumerate(claims) if i not in found}
    if places:
        why = "Deleting this claim would also delete what others added; ask a reviewer to delete it."
        found |= {places[pk]: why for pk in _ids(NOT_ALONE, list(places), user.pk)}
    return found


def submitted_or_once_published(user: Any, verdicts: Sequence[Any]) -> dict[int, str]:
    """Refuses verdicts that wait for a second reader, and those that are published or have ever been."""
    places = {verdict.pk: i for i, verdict in enumerate(verdicts)}
    why = "This verdict has been published, so it can’t be deleted; withdraw or supersede it."
    kept = Verdict.objects.filter(pk__in=places).filter(Q(state=VerdictState.SUBMITTED) | Q(published_at__isnull=False))
    found = kept.order_by().values_list("pk", "published_at")
    return {places[pk]: SUBMITTED if published_at is None else why for pk, published_at in found}


def with_published_verdict(user: Any, claims: Sequence[Any]) -> dict[int, str]:
    """Refuses claims with a verdict that is published or has ever been: it would be deleted with the claim."""
    places = {claim.pk: i for i, claim in enumerate(claims)}
    why = "A verdict on this claim has been published, so the claim can’t be deleted."
    published = Verdict.objects.filter(claim__in=places).once_published().order_by()
    return {places[pk]: why for pk in published.values_list("claim", flat=True)}


def hidden(user: Any, records: Sequence[Any]) -> dict[int, str]:
    """Refuses records that the user can't see. At most one query."""
    seen = visible(type(records[0]), sight_of(user)) if records else Q()
    if not seen:
        return {}
    model = type(records[0])
    shown = set(model._default_manager.filter(seen, pk__in=[r.pk for r in records]).values_list("pk", flat=True))
    why = f"This {model._meta.verbose_name} is not published."
    return {i: why for i, record in enumerate(records) if record.pk not in shown}


def of_other_users(user: Any, tokens: Sequence[Any]) -> dict[int, str]:
    """Refuses tokens of other users."""
    why = "This token belongs to another user; only an administrator can view or revoke it."
    return {i: why for i, token in enumerate(tokens) if token.user_id != user.pk}


def superusers(user: Any, users: Sequence[Any]) -> dict[int, str]:
    """Refuses the accounts of superusers."""
    why = "This account belongs to a superuser; only a superuser can change it."
    return {i: why for i, other in enumerate(users) if other.is_superuser}
