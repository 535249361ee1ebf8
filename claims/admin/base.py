"""What all pages of the admin share: bounded lists, database errors shown on the form, no lost updates, history."""

import re
from copy import copy
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.contrib.admin.widgets import (
    AdminSplitDateTime,
    AdminTextareaWidget,
    AdminTextInputWidget,
    AutocompleteSelect,
)
from django.contrib.messages.storage import default_storage
from django.core.exceptions import FieldDoesNotExist, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import IntegrityError, connection, models, transaction
from django.db.models.constants import LOOKUP_SEP
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from claims.admin.autocomplete import other_than
from claims.admin.deletion import Overtaken, delete_selected, deleted_objects, fingerprint, not_deleted
from claims.admin.history import changes, news
from claims.admin.lines import LinesField, keep_unchanged
from claims.admin.lists import RecordList
from claims.admin.paginator import BoundedPaginator, ChoicePaginator
from claims.admin.repeats import earlier_answer, form_key, keep_answer
from claims.admin.rights import ByRole, PartFormSet
from claims.admin.sign_in import take_kept
from claims.admin.words import column, mark
from claims.models.base import Record
from claims.models.refusals import Refusal, refusal_of
from claims.models.releases import Released
from claims.models.visibility import Sight, sight_of, visible
from claims.models.wikidata import WIKIDATA_ID, WIKIDATA_MESSAGE, wikidata_id_in


class SplitDateTime(AdminSplitDateTime):
    """Django's widget, with a label for each of its two inputs."""

    template_name = "admin/claims/split_datetime.html"


#: Three lines are enough at first; the text boxes can be resized.
WIDGETS: dict[type[models.Field], dict[str, Any]] = {
    models.TextField: {
        "form_class": LinesField,
        "widget": AdminTextareaWidget(attrs={"rows": 3, "dir": "auto"}),
    },
    models.CharField: {"widget": AdminTextInputWidget(attrs={"dir": "auto"})},
    # the hidden initial value shows whether an added row was left unchanged
    models.DateTimeField: {"widget": SplitDateTime, "initial": timezone.now, "show_hidden_initial": True},
    models.URLField: {"assume_scheme": "https"},
}

#: Shown instead of saving a form that was submitted after the session ended.
SIGNED_IN_AGAIN = Refusal(
    None,
    "Your session had ended, so nothing has been saved yet. Check the form and save it again.",
    "",
    is_rule=False,
)

#: The version of a record in form data.
VERSION = re.compile(r"[0-9]{1,9}")

#: The query parameter with the page to go back to after saving.
RETURN = "_return"
#: The query parameter in which Django keeps the filters of the list that the user came from.
FILTERS = "_changelist_filters"


def admin_url(record: models.Model | type[models.Model], page: str, **query: Any) -> str:
    """The URL of an admin page of a record (`change`, `history` …) or of a model (`changelist`, `add`)."""
    args = [record.pk] if isinstance(record, models.Model) else []
    url = reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_{page}", args=args)
    query = {name: value for name, value in query.items() if value is not None}
    return f"{url}?{urlencode(query)}" if query else url


def is_autocomplete(request: HttpRequest) -> bool:
    return request.resolver_match is not None and request.resolver_match.url_name == "autocomplete"


class RecordForm(forms.ModelForm):
    """A form that doesn't overwrite what somebody else saved while it was open, and that shows database errors."""

    #: the database error from the previous attempt to save this form
    refusal: Refusal | None = None
    #: the user who fills it in
    user: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mark(self)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        keep_unchanged(self)
        if self.refusal is not None:
            self.add_error(self.refusal.field, self.refusal.message)
        if self.instance.pk is not None and self.data.get("_version") != str(self.instance.version):
            self.add_error(None, self._overtaken())
        return cleaned

    def add_error(self, field: str | None, error: Any) -> None:
        """Turn errors of model fields that are not on the form into errors of the whole form."""
        if isinstance(error, ValidationError) and hasattr(error, "error_dict"):
            for name, errors in error.error_dict.items():
                super().add_error(name if name in self.fields else None, errors)
        else:
            super().add_error(field if field in self.fields else None, error)

    def _overtaken(self) -> str:
        stored = []
        for name in self.changed_data:
            if name in self.fields and hasattr(self.instance, name):
                shown = getattr(self.instance, f"get_{name}_display", lambda name=name: getattr(self.instance, name))()
                stored.append(f"{self.fields[name].label}: “{shown}”")
        shown = self.data.get("_version", "")
        version = int(shown) if VERSION.fullmatch(shown) else None
        notes = [news(self.instance, version, str(self.instance._meta.verbose_name)), self.happened(version)]
        notes.append("Your changes are in the form below and have not been saved. Save again to overwrite theirs.")
        if stored:
            notes.append(f"The stored values are {'; '.join(stored)}.")
        return " ".join(filter(None, notes))

    def happened(self, version: int | None) -> str:
        """What else the user should know after submitting a form with an old version of the record."""
        return ""


