import copy
import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.widgets import AdminTextareaWidget, AutocompleteSelectMultiple, RelatedFieldWidgetWrapper
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from claims.admin.assertion import AssertionInline
from claims.admin.autocomplete import beginning_first
from claims.admin.base import FILTERS, admin_url, is_autocomplete
from claims.admin.evidence import EvidenceInline, origins_in_words
from claims.admin.filters import AutocompleteFilter, DateFilter
from claims.admin.history import changes
from claims.admin.labels import links, status_badge
from claims.admin.lines import LinesField
from claims.admin.lists import RecordList
from claims.admin.relation import RelationInInline, RelationOutInline
from claims.admin.rewording import RewordedAdmin, RewordedForm, reason_fields
from claims.admin.steps import BUTTONS, STEP, stale, take_if_ready
from claims.admin.turn import TURN, TurnFilter, turns
from claims.admin.verdict import VerdictInline
from claims.desk.parts import together
from claims.desk.roles import refused
from claims.models import Actor, Assertion, Claim, ClaimActor, ClaimTopic, Evidence, Topic, Verdict
from claims.models.visibility import Sight, sight_of, visible
from claims.texts.direction import words

#: Speakers and sources shown per row of the list.
NAMED = 3
#: An autocomplete ranks only this many of the newest matches.
RANKED = 2000

#: Form field → the many-to-many relation that it edits.
MANY = {"topic_list": "topics", "about_list": "about"}


