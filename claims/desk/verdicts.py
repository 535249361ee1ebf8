"""The workflow of verdicts: draft, submit, return, publish, withdraw.

The rules for the API, the admin and the formats; triggers hold those that protect the record:

- A verdict is a draft until it is submitted. Then nobody changes it until a second reader returns it, with a comment,
  or publishes it. A published one can be withdrawn, with a reason, or superseded, and neither is ever undone.
- Nobody publishes a verdict of which they wrote any words or made any choice (four eyes), unless FOUR_EYES is off; then
  the verdict says for good that nobody else has read it.
- A verdict that supersedes the position of record takes its place, in the same statement. Otherwise the first one of
  the desk (DESK), or of any issuer if there is no such setting, becomes it.
"""

from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection

from claims.models import Claim, Verdict
from claims.models.choices import ReasonKind, Status, VerdictState
from claims.models.normal import is_blank

#: statuses that need no evidence to rely on: the rationale says why
WITHOUT_EVIDENCE = frozenset({Status.NOT_CHECKABLE, Status.NOT_ENOUGH_EVIDENCE})


class Step(NamedTuple):
    """From which states a verdict can take it, and the state that it leads to."""

    verb: str
    before: tuple[str, ...]
    after: str


WORKED_ON = (VerdictState.DRAFT.value, VerdictState.RETURNED.value)
STEPS = {
    step.verb: step
    for step in (
        Step("submit", WORKED_ON, VerdictState.SUBMITTED),
        Step("return", (VerdictState.SUBMITTED,), VerdictState.RETURNED),
        Step("publish", (VerdictState.SUBMITTED,), VerdictState.PUBLISHED),
        Step("withdraw", (VerdictState.PUBLISHED,), VerdictState.WITHDRAWN),
    )
}


class WrongState(ValidationError):
    """The verdict can't take this step from its state, or not yet. `state`: the present one; `possible`: steps."""

    def __init__(self, message: str, verdict: Verdict) -> None:
        super().__init__(message)
        self.state, self.possible = str(verdict.state), possible_steps(verdict)


class OwnWords(ValidationError):
    """The user wrote some of what the verdict says, so somebody else must publish it."""


def possible_steps(verdict: Verdict) -> list[str]:
    """The verbs of the steps that the verdict can take from its state."""
    found = [step.verb for step in STEPS.values() if verdict.state in step.before]
    return [*found, "publish"] if verdict.state in WORKED_ON and not settings.FOUR_EYES else found


def check_step(verdict: Verdict, verb: str) -> None:
    """Raises WrongState if the verdict can't take this step from its state."""
    possible = possible_steps(verdict)
    if verb in possible:
        return
    after = {"submit": "submitted", "return": "returned", "publish": "published", "withdraw": "withdrawn"}[verb]
    hint = f" Possible: {', '.join(possible)}." if possible else " A new verdict can supersede it."
    raise WrongState(f"A verdict that is {verdict.state} can’t be {after}.{hint}", verdict)


def submit(verdict: Verdict) -> None:
    """Submit a draft, or one that was returned, to a second reader. The verdict must be locked. Raises WrongState."""
    check_step(verdict, "submit")
    verdict.state = VerdictState.SUBMITTED
    verdict.save(update_fields=["state"])


def return_to_draft(verdict: Verdict, comment: str) -> None:
    """Return a submitted verdict. The verdict must be locked. Raises WrongState; ValidationError without a comment."""
    check_step(verdict, "return")
    if is_blank(comment):
        raise ValidationError({"comment": "Say what should change."})
    verdict.state, verdict.comment = VerdictState.RETURNED, comment
    verdict.clean_fields(exclude={f.name for f in verdict._meta.fields} - {"comment"})
    verdict.save(update_fields=["state", "comment"])


def publish(verdict: Verdict, user: Any, *, of_record: bool | None = None) -> None:
    """Publish a verdict as it is stored. The verdict must be locked.

    `of_record`: whether it becomes the position of record; None to decide it by the rules. Raises WrongState, OwnWords,
    or ValidationError by field.
    """
    check_step(verdict, "publish")
    # one publication at a time for each claim, so that two can't both become the position of record
    list(Claim.objects.select_for_update(no_key=True).filter(pk=verdict.claim_id).values_list("pk"))
    missing = missing_for_publication(verdict)
    if missing:
        raise ValidationError(missing)
    if settings.FOUR_EYES and (own := written_by(verdict, user)):
        raise OwnWords(_own_words(own))
    verdict.of_record = takes_over(verdict) if of_record is None else of_record
    if verdict.of_record:
        _refuse_second_of_record(verdict)
    verdict.state, verdict.published_by, verdict.comment = VerdictState.PUBLISHED, user, ""
    verdict.second_reader = settings.FOUR_EYES
    verdict.save(update_fields=["state", "of_record", "published_by", "comment", "second_reader"])


