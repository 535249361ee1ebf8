"""Reasons for rewordings in the forms of claims and evidence."""

from typing import Any

from django import forms
from django.http import HttpRequest

from claims.admin.base import RecordForm
from claims.admin.releasing import Releasing
from claims.desk.rewordings import changes_words, held, reword, rewording_of
from claims.desk.roles import may
from claims.models.choices import ReasonKind

FIELDS = ("rewording_kind", "rewording_reason")


def reason_fields(request: HttpRequest, record: Any) -> tuple[str, ...]:
    """The fields that ask why the words of a record change, if a verdict was published on them."""
    if record is None or not may(request.user, "change", record) or not held(type(record), [record.pk]):
        return ()
    return FIELDS


class RewordedForm(RecordForm):
    """The form of a record on which verdicts are published; for those records it asks why the words change."""

    rewording_kind = forms.ChoiceField(
        choices=[("", "–"), *ReasonKind.choices], required=False, label="Kind of reason for rewording"
    )
    rewording_reason = forms.CharField(
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        label="Reason for rewording",
        help_text="A verdict was published on these words. They stay readable; the verdict says that they changed.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before = type(self.instance).objects.filter(pk=self.instance.pk).first()
        if self.before is None or not held(type(self.instance), [self.instance.pk]):
            self.before = None
            for name in FIELDS:
                self.fields.pop(name, None)

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.before is None or not changes_words(self.before, self.instance):
            return
        for name in FIELDS:
            if name in self.fields and not self.cleaned_data.get(name, "").strip():
                self.add_error(name, "A verdict was published on these words: say why they change.")

    def reword(self) -> None:
        """Record the reason just before the words are saved."""
        if self.before is not None and changes_words(self.before, self.instance):
            kind, reason = (self.cleaned_data.get(f"rewording_{name}", "") for name in ("kind", "reason"))
            reword([rewording_of(self.instance, kind, reason)])


class RewordedAdmin(Releasing):
    """The pages of records on which verdicts are published."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        form.reword()
        super().save_model(request, obj, form, change)
