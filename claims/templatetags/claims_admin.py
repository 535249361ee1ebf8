"""Filters for the templates of the admin."""

from django import template
from django.db.models import Model
from django.utils.safestring import SafeString

from claims.admin import labels
from claims.admin.base import admin_url
from claims.admin.words import readonly_attributes, readonly_contents

register = template.Library()
register.filter(readonly_attributes)
register.filter(readonly_contents)


@register.filter
def admin_page(record: Model, page: str) -> str:
    """The URL of an admin page of a record: {{ claim|admin_page:"change" }}."""
    return admin_url(record, page)


@register.filter
def kind(record: Model) -> str:
    """What kind of record it is."""
    return str(record._meta.verbose_name).capitalize()


@register.filter
def status_badge(status: str) -> SafeString:
    return labels.status_badge(status)


@register.filter
def grade_of(reliability: str, credibility: int | None = None) -> SafeString:
    """The grade of evidence: {{ source.reliability|grade_of:evidence.credibility }}."""
    return labels.grade(reliability, credibility)
