"""Badges that show a value at a glance. They always contain words; colour only helps."""

from collections.abc import Iterable

from django.db import models
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from claims.admin.base import admin_url
from claims.models.choices import Credibility, Reliability, Status
from claims.texts.direction import language_of, words


def links(records: Iterable[models.Model]) -> SafeString:
    """Links to the pages of the records."""
    shown = ((admin_url(each, "change"), words(each, language_of(each))) for each in records)
    return format_html_join(", ", '<a href="{}">{}</a>', shown) or SafeString("–")


def badge(kind: str, value: str, words: str) -> SafeString:
    return format_html('<span class="badge {}-{}">{}</span>', kind, value, words)


def status_badge(status: str) -> SafeString:
    return badge("status", status, Status(status).label)


def grade(reliability: str, credibility: int | None = None) -> SafeString:
    """The reliability of the source and credibility of the item, such as “B2”. F and 6 (unknown) look different."""
    words = Reliability(reliability).label
    if credibility is not None:
        words += f"; {Credibility(credibility).label}"
    unknown = reliability == Reliability.F and credibility in (None, Credibility.UNKNOWN)
    return format_html(
        '<abbr class="grade{}" title="{}">{}{}</abbr>',
        " grade-unknown" if unknown else "",
        words,
        reliability,
        "" if credibility is None else credibility,
    )
