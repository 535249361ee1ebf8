"""Who may do what: one table, which the API, the admin and Django's own permissions follow.

Roles are ordered: whoever has one may do what those below may. They are groups by these names; a user in none is a
reader, and of several the highest counts. Superusers may do everything that the table doesn't forbid to all.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from django.apps import apps as django_apps
from django.conf import settings
from django.db import connection, models
from django.db.models import Q

from claims.models import Verdict
from claims.models.choices import Status, VerdictState


class Role(IntEnum):
    #: switched off; or not signed in, where reading is closed (ANONYMOUS_READING)
    OUTSIDER = 0
    ANONYMOUS = 1
    READER = 2
    CONTRIBUTOR = 3
    REVIEWER = 4
    ADMINISTRATOR = 5
    SUPERUSER = 6
    #: for what is written by nobody, but by the database or on the way
    SYSTEM = 7


#: The roles that are groups.
GROUPS = (Role.READER, Role.CONTRIBUTOR, Role.REVIEWER, Role.ADMINISTRATOR)

# Conditions on records of one model: the places of those that don't meet it, with the reason.

Condition = Callable[[Any, Sequence[Any]], dict[int, str]]

#: model → its fields that name the claims concerned
CLAIMS_OF = {
    "claims.assertion": ("claim",),
    "claims.evidence": ("claim",),
    "claims.claimtopic": ("claim",),
    "claims.claimactor": ("claim",),
    "claims.claimrelation": ("from_claim", "to_claim"),
}
PUBLISHED_ONCE = Q(state=VerdictState.PUBLISHED) | Q(published_by__isnull=False) | Q(events__state="published")

#: The claims, of those given, on which verdicts hang, or what others than a user added.
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
    why = "Somebody else added this; a contributor may touch only what they added themselves. Ask a reviewer."
    return {at: why for at, record in enumerate(records) if record.created_by_id != user.pk}


def added_by_others_or_decided(user: Any, records: Sequence[Any]) -> dict[int, str]:
    """Added by the user, and no verdict of record rests on the claims concerned. One query at most."""
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
    """Also those with rows that others added, which would go with the claim. Two queries at most."""
    found = added_by_others_or_decided(user, claims)
    places = {claim.pk: at for at, claim in enumerate(claims) if at not in found}
    if places:
        why = "What others added would go with this claim; ask a reviewer to delete it."
        found |= {places[pk]: why for pk in _ids(HANGING, list(places), user.pk)}
    return found


def once_published(user: Any, verdicts: Sequence[Any]) -> dict[int, str]:
    places = {verdict.pk: at for at, verdict in enumerate(verdicts)}
    why = "This verdict was published; withdraw or supersede it. Only an administrator may delete it."
    published = Verdict.objects.filter(PUBLISHED_ONCE, pk__in=places).order_by()
    return {places[pk]: why for pk in published.values_list("pk", flat=True)}


def with_published_verdict(user: Any, claims: Sequence[Any]) -> dict[int, str]:
    """No verdict that was published would go with the claim."""
    places = {claim.pk: at for at, claim in enumerate(claims)}
    why = "A verdict that was published would go with this claim. Only an administrator may delete it."
    published = Verdict.objects.filter(PUBLISHED_ONCE, claim__in=places).order_by()
    return {places[pk]: why for pk in published.values_list("claim", flat=True)}


def not_published(user: Any, verdicts: Sequence[Any]) -> dict[int, str]:
    why = "This verdict is not published."
    return {at: why for at, verdict in enumerate(verdicts) if verdict.state != VerdictState.PUBLISHED}


def of_other_users(user: Any, tokens: Sequence[Any]) -> dict[int, str]:
    why = "This token is another user's; only an administrator may touch it."
    return {at: why for at, token in enumerate(tokens) if token.user_id != user.pk}


def superusers(user: Any, users: Sequence[Any]) -> dict[int, str]:
    why = "This is the account of a superuser, whom only a superuser may change."
    return {at: why for at, other in enumerate(users) if other.is_superuser}


class Rule(NamedTuple):
    role: Role
    when: Condition | None = None


READ = (Rule(Role.READER),)
ALL = (Rule(Role.ANONYMOUS),)
CONTRIB = (Rule(Role.CONTRIBUTOR),)
REVIEW = (Rule(Role.REVIEWER),)
ADMIN = (Rule(Role.ADMINISTRATOR),)
NONE = ()
OWN = (Rule(Role.CONTRIBUTOR, added_by_others), *REVIEW)
OPEN = (Rule(Role.CONTRIBUTOR, added_by_others_or_decided), *REVIEW)
ALONE = (Rule(Role.CONTRIBUTOR, decided_or_shared), Rule(Role.REVIEWER, with_published_verdict), *ADMIN)
SHOWN = (Rule(Role.ANONYMOUS, not_published), *CONTRIB)
UNSAID = (Rule(Role.REVIEWER, once_published), *ADMIN)
MINE = (Rule(Role.READER, of_other_users), *ADMIN)
PLAIN = (Rule(Role.ADMINISTRATOR, superusers),)

# fmt: off
VERBS = (                  "view", "add",   "change", "delete", "merge")
TABLE: dict[str, tuple[tuple[Rule, ...], ...]] = {
    "claims.claim":         (ALL,   CONTRIB, OPEN,     ALONE),
    "claims.assertion":     (ALL,   CONTRIB, OPEN,     OPEN),
    "claims.evidence":      (ALL,   CONTRIB, OPEN,     OPEN),
    "claims.claimrelation": (ALL,   CONTRIB, OPEN,     OPEN),
    "claims.source":        (ALL,   CONTRIB, OWN,      OWN),
    "claims.snapshot":      (ALL,   CONTRIB, OWN,      OWN),
    "claims.actor":         (ALL,   CONTRIB, OWN,      OWN,     REVIEW),
    "claims.topic":         (ALL,   CONTRIB, OWN,      OWN),
    "claims.skippedpassage": (ALL,  CONTRIB, OWN,      OWN),
    "claims.erratum":       (ALL,   CONTRIB, OWN,      OWN),
    "claims.verdict":       (SHOWN, REVIEW,  REVIEW,   UNSAID),
    # rows of lists that a record shows as its own: to write them takes the right to change that record as well
    "claims.actorname":     (ALL,   CONTRIB, OWN,      OWN),
    "claims.sourceauthor":  (ALL,   CONTRIB, OWN,      OWN),
    "claims.claimtopic":    (ALL,   CONTRIB, OPEN,     OPEN),
    "claims.claimactor":    (ALL,   CONTRIB, OPEN,     OPEN),
    "claims.verdictevidence": (ALL, REVIEW,  REVIEW,   REVIEW),
    # what is no part of the record
    "claims.importrun":     (ADMIN, NONE,    NONE,     NONE),
    "auth.user":            (ADMIN, ADMIN,   PLAIN,    NONE),
    "auth.group":           (ADMIN, NONE,    NONE,     NONE),
    "claims.token":         (MINE,  READ,    NONE,     MINE),
    "axes.accessattempt":   (ADMIN, NONE,    NONE,     ADMIN),
    "axes.accesslog":       (ADMIN, NONE,    NONE,     NONE),
    "axes.accessfailurelog": (ADMIN, NONE,   NONE,     NONE),
}

#: Fields that not everybody writes who may write the record: by whom in a new one, by whom in one that is there.
LOCKED: dict[str, dict[str, tuple[Role, Role]]] = {
    "":              dict.fromkeys(("version", "created_at", "updated_at", "created_by"), (Role.SYSTEM, Role.SYSTEM)),
    "claims.claim":  {"status":      (Role.SYSTEM,      Role.SYSTEM),
                      "slug":        (Role.CONTRIBUTOR, Role.REVIEWER)},
    "claims.source": {"reliability": (Role.REVIEWER,    Role.REVIEWER),
                      "slug":        (Role.CONTRIBUTOR, Role.REVIEWER)},
    "claims.actor":  {"merged_into": (Role.SYSTEM,      Role.SYSTEM),
                      "slug":        (Role.CONTRIBUTOR, Role.REVIEWER)},
    "claims.topic":  {"slug":        (Role.CONTRIBUTOR, Role.REVIEWER)},
    "claims.verdict": {"drafted_by": (Role.SYSTEM,      Role.SYSTEM),
                      "published_by": (Role.SYSTEM,     Role.SYSTEM)},
    "auth.user":     {"is_superuser": (Role.SUPERUSER,  Role.SUPERUSER),
                      "user_permissions": (Role.SUPERUSER, Role.SUPERUSER)},
}
# fmt: on


def role_of(user: Any) -> Role:
    """The role of a user, or of nobody in particular. Asked of the database once for each object `user`."""
    if not user.is_authenticated:
        return Role.ANONYMOUS if settings.ANONYMOUS_READING else Role.OUTSIDER
    if not user.is_active:
        return Role.OUTSIDER
    if user.is_superuser:
        return Role.SUPERUSER
    if not hasattr(user, "group_names"):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT g.name FROM auth_group g JOIN auth_user_groups m ON m.group_id = g.id WHERE m.user_id = %s",
                [user.pk],
            )
            user.group_names = [name for (name,) in cursor]
    return max((role for role in GROUPS if role.name.lower() in user.group_names), default=Role.READER)


def _rules(verb: str, label: str) -> tuple[Rule, ...]:
    return dict(zip(VERBS, TABLE.get(label, ()), strict=False)).get(verb, NONE)


def _not_in_role(role: Role, verb: str, model: type[models.Model], rules: tuple[Rule, ...]) -> str:
    what = f"{verb} {model._meta.verbose_name_plural}"
    if not rules:
        return f"To {what} is for nobody here."
    least = min(rule.role for rule in rules).name.lower()
    return f"The role of {role.name.lower()} is not enough to {what}; that takes the role of {least}."


def refused(user: Any, verb: str, records: Sequence[Any] | models.QuerySet[Any]) -> dict[int, str]:
    """The places of those of `records`, all of one model, to which the user may not do this, each with the reason.

    Takes three queries at most for however many records. Those of a query set are read only if it comes down to them.
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
    # the highest role that is named counts: what it is refused, no lower one is given
    best = max((rule for rule in rules if rule.role <= role), key=lambda rule: rule.role, default=None)
    if best is None:
        return dict.fromkeys(range(len(records)), _not_in_role(role, verb, model, rules))
    return best.when(user, list(records)) if best.when else {}


