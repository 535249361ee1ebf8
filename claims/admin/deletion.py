"""What a deletion would delete, and what prevents it, found with bounded queries.

Django loads and names every affected row, which takes minutes for an actor with 100,000 assertions.
The user confirms what the page showed: if it has changed since, nothing is deleted.
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

#: Rows of one model are counted up to this number.
COUNTED = 1000


def _dependants(records: list[Any]) -> Iterator[tuple[Any, models.QuerySet[Any]]]:
    """Each foreign key to the records, with the rows that refer to them."""
    for relation in type(records[0])._meta.related_objects:
        if relation.on_delete in (models.PROTECT, models.CASCADE):
            rows = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": records})
            yield relation, rows


def _count(number: int, model: type[models.Model]) -> str:
    name = model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural
    return f"{COUNTED:,} or more {name}" if number >= COUNTED else f"{number} {name}"


def deleted_objects(records: list[Any], user: Any) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
    """Like `django.contrib.admin.utils.get_deleted_objects`.

    Returns what would be deleted, the number of rows per model, what the user may not delete, and the rows that protect
    the records.
    """
    going: list[Any] = [str(record) for record in records]
    counts: Counter[str] = Counter()
    # the rule for a record already covers what is deleted with it
    lacking = {f"{records[at]}: {why}" for at, why in refused(user, "delete", records).items()}
    protecting: list[Any] = []
    # the chosen records may have been deleted meanwhile
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
    """What would be deleted differs from what the confirmation page showed."""

    def __str__(self) -> str:
        return (
            "Not deleted. The record or something that belongs to it has changed since you opened the confirmation "
            "page. Review it, and delete it again if you still want to."
        )


def fingerprint(records: list[Any], going: list[Any]) -> str:
    """A hash of what a confirmation page shows: the records with their versions, and what is deleted with them.

    Tokens have no version: they don't change.
    """
    shown = [sorted((record.pk, getattr(record, "version", None)) for record in records), sorted(map(str, going))]
    return hashlib.sha256(repr(shown).encode()).hexdigest()


def not_deleted(error: IntegrityError | models.ProtectedError) -> str:
    why = (
        refusal_of(error).message
        if isinstance(error, IntegrityError)
        else "Another record has just started to refer to it."
    )
    return f"Not deleted. {why}"


@admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
def delete_selected(modeladmin: Any, request: HttpRequest, queryset: models.QuerySet[Any]) -> HttpResponse | None:
    """Django's action, but all or nothing, and only for what the confirmation page showed."""
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