def withdraw(verdict: Verdict, kind: str, reason: str) -> None:
    """Withdraw a published verdict. The verdict must be locked. Raises WrongState, or ValidationError by field."""
    check_step(verdict, "withdraw")
    errors = {}
    if kind not in ReasonKind.values:
        errors["kind"] = f"Give one of: {', '.join(ReasonKind.values)}."
    if is_blank(reason):
        errors["reason"] = "Say why it is withdrawn."
    if errors:
        raise ValidationError(errors)
    verdict.state, verdict.of_record = VerdictState.WITHDRAWN, False
    verdict.withdrawal_kind, verdict.withdrawal = kind, reason
    try:
        verdict.clean_fields(exclude={f.name for f in verdict._meta.fields} - {"withdrawal"})
    except ValidationError as error:
        raise ValidationError({"reason": error.messages}) from None
    verdict.save(update_fields=["state", "of_record", "withdrawal_kind", "withdrawal"])


def missing_for_publication(verdict: Verdict) -> dict[str, str]:
    """What prevents its publication, by field and for any user."""
    missing = {}
    if verdict.status not in WITHOUT_EVIDENCE and not verdict.evidence_links.exists():
        missing["evidence"] = (
            "Choose the evidence that it relies on. Only “not checkable” and “not enough evidence” can do without."
        )
    other = verdict.supersedes
    if other is not None:
        if not verdict.reason_kind:
            missing["reason_kind"] = f"Say what kind of reason there is: {', '.join(ReasonKind.values)}."
        if other.published_at is None:
            missing["supersedes"] = "The verdict that this one supersedes was never published; change that one instead."
        later = Verdict.objects.once_published().filter(supersedes=other).exclude(pk=verdict.pk).first()
        if later is not None:
            missing["supersedes"] = f"Verdict {other.pk} has been superseded by verdict {later.pk}; supersede that one."
    if "supersedes" not in missing:
        own = Verdict.objects.current().filter(claim=verdict.claim_id, issuer=verdict.issuer_id)
        current = own.exclude(pk__in=[verdict.pk, verdict.supersedes_id or 0]).first()
        if current is not None:
            missing["supersedes"] = (
                f"The issuer has a published verdict on this claim, {current.pk}: supersede that one, and say why."
            )
    return missing


def missing_for(verdict: Verdict, verb: str, user: Any) -> list[str]:
    """What prevents a step of the user, in words."""
    if verb not in ("submit", "publish"):
        return []
    missing = list(missing_for_publication(verdict).values())
    if verb == "publish" and settings.FOUR_EYES and (own := written_by(verdict, user)):
        missing.append(_own_words(own))
    return missing


def written_by(verdict: Verdict, user: Any) -> list[str]:
    """The fields of which the user wrote present words or made the present choice."""
    with connection.cursor() as cursor:
        sql = "SELECT member FROM claims_verdict_authors(%s) WHERE author = %s ORDER BY 1"
        cursor.execute(sql, [verdict.pk, user.pk])
        return [str(member) for (member,) in cursor]


def takes_over(verdict: Verdict) -> bool:
    """Whether a verdict becomes the position of record if nobody says otherwise."""
    of_record = set(Verdict.objects.of_record().filter(claim=verdict.claim_id).values_list("pk", flat=True))
    if of_record:
        return of_record <= {verdict.pk, verdict.supersedes_id}
    return not settings.DESK or verdict.issuer.slug == settings.DESK


def _refuse_second_of_record(verdict: Verdict) -> None:
    others = Verdict.objects.of_record().filter(claim=verdict.claim_id).exclude(pk=verdict.supersedes_id)
    if others.exists():
        raise ValidationError({"of_record": "The claim already has a verdict of record; supersede that one."})


def _own_words(fields: list[str]) -> str:
    named: dict[str, Any] = {field.name: field.verbose_name for field in Verdict._meta.fields} | {
        "evidence": "evidence"
    }
    names = ", ".join(str(named[name]) for name in fields)
    return f"You wrote or chose part of this verdict ({names}), so somebody else must publish it."
