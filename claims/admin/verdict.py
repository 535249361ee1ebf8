from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from claims.admin.base import RETURN, RecordForm, admin_url
from claims.admin.cards import CardInline
from claims.admin.filters import DIGITS, LARGEST_ID, AutocompleteFilter, DateFilter
from claims.admin.labels import grade, status_badge
from claims.admin.lists import RecordList
from claims.admin.steps import BUTTONS, StepsAdmin, steps, take_if_ready
from claims.admin.turn import TurnFilter, waits_for
from claims.desk.roles import may
from claims.desk.verdicts import WORKED_ON
from claims.models import Actor, Claim, Evidence, Verdict, VerdictEvidence
from claims.models.choices import Status, VerdictState
from claims.models.visibility import visible
from claims.texts.direction import words


def at_a_glance(evidence: Evidence) -> SafeString:
    """What a piece of evidence says, where, and its grade."""
    return format_html(
        "{} {} {}: {}",
        evidence.get_stance_display(),
        grade(evidence.source.reliability, evidence.credibility),
        words(evidence.source, evidence.source.language),
        words(evidence.summary),
    )


class EvidenceChoice(forms.ModelMultipleChoiceField):
    """Check boxes for the evidence on the claim."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, evidence: Any) -> SafeString:
        return at_a_glance(evidence)


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
        about = self.instance.claim_id or claim_id or self._given_claim()
        if about is None:
            field.help_text = "Save the verdict first. Then you can select the evidence on its claim here."
        else:
            field.help_text = "Evidence on the claim. Save new evidence first to select it here."
            field.queryset = Evidence.objects.filter(claim=about).select_related("source").order_by("id")
        if self.instance.pk is not None:
            self.initial["relies_on"] = list(self.instance.evidence.values_list("pk", flat=True))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("supersedes") and not self.cleaned_data.get("reason_kind"):
            self.add_error("reason_kind", "Say what kind of reason there is.")
        return cleaned

    def _given_claim(self) -> int | None:
        """The claim of a new verdict: the one that was chosen, or else that of the page's address."""
        given = str(self.data.get(self.add_prefix("claim")) or self.initial.get("claim") or "")
        return int(given) if DIGITS.fullmatch(given) and int(given) <= LARGEST_ID else None


class NewVerdictForm(VerdictForm):
    """A verdict on the page of its claim, which can take its first step at once."""

    step = forms.BooleanField(required=False, label="Submit to a second reader")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.FOUR_EYES:
            self.fields["step"].label = "Publish"

    def take_step(self) -> str:
        """Submit or publish the verdict, once its evidence is saved, if that was asked for. Return what was done.

        Raises ValidationError."""
        if not self.cleaned_data["step"]:
            return ""
        verb = "submit" if settings.FOUR_EYES else "publish"
        take_if_ready(self.instance, verb, self.user)
        return BUTTONS[verb][1]


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
            .prefetch_related(
                models.Prefetch("evidence_links", evidence),
                models.Prefetch("supersedes", Verdict.objects.visible_to(self.user)),
                models.Prefetch("superseded_by", Verdict.objects.visible_to(self.user).order_by("id")),
            )
        )

    def cards(self) -> list[dict[str, Any]]:
        back = admin_url(self.parent, "change") if self.parent else ""
        return [self._card(verdict, back) for verdict in self._some()]

    def _card(self, verdict: Verdict, back: str) -> dict[str, Any]:
        found = steps(verdict, self.user)
        later, replacing = successors(verdict)
        can_supersede = verdict.published_at is not None and later is None and replacing is None
        return {
            "row": verdict,
            # those that ask nothing, and those that have a form on the verdict's page
            "steps": [step for step in found if step["verb"] in ("submit", "publish")],
            "further": [step for step in found if step["verb"] in ("return", "withdraw")],
            "later": later,
            "replacing": replacing,
            "supersede": supersede_url(verdict, back) if can_supersede and may(self.user, "add", Verdict) else "",
        }

    def all_url(self) -> str:
        return admin_url(Verdict, "changelist", claim=self.parent.pk)


