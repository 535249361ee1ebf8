"""Single values of seed files, converted and validated by the model field they are for."""

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
from claims.seeds.errors import suggestion
from claims.seeds.keys import plain_value
from claims.seeds.reading import Entry


class Fault(Exception):
    """A value is invalid; the message says why."""


def is_date(field: models.Field) -> bool:
    """Whether a field holds an EDTF date. Such a field has companion fields for its first and last day."""
    return any(other.name == f"{field.name}_first" for other in field.model._meta.fields)


def text_of(entry: Entry) -> str:
    """Return the text of an entry. Raises Fault if it is a list or mapping."""
    if not isinstance(entry.value, str):
        raise Fault("this must be a single value, not a list or mapping.")
    return entry.value.strip("\n")


def whole_number(entry: Entry) -> int:
    """Return a non-negative integer of up to 9 digits. Raises Fault."""
    text = text_of(entry)
    if not re.fullmatch("[0-9]{1,9}", text):
        raise Fault(f"“{text}” is not a whole number.")
    return int(text)


def span_of(entry: Entry) -> tuple[int, int]:
    """Return start and end in code points. Raises Fault unless the entry is a valid [start, end]."""
    if not isinstance(entry.value, list) or len(entry.value) != 2:
        raise Fault("a span must be [start, end]: code points counted from 0, end excluded.")
    start, end = (whole_number(item) for item in entry.value)
    if end <= start:
        raise Fault("the span is empty: its end must come after its start.")
    if end - start > LONGEST:
        raise Fault(f"a span can have at most {LONGEST:,} code points; split it.")
    return start, end


def field_value(entry: Entry, field: models.Field) -> Any:
    """Return the value of a field that is not a foreign key, as a `Row` holds it. Raises Fault."""
    text = text_of(entry)
    if isinstance(field, models.BooleanField):
        if text not in ("true", "false"):
            raise Fault(f"“{text}” must be true or false.")
        return text == "true"
    if isinstance(field, models.DateTimeField):
        return _datetime(text)
    if isinstance(field, models.DateField):
        return _date(text)
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
    return suggestion(word, allowed) or f"; allowed values: {', '.join(allowed)}."


def _check_text(text: str, field: models.Field) -> None:
    """Check what the database’s constraints require beyond the validators, so that the message has a file and line."""
    if is_blank(text) and not field.blank:
        raise Fault("this must not be empty.")
    form, message = forms(field.model).get(field.name, ("", ""))
    # the validator of language tags has a better message
    if text and form and not isinstance(field, LanguageField) and not re.search(form, text):
        raise Fault(f"{message[0].lower()}{message[1:]}")


def _datetime(text: str) -> Any:
    try:
        value = parse_datetime(text)
    except ValueError:
        value = None
    if value is None or value.tzinfo is None:
        raise Fault(f"“{text}” is not a date and time with a time zone, such as 2026-11-01T00:00:00Z.")
    return plain_value(value)


def _date(text: str) -> str:
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise Fault(f"“{text}” is not a valid date, such as 2026-11-01.")
