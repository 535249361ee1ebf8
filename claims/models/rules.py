"""Named constraints and indexes that several models share."""

from django.db import models
from django.db.models import F, Q

from claims.models.refusals import FIELD_OF

SLUG_LENGTH = 80
SHA256_FORM = r"^[0-9a-f]{64}$"
#: The grammar of RFC 5646, section 2.1, without grandfathered tags.
BCP47_FORM = (
    r"^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
    r"(-[A-WY-Za-wy-z0-9](-[A-Za-z0-9]{2,8})+)*(-[Xx](-[A-Za-z0-9]{1,8})+)?$"
)


def check(model: str, field: str, rule: str, condition: Q, message: str) -> models.CheckConstraint:
    """A check constraint `<model>_<field>_<rule>` whose breach is reported at `field`."""
    name = f"{model}_{field}_{rule}"
    FIELD_OF[name] = field
    return models.CheckConstraint(condition=condition, name=name, violation_error_message=message)


def slug_rules(model: str) -> list[models.BaseConstraint]:
    """A slug is unique, and lower-case words with hyphens; a letter in it tells it from an id.

    One index serves look-ups and the search for slugs that begin alike; `unique=True` would make one for each.
    """
    FIELD_OF[f"{model}_slug_unique"] = "slug"
    form = check(
        model,
        "slug",
        "form",
        Q(slug__regex=r"^(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$"),
        "A slug is made of lower-case letters, digits and single hyphens, with a letter in it.",
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
    """For those who synchronise: what was changed since a moment, in that order."""
    return models.Index(fields=["updated_at", "id"], name=f"{model}_updated")


def by_date(model: str, name: str) -> list[models.Index]:
    """For lists by a date that may be missing, which comes last: the earliest first, and the latest first."""
    first = f"{name}_first"
    return [
        models.Index(fields=[first, "id"], name=f"{model}_{name}"),
        models.Index(F(first).desc(nulls_last=True), F("id").desc(), name=f"{model}_{name}_latest"),
    ]


def not_blank(model: str, field: str) -> models.CheckConstraint:
    words = field.replace("_", " ")
    return check(model, field, "not_blank", Q(**{f"{field}__regex": r"\S"}), f"The {words} must not be empty.")


def one_of(model: str, field: str, choices: type[models.Choices]) -> models.CheckConstraint:
    allowed = ", ".join(str(value) for value in choices.values)
    message = f"The {field.replace('_', ' ')} must be one of: {allowed}."
    return check(model, field, "allowed", Q(**{f"{field}__in": choices.values}), message)


def well_formed(model: str, field: str, form: str, message: str) -> models.CheckConstraint:
    """`form` is a regular expression; an empty value is allowed."""
    return check(model, field, "form", Q(**{field: ""}) | Q(**{f"{field}__regex": form}), message)


def language_form(model: str) -> models.CheckConstraint:
    return well_formed(model, "language", BCP47_FORM, "The language must be a BCP 47 tag, such as en or zh-Hant.")


def web_address(model: str, field: str) -> models.CheckConstraint:
    words = {"url": "URL", "archived_url": "archived URL"}[field]
    condition = Q(**{field: ""}) | Q(**{f"{field}__regex": "^https?://"})
    return check(model, field, "web", condition, f"The {words} must begin with http:// or https://.")
