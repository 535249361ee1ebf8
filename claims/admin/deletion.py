"""What goes when records are deleted, and what stands in the way: looked up within bounds.

Django's own answer loads and names each row concerned, which for an actor with 100,000 assertions takes minutes.
A deletion is confirmed for what the page showed: if that has changed since, nothing is deleted.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import actions
from django.db import IntegrityError, connection, models, transaction
from django.http import HttpRequest, HttpResponse

from claims.desk.roles import refused
from claims.models.refusals import refusal_of

#: Rows of one kind are counted so far.
COUNTED = 1000


def _dependants(records: list[Any]) -> Iterator[tuple[Any, models.QuerySet[Any]]]:
    """Each relation that points to the records, with the rows that do."""
    for relation in type(records[0])._meta.related_objects:
        if relation.on_delete in (models.PROTECT, models.CASCADE):
            rows = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": records})
            yield relation, rows


def _count(number: int, model: type[models.Model]) -> str:
    name = model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural
    return f"{COUNTED:,} or more {name}" if number >= COUNTED else f"{number} {name}"


def deleted_objects(records: list[Any], user: Any) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
    """As `django.contrib.admin.utils.get_deleted_objects`: what goes, how many, what may not go, what protects."""
    going: list[Any] = [str(record) for record in records]
    counts: Counter[str] = Counter()
    # what goes with a record, its own rule has looked at
    lacking = {f"{records[at]}: {why}" for at, why in refused(user, "delete", records).items()}
    protecting: list[Any] = []
    # whatever was chosen may be gone by now
    layers = [records] if records else []
    while layers:
        layer = layers.pop()
        model = type(layer[0])
        counts[str(model._meta.verbose_name_plural)] += len(layer)
        for relation, rows in _dependants(layer):
            dependent = relation.related_model
            some = list(rows.values_list("pk", flat=True)[:COUNTED])
            if not some:
                continue
            if relation.on_delete is models.PROTECT:
                protecting.append(f"{_count(len(some), dependent)} ({relation.field.verbose_name})")
            else:
                going.append(_count(len(some), dependent))
                layers.append([dependent(pk=pk) for pk in some])
    return going, dict(counts), lacking, protecting


class Overtaken(Exception):
    """What would be deleted is not what the page showed."""

    def __str__(self) -> str:
        return (
            "Not deleted: it was changed, or something was added to it or taken from it, since you were asked to "
            "confirm. Look at it as it is now, and delete it again if you still want to."
        )


def fingerprint(records: list[Any], going: list[Any]) -> str:
    """Stands for what a page shows of a deletion: the records with their versions, and what goes with them.

    Tokens have no version: they don't change.
    """
    shown = [sorted((record.pk, getattr(record, "version", None)) for record in records), sorted(map(str, going))]
    return hashlib.sha256(repr(shown).encode()).hexdigest()


def not_deleted(error: IntegrityError | models.ProtectedError) -> str:
    why = refusal_of(error).message if isinstance(error, IntegrityError) else "It is in use since just now."
    return f"Not deleted. {why}"


@admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
def delete_selected(modeladmin: Any, request: HttpRequest, queryset: models.QuerySet[Any]) -> HttpResponse | None:
    """Django's own, all or nothing, and only what the page showed that asked to confirm."""
    request.confirmed = "post" in request.POST  # type: ignore[attr-defined]
    try:
        with transaction.atomic():
            if request.confirmed:  # type: ignore[attr-defined]
                list(queryset.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk"))
            response = actions.delete_selected(modeladmin, request, queryset)
            connection.check_constraints()
            return response
    except Overtaken as error:
        modeladmin.message_user(request, str(error), messages.ERROR)
    except (IntegrityError, models.ProtectedError) as error:
        modeladmin.message_user(request, not_deleted(error), messages.ERROR)
    return None
