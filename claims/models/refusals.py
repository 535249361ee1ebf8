"""Database errors as a field and a message, for the API, the admin and the seeds alike."""

import re
from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DatabaseError
from django.db.models import BaseConstraint, UniqueConstraint

#: constraint name → the field to report it under
FIELD_OF: dict[str, str] = {}

CHECK_VIOLATION, UNIQUE_VIOLATION, FOREIGN_KEY_VIOLATION = "23514", "23505", "23503"
#: the column in the detail of a unique or foreign key violation, in any server language: "Key (speaker_id)=(5) …"
_KEY = re.compile(r'[^(]*\("?(\w+)"?\)=\(')


@dataclass(frozen=True)
class Refusal:
    """`field` is None if no single field is at fault. `code` is the constraint's name, or empty.

    `is_rule`: the data breaks a rule; otherwise it conflicts with another write.
    """

    field: str | None
    message: str
    code: str
    is_rule: bool


@cache
def constraints() -> dict[str, BaseConstraint]:
    """The constraints of all models, by name."""
    return {c.name: c for model in apps.get_app_config("claims").get_models() for c in model._meta.constraints}


def field_of(constraint: BaseConstraint) -> str:
    """The field to report a broken constraint under; NON_FIELD_ERRORS if no single field is at fault."""
    if isinstance(constraint, UniqueConstraint) and len(constraint.fields) == 1:
        return FIELD_OF.get(constraint.name, constraint.fields[0])
    return FIELD_OF.get(constraint.name, NON_FIELD_ERRORS)


def error_of(constraint: BaseConstraint, code: str | None = None) -> dict[str, list[ValidationError]]:
    """A broken constraint as `clean()` would report it, by field."""
    code = code or constraint.violation_error_code
    return {field_of(constraint): [ValidationError(str(constraint.violation_error_message), code=code)]}


def is_broken_rule(error: BaseException) -> bool:
    """Whether the database refused a row because it breaks a check constraint or a trigger's rule."""
    return getattr(error.__cause__, "sqlstate", None) == CHECK_VIOLATION


def _field_in(table: str | None, column: str) -> str | None:
    """The field of a column; None for an id, which is at fault if another record still refers to it."""
    models = (m for m in apps.get_app_config("claims").get_models() if m._meta.db_table == table)
    fields = {f.column: f.name for model in models for f in model._meta.concrete_fields if not f.primary_key}
    return fields.get(column)


def refusal_of(error: DatabaseError) -> Refusal:
    """What the database refused, with a message for the user."""
    diag = getattr(error.__cause__, "diag", None)
    if diag is None:
        return Refusal(None, str(error) or "The database refused this.", "", is_rule=False)
    code, is_rule = diag.constraint_name or "", diag.sqlstate == CHECK_VIOLATION
    declared = constraints().get(code)
    field = diag.column_name or FIELD_OF.get(code)
    if field is None and declared is not None:
        field = field_of(declared)
    elif field is None and (column := _KEY.match(diag.message_detail or "")):
        field = _field_in(diag.table_name, column[1])
    field = None if field == NON_FIELD_ERRORS else field
    if declared is not None:
        return Refusal(field, str(declared.get_violation_error_message()), code, is_rule)
    if diag.sqlstate == UNIQUE_VIOLATION:
        return Refusal(field, "Another write used this value first; it must be unique.", code, is_rule=False)
    if diag.sqlstate == FOREIGN_KEY_VIOLATION:
        return Refusal(
            field, "A record that this one refers to was deleted, or this one is still in use.", code, is_rule=False
        )
    return Refusal(field, diag.message_primary or "The database refused this.", code, is_rule)
