"""Django's admin, for reviewers. One module per model."""

from django.contrib import admin

from claims.admin import (
    actor,
    assertion,
    claim,
    erratum,
    evidence,
    importrun,
    relation,
    rewording,
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
    "rewording",
    "skipped",
    "snapshot",
    "source",
    "token",
    "topic",
    "user",
    "verdict",
]

arrange(admin.site)