class ClaimForm(RewordedForm):
    held_words = "the text or the context"
    topic_list = forms.ModelMultipleChoiceField(Topic.objects.all(), required=False, label="Topics")
    about_list = forms.ModelMultipleChoiceField(Actor.objects.all(), required=False, label="About")

    class Meta:
        field_classes = {"text": LinesField}
        widgets = {
            "text": AdminTextareaWidget(attrs={"rows": 2, "dir": "auto"}),
            "context": AdminTextareaWidget(attrs={"rows": 2, "dir": "auto"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            for name, relation in MANY.items():
                self.initial[name] = list(getattr(self.instance, relation).values_list("pk", flat=True))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for name, relation in MANY.items():
            manager: Any = getattr(self.instance, relation) if self.instance.pk is not None else None
            if manager is None or name not in self.cleaned_data:
                continue
            here, there = manager.source_field_name, manager.target_field_name
            links = manager.through.objects.filter(**{here: self.instance})
            links = links.exclude(**{f"{there}__in": self.cleaned_data[name]}).select_related(here, there)
            for why in set(refused(self.user, "delete", links).values()):
                self.add_error(name, f"You can't remove entries that somebody else added. {why}")
        return cleaned

    def happened(self, version: int | None) -> str:
        status = [
            (before, after)
            for change in changes(self.instance)[0]
            for field, before, after in change.fields
            if field == "status" and change.version is not None and change.version >= (version or 0)
        ]
        if not status:
            return ""
        before, after = status[-1][0], status[0][1]
        verdict = Verdict.objects.filter(claim=self.instance, of_record=True).select_related("issuer").first()
        if verdict is None:
            return f"The verdict of record was withdrawn. The status changed from “{before}” to “{after}”."
        return f"A verdict by {verdict.issuer} was published. The status changed from “{before}” to “{after}”."

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]
        for name, relation in MANY.items():
            getattr(self.instance, relation).set(self.cleaned_data[name])


class ClaimList(RecordList):
    """A page of claims with their speakers, sources and evidence counts, loaded in two queries."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        ids, sight = [claim.pk for claim in self.result_list], sight_of(request.user)

        def first(name: str) -> ArraySubquery:
            seen = Assertion.objects.filter(visible(Assertion, sight), claim=OuterRef("pk"))
            return ArraySubquery(seen.order_by(name).values(name).distinct()[: NAMED + 1])

        said = Claim.objects.filter(pk__in=ids).order_by()
        beside = {
            pk: (speakers, sources)
            for pk, speakers, sources in said.annotate(
                speakers=first("speaker__name"), sources=first("source__title")
            ).values_list("pk", "speakers", "sources")
        }
        counts = {
            row["claim"]: (row["sources"], row["origins"])
            for row in Evidence.objects.filter(visible(Evidence, sight), claim__in=ids).counted_by("claim")
        }
        for claim in self.result_list:
            speakers, claim.sources = beside.get(claim.pk, ([], []))
            claim.speakers = [speaker or "not known" for speaker in speakers]
            claim.evidence_counts = counts.get(claim.pk)


def _some(names: list[str]) -> SafeString:
    more = " …" if len(names) > NAMED else ""
    return format_html("{}{}", format_html_join(", ", "{}", ((words(name),) for name in names[:NAMED])), more)


def _said(overlaps: Any, sight: Sight) -> Q:
    """Claims with assertions said in the chosen period. If `said` is empty, the date of the source counts."""
    days = overlaps("said") | Q(said="") & overlaps("source__published")
    seen = visible(Assertion, sight)
    return Q(Exists(Assertion.objects.filter(days, seen, claim=OuterRef("pk"))))


@admin.register(Claim)
class ClaimAdmin(RewordedAdmin):
    form = ClaimForm
    list_display = ["text", "badge", "kind", "speakers", "sources", "occurred", "evidence_count"]
    list_filter = [
        "status",
        TurnFilter,
        AutocompleteFilter.on(Assertion.speaker, apply=lambda claims, pk, sight: claims.said_by(pk, sight)),
        AutocompleteFilter.on(
            ClaimTopic.topic,
            title="topic (including subtopics)",
            parameter="topic",
            apply=lambda claims, pk, sight: claims.under(pk),
        ),
        AutocompleteFilter.on(Assertion.source, apply=lambda claims, pk, sight: claims.said_in(pk, sight)),
        AutocompleteFilter.on(
            ClaimActor.actor,
            title="subject",
            parameter="about",
            apply=lambda claims, pk, sight: claims.about(pk, sight),
        ),
        DateFilter.on("occurred", title="date of occurrence"),
        DateFilter.on("said", title="date said or published", where=_said),
        "kind",
    ]
    ordering = ["-id"]
    sortable_by = ("occurred",)
    deferred = ("search",)
    search_fields = ["id"]
    search_help_text = 'Words in any form. Use "an exact phrase", -exclude, or this OR that. Newest first.'
    readonly_fields = ["badge"]
    inlines = [AssertionInline, EvidenceInline, VerdictInline, RelationOutInline, RelationInInline]
    lists = tuple(MANY)
    change_form_template = "admin/claims/claim/change_form.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RecordList]:
        return ClaimList

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        status = ["badge"] if obj else []
        return [
            (None, {"fields": [*status, "text", "context", *reason_fields(request, obj), "kind", "occurred", *MANY]}),
            ("Language and slug", {"fields": ["language", "slug"], "classes": ["collapse"]}),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        for name, relation in MANY.items():
            field: Any = Claim._meta.get_field(relation)
            remote = self.admin_site.get_model_admin(field.related_model)
            form.base_fields[name].widget = RelatedFieldWidgetWrapper(
                AutocompleteSelectMultiple(field, self.admin_site),
                field.remote_field,
                self.admin_site,
                can_add_related=remote.has_add_permission(request),
            )
        return form

    # The list

    @admin.display(description="status")
    def badge(self, claim: Claim) -> SafeString:
        return status_badge(claim.status)

    @admin.display(description="topics")
    def topic_list(self, claim: Claim) -> SafeString:
        return links(claim.topics.all())

    @admin.display(description="about")
    def about_list(self, claim: Claim) -> SafeString:
        return links(claim.about.filter(visible(Actor, self.sight_on(claim))))

    @admin.display(description="said by")
    def speakers(self, claim: Any) -> SafeString:
        return _some(claim.speakers)

    @admin.display(description="in")
    def sources(self, claim: Any) -> SafeString:
        return _some(claim.sources)

    @admin.display(description="evidence")
    def evidence_count(self, claim: Any) -> str:
        return origins_in_words(*claim.evidence_counts) if claim.evidence_counts else ""

    def find(self, queryset: models.QuerySet[Any], words: str) -> models.QuerySet[Any]:
        return queryset.matching(words)  # type: ignore[attr-defined]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        if is_autocomplete(request):
            words = search_term.replace("\x00", "").strip()
            return (self._beginning(queryset, words) if words else queryset), False
        return super().get_search_results(request, queryset, search_term)

    def _beginning(self, queryset: Any, words: str) -> Any:
        """Rank the newest RANKED matches only: a common word may be in 100,000 claims."""
        some = queryset.beginning(words).order_by("-id").values("pk")[:RANKED]
        return beginning_first(queryset.filter(pk__in=some), "text", words, "-id")

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        claim = context["original"]
        if claim is not None:
            context["parts"] = parts = together(claim, sight_of(request.user))
            context["parts_total"] = sum(parts.counts.values())
        return super().render_change_form(request, context, *args, **kwargs)

    # Saving

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        added = [f for f in formset.extra_forms if f.has_changed()] if formset.model is Verdict else []
        for verdict_form in added:
            verdict_form.instance.drafted_by = request.user
        super().save_formset(request, form, formset, change)
        for verdict_form in added:
            verdict_form.instance.evidence.set(verdict_form.cleaned_data["relies_on"])
            # with the claim, since the next page may be that of another
            about = format_html(
                'The verdict on “<a href="{}">{}</a>” was', admin_url(form.instance, "change"), form.instance
            )
            try:
                if done := verdict_form.take_step():
                    self.message_user(request, format_html("{} {}.", about, done), messages.SUCCESS)
            except ValidationError as error:
                why = format_html("{} saved as a draft. {}", about, " ".join(error.messages))
                self.message_user(request, why, messages.WARNING)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        asked = re.fullmatch(r"(submit|publish)-([0-9]{1,18})-([0-9]{1,9})", request.POST.get(STEP, ""))
        if asked is None:
            return
        verb, key, version = asked.groups()
        verdict = get_object_or_404(Verdict.objects.select_for_update(), pk=key, claim=form.instance)
        why = stale(verdict, version)
        try:
            if not why:
                take_if_ready(verdict, verb, request.user)
        except ValidationError as error:
            why = " ".join(error.messages)
        if why:
            self.message_user(request, f"The verdict was not {BUTTONS[verb][1]}. {why}", messages.ERROR)
        else:
            self.message_user(request, f"The verdict was {BUTTONS[verb][1]}.", messages.SUCCESS)

    def response_change(self, request: HttpRequest, obj: Claim) -> HttpResponse:
        if STEP in request.POST:
            self.message_user(request, "The claim was saved.")
            return HttpResponseRedirect(request.get_full_path())
        if "_next" in request.POST:
            self.message_user(request, f"The claim “{obj}” was saved.")
            return self._next_open(request, obj)
        return super().response_change(request, obj)

    # From one open claim to the next

    def get_urls(self) -> list[URLPattern]:
        following = path("<int:pk>/next/", self.admin_site.admin_view(self.next_view), name="claims_claim_next")
        return [following, *super().get_urls()]

    def next_view(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        return self._next_open(request, get_object_or_404(self.get_queryset(request), pk=pk))

    def _next_open(self, request: HttpRequest, claim: Claim) -> HttpResponseRedirect:
        """Redirect to the next claim of the list that the user came from, going down, then from the top: one that the
        list has for the user's turn, or an unverified one on which the user has not submitted a verdict."""
        filters = request.GET.get(FILTERS)
        query = {FILTERS: filters} if filters else {}
        found = self._listed(request, filters or "").exclude(pk=claim.pk).order_by("-pk")
        if not QueryDict(filters or "").get(TURN):
            own = Verdict.objects.filter(turns(request.user)["wait"].which)
            found = found.open().exclude(pk__in=own.order_by().values("claim"))
        following = found.filter(pk__lt=claim.pk).first() or found.first()
        if following is not None:
            return HttpResponseRedirect(admin_url(following, "change", **query))
        self.message_user(request, "There are no more open claims in this list.", messages.INFO)
        return HttpResponseRedirect(f"{admin_url(Claim, 'changelist')}?{filters or ''}")

    def _listed(self, request: HttpRequest, filters: str) -> Any:
        listing = copy.copy(request)
        listing.GET = QueryDict(filters)
        try:
            return self.get_changelist_instance(listing).queryset
        except (IncorrectLookupParameters, DisallowedModelAdminLookup):
            return self.get_queryset(request)
