"""Fuzzy dates: EDTF text, with its first and last possible day for filtering and ordering.

PostgreSQL's date type has a wider range than Python's `date`. Days before the year 1, and those out of range, are
strings in Python as PostgreSQL writes them: `0044-03-15 BC`, `infinity`.
"""

import re
from calendar import isleap
from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast

from claims.models.rules import check

EDTF_HELP = (
    "EDTF (ISO 8601-2): 2024-03-22, 2024-03, 2024, 2024-21 (spring), 2024-03~ (about), 2024? (uncertain), 201X, "
    "1999/2009, 2014/.., -0043 (44 BC)"
)
#: `edtf_bounds` returns `-infinity` for days of earlier years
FIRST_YEAR = -4712
_ISO_DAY = re.compile("(-?[0-9]{4})-([0-9]{2})-([0-9]{2})")
_BEFORE_CHRIST = re.compile("([0-9]{4})-([0-9]{2}-[0-9]{2}) BC")


def read_day(text: str) -> date | str:
    """Parse an ISO 8601 day of the years -9999 to 9999. Raises ValueError."""
    found = _ISO_DAY.fullmatch(text)
    if found is None or found[1] == "-0000":
        raise ValueError(text)
    year, month, day = map(int, found.groups())
    if year > 0:
        return date(year, month, day)
    date(2000 if isleap(year) else 2001, month, day)
    return "-infinity" if year < FIRST_YEAR else f"{1 - year:04}-{month:02}-{day:02} BC"


def reread_day(text: str) -> date | str:
    """Parse a day that Python wrote as text. Raises ValueError."""
    found = _BEFORE_CHRIST.fullmatch(text)
    if found is not None:
        year = 1 - int(found[1])
        text = f"{'-' if year < 0 else ''}{abs(year):04}-{found[2]}"
    return text if text in ("infinity", "-infinity") else read_day(text)


def as_day(value: Any) -> Any:
    """A day as a query parameter. Text is cast by the database, because Django would parse it as a `date`."""
    return Cast(Value(value), models.DateField()) if isinstance(value, str) else value


class IsoDay(Func):
    """The JSON of a day in ISO 8601, such as "-0043-03-15"; null if it is out of range.

    PostgreSQL writes days from year 1 on in this form itself, in a fraction of the time that the function takes.
    """

    template = (
        "CASE WHEN %(expressions)s >= '0001-01-01' AND %(expressions)s < 'infinity' THEN to_json(%(expressions)s)"
        " WHEN %(expressions)s IS NOT NULL THEN to_json(iso_day(%(expressions)s)) END"
    )
    arity = 1
    output_field = models.JSONField(null=True)


def edtf_field(help_text: str) -> models.CharField:
    return models.CharField(max_length=64, blank=True, default="", help_text=f"{help_text} {EDTF_HELP}")


def _bounds(field: str) -> Func:
    return Func(F(field), function="edtf_bounds")


def first_day(field: str) -> models.GeneratedField:
    """A generated column: the first day that the EDTF text in `field` can mean; null if unknown or open."""
    return models.GeneratedField(
        expression=Func(_bounds(field), function="lower", output_field=models.DateField()),
        output_field=models.DateField(null=True),
        db_persist=True,
    )


def last_day(field: str) -> models.GeneratedField:
    """A generated column: the last day that the EDTF text in `field` can mean; null if unknown or open."""
    return models.GeneratedField(
        expression=Func(_bounds(field), template="(upper(%(expressions)s) - 1)", output_field=models.DateField()),
        output_field=models.DateField(null=True),
        db_persist=True,
    )


def edtf_form(model: str, field: str) -> models.CheckConstraint:
    read = Func(F(field), template="(edtf_bounds(%(expressions)s) IS NOT NULL)", output_field=models.BooleanField())
    message = f"The date in “{field}” is invalid. Use {EDTF_HELP}"
    return check(model, field, "edtf", Q(**{field: ""}) | Q(read), message)
