"""The language and text direction of list columns, read-only fields and inputs."""

from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.safestring import SafeString

from claims.admin.lists import FirstDay
from claims.models import ActorName, Claim, Erratum, Source
from claims.texts.direction import attributes, direction, language_of, words

#: model → fields in the language of the text; all other fields are in the reviewers' own words
IN_LANGUAGE: dict[type[models.Model], frozenset[str]] = {
    Claim: frozenset({"text", "context"}),
    Source: frozenset({"title"}),
    ActorName: frozenset({"name"}),
    Erratum: frozenset({"printed", "meant"}),
}


def language_of_field(record: models.Model, name: str) -> str:
    """The language of a field of a record, or of the record that the field refers to."""
    if name in IN_LANGUAGE.get(type(record), ()):
        return language_of(record.snapshot.source if isinstance(record, Erratum) else record)
    try:
        field = record._meta.get_field(name)
    except FieldDoesNotExist:
        return ""
    return language_of(getattr(record, name)) if isinstance(field, models.ForeignKey) else ""


@cache
def column(model: type[models.Model], name: Any) -> Any:
    """The `list_display` entry for a text field or foreign key. Other names are returned unchanged."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    if not isinstance(field, models.CharField | models.TextField | models.ForeignKey) or field.choices:
        return name

    def shown(record: models.Model) -> SafeString | None:
        value = getattr(record, name)
        return None if value in (None, "") else words(value, language_of_field(record, name))

    shown.__name__ = name
    shown.short_description = field.verbose_name  # type: ignore[attr-defined]
    dated = f"{name}_first" in {each.name for each in model._meta.fields}
    shown.admin_order_field = FirstDay(f"{name}_first") if dated else name  # type: ignore[attr-defined]
    return shown


def mark(form: forms.BaseModelForm) -> None:
    """Set the language of a form's inputs to that of their text. They have `dir=auto` already."""
    for name in IN_LANGUAGE.get(type(form.instance), frozenset()) & form.fields.keys():
        form.fields[name].widget.attrs |= direction(_language(form, name))


def _language(form: forms.BaseModelForm, name: str) -> str:
    unplaced = isinstance(form.instance, Erratum) and form.instance.snapshot_id is None
    return "" if unplaced else language_of_field(form.instance, name)


def readonly_contents(field: Any) -> SafeString | str:
    """The contents of a read-only field. Where one of our methods returns None, Django would show “None”."""
    contents = field.contents()
    method = getattr(field.model_admin, field.field["name"], None)
    if contents == "None" and callable(method):
        return str(getattr(method, "empty_value_display", field.empty_value_display))
    return contents


def readonly_attributes(field: Any) -> SafeString:
    """`dir` and `lang` for a read-only field of a form."""
    return attributes(language_of_field(field.form.instance, field.field["name"]))
