"""Visibility of rows: the one rule for query sets, the API's SQL and the admin.

Claims, sources, snapshots, actors and evidence are public from a moment on (`public_from`); until then, or without one,
they are in preparation, and only the desk sees them: contributors and above. A row that refers to such records is
visible where all of them are. There is no copy of this in other rows: each query asks the records themselves.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.functions import TransactionNow
from django.db.models import Model, Q

from claims.models.choices import VerdictState
from claims.models.roles import Role, role_of


@dataclass(frozen=True)
class Sight:
    """What a reader may see beyond the public. Readers with equal sights get the same results, by the same SQL."""

    #: records in preparation, confidential evidence, unpublished verdicts
    desk: bool = False
    #: usernames
    names: bool = False


#: what the desk sees: everything
DESK = Sight(desk=True, names=True)


def sight_of(user: Any) -> Sight:
    """What a user can see; the user may be anonymous."""
    role = role_of(user)
    return Sight(desk=role >= Role.CONTRIBUTOR, names=role >= Role.READER)


#: records that are to become public: their ids by model, such as "claims.actor"
Going = Mapping[str, Collection[int]]


@dataclass(frozen=True)
class Rule:
    """Which rows of a model everybody sees: those for which all records at these paths are public.

    `public`: the paths, "" for the row itself; `if_any`: foreign keys that may be null; `verdict`: the path to a
    verdict that must be published. (A snapshot has the source of the row that names it.)
    """

    public: tuple[str, ...]
    if_any: tuple[str, ...] = ()
    verdict: str | None = None

    def condition(self, model: type[Model], at: str, going: Going, within: str = "", *, joins: bool = False) -> Q:
        found = Q() if self.verdict is None else Q(**{f"{at}{self.verdict}state": VerdictState.PUBLISHED})
        for path in self.public:
            if path == f"{within}__":
                continue
            found &= _public(model, at, path, going, joins=joins)
        for name in self.if_any:
            found &= Q(**{f"{at}{name}__isnull": True}) | _public(model, at, f"{name}__", going, joins=joins)
        return found


def not_public_at(moment: Any) -> Q:
    """A condition for the records that aren't public at a moment, or at the time of an expression."""
    return Q(public_from__isnull=True) | Q(public_from__gt=moment)


def _public(model: type[Model], at: str, path: str, going: Going, *, joins: bool) -> Q:
    """The record at a path from `model` is public now, by the database's clock, or is in `going`.

    `joins`: if a query reads few rows, each is joined to the records that it refers to. Otherwise PostgreSQL collects
    the ids of those that aren't public, once per query: to join takes several times as long where many rows are read.
    """
    # an expression of the database, so that cached SQL stays right and an embargo ends exactly then
    now = TransactionNow()
    other: Any = model
    for name in path.split("__")[:-1]:
        other = other._meta.get_field(name).related_model
    released = going.get(other._meta.label_lower, ())
    if not path or joins:
        public = Q(**{f"{at}{path}public_from__lte": now})
        return public | Q(**{f"{at}{path}pk__in": released}) if going else public
    hidden = other._default_manager.filter(not_public_at(now)).order_by()
    if going:
        hidden = hidden.exclude(pk__in=released)
    return ~Q(**{f"{at}{path.removesuffix('__')}__in": hidden.values("pk")})


_OWN = Rule(public=("",))
_OF_SNAPSHOT = Rule(public=("snapshot__", "snapshot__source__"))

#: the rules of the models that have hidden rows
HIDDEN: dict[str, Rule] = {
    "claims.claim": _OWN,
    "claims.source": _OWN,
    "claims.actor": _OWN,
    "claims.snapshot": Rule(public=("", "source__")),
    "claims.evidence": Rule(public=("", "claim__", "source__"), if_any=("snapshot",)),
    "claims.assertion": Rule(public=("claim__", "source__"), if_any=("snapshot", "speaker")),
    "claims.claimrelation": Rule(public=("from_claim__", "to_claim__")),
    # only if readers could see the earlier words, and where they were
    "claims.rewording": Rule(
        public=("", "claim__"), if_any=("evidence", "evidence__source", "evidence__snapshot", "source", "snapshot")
    ),
    "claims.verdict": Rule(public=("claim__", "issuer__"), verdict=""),
    "claims.publication": Rule(public=("verdict__claim__", "verdict__issuer__"), verdict="verdict__"),
    "claims.skippedpassage": _OF_SNAPSHOT,
    "claims.erratum": _OF_SNAPSHOT,
    "claims.claimtopic": Rule(public=("claim__",)),
    "claims.claimactor": Rule(public=("claim__", "actor__")),
    "claims.sourceauthor": Rule(public=("source__", "actor__")),
    "claims.actorname": Rule(public=("actor__",)),
    "claims.verdictevidence": Rule(
        public=("verdict__claim__", "verdict__issuer__", "evidence__", "evidence__claim__", "evidence__source__"),
        if_any=("evidence__snapshot",),
        verdict="verdict__",
    ),
    # one of a deleted record leads to none; its own moment says whether the record was public under that name
    "claims.formeraddress": Rule(public=("",), if_any=("claim", "source", "actor")),
}

#: References that are visible wherever the row is, so that no query needs to ask: its own rule names them, or a trigger
#: refuses others (`claims.models.releases`).
SEEN_WITH: dict[str, frozenset[str]] = {
    "claims.snapshot": frozenset({"source"}),
    "claims.evidence": frozenset({"claim", "source", "snapshot"}),
    "claims.assertion": frozenset({"claim", "source", "snapshot", "speaker"}),
    "claims.claimrelation": frozenset({"from_claim", "to_claim"}),
    "claims.rewording": frozenset({"claim", "evidence", "source", "snapshot"}),
    "claims.verdict": frozenset({"claim", "issuer"}),
    "claims.skippedpassage": frozenset({"snapshot"}),
    "claims.erratum": frozenset({"snapshot"}),
    "claims.source": frozenset({"publisher", "derived_from"}),
    "claims.actor": frozenset({"part_of", "merged_into"}),
    "claims.claimtopic": frozenset({"claim"}),
    "claims.claimactor": frozenset({"claim", "actor"}),
    "claims.sourceauthor": frozenset({"source", "actor"}),
    "claims.actorname": frozenset({"actor"}),
    "claims.verdictevidence": frozenset({"verdict", "evidence"}),
}


def visible(model: type[Model], sight: Sight, at: str = "", within: str = "", *, joins: bool = False) -> Q:
    """A condition for the visible rows of `model`; empty, and so false, if all are.

    `at`: the path to them; `within`: their foreign key to a record that is known to be visible; `joins`: whether the
    query reads few rows.
    """
    rule = None if sight.desk else HIDDEN.get(model._meta.label_lower)
    return rule.condition(model, at, {}, within, joins=joins) if rule else Q()


def visible_once(model: type[Model], going: Going) -> Q:
    """A condition for the rows that everybody sees once the records in `going` are public."""
    return HIDDEN[model._meta.label_lower].condition(model, "", going)


def is_seen_with(model: type[Model], reference: str) -> bool:
    """Whether the record that a foreign key of a visible row refers to is visible, too, or null."""
    return reference in SEEN_WITH.get(model._meta.label_lower, ())


def visible_through(model: type[Model], reference: str, sight: Sight, at: str) -> Q:
    """A condition for the visible rows that the foreign key `reference` of a visible row of `model` refers to.

    `at`: the path to the rows it refers to. Empty if all are visible."""
    other: Any = model._meta.get_field(reference).related_model
    return Q() if is_seen_with(model, reference) else visible(other, sight, at, joins=True)