def refusal(user: Any, verb: str, what: Any) -> str | None:
    """Why the user may not do this to a record or, given a model, to any of it; None if they may."""
    if isinstance(what, models.Model):
        return refused(user, verb, [what]).get(0)
    role, rules = role_of(user), _rules(verb, what._meta.label_lower)
    if role >= Role.SUPERUSER or any(rule.role <= role for rule in rules):
        return None
    return _not_in_role(role, verb, what, rules)


def may(user: Any, verb: str, what: Any) -> bool:
    """Whether the user may do this (one of VERBS) to a record or, given a model, to some of it."""
    return refusal(user, verb, what) is None


def sees_all(user: Any, model: type[models.Model]) -> bool:
    """Whether the user sees all rows of a model, not only those that meet a condition."""
    role = role_of(user)
    rules = _rules("view", model._meta.label_lower)
    return role >= Role.SUPERUSER or any(rule.role <= role and rule.when is None for rule in rules)


def sees_drafts(user: Any) -> bool:
    """Whether the user sees all verdicts, not only those that are published."""
    return sees_all(user, Verdict)


def visible(model: type[models.Model], *, drafts: bool, at: str = "") -> Q:
    """The rows of `model` that are shown to those who see drafts, or don't; `at` is the way to them: "verdict__"."""
    return Q() if drafts or model is not Verdict else Q(**{f"{at}state": VerdictState.PUBLISHED})


def locked_fields(user: Any, model: type[models.Model], record: models.Model | None = None) -> frozenset[str]:
    """The fields that the user may not write in `record`, or in a new record of `model`."""
    role = role_of(user)
    locks = LOCKED[""] | LOCKED.get(model._meta.label_lower, {})
    return frozenset(name for name, least in locks.items() if role < least[record is not None])


def permissions_of(role: Role) -> Iterable[tuple[str, str]]:
    """Django's permissions that follow from the table, as (application, codename): what a role may with some record."""
    for label in TABLE:
        application, model = label.split(".")
        for verb in ("view", "add", "change", "delete"):
            if any(rule.role <= role for rule in _rules(verb, label)):
                yield application, f"{verb}_{model}"


def make_groups(using: str, apps: Any = django_apps, **kwargs: Any) -> None:
    """Makes the groups, and gives each the permissions that follow from the table, no more and no fewer."""
    try:
        groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:  # the migrations of that application are undone
        return
    there = {
        (label, codename): pk
        for pk, label, codename in permissions.objects.using(using).values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    for role in GROUPS:
        group, _ = groups.objects.using(using).get_or_create(name=role.name.lower())
        group.permissions.set([there[key] for key in permissions_of(role) if key in there])