def successors(verdict: Verdict) -> tuple[Verdict | None, Verdict | None]:
    """The published verdict that supersedes one, and one in work that is to do so, if the user sees them. They must
    have been prefetched."""
    found = list(verdict.superseded_by.all())
    later = next((each for each in found if each.published_at is not None), None)
    return later, next((each for each in found if each.published_at is None), None)


def supersede_url(verdict: Verdict, back: str) -> str:
    """The form for a verdict that supersedes another."""
    about = {"claim": verdict.claim_id, "issuer": verdict.issuer_id, "supersedes": verdict.pk}
    return admin_url(Verdict, "add", **about, **{RETURN: back or None})


def last_issuer(user: Any) -> int | None:
    """The issuer of the user's latest verdict, since most users decide for one desk; at first our own desk."""
    latest = Verdict.objects.filter(drafted_by=user).order_by("-id").values_list("issuer", flat=True).first()
    return latest or Actor.objects.filter(slug=settings.DESK).values_list("pk", flat=True).first()


def in_words(verdict: Verdict) -> str:
    """Which of an issuer's verdicts on a claim it is."""
    number = f", no. {verdict.revision}" if verdict.revision else ""
    when = f" on {verdict.published_at:%Y-%m-%d}" if verdict.state == VerdictState.PUBLISHED else ""
    return f"verdict {verdict.pk}{number}, {verdict.state}{when}"


def link_to(verdict: Verdict) -> SafeString:
    return format_html('<a href="{}">{}</a>', admin_url(verdict, "change"), in_words(verdict))


class DecidedFilter(admin.ChoicesFieldListFilter):
    """Filter by status, except “unverified”, which no verdict has."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        return (c for c in super().choices(changelist) if c["display"] != Status.UNVERIFIED.label)


class VerdictList(RecordList):
    """A page of verdicts with those that supersede them, loaded in two queries."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        ids = [verdict.pk for verdict in self.result_list]
        later = Verdict.objects.once_published().visible_to(request.user).filter(supersedes__in=ids)
        superseded = set(later.values_list("supersedes", flat=True))
        for verdict in self.result_list:
            verdict.is_superseded = verdict.pk in superseded
            verdict.turn = waits_for(verdict, request.user)


