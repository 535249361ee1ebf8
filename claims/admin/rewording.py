"""Rewordings: reasons for them in the forms of claims and evidence, and a register of them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from claims.admin.base import ReadOnly, RecordAdmin, RecordForm
from claims.admin.earlier import DEFERRED, RELATED, earlier_words, shown
from claims.admin.filters import AutocompleteFilter
from claims.admin.releasing import Releasing
from claims.desk.rewordings import changes_words, held, reword, rewording_of
from claims.desk.roles import may, refusal
from claims.models import Claim, Rewording
from claims.models.choices import ReasonKind
from claims.models.normal import is_blank
from claims.texts.direction import language_of, words

FIELDS = ("rewording_kind", "rewording_reason")


def reason_fields(request: HttpRequest, record: Any) -> tuple[str, ...]:
    """The fields that ask why the words of a record change, if a verdict was published on them."""
    user = request.user
    if record is None or not (may(user, "change", record) and may(user, "add", Rewording)):
        return ()
    return FIELDS if held(type(record), [record.pk]) else ()


class RewordedForm(RecordForm):
    """The form of a record on which verdicts are published; for those records it asks why the words change."""

    rewording_kind = forms.ChoiceField(
        choices=[("", "–"), *ReasonKind.choices], required=False, label="Kind of reason for rewording"
    )
    rewording_reason = forms.CharField(
        required=False,
        max_length=10_000,
        widget=AdminTextareaWidget(attrs={"rows": 2, "dir": "auto"}),
        label="Reason for rewording",
        help_text="Needed if you change {}, on which a verdict was published. The earlier words stay readable, and the "
        "verdict says that they have changed.",
    )

    #: what a verdict is about, in words
    held_words: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "rewording_reason" in self.fields:
            reason = self.fields["rewording_reason"]
            reason.help_text = reason.help_text.format(self.held_words)
        self.before = type(self.instance).objects.filter(pk=self.instance.pk).first()
        if self.before is None or not held(type(self.instance), [self.instance.pk]):
            self.before = None
            for name in FIELDS:
                self.fields.pop(name, None)

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.before is None or not changes_words(self.before, self.instance):
            return
        why = refusal(self.user, "add", Rewording)
        if why is not None:
            self.add_error(None, f"A verdict was published on these words. {why}")
        for name in FIELDS:
            if name in self.fields and is_blank(self.cleaned_data.get(name, "")):
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

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if context["original"] is not None:
            context["earlier_words"] = earlier_words(context["original"], request.user)
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Rewording)
class RewordingAdmin(ReadOnly, RecordAdmin):
    """Rewordings, read-only: they are added when a claim or evidence is changed."""

    list_display = ["created_at", "claim", "about", "kind", "reason", "created_by"]
    list_filter = [AutocompleteFilter.on(Rewording.claim), "kind"]
    ordering = ["-id"]
    related = (*RELATED, "created_by")
    deferred = DEFERRED
    search_fields = ["id"]
    search_help_text = 'Words in the claim. Use "a phrase", -exclude or OR.'
    fields = ["claim", "evidence", "kind", "reason", "said_before", "created_at", "created_by"]

    @admin.display(description="what was reworded")
    def about(self, rewording: Rewording) -> SafeString | str:
        source = rewording.evidence and rewording.evidence.source
        return format_html("evidence: {}", words(source, language_of(source))) if source else "the claim"

    @admin.display(description="earlier words")
    def said_before(self, rewording: Rewording) -> SafeString:
        lines = ((change.field.capitalize(), change.before) for change in shown(rewording))
        return format_html("<dl>{}</dl>", format_html_join("", "<dt>{}</dt><dd>{}</dd>", lines))

    def find(self, queryset: models.QuerySet[Any], words: str) -> models.QuerySet[Any]:
        return queryset.filter(claim__in=Claim.objects.matching(words).values("pk"))
