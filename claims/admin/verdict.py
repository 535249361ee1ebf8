import copy
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from claims.admin.base import RETURN, RecordAdmin, RecordForm, admin_url
from claims.admin.cards import CardInline
from claims.admin.filters import AutocompleteFilter, DateFilter
from claims.admin.labels import grade, links, status_badge
from claims.desk.roles import may
from claims.desk.verdicts import settle
from claims.models import Claim, Evidence, Verdict, VerdictEvidence
from claims.models.choices import Status, VerdictState
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
    of_record = forms.NullBooleanField(
        required=False,
        label="Position of record",
        widget=forms.Select(choices=[("", "automatic"), ("True", "yes"), ("False", "no")]),
        help_text="Automatic: a published verdict becomes it if the claim has none or it supersedes the current one.",
    )

    def __init__(self, *args: Any, claim_id: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        status: Any = self.fields.get("status")
        if status is not None:
            status.choices = [choice for choice in status.choices if choice[0] != Status.UNVERIFIED]
        claim_id = self.instance.claim_id or claim_id or self.initial.get("claim")
        field: Any = self.fields["relies_on"]
        if claim_id is None:
            field.help_text = "Save the verdict first. Then you can select the evidence on its claim here."
        else:
            field.help_text = "Evidence on the claim. Save new evidence first to select it here."
            field.queryset = Evidence.objects.filter(claim=claim_id).select_related("source").order_by("id")
        if self.instance.state != VerdictState.PUBLISHED:
            self.initial["of_record"] = None  # not decided yet
        if self.instance.pk is not None:
            self.initial["relies_on"] = list(self.instance.evidence.values_list("pk", flat=True))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.errors:
            data = self.cleaned_data
            before = copy.copy(self.instance) if self.instance.pk is not None else None
            for name in {"claim", "state", "supersedes"} & data.keys():
                setattr(self.instance, name, data[name])
            chosen = data["of_record"] if "of_record" in self.changed_data else None
            settle(self.instance, self.user, before=before, of_record=chosen)
            data["of_record"] = self.instance.of_record
        return cleaned


class VerdictInline(CardInline):
    model = Verdict
    form = VerdictForm
    card = "admin/claims/cards/verdict.html"
    autocomplete_fields = ["issuer"]
    fields = [
        "issuer",
        "status",
        "rationale",
        "relies_on",
        ("state", "of_record"),
        ("label", "url"),
        "issued",
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
            .prefetch_related(
                models.Prefetch("evidence_links", evidence),
                models.Prefetch("supersedes", Verdict.objects.visible_to(self.user)),
            )
        )

    def cards(self) -> list[dict[str, Any]]:
        back = admin_url(self.parent, "change") if self.parent else ""
        can_add, can_change = may(self.user, "add", Verdict), may(self.user, "change", Verdict)
        return [
            {
                "row": verdict,
                "can_publish": can_change and verdict.state == VerdictState.DRAFT,
                "can_supersede": can_add and verdict.state == VerdictState.PUBLISHED,
                "supersede": admin_url(
                    Verdict,
                    "add",
                    claim=verdict.claim_id,
                    issuer=verdict.issuer_id,
                    supersedes=verdict.pk,
                    state=VerdictState.PUBLISHED.value if verdict.of_record else None,
                    **{RETURN: back},
                ),
            }
            for verdict in self._some()
        ]

    def all_url(self) -> str:
        return admin_url(Verdict, "changelist", claim=self.parent.pk)


def last_issuer(user: Any) -> int | None:
    """The issuer of the user's latest verdict, since most users decide for one desk."""
    return Verdict.objects.filter(drafted_by=user).order_by("-id").values_list("issuer", flat=True).first()


class DecidedFilter(admin.ChoicesFieldListFilter):
    """Filter by status, except “unverified”, which no verdict has."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        return (c for c in super().choices(changelist) if c["display"] != Status.UNVERIFIED.label)


@admin.register(Verdict)
class VerdictAdmin(RecordAdmin):
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
    readonly_fields = ["drafted_by", "published_by"]
    lists = ("relies_on",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        signed = [("drafted_by", "published_by")] if obj else []
        earlier = Verdict.objects.visible_to(request.user).filter(pk=obj.supersedes_id) if obj else None
        is_hidden = earlier is not None and obj.supersedes_id is not None and not earlier.exists()
        supersedes = ["reason"] if is_hidden else ["supersedes", "reason"]
        return [
            (None, {"fields": ["claim", "issuer", "status", "rationale", "relies_on"]}),
            ("State", {"fields": [("state", "of_record"), *supersedes, "revision", *signed]}),
            ("As published", {"fields": ["label", "url", "issued"]}),
        ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"issuer": last_issuer(request.user)} | super().get_changeform_initial_data(request)

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
        form.instance.evidence.set(form.cleaned_data["relies_on"])
