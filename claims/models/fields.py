"""Model fields that several models share: text of a bounded length, and values stored and queried in canonical form."""

import re
from collections.abc import Callable
from typing import Any

from django.core.validators import MaxLengthValidator
from django.db import models

from claims.models.languages import canonical_tag, check_tag
from claims.models.normal import trimmed
from claims.models.validators import registered_country

_SCHEME_AND_HOST = re.compile(r"(https?)://([^/?#@]*@)?([^/?#@]+)", re.IGNORECASE)


def canonical_address(text: str) -> str:
    """A URL without surrounding whitespace, its scheme and host in lowercase: they are case-insensitive (RFC 3986)."""
    return _SCHEME_AND_HOST.sub(lambda m: f"{m[1].lower()}://{m[2] or ''}{m[3].lower()}", trimmed(text), count=1)


def registered_tag(text: str) -> str:
    """The canonical form of a language tag. Raises ValidationError if it is not registered."""
    check_tag(text)
    return canonical_tag(text)


class BoundedMixin:
    """Text of at most `max_length` characters; `instead` says what to do with longer text."""

    max_length: Any

    def __init__(self, *args: Any, instead: str = "Shorten it.", **kwargs: Any) -> None:
        self.instead = instead
        super().__init__(*args, **kwargs)

    @property
    def too_long(self) -> str:
        return f"At most {self.max_length} characters. {self.instead}"

    @property
    def validators(self) -> list[Any]:
        return [*super().validators, MaxLengthValidator(self.max_length, self.too_long)]  # type: ignore[misc]

    def formfield(self, **kwargs: Any) -> Any:
        """A form field without `maxlength`, since browsers silently truncate text that is pasted."""
        return super().formfield(**{"max_length": None} | kwargs)  # type: ignore[misc]

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _, args, kwargs = super().deconstruct()  # type: ignore[misc]
        column = models.TextField if isinstance(self, models.TextField) else models.CharField
        return name, f"django.db.models.{column.__name__}", args, kwargs


class LineField(BoundedMixin, models.CharField):
    """Text of one line."""


class WordsField(BoundedMixin, models.TextField):
    """Text of several lines."""


def note_field() -> WordsField:
    return WordsField(blank=True, default="", max_length=10_000, instead="Shorten it, or keep it in a document.")


class CanonicalMixin:
    """A text field that stores values, and looks them up, in canonical form."""

    canonical: Callable[[str], str]

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)  # type: ignore[misc]
        return self.canonical(text) if isinstance(text, str) else text

    def get_prep_value(self, value: Any) -> Any:
        return self.to_python(super().get_prep_value(value))  # type: ignore[misc]


class LanguageField(CanonicalMixin, models.CharField):
    """A registered BCP 47 tag: `UR` and `ur` are the same, stored as `ur`."""

    default_validators = [check_tag]
    canonical = staticmethod(canonical_tag)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        defaults: dict[str, Any] = {"max_length": 35, "help_text": "BCP 47."}
        super().__init__(*args, **defaults | kwargs)


class WebAddressField(CanonicalMixin, models.URLField):
    """An http or https URL: `HTTPS://Example.org/A` is stored as `https://example.org/A`."""

    canonical = staticmethod(canonical_address)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        defaults: dict[str, Any] = {"max_length": 2000, "blank": True, "default": ""}
        super().__init__(*args, **defaults | kwargs)


def country_field() -> models.CharField:
    return models.CharField(
        max_length=2, blank=True, default="", validators=[registered_country], help_text="ISO 3166-1 alpha-2."
    )


def wikidata_field() -> models.CharField:
    return models.CharField("Wikidata id", max_length=16, blank=True, default="")
