"""What the database refuses, in words for the person at the form."""

from django.apps import apps
from django.db import IntegrityError, models

from claims.models.base import FIELD_OF

CHECK_VIOLATION = "23514"
UNIQUE_VIOLATION = "23505"
FOREIGN_KEY_VIOLATION = "23503"


def _constraints() -> dict[str, models.BaseConstraint]:
    return {c.name: c for model in apps.get_app_config("claims").get_models() for c in model._meta.constraints}


def explain(error: IntegrityError) -> tuple[str | None, str]:
    """The field at fault, or None, and what to tell the person who saved."""
    diag = getattr(error.__cause__, "diag", None)
    if diag is None:
        return None, "The database refused this."
    declared = _constraints().get(diag.constraint_name)
    if declared is not None:
        return FIELD_OF.get(declared.name), str(declared.get_violation_error_message())
    if diag.sqlstate == CHECK_VIOLATION:
        return diag.column_name, diag.message_primary
    if diag.sqlstate == UNIQUE_VIOLATION:
        return None, f"Somebody else saved the same meanwhile. {diag.message_detail}"
    if diag.sqlstate == FOREIGN_KEY_VIOLATION:
        return None, f"Something this refers to was deleted, or is still in use. {diag.message_detail}"
    return diag.column_name, diag.message_primary
