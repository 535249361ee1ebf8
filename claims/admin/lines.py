"""Form fields for text of several lines."""

from typing import Any

from django import forms

from claims.models.snapshot import with_line_feeds


class LinesField(forms.CharField):
    """A text field that stores line breaks as LF, as in the rest of the record. Browsers always send CRLF."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        return super().to_python(with_line_feeds(value) if isinstance(value, str) else value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the value differs from the one shown. Whitespace at the ends counts, kinds of line breaks don't."""
        return not self.disabled and with_line_feeds(str(initial or "")) != with_line_feeds(str(data or ""))


def keep_unchanged(form: forms.BaseForm) -> None:
    """Keep CRLF, and whitespace at the ends, in stored values that the user didn't change."""
    for name, field in form.fields.items():
        if isinstance(field, LinesField) and name not in form.changed_data and name in form.initial:
            form.cleaned_data[name] = form.initial[name]