@admin.register(Verdict)
class VerdictAdmin(StepsAdmin):
    form = VerdictForm
    list_display = ["claim", "badge", "issuer", "standing", "turn", "of_record", "drafted_by", "issued"]
    list_filter = [
        TurnFilter,
        ("status", DecidedFilter),
        "state",
        "of_record",
        AutocompleteFilter.on(Verdict.issuer, apply=lambda verdicts, pk, sight: verdicts.issued_by(pk)),
        AutocompleteFilter.on(Verdict.claim),
        DateFilter.on("issued", title="date issued"),
    ]
    ordering = ["-id"]
    sortable_by = ("issued",)
    related = ("claim", "issuer", "drafted_by")
    deferred = ("claim__search",)
    search_fields = ["id"]
    search_help_text = 'Words in the claim. Use "a phrase", -exclude or OR.'
    autocomplete_fields = ["claim", "issuer", "supersedes"]
    lists = ("relies_on",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What the database sets and, unless it is being worked on, what a verdict says."""
        kept = [*super().get_readonly_fields(request, obj), "superseding", "superseded"]
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
            # corrections of where and when it was published change nothing that it says
            kept += ["url", "issued"] if obj.published_at is None else []
        return kept

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sets: Any = [(None, {"fields": ["claim", "issuer", "status", "rationale", "relies_on"]})]
        can_change = self.has_change_permission(request, obj) if obj else True
        if can_change and (obj is None or obj.state in WORKED_ON):
            sets.append(("Supersedes", {"fields": ["supersedes", "reason_kind", "reason"]}))
        elif obj.supersedes_id is not None:
            earlier = ["superseding"] if self._earlier(obj) else []
            sets.append(("Supersedes", {"fields": [*earlier, "reason_kind", "reason"]}))
        sets.append(("As published", {"fields": ["label", "url", "issued"]}))
        if obj is not None:
            signed = ["state", "drafted_by"]
            if obj.published_at is not None:
                signed += ["of_record", "revision", "published_by", "published_at", "second_reader"]
            signed += ["superseded"] if self._later(obj) else []
            signed += ["withdrawal_kind", "withdrawal"] if obj.withdrawal else []
            sets.append(("State", {"fields": signed}))
        return sets

    def _earlier(self, verdict: Verdict) -> Verdict | None:
        """The verdict that one supersedes, if the user may see it."""
        seen = visible(Verdict, self.sight_on(verdict))
        return Verdict.objects.filter(seen, superseded_by=verdict).first()

    def _later(self, verdict: Verdict) -> Verdict | None:
        """The published verdict that supersedes one, if the user may see it."""
        seen = visible(Verdict, self.sight_on(verdict))
        found: Verdict | None = Verdict.objects.once_published().filter(seen, supersedes=verdict).first()
        return found

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        verdict = context["original"]
        if verdict is not None and verdict.published_at is not None:
            replacing = Verdict.objects.filter(supersedes=verdict).visible_to(request.user).order_by("id")
            context["later"] = self._later(verdict)
            context["replacing"] = replacing.filter(published_at__isnull=True).first()
            if may(request.user, "add", Verdict) and not replacing.exists():
                context["supersede"] = supersede_url(verdict, "")
        return super().render_change_form(request, context, *args, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A verdict that supersedes another starts from what that one says."""
        given = {"issuer": last_issuer(request.user)} | super().get_changeform_initial_data(request)
        key = str(given.get("supersedes", ""))
        is_id = DIGITS.fullmatch(key) and int(key) <= LARGEST_ID
        earlier = Verdict.objects.visible_to(request.user).filter(pk=key).first() if is_id else None
        if earlier is None:
            return given
        old = {name: getattr(earlier, name) for name in ("status", "rationale", "label", "url")}
        old |= {"claim": earlier.claim_id, "issuer": earlier.issuer_id}
        return given | old | {"relies_on": list(earlier.evidence.values_list("pk", flat=True))}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.drafted_by = request.user
        super().save_model(request, obj, form, change)

    @admin.display(description="Relies on")
    def relies_on(self, verdict: Verdict) -> SafeString:
        seen = visible(Evidence, self.sight_on(verdict))
        rows = verdict.evidence.filter(seen).select_related("source").order_by("id")
        lines = ((admin_url(each, "change"), at_a_glance(each)) for each in rows)
        return format_html_join("", '<a class="relied-on" href="{}">{}</a>', lines) or SafeString("–")

    @admin.display(description="supersedes")
    def superseding(self, verdict: Verdict) -> SafeString | str:
        earlier = self._earlier(verdict)
        return link_to(earlier) if earlier else ""

    @admin.display(description="superseded by")
    def superseded(self, verdict: Verdict) -> SafeString | str:
        later = self._later(verdict)
        return link_to(later) if later else ""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RecordList]:
        return VerdictList

    @admin.display(description="state")
    def standing(self, verdict: Any) -> str:
        number = f", no. {verdict.revision}" if verdict.revision else ""
        return f"{verdict.get_state_display()}{number}{', superseded' if verdict.is_superseded else ''}"

    @admin.display(description="waits for")
    def turn(self, verdict: Any) -> str:
        return str(verdict.turn)

    def describe(self, verdict: Verdict) -> str:
        return f"{in_words(verdict)}: {verdict.claim}"

    @admin.display(description="status", ordering="status")
    def badge(self, verdict: Verdict) -> SafeString:
        return status_badge(verdict.status)

    def find(self, queryset: models.QuerySet[Any], words: str) -> models.QuerySet[Any]:
        return queryset.filter(claim__in=Claim.objects.matching(words).values("pk"))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "relies_on" in form.cleaned_data:
            form.instance.evidence.set(form.cleaned_data["relies_on"])
        self.take_asked(request, form.instance)