class WikidataIdField(forms.CharField):
    """The id of a Wikidata item. Its URL is accepted too."""

    def to_python(self, value: Any) -> str:
        found = wikidata_id_in(super().to_python(value) or "")
        if found and not WIKIDATA_ID.fullmatch(found):
            raise ValidationError(WIKIDATA_MESSAGE)
        return found


class RecordAdmin(ByRole, admin.ModelAdmin):
    form = RecordForm
    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    # columns with an index: sorting by any other one would sort the whole table
    sortable_by: ClassVar[tuple[str, ...]] = ()
    empty_value_display = "–"
    formfield_overrides = WIDGETS
    save_on_top = True
    object_history_template = "admin/claims/object_history.html"
    delete_confirmation_template = "admin/claims/delete_confirmation.html"
    delete_selected_confirmation_template = "admin/claims/delete_selected_confirmation.html"
    actions = [delete_selected]
    #: form fields whose rows are in other tables but shown as part of the record
    lists: tuple[str, ...] = ()
    #: relations to load with each row, in lists and autocompletes
    related: tuple[str, ...] = ()
    #: long columns that neither lists nor forms show
    deferred: tuple[str, ...] = ()

    @property
    def media(self) -> forms.Media:
        filters = forms.Media(js=["admin/js/jquery.init.js", "claims/filters.js"])
        fields = [field for each in self.list_filter if (field := getattr(each, "field", None)) is not None]
        return super().media + sum((AutocompleteSelect(f, self.admin_site).media for f in fields[:1]), filters)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "wikidata_id":
            kwargs |= {"form_class": WikidataIdField, "max_length": 2000}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        seen = visible(self.model, sight_of(request.user))
        return super().get_queryset(request).filter(seen).select_related(*self.related).defer(*self.deferred)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether a query string may use this lookup. It may not follow relations with rows hidden from the user."""
        model: Any = self.model
        for name in lookup.split(LOOKUP_SEP):
            try:
                model = model._meta.get_field(name).related_model
            except FieldDoesNotExist:
                break
            if model is None:
                break
            if visible(model, sight_of(request.user)):
                return False
        return super().lookup_allowed(lookup, value, request)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [column(self.model, name) for name in super().get_list_display(request)]

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        links = super().get_list_display_links(request, list_display)
        return links and [column(self.model, name) for name in links]

    def get_sortable_by(self, request: HttpRequest) -> list[Any]:
        return [column(self.model, name) for name in self.sortable_by]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RecordList]:
        return RecordList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        if response.has_header("Location") and request.method == "GET" and PAGE_VAR in request.GET:
            # the page doesn't exist; Django's redirect would drop the filters too
            query = request.GET.copy()
            del query[PAGE_VAR]
            response["Location"] = f"{request.path}?{query.urlencode()}"
        return response

    def describe(self, record: Any) -> str:
        """What distinguishes the record from its namesakes in an autocomplete."""
        return ""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        shown = (request.resolver_match and request.resolver_match.kwargs.get("object_id")) or ""
        if db_field.related_model is self.model and db_field.name in self.autocomplete_fields and shown.isdecimal():
            kwargs["widget"] = other_than(db_field, self.admin_site, shown)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_paginator(self, request: HttpRequest, queryset: Any, per_page: int, *args: Any, **kwargs: Any) -> Paginator:
        kind = ChoicePaginator if is_autocomplete(request) else BoundedPaginator
        return kind(queryset, per_page, *args, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """The rows that `find` returns, or all rows if there is no search term."""
        words = search_term.replace("\x00", "").strip()
        return (self.find(queryset, words) if words else queryset), False

    def find(self, queryset: models.QuerySet[Any], words: str) -> models.QuerySet[Any]:
        """The rows of `queryset` that match the search term `words`. An index must serve the query."""
        return super().get_search_results(HttpRequest(), queryset, words)[0]

    # Saving

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row to show. A POST locks it, so that its version can't change between the check and the save."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            found.sight = sight_of(request.user)
        if found is None or request.method != "POST":
            return found
        return self.get_queryset(request).select_for_update(of=("self",), no_key=True).filter(pk=found.pk).first()

    @staticmethod
    def sight_on(record: Any) -> Sight:
        """What the user who views the page of a record may see; nothing hidden, if that isn't known."""
        found: Sight = getattr(record, "sight", Sight())
        return found

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = getattr(request, "refusal", None)  # type: ignore[attr-defined]
        form.user = request.user  # type: ignore[attr-defined]
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        kept = take_kept(request)
        if kept is not None:
            request = copy(request)
            request.FILES  # noqa: B018 (read it first: a later read would replace this POST by an empty one)
            request.method, request.POST = "POST", kept  # type: ignore[assignment]
            request.refusal = SIGNED_IN_AGAIN  # type: ignore[attr-defined]
        context = {"form_key": form_key(request), **(extra_context or {})}
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, context)
        try:
            with transaction.atomic():
                earlier = earlier_answer(request)
                if earlier is not None:
                    return earlier
                response = super().changeform_view(request, object_id, form_url, context)
                connection.check_constraints()
                keep_answer(request, response)
                return response
        except IntegrityError as error:
            request.refusal = refusal_of(error)  # type: ignore[attr-defined]
            # without what was to be said of success
            request._messages = default_storage(request)  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, context)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        parts = any(isinstance(formset, PartFormSet) and formset.has_changed() for formset in formsets)
        if change and (parts or set(self.lists) & set(form.changed_data)):
            # these rows are shown as part of the record, so changing them must change its version
            self.model._default_manager.filter(pk=form.instance.pk).update(updated_at=Now())

    # Deleting

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        request.confirmed = request.method == "POST"  # type: ignore[attr-defined]
        try:
            with transaction.atomic():
                response = super().delete_view(request, object_id, extra_context)
                connection.check_constraints()
                return response
        except Overtaken as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(reverse(f"admin:claims_{self.opts.model_name}_change", args=[object_id]))
        except (IntegrityError, models.ProtectedError) as error:
            self.message_user(request, not_deleted(error), messages.ERROR)
            return HttpResponseRedirect(admin_url(self.model, "changelist"))

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Like `deleted_objects`. Raises Overtaken if the result differs from what the confirmation page showed."""
        records = list(objs)
        found = deleted_objects(records, request.user)
        shown = fingerprint(records, found[0])
        if getattr(request, "confirmed", False) and request.POST.get("_shown") != shown:
            raise Overtaken
        request.shown = shown  # type: ignore[attr-defined]
        return found

    # Where to go afterwards

    def _back(self, request: HttpRequest) -> str | None:
        url = request.GET.get(RETURN, "")
        return url if url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure()) else None

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        back = self._back(request)
        return HttpResponseRedirect(back) if back else super().response_post_save_add(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        back = self._back(request)
        return HttpResponseRedirect(back) if back else super().response_post_save_change(request, obj)

    # History

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        sight = sight_of(request.user)
        if visible(self.model, sight) and not issubclass(self.model, Released):
            # the history may include versions from when the row was hidden
            raise PermissionDenied
        record: Record | None = self.get_object(request, unquote(object_id))
        if record is None:
            return self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]
                request, self.opts, object_id
            )
        if not self.has_view_or_change_permission(request, record):
            raise PermissionDenied
        found, more = changes(record, sight)
        context = {
            **self.admin_site.each_context(request),
            "title": f"History: {record}",
            "changes": found,
            "more": more,
            "module_name": str(self.opts.verbose_name_plural).capitalize(),
            "object": record,
            "opts": self.opts,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.object_history_template, context)


class ReadOnly:
    """For models that no form writes."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
