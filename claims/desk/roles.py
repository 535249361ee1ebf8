"""Permissions: one table of roles, for the API, the admin and Django's own permissions.

Roles are groups. A user in no group is a reader; with several roles, the highest counts. Superusers may do everything.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.apps import apps as django_apps
from django.db import models

from claims.desk.conditions import (
    Condition,
    added_by_others,
    added_by_others_or_decided,
    decided_or_shared,
    hidden,
    of_other_users,
    submitted_or_once_published,
    superusers,
    with_published_verdict,
)
from claims.models.roles import GROUPS, Role, role_of


class Rule(NamedTuple):
    role: Role
    when: Condition | None = None


READ = (Rule(Role.READER),)
ALL = (Rule(Role.ANONYMOUS),)
SEEN = (Rule(Role.ANONYMOUS, hidden),)
CONTRIB = (Rule(Role.CONTRIBUTOR),)
REVIEW = (Rule(Role.REVIEWER),)
ADMIN = (Rule(Role.ADMINISTRATOR),)
NONE = ()
OWN = (Rule(Role.CONTRIBUTOR, added_by_others), *REVIEW)
OPEN = (Rule(Role.CONTRIBUTOR, added_by_others_or_decided), *REVIEW)
ALONE = (Rule(Role.CONTRIBUTOR, decided_or_shared), Rule(Role.REVIEWER, with_published_verdict))
UNSAID = (Rule(Role.REVIEWER, submitted_or_once_published),)
MINE = (Rule(Role.READER, of_other_users), *ADMIN)
PLAIN = (Rule(Role.ADMINISTRATOR, superusers),)

#: the steps of a verdict's workflow (`claims.desk.verdicts`)
STEPS = ("submit", "return", "publish", "withdraw")

# fmt: off
VERBS = (                  "view", "add",   "change", "delete", "merge", "release", *STEPS)
TABLE: dict[str, tuple[tuple[Rule, ...], ...]] = {
    "claims.claim":         (SEEN,  CONTRIB, OPEN,     ALONE,    NONE,    REVIEW),
    "claims.assertion":     (SEEN,  CONTRIB, OPEN,     OPEN),
    "claims.evidence":      (SEEN,  CONTRIB, OPEN,     OPEN,     NONE,    REVIEW),
    "claims.claimrelation": (SEEN,  CONTRIB, OPEN,     OPEN),
    "claims.source":        (SEEN,  CONTRIB, OWN,      OWN,      NONE,    REVIEW),
    "claims.snapshot":      (SEEN,  CONTRIB, OWN,      OWN,      NONE,    REVIEW),
    "claims.actor":         (SEEN,  CONTRIB, OWN,      OWN,      REVIEW,  REVIEW),
    "claims.topic":         (ALL,   CONTRIB, OWN,      OWN),
    "claims.skippedpassage": (SEEN, CONTRIB, OWN,      OWN),
    "claims.erratum":       (SEEN,  CONTRIB, OWN,      OWN),
    # that nobody publishes their own words is a rule of that step, since it holds for superusers, too
    "claims.verdict":       (SEEN,  REVIEW,  REVIEW,   UNSAID,   NONE,    NONE,      *(REVIEW for _ in STEPS)),
    # added along with the change of what was reworded
    "claims.rewording":     (SEEN,  REVIEW,  NONE,     NONE),
    # written by the database
    "claims.formeraddress": (SEEN,  NONE,    NONE,     NONE),
    # rows of link tables: to write them, a user must also be allowed to change the record that lists them
    "claims.actorname":     (SEEN,  CONTRIB, OWN,      OWN),
    "claims.sourceauthor":  (SEEN,  CONTRIB, OWN,      OWN),
    "claims.claimtopic":    (SEEN,  CONTRIB, OPEN,     OPEN),
    "claims.claimactor":    (SEEN,  CONTRIB, OPEN,     OPEN),
    "claims.verdictevidence": (SEEN, REVIEW,  REVIEW,   REVIEW),
    # administration
    "claims.importrun":     (ADMIN, NONE,    NONE,     NONE),
    "auth.user":            (ADMIN, ADMIN,   PLAIN,    NONE),
    "auth.group":           (ADMIN, NONE,    NONE,     NONE),
    "claims.token":         (MINE,  READ,    NONE,     MINE),
    "axes.accessattempt":   (ADMIN, NONE,    NONE,     ADMIN),
    "axes.accesslog":       (ADMIN, NONE,    NONE,     NONE),
    "axes.accessfailurelog": (ADMIN, NONE,   NONE,     NONE),
}

#: Fields with a stricter role than their record: the minimum role to write them on create, on update.
LOCKED: dict[str, dict[str, tuple[Role, Role]]] = {
    "":              dict.fromkeys(("version", "created_at", "updated_at", "created_by", "public_from"),
                                   (Role.SYSTEM, Role.SYSTEM)),
    "claims.evidence": {"confidential": (Role.CONTRIBUTOR, Role.REVIEWER)},
    "claims.claim":  {"status":      (Role.SYSTEM,      Role.SYSTEM),
                      "slug":        (Role.CONTRIBUTOR, Role.REVIEWER)},
    "claims.source": {"reliability": (Role.REVIEWER,    Role.REVIEWER),
                      "slug":        (Role.CONTRIBUTOR, Role.REVIEWER)},
    "claims.actor":  {"merged_into": (Role.SYSTEM,      Role.SYSTEM),
                      "slug":        (Role.CONTRIBUTOR, Role.REVIEWER)},
    "claims.topic":  {"slug":        (Role.CONTRIBUTOR, Role.REVIEWER)},
    "claims.verdict": dict.fromkeys(("state", "of_record", "revision", "comment", "drafted_by", "published_by",
                                     "published_at", "second_reader", "on_earlier_words", "withdrawal",
                                     "withdrawal_kind"), (Role.SYSTEM, Role.SYSTEM)),
    "auth.user":     {"is_superuser": (Role.SUPERUSER,  Role.SUPERUSER),
                      "user_permissions": (Role.SUPERUSER, Role.SUPERUSER)},
}
# fmt: on


def _rules(verb: str, label: str) -> tuple[Rule, ...]:
    return dict(zip(VERBS, TABLE.get(label, ()), strict=False)).get(verb, NONE)


def _not_in_role(role: Role, verb: str, model: type[models.Model], rules: tuple[Rule, ...]) -> str:
    what = f"{verb} {model._meta.verbose_name_plural}"
    if not rules:
        return f"Nobody can {what} here."
    least = min(rule.role for rule in rules).name.lower()
    return f"You need the role of {least} to {what}; yours is {role.name.lower()}."


def refused(user: Any, verb: str, records: Sequence[Any] | models.QuerySet[Any]) -> dict[int, str]:
    """The indexes of those of `records` (of one model) for which the user may not do this, each with the reason.

    At most three queries for any number of records. A query set is evaluated only if the answer depends on its rows.
    """
    role = role_of(user)
    if role >= Role.SUPERUSER:
        return {}
    if isinstance(records, models.QuerySet):
        model = records.model
    elif records:
        model = type(records[0])
    else:
        return {}
    rules = _rules(verb, model._meta.label_lower)
    # only the rule for the highest role counts: rules for lower roles allow no more
    best = max((rule for rule in rules if rule.role <= role), key=lambda rule: rule.role, default=None)
    if best is None:
        return dict.fromkeys(range(len(records)), _not_in_role(role, verb, model, rules))
    return best.when(user, list(records)) if best.when else {}


def refusal(user: Any, verb: str, what: Any) -> str | None:
    """Why the user may not do this to a record or, given a model, to any of its records; None if they may."""
    if isinstance(what, models.Model):
        return refused(user, verb, [what]).get(0)
    role, rules = role_of(user), _rules(verb, what._meta.label_lower)
    if role >= Role.SUPERUSER or any(rule.role <= role for rule in rules):
        return None
    return _not_in_role(role, verb, what, rules)


def may(user: Any, verb: str, what: Any) -> bool:
    """Whether the user may do this (one of VERBS) to a record or, given a model, to some of its records."""
    return refusal(user, verb, what) is None


def sees_all(user: Any, model: type[models.Model]) -> bool:
    """Whether the user may view all rows of a model, without a condition."""
    role = role_of(user)
    rules = _rules("view", model._meta.label_lower)
    return role >= Role.SUPERUSER or any(rule.role <= role and rule.when is None for rule in rules)


def locked_fields(user: Any, model: type[models.Model], record: models.Model | None = None) -> frozenset[str]:
    """The fields that the user may not write in `record`, or in a new record of `model`."""
    role = role_of(user)
    locks = LOCKED[""] | LOCKED.get(model._meta.label_lower, {})
    return frozenset(name for name, least in locks.items() if role < least[record is not None])


def permissions_of(role: Role) -> Iterable[tuple[str, str]]:
    """Django permissions of a role, as (app label, codename): what it may do to at least some records."""
    for label in TABLE:
        application, model = label.split(".")
        for verb in ("view", "add", "change", "delete"):
            if any(rule.role <= role for rule in _rules(verb, label)):
                yield application, f"{verb}_{model}"


def make_groups(using: str, apps: Any = django_apps, **kwargs: Any) -> None:
    """Create the groups, and set the permissions of each to exactly those in the table."""
    try:
        groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:  # the migrations of that app were reversed
        return
    existing = {
        (label, codename): pk
        for pk, label, codename in permissions.objects.using(using).values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    for role in GROUPS:
        group, _ = groups.objects.using(using).get_or_create(name=role.name.lower())
        group.permissions.set([existing[key] for key in permissions_of(role) if key in existing])
