"""Single values of seed files, read by the field of the model that they are meant for."""

import re
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dateparse import parse_datetime

from claims.models.fields import LanguageField
from claims.models.normal import is_blank
from claims.models.rules import forms
from claims.models.spans import LONGEST
from claims.seeds.errors import meant
from claims.seeds.keys import plain
from claims.seeds.reading import Entry


class Fault(Exception):
    """What is wrong with a value."""


def is_date(field: models.Field) -> bool:
    """Whether a field holds EDTF: those have their first and last day beside them."""
    return any(other.name == f"{field.name}_first" for other in field.model._meta.fields)


def text_of(entry: Entry) -> str:
    if not isinstance(entry.value, str):
        raise Fault("a single value is wanted here, not a list or keys.")
    return entry.value.strip("\n")


def whole_number(entry: Entry) -> int:
    text = text_of(entry)
    if not re.fullmatch("[0-9]{1,9}", text):
        raise Fault(f"“{text}” is not a whole number.")
    return int(text)


def span_of(entry: Entry) -> tuple[int, int]:
    """Start and end in code points. Raises Fault unless the entry is [start, end], not empty and not too long."""
    if not isinstance(entry.value, list) or len(entry.value) != 2:
        raise Fault("a span is [start, end], in code points from 0, end excluded.")
    start, end = (whole_number(item) for item in entry.value)
    if end <= start:
        raise Fault("the span is empty: its end must come after its start.")
    if end - start > LONGEST:
        raise Fault(f"a span has at most {LONGEST:,} code points; give several.")
    return start, end


def field_value(entry: Entry, field: models.Field) -> Any:
    """The value for a field that is no reference, in the form rows have. Raises Fault with what is wrong."""
    text = text_of(entry)
    if isinstance(field, models.BooleanField):
        if text not in ("true", "false"):
            raise Fault(f"“{text}” is neither true nor false.")
        return text == "true"
    if isinstance(field, models.DateTimeField):
        return _moment(text)
    if isinstance(field, models.DateField):
        return _day(text)
    value = whole_number(entry) if isinstance(field, models.IntegerField) else text
    if field.choices:
        allowed = {str(choice): choice for choice, _ in field.flatchoices}
        if text not in allowed:
            raise Fault(f"unknown {field.name.replace('_', ' ')} “{text}”{_hint(text, list(allowed))}")
        return allowed[text]
    if isinstance(value, str):
        value = field.to_python(value)
        _check_text(value, field)
    try:
        field.run_validators(value)
    except ValidationError as error:
        raise Fault(" ".join(error.messages)) from None
    return value


def _hint(word: str, allowed: list[str]) -> str:
    return meant(word, allowed) or f"; there are: {', '.join(allowed)}."


def _check_text(text: str, field: models.Field) -> None:
    """What check constraints ask of a text besides its validators: said here with file and line."""
    if is_blank(text) and not field.blank:
        raise Fault("this must not be empty.")
    form, message = forms(field.model).get(field.name, ("", ""))
    # what is wrong with a language tag, its validator says better
    if text and form and not isinstance(field, LanguageField) and not re.search(form, text):
        raise Fault(f"{message[0].lower()}{message[1:]}")


def _moment(text: str) -> Any:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Fault(f"“{text}” is not a moment with its time zone, such as 2026-11-01T00:00:00Z.")
    return plain(moment)


def _day(text: str) -> str:
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise Fault(f"“{text}” is not a day, such as 2026-11-01.")
