"""Filters that mark texts with their language and direction: {% load direction %}."""

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
    """The name of a record in its language, {{ claim|words }}, or any text, {{ title|words:source.language }}."""
    if text is None or text == "":
        return ""
    return direction.words(text, language or (language_of(text) if isinstance(text, Model) else ""))


@register.filter
def attributes(language: str | None) -> SafeString:
    """The `dir` and `lang` attributes of an element with text in one language: <p{{ claim.language|attributes }}>."""
    return direction.attributes(language or "")


@register.filter
def names_apart(message: Any) -> SafeString:
    """A message with its “quoted names” and links isolated, so that right-to-left names don't move its punctuation."""
    linked = conditional_escape(message).replace("<a ", '<a dir="auto" ')
    return mark_safe(QUOTED.sub(r'“<bdi dir="auto">\1</bdi>”', linked))  # noqa: S308 (escaped above)


@register.filter
def called(record: Any) -> SafeString:
    """The name of a record, shortened for breadcrumbs: {{ claim|called }}."""
    return direction.words(Truncator(str(record)).words(18), language_of(record))
