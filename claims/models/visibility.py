"""Who sees which rows: the one rule that query sets, the SQL of the API and the admin all ask.

A model with rows that are not for everybody has an entry in HIDDEN; all else is for everybody who may read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q

from claims.models.choices import VerdictState
from claims.models.roles import Role, role_of


@dataclass(frozen=True)
class Sight:
    """What a reader sees of what is not for everybody. Equal sights are shown the same, by the same SQL."""

    #: verdicts that are not published
    drafts: bool = False
    #: the names by which users sign in
    names: bool = False


def sight_of(user: Any) -> Sight:
    """What a user sees, anonymous ones included."""
    role = role_of(user)
    return Sight(drafts=role >= Role.CONTRIBUTOR, names=role >= Role.READER)


def _verdicts(sight: Sight, at: str) -> Q:
    return Q() if sight.drafts else Q(**{f"{at}state": VerdictState.PUBLISHED})


def _evidence_of_verdicts(sight: Sight, at: str) -> Q:
    return _verdicts(sight, f"{at}verdict__")


#: model → the rows that a sight takes in, from the path to them: "", "verdict__"
HIDDEN: dict[str, Callable[[Sight, str], Q]] = {
    "claims.verdict": _verdicts,
    "claims.verdictevidence": _evidence_of_verdicts,
}


def visible(model: type[Model], sight: Sight, at: str = "") -> Q:
    """The rows of `model` that are seen; empty, and so false, where all are. `at` is the path to them: "verdict__"."""
    rule = HIDDEN.get(model._meta.label_lower)
    return rule(sight, at) if rule else Q()
