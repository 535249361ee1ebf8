"""Which rows that left the seeds can be removed: none that other rows refer to, and none that belong to a kept row."""

from collections.abc import Iterable, Iterator

import pghistory.models
from django.apps import apps
from django.db import models

from claims.models import Claim, Evidence, Verdict, VerdictEvidence
from claims.models.choices import VerdictState
from claims.seeds.keys import Id, Model, Row, StoredRow, label, references

#: state → why a verdict stays
_STATES = {
    VerdictState.PUBLISHED: "it was published; “state: withdrawn” withdraws it",
    VerdictState.WITHDRAWN: "it was published once",
    VerdictState.SUBMITTED: "it is submitted in the database",
}
#: (model, the model that refers to it) → why a row stays
_REASONS: dict[tuple[Model, Model], str] = {
    (Claim, Verdict): "it has a verdict",
    (Evidence, VerdictEvidence): "a verdict relies on it",
}


def removable(
    candidates: dict[Id, StoredRow], kept: dict[Id, str], changes: Iterable[tuple[Row, StoredRow]]
) -> tuple[dict[Id, StoredRow], dict[Id, str]]:
    """Return the `candidates` that can be removed, and the others with the reason.

    `kept`: rows already known to be kept; `changes`: rows about to be changed, whose new references count.
    """
    reasons = {
        identity: f"no longer in the seeds, but {_STATES[row.values['state']]}"
        for identity, row in candidates.items()
        if identity[0] is Verdict and row.values["state"] in _STATES
    }
    remove = {identity: row for identity, row in candidates.items() if identity not in reasons}
    users = list(_users(candidates, changes))
    while True:
        removed = {(model, row.pk) for (model, _), row in remove.items()}
        stay = {}
        for identity, user in users:
            if identity in remove and user not in removed:
                stay[identity] = _reason(identity[0], user)
        for identity, row in remove.items():
            owner = _owner(identity[0], row, {**kept, **reasons})
            if owner is not None:
                stay[identity] = f"no longer in the seeds, but belongs to {label(*owner)}, which is kept"
        if not stay:
            return remove, reasons
        reasons |= stay
        remove = {identity: row for identity, row in remove.items() if identity not in stay}


def _reason(model: Model, user: tuple[Model, int]) -> str:
    why = _REASONS.get((model, user[0]), f"{user[0]._meta.verbose_name} {user[1]} refers to it")
    return f"no longer in the seeds, but {why}"


def _owner(model: Model, row: StoredRow, kept: dict[Id, str]) -> Id | None:
    """Return the kept row to which this one belongs (its deletion would cascade to this one), or None."""
    for field_name, related, key in references(model, row.values):
        field = model._meta.get_field(field_name)
        if field.remote_field.on_delete is models.CASCADE and (related, key) in kept:  # type: ignore[union-attr]
            return related, key
    return None


def _users(
    candidates: dict[Id, StoredRow], changes: Iterable[tuple[Row, StoredRow]]
) -> Iterator[tuple[Id, tuple[Model, int]]]:
    """Yield each candidate with each row of the database that will still refer to it; one query per foreign key."""
    by_pk: dict[Model, dict[int, Id]] = {}
    for identity, row in candidates.items():
        by_pk.setdefault(identity[0], {})[row.pk] = identity
    written = {(row.model, here.pk): row.values for row, here in changes}
    for user in apps.get_models():
        if issubclass(user, pghistory.models.Event):
            continue
        for field in user._meta.concrete_fields:
            if getattr(field.remote_field, "on_delete", None) is models.DO_NOTHING:
                continue  # a trigger of the database handles these
            found = by_pk.get(field.related_model) if isinstance(field.related_model, type) else None
            if not found:
                continue
            rows = user._default_manager.filter(**{f"{field.name}__in": list(found)}).values_list("pk", field.attname)
            for pk, target in rows:
                identity = found[target]
                # a rewording keeps the earlier source of evidence
                values = None if user is Evidence else written.get((user, pk))
                if values is None or values.get(field.name, identity[1]) == identity[1]:
                    yield identity, (user, pk)
