"""Release and withhold in the admin: a page that says beforehand what becomes public, what stays back, and why."""

from collections.abc import Iterable
from datetime import UTC
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from claims.admin.base import RecordAdmin, SplitDateTime, admin_url
from claims.desk.releases import Entry, Plan, begin, plan_release, release, withhold
from claims.desk.roles import may
from claims.models.refusals import refusal_of


class ReleaseForm(forms.Form):
    """From when the records are public, and which hidden ones are released with it."""

    public_from = forms.SplitDateTimeField(
        required=False,
        widget=SplitDateTime,
        label="Under embargo until (UTC)",
        help_text="Leave this empty to make it public at once.",
    )
    also = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple, label="Release these, too")

    def __init__(self, *args: Any, offered: dict[str, Entry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        also: Any = self.fields["also"]
        also.choices = [(key, f"{each.record._meta.verbose_name}: {each.record}") for key, each in offered.items()]


def _offered(entries: Iterable[Entry]) -> dict[str, Entry]:
    """The hidden records that can be released along, by a key for the form."""
    released = [e for e in entries if hasattr(e.record, "public_from") and not getattr(e.record, "confidential", False)]
    return {f"{each.record._meta.model_name}-{each.record.pk}": each for each in released}


def _as_shown(form: ReleaseForm) -> str:
    """What the page with this form shows as chosen."""
    chosen = form.data.getlist("also") if form.is_bound else []  # type: ignore[attr-defined]  # of a request
    return ",".join(sorted(chosen))


class Releasing(RecordAdmin):
    """The admin of a model whose records can be in preparation."""

    def get_urls(self) -> list[URLPattern]:
        name = f"claims_{self.opts.model_name}"
        pages = [
            path(f"<int:pk>/{page}/", self.admin_site.admin_view(view), name=f"{name}_{page}")
            for page, view in (("release", self.release_view), ("withhold", self.withhold_view))
        ]
        return [*pages, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        record = context["original"]
        if record is not None and may(request.user, "release", record):
            page = "withhold" if record.public_from is not None else "release"
            if not getattr(record, "confidential", False):
                context["release"] = {"url": admin_url(record, page), "words": page.capitalize() + " …"}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            begin(obj)
        super().save_model(request, obj, form, change)

    def _record(self, request: HttpRequest, pk: int) -> Any:
        rows = self.get_queryset(request)
        if request.method == "POST":
            # not even a reference to it is added meanwhile, so that what relies on it is known
            rows = rows.select_for_update(of=("self",))
        record = get_object_or_404(rows, pk=pk)
        if not may(request.user, "release", record):
            raise PermissionDenied
        return record

    @transaction.atomic
    def release_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = self._record(request, pk)
        try:
            plan = plan_release(record)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return HttpResponseRedirect(admin_url(record, "change"))
        offered = self._all_offered(record, plan, request.POST.getlist("also"))
        form = ReleaseForm(request.POST or None, offered=offered)
        if request.method == "POST" and form.is_valid():
            further = [offered[key].record for key in form.cleaned_data["also"]]
            moment = form.cleaned_data["public_from"]
            moment = moment and moment.replace(tzinfo=UTC)
            try:
                plan = plan_release(record, further, moment)
                if "_confirm" in request.POST and not plan.refused:
                    # only what the page has shown is released; it is shown again with what was ticked since
                    if request.POST.get("shown", "") == _as_shown(form):
                        return self._released(request, record, further, moment)
                    form.add_error(None, "You have ticked other records since. This is what would become public now.")
            except IntegrityError as error:
                form.add_error(None, refusal_of(error).message)
            except ValidationError as error:
                form.add_error("public_from" if hasattr(error, "error_dict") else None, error.messages)
        return self._page(request, record, form, plan)

    def _all_offered(self, record: Any, plan: Plan, chosen: list[str]) -> dict[str, Entry]:
        """What can be released with a record, and with what was chosen of that, and so on."""
        offered = _offered([*plan.refused, *plan.back])
        known: list[str] = []
        while known != (keys := [key for key in offered if key in chosen]):
            known, plan = keys, plan_release(record, [offered[key].record for key in keys])
            offered = _offered([*plan.refused, *plan.back]) | offered
        return offered

    def _released(self, request: HttpRequest, record: Any, further: list[Any], moment: Any) -> HttpResponse:
        with transaction.atomic():
            plan = release(record, further, moment)
            connection.check_constraints()
        when = f"will be public from {moment:%Y-%m-%d %H:%M} UTC on" if moment else "is public"
        self.message_user(request, f"“{record}” {when}, and {len(plan.public) - 1} more with it.")
        return HttpResponseRedirect(admin_url(record, "change"))

    def _page(self, request: HttpRequest, record: Any, form: ReleaseForm, plan: Plan) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Release {record}",
            "opts": self.opts,
            "original": record,
            "form": form,
            "plan": plan,
            "shown": _as_shown(form),
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/claims/release.html", context)

    @transaction.atomic
    def withhold_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = self._record(request, pk)
        if request.method != "POST":
            context = {**self.admin_site.each_context(request), "opts": self.opts, "original": record}
            return TemplateResponse(request, "admin/claims/withhold.html", context | {"title": f"Withhold {record}"})
        try:
            with transaction.atomic():
                withhold(record)
                connection.check_constraints()
            self.message_user(request, f"“{record}” is in preparation again.")
        except IntegrityError as error:
            self.message_user(request, refusal_of(error).message, messages.ERROR)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
        return HttpResponseRedirect(admin_url(record, "change"))
