"""What people do to a verdict: they draft it, publish it, let it supersede another, withdraw it.

The rules, for all who write verdicts:

- Who drafts a verdict, and who publishes it, is on record.
- A verdict that is published becomes the position of record if its claim has none, or if it supersedes the one that
  is; unless the writer says otherwise.
- One that is withdrawn, or becomes a draft again, is not the position of record any more.
- The verdict of record gives way to the one that supersedes it in the same statement (a trigger of the database), so
  that the claim's status goes from one decision to the other.
"""

import copy
from typing import Any

from claims.models import Claim, Verdict
from claims.models.choices import VerdictState


def settle(verdict: Verdict, user: Any, *, before: Verdict | None, of_record: bool | None = None) -> None:
    """Sets what follows for a verdict that the user is about to save; `before` is how it is stored, if it is.

    `of_record` is what the writer says of it, None where that is left open. To be called in the transaction that
    saves the verdict: the claim of one that is published is locked, so that two can't both become its first.
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
    """Whether the claim has no other verdict of record than the one that this supersedes."""
    list(Claim.objects.select_for_update(no_key=True).filter(pk=verdict.claim_id).values_list("pk"))
    of_record = Verdict.objects.of_record().filter(claim=verdict.claim_id).values_list("pk", flat=True)
    return set(of_record) <= {verdict.pk, verdict.supersedes_id}


def publish(verdict: Verdict, user: Any) -> None:
    """Publishes a draft, as it is stored."""
    before = copy.copy(verdict)
    verdict.state = VerdictState.PUBLISHED
    settle(verdict, user, before=before)
    verdict.save(update_fields=["state", "of_record", "published_by"])
