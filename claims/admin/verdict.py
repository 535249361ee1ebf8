import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db import models
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from claims.admin.base import RETURN, RecordForm, admin_url
from claims.admin.cards import CardInline
from claims.admin.filters import AutocompleteFilter, DateFilter
from claims.admin.labels import grade, links, status_badge
from claims.admin.steps import FORMS, StepsAdmin, steps, take
from claims.desk.roles import may
from claims.desk.verdicts import WORKED_ON
from claims.models import Claim, Evidence, Verdict, VerdictEvidence
from claims.models.choices import Status
from claims.models.visibility import visible
from claims.texts.direction import words


class EvidenceChoice(forms.ModelMultipleChoiceField):
    """Check boxes for the evidence on the claim."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, evidence: Any) -> SafeString:
        mark = grade(evidence.source.reliability, evidence.credibility)
        return format_html(
            "{} {} {}: {}",
            evidence.get_stance_display(),
            mark,
            words(evidence.source, evidence.source.language),
            words(evidence.summary),
        )


class VerdictForm(RecordForm):
    relies_on = EvidenceChoice(queryset=Evidence.objects.none(), required=False, label="Relies on")

    def __init__(self, *args: Any, claim_id: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        status: Any = self.fields.get("status")
        if status is not None:
            status.choices = [choice for choice in status.choices if choice[0] != Status.UNVERIFIED]
        field: Any = self.fields.get("relies_on")
        if field is None:
            return
        chosen = str(self.data.get(self.add_prefix("claim"), ""))
        given = self.initial.get("claim") or (chosen if re.fullmatch("[0-9]{1,18}", chosen) else None)
        claim: Any = self.instance.claim_id or claim_id or given
        if claim is None:
            field.help_text = "Save the verdict first. Then you can select the evidence on its claim here."
        else:
            field.help_text = "Evidence on the claim. Save new evidence first to select it here."
            field.queryset = Evidence.objects.filter(claim=claim).select_related("source").order_by("id")
        if self.instance.pk is not None:
            self.initial["relies_on"] = list(self.instance.evidence.values_list("pk", flat=True))


class NewVerdictForm(VerdictForm):
    """A verdict on the page of its claim, which can take its first step at once."""

    step = forms.BooleanField(required=False, label="Submit to a second reader")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.FOUR_EYES:
            self.fields["step"].label = "Publish"

    def take_step(self) -> None:
        """Submit or publish the verdict, once its evidence is saved. Raises ValidationError."""
        if self.cleaned_data["step"]:
            take(self.instance, "submit" if settings.FOUR_EYES else "publish", self.user)


class VerdictInline(CardInline):
    model = Verdict
    form = NewVerdictForm
    card = "admin/claims/cards/verdict.html"
    autocomplete_fields = ["issuer"]
    fields = [
        "issuer",
        "status",
        "rationale",
        "relies_on",
        ("label", "url"),
        "issued",
        "step",
    ]

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.user = request.user

        class ForClaim(formset):  # type: ignore[misc,valid-type]
            def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
                desk = {"issuer": last_issuer(request.user)} if index is None else {}
                return super().get_form_kwargs(index) | {"claim_id": obj and obj.pk, "initial": desk}

        return ForClaim

    def rows(self) -> models.QuerySet[Any]:
        evidence = VerdictEvidence.objects.visible_to(self.user).select_related("evidence__source")
        return (
            Verdict.objects.filter(claim=self.parent)
            .visible_to(self.user)
            .select_related("issuer", "drafted_by", "published_by")
            .annotate(is_superseded=Exists(Verdict.objects.once_published().filter(supersedes=OuterRef("pk"))))
            .prefetch_related(
                models.Prefetch("evidence_links", evidence),
                models.Prefetch("supersedes", Verdict.objects.visible_to(self.user)),
            )
        )

    def cards(self) -> list[dict[str, Any]]:
        back = admin_url(self.parent, "change") if self.parent else ""
        return [
            {
                "row": verdict,
                "steps": [step for step in steps(verdict, self.user) if step["verb"] not in FORMS],
                "further": [step for step in steps(verdict, self.user) if step["verb"] in FORMS],
                "supersede": supersede_url(verdict, back) if self._can_supersede(verdict) else "",
            }
            for verdict in self._some()
        ]

    def _can_supersede(self, verdict: Verdict) -> bool:
        return may(self.user, "add", Verdict) and verdict.published_at is not None and not verdict.is_superseded

    def all_url(self) -> str:
        return admin_url(Verdict, "changelist", claim=self.parent.pk)


def supersede_url(verdict: Verdict, back: str) -> str:
    """The form for a verdict that supersedes another."""
    about = {"claim": verdict.claim_id, "issuer": verdict.issuer_id, "supersedes": verdict.pk}
    return admin_url(Verdict, "add", **about, **{RETURN: back or None})


def last_issuer(user: Any) -> int | None:
    """The issuer of the user's latest verdict, since most users decide for one desk."""
    return Verdict.objects.filter(drafted_by=user).order_by("-id").values_list("issuer", flat=True).first()


