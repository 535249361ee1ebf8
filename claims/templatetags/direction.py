"""Texts of the record in their own language and direction: {% load direction %}."""

import re
from typing import Any

from django import template
from django.db.models import Model
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

from claims.texts import direction
from claims.texts.direction import language_of

register = template.Library()
QUOTED = re.compile("“([^”<>]*)”")


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
def names_apart(message: Any) -> SafeString:
    """A sentence with each name in it, “so” or as a link, set apart: its full stop is not drawn on the other side."""
    linked = conditional_escape(message).replace("<a ", '<a dir="auto" ')
    return mark_safe(QUOTED.sub(r'“<bdi dir="auto">\1</bdi>”', linked))  # noqa: S308 (escaped above)


@register.filter
def called(record: Any) -> SafeString:
    """How a record is called, cut to fit a line of links: {{ claim|called }}."""
    return direction.words(Truncator(str(record)).words(18), language_of(record))
