"""The steps of verdicts in the admin: a button for each, and beside it what is missing."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from claims.admin.base import VERSION, RecordAdmin, admin_url
from claims.admin.history import news
from claims.desk import verdicts
from claims.desk.roles import may
from claims.models import Verdict
from claims.models.choices import ReasonKind
from claims.models.refusals import refusal_of

#: verb → what its button says, and what has happened afterwards
BUTTONS = {
    "submit": ("Submit to a second reader", "submitted"),
    "return": ("Return to its authors", "returned"),
    "publish": ("Publish", "published"),
    "withdraw": ("Withdraw for good", "withdrawn"),
}


class ReturnForm(forms.Form):
    comment = forms.CharField(max_length=10_000, label="What should change", widget=forms.Textarea(attrs={"rows": 2}))


class WithdrawForm(forms.Form):
    kind = forms.ChoiceField(choices=[("", "–"), *ReasonKind.choices], label="Kind of reason")
    reason = forms.CharField(max_length=10_000, label="Why", widget=forms.Textarea(attrs={"rows": 2}))


FORMS: dict[str, type[forms.Form]] = {"return": ReturnForm, "withdraw": WithdrawForm}


def steps(verdict: Verdict, user: Any) -> list[dict[str, Any]]:
    """The steps that a verdict can take from its state and that the user's role allows: for each its `verb`, `words`,
    `form` and what is `missing`."""
    return [
        {
            "verb": verb,
            "words": BUTTONS[verb][0],
            "form": FORMS.get(verb, forms.Form)(prefix=verb),
            "missing": verdicts.missing_for(verdict, verb, user),
            "url": admin_url(verdict, verb),
        }
        for verb in verdicts.possible_steps(verdict)
        if may(user, verb, verdict)
    ]


def take(verdict: Verdict, verb: str, user: Any, **options: Any) -> None:
    """Take a step. The verdict must be locked. Raises ValidationError."""
    if not may(user, verb, verdict):
        raise PermissionDenied
    if verb == "submit":
        verdicts.submit(verdict)
    elif verb == "return":
        verdicts.return_to_draft(verdict, **options)
    elif verb == "publish":
        verdicts.publish(verdict, user)
    else:
        verdicts.withdraw(verdict, **options)


def stale(verdict: Verdict, shown: str) -> str:
    """Why a verdict, shown in this version, can't take a step now; empty if it can."""
    if str(verdict.version) == shown:
        return ""
    return news(verdict, int(shown) if VERSION.fullmatch(shown) else None, "verdict")


class StepsAdmin(RecordAdmin):
    change_form_template = "admin/claims/verdict/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(
                f"<int:pk>/{verb}/",
                require_POST(self.admin_site.admin_view(self.step_view)),
                {"verb": verb},
                name=f"claims_verdict_{verb}",
            )
            for verb in BUTTONS
        ]
        return [*pages, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        verdict = context["original"]
        if verdict is not None:
            context["steps"] = steps(verdict, request.user)
        return super().render_change_form(request, context, *args, **kwargs)

    def step_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Take the step, and return to the verdict's page with what has happened or what is missing."""
        try:
            with transaction.atomic():
                rows = self.get_queryset(request).select_for_update(of=("self",))
                verdict = get_object_or_404(rows, pk=pk)
                form = FORMS.get(verb, forms.Form)(request.POST, prefix=verb)
                why = stale(verdict, request.POST.get("_version", ""))
                verdicts.check_step(verdict, verb)
                if why:
                    self.message_user(request, f"Nothing was done. {why} Review it and try again.", messages.ERROR)
                elif form.is_valid():
                    take(verdict, verb, request.user, **form.cleaned_data)
                    connection.check_constraints()
                    self.message_user(request, f"The verdict was {BUTTONS[verb][1]}.")
                else:
                    fields = [f"{form.fields[name].label}: {' '.join(found)}" for name, found in form.errors.items()]
                    self.message_user(request, f"Nothing was done. {' '.join(fields)}", messages.ERROR)
        except ValidationError as error:
            self.message_user(request, " ".join(["Nothing was done.", *error.messages]), messages.ERROR)
        except IntegrityError as error:
            self.message_user(request, f"Nothing was done. {refusal_of(error).message}", messages.ERROR)
        return HttpResponseRedirect(self._back(request) or admin_url(verdict, "change"))
