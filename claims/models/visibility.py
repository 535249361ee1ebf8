"""Visibility of rows: the one rule for query sets, the API's SQL and the admin.

A model of which some rows are restricted has an entry in HIDDEN; rows of other models are visible to all readers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q

from claims.models.choices import VerdictState
from claims.models.roles import Role, role_of


@dataclass(frozen=True)
class Sight:
    """What a reader may see beyond the public. Readers with equal sights get the same results, by the same SQL."""

    #: unpublished verdicts
    drafts: bool = False
    #: usernames
    names: bool = False


def sight_of(user: Any) -> Sight:
    """What a user, who may be anonymous, can see."""
    role = role_of(user)
    return Sight(drafts=role >= Role.CONTRIBUTOR, names=role >= Role.READER)


def _verdicts(sight: Sight, at: str) -> Q:
    return Q() if sight.drafts else Q(**{f"{at}state": VerdictState.PUBLISHED})


def _evidence_of_verdicts(sight: Sight, at: str) -> Q:
    return _verdicts(sight, f"{at}verdict__")


#: model → the rows that are visible, given the sight and the path to them: "", "verdict__"
HIDDEN: dict[str, Callable[[Sight, str], Q]] = {
    "claims.verdict": _verdicts,
    "claims.verdictevidence": _evidence_of_verdicts,
}


def visible(model: type[Model], sight: Sight, at: str = "") -> Q:
    """A condition for the visible rows of `model`; empty, and so false, if all are. `at`: the path to them."""
    rule = HIDDEN.get(model._meta.label_lower)
    return rule(sight, at) if rule else Q()
