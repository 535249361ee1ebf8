"""Rewordings: changes of what published verdicts were about, with a reason. Triggers hold the rule."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from claims.models import Claim, Evidence, Rewording, Verdict, VerdictEvidence
from claims.models.rewording_triggers import CLAIM_WORDS, EVIDENCE_WORDS, UNCHANGED

#: model → the columns that hold what a verdict is about
WORDS: dict[type[Any], tuple[str, ...]] = {
    Claim: tuple(CLAIM_WORDS),
    Evidence: tuple(f"{name}_id" if name in ("source", "snapshot") else name for name in EVIDENCE_WORDS.values()),
}


def changes_words(before: Any, after: Any) -> bool:
    """Whether a change of a claim or of evidence changes what a verdict is about."""
    return any(getattr(before, column) != getattr(after, column) for column in WORDS[type(after)])


def held(model: type[Any], ids: Sequence[int]) -> set[int]:
    """Those ids of claims, or of evidence, on which a verdict was ever published. One query."""
    if model is Claim:
        return set(Verdict.objects.once_published().filter(claim__in=ids).values_list("claim", flat=True))
    links = VerdictEvidence.objects.filter(evidence__in=ids, verdict__published_at__isnull=False)
    return set(links.values_list("evidence", flat=True))


def rewording_of(before: Any, after: Any, kind: str, reason: str) -> Rewording:
    """Why the words of a claim or of evidence are about to change, to be given to `reword`. Raises ValidationError if
    they are the same."""
    if not changes_words(before, after):
        raise ValidationError({"rewording": UNCHANGED})
    about = (
        {"claim_id": after.pk} if isinstance(after, Claim) else {"claim_id": after.claim_id, "evidence_id": after.pk}
    )
    return Rewording(**about, kind=kind, reason=reason)


def reword(rewordings: Iterable[Rewording]) -> None:
    """Record why words are about to change, in the transaction of the change and just before it. The database fills in
    the earlier words, and marks the verdicts that were given on them."""
    Rewording.objects.bulk_create(rewordings)
