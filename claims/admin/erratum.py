from typing import Any

from django.contrib import admin

from claims.admin.skipped import PassageAdmin, SkippedForm, by_snapshot
from claims.models import Erratum


class ErratumForm(SkippedForm):
    """A form that finds the span by the printed words."""

    words = None  # type: ignore[assignment]

    def clean(self) -> dict[str, Any] | None:
        if self.cleaned_data.get("start") is None or "printed" in self.changed_data:
            self.cleaned_data["words"] = self.cleaned_data.get("printed")
        return super().clean()

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error("printed" if field == "words" else field, error)


@admin.register(Erratum)
class ErratumAdmin(PassageAdmin):
    form = ErratumForm
    list_display = ["printed", "meant", "kind", "snapshot", "start"]
    list_filter = ["kind", by_snapshot(Erratum)]
    own_fields = ("printed", "meant", "kind", ("start", "end"))
