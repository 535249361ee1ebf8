"""The steps of verdicts in the admin: a button for each, and beside it what is missing."""

from copy import copy
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from claims.admin.base import FILTERS, RETURN, VERSION, RecordAdmin, admin_url
from claims.admin.history import news
from claims.desk import verdicts
from claims.desk.roles import may
from claims.models import Verdict
from claims.models.choices import ReasonKind

#: verb → what its button says, and what has happened afterwards
BUTTONS = {
    "submit": ("Submit to a second reader", "submitted"),
    "publish": ("Publish", "published"),
    "return": ("Return to its authors", "returned"),
    "withdraw": ("Withdraw for good", "withdrawn"),
}
#: the field with the verb, in the form of a step or of a claim
STEP = "_step"
LINES = {"rows": 3, "dir": "auto"}


class StepForm(forms.Form):
    """What a step asks for, below the fields of the verdict."""


class ReturnForm(StepForm):
    comment = forms.CharField(max_length=10_000, label="What should change", widget=forms.Textarea(attrs=LINES))


class PublishForm(StepForm):
    of_record = forms.TypedChoiceField(
        coerce=lambda value: value == "yes",
        choices=[
            ("yes", "It becomes the position of record"),
            ("no", "It stays beside it; the claim keeps its status"),
        ],
        label="Position of record",
    )


class WithdrawForm(StepForm):
    kind = forms.ChoiceField(choices=[("", "–"), *ReasonKind.choices], label="Kind of reason")
    reason = forms.CharField(max_length=10_000, label="Why", widget=forms.Textarea(attrs=LINES))


FORMS: dict[str, type[StepForm]] = {"return": ReturnForm, "publish": PublishForm, "withdraw": WithdrawForm}


def form_for(verdict: Verdict, verb: str, data: Any = None) -> StepForm:
    """The form of a step. Publishing asks about the position of record only if the claim has none."""
    form = FORMS.get(verb, StepForm)(data, prefix=verb)
    if isinstance(form, PublishForm):
        if data is not None:
            is_asked = form.add_prefix("of_record") in data
        else:
            is_asked = not Verdict.objects.of_record().filter(claim=verdict.claim_id).exists()
        if is_asked:
            form.initial["of_record"] = "yes" if verdicts.takes_over(verdict) else "no"
        else:
            del form.fields["of_record"]
    return form


def steps(verdict: Verdict, user: Any) -> list[dict[str, Any]]:
    """The steps that a verdict can take from its state and that the user's role allows: for each its `verb`, what its
    button says and what is `missing`."""
    possible = [verb for verb in BUTTONS if verb in verdicts.possible_steps(verdict) and may(user, verb, verdict)]
    return [
        {"verb": verb, "words": BUTTONS[verb][0], "missing": verdicts.missing_for(verdict, verb, user)}
        for verb in possible
    ]


def steps_of_new(user: Any) -> list[dict[str, Any]]:
    """The steps that a verdict can take when it is added."""
    verbs = ["submit"] if settings.FOUR_EYES else ["publish"]
    return [{"verb": verb, "words": BUTTONS[verb][0], "missing": []} for verb in verbs if may(user, verb, Verdict)]


def take(verdict: Verdict, verb: str, user: Any, **options: Any) -> None:
    """Take a step. The verdict must be locked. Raises ValidationError."""
    if not may(user, verb, verdict):
        raise PermissionDenied
    if verb == "submit":
        verdicts.submit(verdict)
    elif verb == "return":
        verdicts.return_to_draft(verdict, **options)
    elif verb == "publish":
        verdicts.publish(verdict, user, **options)
    else:
        verdicts.withdraw(verdict, **options)


def take_if_ready(verdict: Verdict, verb: str, user: Any) -> None:
    """Take a step for which something can be missing. The desk would also let an incomplete verdict be submitted, but
    a second reader could only return it. Raises ValidationError."""
    if not may(user, verb, verdict):
        raise PermissionDenied
    verdicts.check_step(verdict, verb)
    if missing := verdicts.missing_for(verdict, verb, user):
        raise ValidationError(missing)
    take(verdict, verb, user)


def stale(verdict: Verdict, shown: str) -> str:
    """Why a verdict, shown in this version, can't take a step now; empty if it can."""
    if str(verdict.version) == shown:
        return ""
    return news(verdict, int(shown) if VERSION.fullmatch(shown) else None, "verdict")


