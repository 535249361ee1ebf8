"""Which rows that left the seeds may go: none that other rows still need, nor what belongs to one that stays."""

from collections.abc import Iterable, Iterator

import pghistory.models
from django.apps import apps
from django.db import models

from claims.seeds.keys import Held, Key, Model, Row, name, references

Id = tuple[Model, Key]


def removable(
    candidates: dict[Id, Held], kept: dict[Id, str], changes: Iterable[tuple[Row, Held]]
) -> tuple[dict[Id, Held], dict[Id, str]]:
    """Those of `candidates` that can be removed, and the others with the reason.

    `kept`: what stays already; `changes`: rows about to be written, which count with the references they will have.
    """
    remove = dict(candidates)
    reasons: dict[Id, str] = {}
    users = list(_users(candidates, changes))
    while True:
        going = {(model, row.pk) for (model, _), row in remove.items()}
        stay = {}
        for identity, user in users:
            if identity in remove and user not in going:
                stay[identity] = f"no longer in the seeds, but {user[0]._meta.verbose_name} {user[1]} here needs it"
        for identity, row in remove.items():
            owner = _owner(identity[0], row, {**kept, **reasons})
            if owner is not None:
                stay[identity] = f"no longer in the seeds, but belongs to {name(*owner)}, which stays"
        if not stay:
            return remove, reasons
        reasons |= stay
        remove = {identity: row for identity, row in remove.items() if identity not in stay}


def _owner(model: Model, row: Held, staying: dict[Id, str]) -> Id | None:
    """The row that stays and whose deletion would delete this one too, or None."""
    for field_name, related, key in references(model, row.values):
        field = model._meta.get_field(field_name)
        if field.remote_field.on_delete is models.CASCADE and (related, key) in staying:  # type: ignore[union-attr]
            return related, key
    return None


def _users(candidates: dict[Id, Held], changes: Iterable[tuple[Row, Held]]) -> Iterator[tuple[Id, tuple[Model, int]]]:
    """Each candidate with each row of the database that will still refer to it; a query a reference."""
    by_pk: dict[Model, dict[int, Id]] = {}
    for identity, row in candidates.items():
        by_pk.setdefault(identity[0], {})[row.pk] = identity
    written = {(row.model, here.pk): row.values for row, here in changes}
    for user in apps.get_models():
        if issubclass(user, pghistory.models.Event):
            continue
        for field in user._meta.concrete_fields:
            if getattr(field.remote_field, "on_delete", None) is models.DO_NOTHING:
                continue  # the database itself sees to those
            found = by_pk.get(field.related_model) if isinstance(field.related_model, type) else None
            if not found:
                continue
            rows = user._default_manager.filter(**{f"{field.name}__in": list(found)}).values_list("pk", field.attname)
            for pk, target in rows:
                identity = found[target]
                values = written.get((user, pk))
                if values is None or values.get(field.name, identity[1]) == identity[1]:
                    yield identity, (user, pk)
