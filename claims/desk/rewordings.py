"""Rewordings: changes of what published verdicts were about, with a reason. Triggers hold the rule."""

from collections.abc import Iterable, Sequence
from typing import Any

from claims.models import Claim, Evidence, Rewording, Verdict, VerdictEvidence
from claims.models.rewording_triggers import CLAIM_WORDS, HASHED, HELD, NOT_HELD, UNCHANGED

#: model → what a verdict is about: column → field
WORDS: dict[type[Any], dict[str, str]] = {Claim: CLAIM_WORDS, Evidence: HASHED}


def changed_words(before: Any, after: Any) -> list[str]:
    """The fields in which a change of a claim or of evidence changes what a verdict is about."""
    return [f for column, f in WORDS[type(after)].items() if getattr(before, column) != getattr(after, column)]


def changes_words(before: Any, after: Any) -> bool:
    return bool(changed_words(before, after))


def held(model: type[Any], ids: Sequence[int]) -> set[int]:
    """Those ids of claims, or of evidence, on which a verdict was ever published. One query."""
    if model is Claim:
        return set(Verdict.objects.once_published().filter(claim__in=ids).values_list("claim", flat=True))
    links = VerdictEvidence.objects.filter(evidence__in=ids, verdict__published_at__isnull=False)
    return set(links.values_list("evidence", flat=True))


def problems(changes: Sequence[tuple[Any, Any, bool]]) -> list[dict[str, str]]:
    """What is wrong with changes of claims, or of evidence, by field: the record before and after, and whether it comes
    with a reason. One query."""
    known = held(type(changes[0][1]), [after.pk for _, after, _ in changes]) if changes else set()
    found: list[dict[str, str]] = []
    for before, after, has_reason in changes:
        is_held, fields = after.pk in known, changed_words(before, after)
        if has_reason and not is_held:
            found.append({"rewording": NOT_HELD})
        elif has_reason and not fields:
            found.append({"rewording": UNCHANGED})
        else:
            found.append(dict.fromkeys(fields, HELD) if is_held and not has_reason else {})
    return found


def rewording_of(record: Any, kind: str, reason: str) -> Rewording:
    """Why the words of a claim or of evidence are about to change, to be given to `reword`."""
    evidence = record if isinstance(record, Evidence) else None
    return Rewording(claim_id=evidence.claim_id if evidence else record.pk, evidence=evidence, kind=kind, reason=reason)


def reword(rewordings: Iterable[Rewording]) -> None:
    """Record why words are about to change, in the transaction of the change and just before it. The database fills in
    the earlier words, and marks the verdicts that were given on them."""
    Rewording.objects.bulk_create(rewordings)
