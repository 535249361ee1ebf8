from typing import Any

from django.contrib import admin
from django.contrib.postgres.search import TrigramWordSimilarity
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from slugify import slugify

from claims.admin.autocomplete import beginning_first
from claims.admin.base import RETURN, admin_url
from claims.admin.cards import CardInline
from claims.admin.filters import AutocompleteFilter, DateFilter
from claims.admin.labels import grade
from claims.admin.reading import assertions_of, newest, segments
from claims.admin.releasing import Releasing
from claims.admin.rights import PartInline
from claims.admin.snapshot import KeepsText
from claims.admin.spans import placed
from claims.models import Actor, Assertion, Erratum, SkippedPassage, Snapshot, Source, SourceAuthor
from claims.models.visibility import Sight, sight_of, visible
from claims.texts.coverage import Coverage, Sentence, SentenceState, coverage
from claims.texts.errors import TooMuchWork

#: Trigram search is useless for shorter words.
SHORTEST = 3
#: Claims, and uncovered sentences, per source page: enough for a long article. The page links to the rest.
MOST = 300


class AuthorInline(PartInline):
    model = SourceAuthor
    verbose_name = "author"
    fields = ["position", "actor"]
    autocomplete_fields = ["actor"]


class SnapshotInline(KeepsText, CardInline):
    """Snapshots of a source, which can be added but not changed."""

    model = Snapshot
    card = "admin/claims/cards/snapshot.html"
    fields = ["captured_at", "media_type", "text", ("sha256", "length")]

    def rows(self) -> models.QuerySet[Any]:
        return Snapshot.objects.filter(source=self.parent).defer("text")

    def all_url(self) -> str:
        return admin_url(Snapshot, "changelist", source=self.parent.pk)


class TextFilter(admin.SimpleListFilter):
    title = "text held"
    parameter_name = "text"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        seen = Snapshot.objects.visible_to(request.user)
        held = models.Exists(seen.filter(source=models.OuterRef("pk"), text__isnull=False))
        return {"yes": queryset.filter(held), "no": queryset.filter(~held)}.get(self.value() or "", queryset)


@admin.register(Source)
class SourceAdmin(Releasing):
    list_display = ["title", "kind", "publisher", "published", "grade", "language", "derived_from"]
    list_filter = [
        "kind",
        "reliability",
        AutocompleteFilter.on(
            Source.publisher,
            title="publisher (including sub-bodies)",
            parameter="publisher",
            apply=lambda sources, pk, sight: sources.published_within(pk),
        ),
        DateFilter.on("published", title="date of publication"),
        TextFilter,
    ]
    sortable_by = ("title", "published")
    related = ("publisher", "derived_from")
    search_fields = ["slug"]
    search_help_text = "Words in the title, or the publisher. Typos are tolerated."
    autocomplete_fields = ["publisher", "derived_from"]
    inlines = [AuthorInline, SnapshotInline]
    change_form_template = "admin/claims/source/change_form.html"
    fieldsets = [
        (None, {"fields": ["title", ("kind", "reliability"), "publisher", ("published", "language")]}),
        ("Location", {"fields": ["url", "archived_url", "derived_from", "note", "slug"]}),
    ]

    @admin.display(description="reliability", ordering="reliability")
    def grade(self, source: Source) -> str:
        return grade(source.reliability)

    def find(self, queryset: models.QuerySet[Any], words: str) -> models.QuerySet[Any]:
        if len(words) < SHORTEST:
            return queryset.filter(slug__startswith=slugify(words) or words)
        publishers = Actor.objects.named_like(words).order_by().values("pk")
        titled = Source.objects.titled_like(words).order_by().values("pk")
        # a union, since an OR across tables would use no index
        found = titled.union(Source.objects.filter(publisher__in=publishers).order_by().values("pk"))
        ranked = queryset.filter(pk__in=found).annotate(rank=TrigramWordSimilarity(words, "title"))
        return beginning_first(ranked, "title", words, "-rank", "title", "id")

    def describe(self, source: Source) -> str:
        about = [source.get_kind_display().lower(), source.publisher, source.published, source.slug]
        return " · ".join(str(each) for each in about if each)

    # The claims of a source, in reading order

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        source = context["original"]
        if source is not None:
            sight = sight_of(request.user)
            context |= self._claims(source, sight) | self._coverage(source, newest(source.pk, sight), sight)
        return super().render_change_form(request, context, *args, **kwargs)

    def _claims(self, source: Source, sight: Sight) -> dict[str, Any]:
        rows = (
            source.assertions.filter(visible(Assertion, sight))
            .select_related("claim", "speaker")
            .defer("claim__search")
            .in_reading_order()[: MOST + 1]
        )
        found = placed(rows)
        return {
            "claims": found[:MOST],
            "more_claims": admin_url(Assertion, "changelist", source=source.pk) if len(found) > MOST else None,
        }

    def _coverage(self, source: Source, snapshot: Snapshot | None, sight: Sight) -> dict[str, Any]:
        if snapshot is None:
            return {}
        reading = reverse("admin:claims_source_reading", args=[source.pk]) + f"?snapshot={snapshot.pk}"
        covered: Coverage | None = None
        refused = ""
        try:
            covered = coverage(snapshot, sight)
        except TooMuchWork as error:
            refused = str(error)
        sentences = [each for each in (covered.sentences if covered else []) if each.state == SentenceState.UNCOVERED]
        uncovered = [
            {
                "start": sentence.start,
                "words": snapshot.words(sentence.start, sentence.end),
                "assert": admin_url(Assertion, "add", source=source.pk, **_span(snapshot, sentence, reading)),
                "skip": admin_url(SkippedPassage, "add", **_span(snapshot, sentence, reading)),
            }
            for sentence in sentences[:MOST]
        ]
        return {
            "snapshot": snapshot,
            "reading": reading,
            "coverage": covered,
            "coverage_refused": refused,
            "uncovered": uncovered,
        }

    # The reading view

    def get_urls(self) -> list[URLPattern]:
        reading = path("<int:pk>/reading/", self.admin_site.admin_view(self.reading_view), name="claims_source_reading")
        return [reading, *super().get_urls()]

    def reading_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        source, sight = get_object_or_404(Source.objects.visible_to(request.user), pk=pk), sight_of(request.user)
        if not self.has_view_or_change_permission(request, source):
            raise PermissionDenied
        wanted = request.GET.get("snapshot", "")
        snapshots = Snapshot.objects.visible_to(request.user).filter(source=source)
        snapshot = snapshots.filter(pk=wanted).first() if wanted.isdecimal() else newest(pk, sight)
        if snapshot is None:
            raise Http404("This source has no such snapshot.")
        noted = assertions_of(snapshot, sight)
        found = self._coverage(source, snapshot, sight)
        covered = found["coverage"]
        here = {"snapshot": snapshot.pk, RETURN: request.get_full_path()}
        context = {
            **self.admin_site.each_context(request),
            **found,
            "title": source.title,
            "opts": self.opts,
            "original": source,
            "snapshots": snapshots.defer("text"),
            "noted": noted,
            "segments": segments(snapshot, noted, covered.sentences if covered else []),
            "add_assertion": admin_url(Assertion, "add", source=source.pk, **here),
            "add_skipped": admin_url(SkippedPassage, "add", **here),
            "add_erratum": admin_url(Erratum, "add", **here),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/claims/source/reading.html", context)


def _span(snapshot: Snapshot, sentence: Sentence, back: str) -> dict[str, Any]:
    back = f"{back}#c{sentence.start}"
    return {"snapshot": snapshot.pk, "start": sentence.start, "end": sentence.end, RETURN: back}
