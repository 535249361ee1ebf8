from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from slugify import slugify

from claims.admin.autocomplete import beginning_first, other_than
from claims.admin.base import admin_url, is_autocomplete
from claims.admin.filters import AutocompleteFilter
from claims.admin.releasing import Releasing
from claims.admin.rights import PartInline
from claims.desk.merging import merge
from claims.desk.roles import may
from claims.models import Actor, ActorName, Claim, Source
from claims.models.refusals import refusal_of
from claims.texts.direction import words

#: Trigram search is useless for shorter words.
SHORTEST = 2


class NameInline(PartInline):
    model = ActorName
    fields = ["language", "name", "kind"]


class MergeForm(forms.Form):
    """The choice of the actor to merge another one into."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # any foreign key to Actor will do: the autocomplete leaves out merged actors
        widget = other_than(Source._meta.get_field("publisher"), admin.site, actor.pk)
        into = Actor.objects.current().exclude(pk=actor.pk)
        self.fields["into"] = forms.ModelChoiceField(into, label="Merge into", widget=widget)


@admin.register(Actor)
class ActorAdmin(Releasing):
    list_display = ["name", "kind", "country", "part_of", "wikidata_id", "redirect"]
    list_filter = [
        "kind",
        AutocompleteFilter.on(
            Actor.part_of,
            title="parent body (including sub-bodies)",
            parameter="within",
            apply=lambda actors, pk, sight: actors.within([pk]),
        ),
    ]
    sortable_by = ("name",)
    related = ("part_of", "merged_into")
    search_fields = ["slug"]
    search_help_text = "Any name, in any language. Typos are tolerated."
    autocomplete_fields = ["part_of"]
    inlines = [NameInline]
    readonly_fields = ["redirect", "claims"]
    change_form_template = "admin/claims/actor/change_form.html"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = ["name", "kind", "description", ("part_of", "country"), "wikidata_id", "slug"]
        if obj is not None:
            fields += ["claims"]
            if obj.merged_into_id:
                fields = ["redirect", *fields]
        return [(None, {"fields": fields})]

    @admin.display(description="merged into")
    def redirect(self, actor: Actor) -> SafeString | None:
        into = actor.merged_into
        return format_html('<a href="{}">{}</a>', admin_url(into, "change"), words(into)) if into else None

    @admin.display(description="claims")
    def claims(self, actor: Actor) -> SafeString:
        return format_html(
            '<a href="{}">What {} claimed</a> · <a href="{}">What was claimed about {}</a>',
            admin_url(Claim, "changelist", speaker=actor.pk),
            words(actor.name),
            admin_url(Claim, "changelist", about=actor.pk),
            words(actor.name),
        )

    def find(self, queryset: models.QuerySet[Any], words: str) -> models.QuerySet[Any]:
        if len(words) < SHORTEST:
            return queryset.filter(slug__startswith=slugify(words) or words)
        return beginning_first(queryset.named_like(words), "name", words, "-rank", "name", "id")  # type: ignore[attr-defined]

    def describe(self, actor: Actor) -> str:
        about = [actor.get_kind_display().lower(), actor.country, Truncator(actor.description).chars(80), actor.slug]
        return " · ".join(each for each in about if each)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        if is_autocomplete(request):
            queryset = queryset.current()
        return super().get_search_results(request, queryset, search_term)

    # Merging

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        actor = context["original"]
        context["may_merge"] = actor is not None and not actor.merged_into_id and may(request.user, "merge", actor)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        merging = path("<int:pk>/merge/", self.admin_site.admin_view(self.merge_view), name="claims_actor_merge")
        return [merging, *super().get_urls()]

    def merge_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        actor = get_object_or_404(Actor.objects.select_related("merged_into"), pk=pk)
        if actor.merged_into is not None:
            self.message_user(request, f"“{actor}” was already merged into “{actor.merged_into}”.", messages.INFO)
            return HttpResponseRedirect(admin_url(actor.merged_into, "change"))
        if not may(request.user, "merge", actor):
            raise PermissionDenied
        form = MergeForm(request.POST or None, actor=actor)
        if request.method == "POST" and form.is_valid():
            into = form.cleaned_data["into"]
            try:
                with transaction.atomic():
                    merge(actor, into)
                self.message_user(request, f"“{actor}” was merged into “{into}”. Its slug redirects there.")
                return HttpResponseRedirect(admin_url(into, "change"))
            except IntegrityError as error:
                form.add_error(None, refusal_of(error).message)
            except ValidationError as error:
                form.add_error(None, error)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Merge {actor}",
            "opts": self.opts,
            "original": actor,
            "form": form,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/claims/actor/merge.html", context)
