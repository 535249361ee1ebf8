"""Text of several lines in forms."""

from typing import Any

from django import forms

from claims.models.snapshot import with_line_feeds


class LinesField(forms.CharField):
    """Line breaks are LF, as elsewhere in the record: browsers send CRLF for each, whatever the page had."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        return super().to_python(with_line_feeds(value) if isinstance(value, str) else value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether something else was sent than the page showed; blanks at the ends count, line breaks are alike."""
        return not self.disabled and with_line_feeds(str(initial or "")) != with_line_feeds(str(data or ""))


def keep_unchanged(form: forms.BaseForm) -> None:
    """What was stored with CRLF, or blanks at its ends, stays as it is until somebody changes it."""
    for name, field in form.fields.items():
        if isinstance(field, LinesField) and name not in form.changed_data and name in form.initial:
            form.cleaned_data[name] = form.initial[name]