class StepsAdmin(RecordAdmin):
    """Pages of verdicts. One that is worked on takes a step when its form is saved; for the steps of others there are
    forms below that of the record."""

    change_form_template = "admin/claims/verdict/change_form.html"

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        verdict = context["original"]
        if verdict is None:
            context["buttons"] = steps_of_new(request.user)
        elif verdict.state in verdicts.WORKED_ON:
            context["buttons"] = steps(verdict, request.user)
        else:
            asked: StepForm | None = context.get("asked")
            context["steps"] = [
                each | {"form": asked if asked and asked.prefix == each["verb"] else form_for(verdict, each["verb"])}
                for each in steps(verdict, request.user)
            ]
            context["of_record"] = Verdict.objects.of_record().filter(claim=verdict.claim_id).first()
            context["show_save_and_add_another"] = False
            if verdict.published_at is None:
                # nothing can be changed, so there is nothing to save
                context |= {"show_save": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)

    # A step below the record

    def _changeform_view(
        self, request: HttpRequest, object_id: str | None, form_url: str, extra_context: dict[str, Any] | None
    ) -> HttpResponse:
        if request.method != "POST" or STEP not in request.POST or object_id is None:
            return super()._changeform_view(  # type: ignore[misc]
                request, object_id, form_url, extra_context
            )
        verdict = self.get_object(request, unquote(object_id))
        if verdict is None:
            return self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]
                request, self.opts, object_id
            )
        verb = request.POST[STEP]
        if verb not in BUTTONS or not may(request.user, verb, verdict):
            raise PermissionDenied
        form = form_for(verdict, verb, request.POST)
        if self._take(request, verdict, verb, form):
            self.log_change(request, verdict, BUTTONS[verb][1].capitalize() + ".")
            self.message_user(request, f"The verdict was {BUTTONS[verb][1]}.", messages.SUCCESS)
            return self.response_post_save_change(request, verdict)
        # the page as it is now, with what was typed
        shown = copy(request)
        shown.method = "GET"
        if verb not in verdicts.possible_steps(verdict):
            self._give_back(request, form)
        return super()._changeform_view(  # type: ignore[misc]
            shown, object_id, form_url, (extra_context or {}) | {"asked": form}
        )

    def _take(self, request: HttpRequest, verdict: Verdict, verb: str, form: StepForm) -> bool:
        """Take a step if nothing stands in its way; otherwise show the form with what is in the way."""
        refusal = getattr(request, "refusal", None)
        why = [refusal.message if refusal else stale(verdict, request.POST.get("_version", ""))]
        try:
            verdicts.check_step(verdict, verb)
        except verdicts.WrongState as error:
            why += error.messages
        if any(why):
            form.add_error(None, " ".join(["Nothing was done.", *filter(None, why)]))
        if not form.is_valid():
            return False
        try:
            take(verdict, verb, request.user, **form.cleaned_data)
        except ValidationError as error:
            found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
            for name, lines in found.items():
                form.add_error(name if name in form.fields else None, lines)
            return False
        return True

    def _give_back(self, request: HttpRequest, form: StepForm) -> None:
        """Show what was typed for a step that isn't possible any more."""
        typed = [str(value) for name in form.fields if (value := form[name].value()) and isinstance(value, str)]
        lines = [*map(str, form.non_field_errors()), *(f"You wrote: “{text}”" for text in typed if text.strip())]
        self.message_user(request, " ".join(lines), messages.ERROR)

    # A step when the form of the record is saved

    def take_asked(self, request: HttpRequest, verdict: Verdict) -> None:
        """Take the step whose button saved the form, once all of it is saved."""
        verb = next((verb for verb in ("submit", "publish") if f"_{verb}" in request.POST), None)
        if verb is None:
            return
        verdict.refresh_from_db()
        try:
            take_if_ready(verdict, verb, request.user)
        except ValidationError as error:
            request.not_done = f"The verdict was saved, but not {BUTTONS[verb][1]}. {' '.join(error.messages)}"  # type: ignore[attr-defined]
        else:
            request.done = f"The verdict was saved and {BUTTONS[verb][1]}."  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        return self._after_step(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self._after_step(request, obj) or super().response_change(request, obj)

    def _after_step(self, request: HttpRequest, verdict: Verdict) -> HttpResponse | None:
        if done := getattr(request, "done", None):
            self.message_user(request, done, messages.SUCCESS)
            return self.response_post_save_change(request, verdict)
        if not_done := getattr(request, "not_done", None):
            self.message_user(request, not_done, messages.WARNING)
            kept = {name: request.GET.get(name) for name in (RETURN, FILTERS)}
            return HttpResponseRedirect(admin_url(verdict, "change", **kept))
        return None
