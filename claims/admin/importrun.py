from django.contrib import admin

from claims.admin.base import ReadOnly, RecordAdmin
from claims.models import ImportRun


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnly, RecordAdmin):
    """Import runs, read-only: the loads write them."""

    list_display = ["created_at", "format", "file_name", "state", "created_by", "finished_at"]
    list_filter = ["state"]
    related = ("created_by",)
    fields = [
        "format",
        "file_name",
        "file_sha256",
        "state",
        "created_by",
        "created_at",
        "finished_at",
        "counts",
        "errors",
    ]
    deferred = ("manifest",)
