"""Import runs: what was read and with what result."""

from django.db import models
from django.db.models import Q

from claims.models.base import Record, tracked
from claims.models.choices import ImportState
from claims.models.rules import SHA256_FORM, check, not_blank, one_of
from claims.models.triggers import touch


@tracked
class ImportRun(Record):
    """One load of data. `counts` and `errors` are those of its report. `manifest` maps natural keys to the SHA-256 of
    the values as loaded; with it the next load distinguishes an edit made here from a change in the file.
    """

    format = models.CharField(max_length=40)
    file_name = models.CharField(max_length=500, blank=True, default="")
    file_sha256 = models.CharField("SHA-256 of the file", max_length=64)
    state = models.CharField(max_length=20, choices=ImportState, default=ImportState.RUNNING)
    counts = models.JSONField(default=dict, blank=True)
    errors = models.JSONField(default=list, blank=True)
    manifest = models.JSONField(default=dict, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            not_blank("import_run", "format"),
            one_of("import_run", "state", ImportState),
            check(
                "import_run",
                "file_sha256",
                "form",
                Q(file_sha256__regex=SHA256_FORM),
                "A SHA-256 must be 64 lowercase hexadecimal digits.",
            ),
        ]
        triggers = [touch()]

    def __str__(self) -> str:
        return f"{self.format} {self.created_at:%Y-%m-%d %H:%M}: {self.state}"
