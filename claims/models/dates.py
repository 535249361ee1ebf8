"""Fuzzy dates: EDTF text, with its first and last day for filters and orders."""

from django.db import models
from django.db.models import F, Func, Q

from claims.models.rules import check

EDTF_HELP = (
    "EDTF (ISO 8601-2): 2024-03-22, 2024-03, 2024, 2024-03~ (about), 2024? (uncertain), 201X, 1999/2009, 2014/.."
)


def edtf_field(help_text: str) -> models.CharField:
    return models.CharField(max_length=64, blank=True, default="", help_text=f"{help_text} {EDTF_HELP}")


def _bounds(field: str) -> Func:
    return Func(F(field), function="edtf_bounds")


def first_day(field: str) -> models.GeneratedField:
    """The first day that the EDTF text in `field` can mean; null if unknown or open."""
    return models.GeneratedField(
        expression=Func(_bounds(field), function="lower", output_field=models.DateField()),
        output_field=models.DateField(null=True),
        db_persist=True,
    )


def last_day(field: str) -> models.GeneratedField:
    """The last day that the EDTF text in `field` can mean; null if unknown or open."""
    return models.GeneratedField(
        expression=Func(_bounds(field), template="(upper(%(expressions)s) - 1)", output_field=models.DateField()),
        output_field=models.DateField(null=True),
        db_persist=True,
    )


def edtf_form(model: str, field: str) -> models.CheckConstraint:
    read = Func(F(field), template="(edtf_bounds(%(expressions)s) IS NOT NULL)", output_field=models.BooleanField())
    message = f"The date in “{field}” is not understood. {EDTF_HELP}"
    return check(model, field, "edtf", Q(**{field: ""}) | Q(read), message)