class DecidedFilter(admin.ChoicesFieldListFilter):
    """Filter by status, except “unverified”, which no verdict has."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        return (c for c in super().choices(changelist) if c["display"] != Status.UNVERIFIED.label)


@admin.register(Verdict)
class VerdictAdmin(StepsAdmin):
    form = VerdictForm
    list_display = ["claim", "badge", "issuer", "revision", "state", "of_record", "issued"]
    list_filter = [
        ("status", DecidedFilter),
        "state",
        "of_record",
        AutocompleteFilter.on(Verdict.issuer, apply=lambda verdicts, pk, sight: verdicts.issued_by(pk)),
        AutocompleteFilter.on(Verdict.claim),
        DateFilter.on("issued", title="date issued"),
    ]
    ordering = ["-id"]
    sortable_by = ("issued",)
    related = ("claim", "issuer")
    deferred = ("claim__search",)
    search_fields = ["id"]
    search_help_text = 'Words in the claim. Use "a phrase", -exclude or OR.'
    autocomplete_fields = ["claim", "issuer", "supersedes"]
    lists = ("relies_on",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What the database sets and, unless it is being worked on, what a verdict says."""
        kept = ["state", "of_record", "revision", "drafted_by", "published_by", "published_at", "second_reader"]
        kept += ["withdrawal_kind", "withdrawal"]
        if obj is not None and obj.state not in WORKED_ON:
            kept += [
                "claim",
                "issuer",
                "status",
                "rationale",
                "relies_on",
                "supersedes",
                "reason_kind",
                "reason",
                "label",
            ]
            kept += ["url", "issued"] if obj.published_at is None else []
        return kept

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        earlier = Verdict.objects.visible_to(request.user).filter(pk=obj.supersedes_id) if obj else None
        is_hidden = earlier is not None and obj.supersedes_id is not None and not earlier.exists()
        supersedes = [("reason_kind", "reason")] if is_hidden else ["supersedes", ("reason_kind", "reason")]
        sets: Any = [
            (None, {"fields": ["claim", "issuer", "status", "rationale", "relies_on"]}),
            ("Supersedes", {"fields": supersedes}),
            ("As published", {"fields": ["label", "url", "issued"]}),
        ]
        if obj is not None:
            signed = [
                ("state", "of_record", "revision"),
                ("drafted_by", "published_by", "published_at", "second_reader"),
            ]
            withdrawn = [("withdrawal_kind", "withdrawal")] if obj.withdrawal else []
            sets.append(("State", {"fields": [*signed, *withdrawn]}))
        return sets

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        verdict = context["original"]
        if verdict is not None and verdict.published_at is not None and may(request.user, "add", Verdict):
            later = Verdict.objects.once_published().filter(supersedes=verdict)
            context["supersede"] = None if later.exists() else supersede_url(verdict, "")
        return super().render_change_form(request, context, *args, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A verdict that supersedes another starts from what that one says."""
        given = {"issuer": last_issuer(request.user)} | super().get_changeform_initial_data(request)
        key = str(given.get("supersedes", ""))
        earlier = Verdict.objects.visible_to(request.user).filter(pk=key).first() if key.isdecimal() else None
        if earlier is None:
            return given
        ticks = list(earlier.evidence.values_list("pk", flat=True))
        old = {name: getattr(earlier, name) for name in ("status", "rationale", "label", "url")}
        return {"claim": earlier.claim_id, "issuer": earlier.issuer_id, "relies_on": ticks} | old | given

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.drafted_by = request.user
        super().save_model(request, obj, form, change)

    @admin.display(description="Relies on")
    def relies_on(self, verdict: Verdict) -> SafeString:
        seen = visible(Evidence, self.sight_on(verdict))
        return links(verdict.evidence.filter(seen).select_related("source", "claim"))

    @admin.display(description="status", ordering="status")
    def badge(self, verdict: Verdict) -> SafeString:
        return status_badge(verdict.status)

    def find(self, queryset: models.QuerySet[Any], words: str) -> models.QuerySet[Any]:
        return queryset.filter(claim__in=Claim.objects.matching(words).values("pk"))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "relies_on" in form.cleaned_data:
            form.instance.evidence.set(form.cleaned_data["relies_on"])
