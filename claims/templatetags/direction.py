"""Texts of the record in their own language and direction: {% load direction %}."""

from typing import Any

from django import template
from django.db.models import Model
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from claims.texts import direction
from claims.texts.direction import language_of

register = template.Library()


@register.filter
def words(text: Any, language: str = "") -> SafeString | str:
    """{{ claim|words }}: how a record is called, in its language; {{ title|words:source.language }}: any text."""
    if text is None or text == "":
        return ""
    return direction.words(text, language or (language_of(text) if isinstance(text, Model) else ""))


@register.filter
def attributes(language: str | None) -> SafeString:
    """<p{{ claim.language|attributes }}>: `dir` and `lang` of an element that holds nothing but such a text."""
    return direction.attributes(language or "")


@register.filter
def called(record: Any) -> SafeString:
    """How a record is called, cut to fit a line of links: {{ claim|called }}."""
    return direction.words(Truncator(str(record)).words(18), language_of(record))
