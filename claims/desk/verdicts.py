"""The workflow of verdicts: draft, publish, supersede, withdraw.

The rules for the API and the admin:

- The users who draft and publish a verdict are recorded.
- A published verdict becomes the position of record if its claim has none, or if it supersedes the present one, unless
  the request says otherwise.
- A verdict that is withdrawn, or becomes a draft again, is no longer the position of record.
- A trigger unsets the superseded position of record in the same statement, so that the claim's status changes from one
  decision directly to the other.
"""

import copy
from typing import Any

from claims.models import Claim, Verdict
from claims.models.choices import VerdictState


def settle(verdict: Verdict, user: Any, *, before: Verdict | None, of_record: bool | None = None) -> None:
    """Set the fields that follow from the others before the user saves a verdict; `before` is the stored one, if any.

    `of_record` is the requested value, or None to decide it here. Call this in the transaction that saves the verdict:
    it locks the claim of a published one, so that two can't both become the position of record.
    """
    is_published = verdict.state == VerdictState.PUBLISHED
    was_published = before is not None and before.state == VerdictState.PUBLISHED
    if before is None:
        verdict.drafted_by = user
    if is_published and not was_published:
        verdict.published_by = user
    if of_record is not None:
        verdict.of_record = of_record
    elif before is None or not was_published or before.supersedes_id != verdict.supersedes_id:
        verdict.of_record = is_published and _takes_over(verdict)
    else:
        verdict.of_record = is_published and before.of_record


def _takes_over(verdict: Verdict) -> bool:
    """Whether the claim has no verdict of record except the one that this one supersedes, or this one itself."""
    list(Claim.objects.select_for_update(no_key=True).filter(pk=verdict.claim_id).values_list("pk"))
    of_record = Verdict.objects.of_record().filter(claim=verdict.claim_id).values_list("pk", flat=True)
    return set(of_record) <= {verdict.pk, verdict.supersedes_id}


def publish(verdict: Verdict, user: Any) -> None:
    """Publish a draft as it is stored."""
    before = copy.copy(verdict)
    verdict.state = VerdictState.PUBLISHED
    settle(verdict, user, before=before)
    verdict.save(update_fields=["state", "of_record", "published_by"])
