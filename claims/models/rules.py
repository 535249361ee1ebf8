"""Named constraints and indexes shared by several models."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from claims.models.normal import shows_something
from claims.models.refusals import FIELD_OF

SLUG_LENGTH = 80
#: lowercase words with hyphens; at least one letter, to distinguish a slug from an id
SLUG_FORM = r"^(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$"
SHA256_FORM = r"^[0-9a-f]{64}$"
#: the grammar of RFC 5646, section 2.1, in the case of section 2.1.1; without extended language subtags and
#: grandfathered tags, which are not canonical
LANGUAGE_FORM = (
    r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(-[a-wy-z0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?$"
)
#: with scheme and host in lowercase
WEB_FORM = r"^https?://([^/?#@]*@)?[^A-Z/?#@]+([/?#]|$)"


def check(model: str, field: str, rule: str, condition: Q, message: str) -> models.CheckConstraint:
    """A check constraint `<model>_<field>_<rule>` that is reported under `field`."""
    name = f"{model}_{field}_{rule}"
    FIELD_OF[name] = field
    return models.CheckConstraint(condition=condition, name=name, violation_error_message=message)


def slug_rules(model: str) -> list[models.BaseConstraint]:
    """Constraints for a slug: it is valid and unique.

    One index serves both lookups and searches by prefix; `unique=True` would create an index for each.
    """
    FIELD_OF[f"{model}_slug_unique"] = "slug"
    form = check(
        model,
        "slug",
        "form",
        Q(slug__regex=SLUG_FORM),
        "A slug consists of lowercase letters, digits and single hyphens, with at least one letter.",
    )
    unique = models.UniqueConstraint(
        fields=["slug"],
        name=f"{model}_slug_unique",
        opclasses=["varchar_pattern_ops"],
        violation_error_message="This slug is taken.",
        violation_error_code="unique",
    )
    return [form, unique]


def by_change(model: str) -> models.Index:
    """An index for clients that synchronise: rows changed since a given time, in that order."""
    return models.Index(fields=["updated_at", "id"], name=f"{model}_updated")


def by_creation(model: str) -> BrinIndex:
    """An index for filters by the time of creation, in which rows are stored: it costs next to nothing to keep."""
    return BrinIndex(fields=["created_at"], pages_per_range=32, name=f"{model}_created")


def by_date(model: str, name: str) -> list[models.Index]:
    """Indexes for lists ordered by a date, ascending and descending; rows without the date come last in both."""
    first = f"{name}_first"
    return [
        models.Index(fields=[first, "id"], name=f"{model}_{name}"),
        models.Index(F(first).desc(nulls_last=True), F("id").desc(), name=f"{model}_{name}_latest"),
    ]


def not_blank(model: str, field: str) -> models.CheckConstraint:
    words = field.replace("_", " ")
    message = f"The {words} must not be empty (whitespace and invisible characters don't count)."
    return check(model, field, "not_blank", shows_something(field), message)


def one_of(model: str, field: str, choices: type[models.Choices], *, blank: bool = False) -> models.CheckConstraint:
    """`blank`: it may also be empty."""
    allowed = ", ".join(str(value) for value in choices.values)
    message = f"The {field.replace('_', ' ')} must be one of: {allowed}."
    values = [*choices.values, ""] if blank else choices.values
    return check(model, field, "allowed", Q(**{f"{field}__in": values}), message)


def well_formed(model: str, field: str, form: str, message: str) -> models.CheckConstraint:
    """`form` is a regular expression; an empty value is allowed."""
    return check(model, field, "form", Q(**{field: ""}) | Q(**{f"{field}__regex": form}), message)


def language_form(model: str) -> models.CheckConstraint:
    message = "The language must be a BCP 47 tag in its canonical form, such as en or zh-Hant."
    return well_formed(model, "language", LANGUAGE_FORM, message)


def country_form(model: str) -> models.CheckConstraint:
    return well_formed(model, "country", "^[A-Z]{2}$", "The country must be an ISO 3166-1 alpha-2 code, such as RU.")


def web_address(model: str, field: str) -> models.CheckConstraint:
    words = {"url": "URL", "archived_url": "archived URL"}[field]
    condition = Q(**{field: ""}) | Q(**{f"{field}__regex": WEB_FORM})
    message = f"The {words} must begin with http:// or https:// and a host."
    return check(model, field, "web", condition, message)


def _forms(condition: Any) -> Iterator[tuple[str, str]]:
    """The lookups in a condition as (field, regular expression); the expression is empty for other lookups."""
    for child in condition.children:
        if isinstance(child, Q):
            yield from _forms(child)
        elif isinstance(child, tuple):
            field, _, lookup = child[0].partition("__")
            yield field, child[1] if lookup == "regex" else ""


@cache
def forms(model: type[models.Model]) -> dict[str, tuple[str, str]]:
    """The fields whose form a check constraint requires: field → (regular expression, message)."""
    found: dict[str, tuple[str, str]] = {}
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.CheckConstraint) and isinstance(constraint.condition, Q):
            lookups = list(_forms(constraint.condition))
            named = [(field, form) for field, form in lookups if form]
            if len(named) == 1 and {field for field, _ in lookups} == {named[0][0]}:
                found[named[0][0]] = (named[0][1], str(constraint.violation_error_message))
    return found


def by_release(model: str) -> models.Index:
    """For what isn't public yet, which each query of a stranger leaves out."""
    return models.Index(fields=["public_from"], name=f"{model}_public_from")
