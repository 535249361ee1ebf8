"""Django's admin, for reviewers: a file a noun."""

from django.contrib import admin

from claims.admin import (
    actor,
    assertion,
    claim,
    erratum,
    evidence,
    importrun,
    relation,
    skipped,
    snapshot,
    source,
    token,
    topic,
    user,
    verdict,
)
from claims.admin.site import arrange

__all__ = [
    "actor",
    "assertion",
    "claim",
    "erratum",
    "evidence",
    "importrun",
    "relation",
    "skipped",
    "snapshot",
    "source",
    "token",
    "topic",
    "user",
    "verdict",
]

arrange(admin.site)
