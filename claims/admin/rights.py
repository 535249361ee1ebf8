"""The permissions of roles, through the admin's hooks."""

from typing import Any

from django.contrib import admin
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from claims.admin.words import mark
from claims.desk.roles import locked_fields, may
from claims.models.visibility import sight_of, visible


class ByRole:
    """For a ModelAdmin. Django's `is_staff` decides who can sign in to the admin at all."""

    model: Any

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request.user, "view", self.model)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, "view", obj or self.model)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request.user, "add", self.model)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, "change", obj or self.model)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, "delete", obj or self.model)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = super().get_readonly_fields(request, obj)  # type: ignore[misc]
        # users and groups lack some of the columns that are locked in all records
        own = {field.name for field in self.model._meta.get_fields()}
        return [*fixed, *sorted(locked_fields(request.user, self.model, obj) & own)]


class RowsByRole:
    """For an inline, whose permissions Django checks against the parent record.

    By then the permission to change the parent has been checked. PartFormSet checks the rows.
    """

    model: Any
    #: rows that a page offers room for, as many as a body of the API may list
    max_num: int | None = 200
    #: rows that are looked at, whatever number a form claims to have
    MOST_FORMS = 300

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, absolute_max=self.MOST_FORMS, **kwargs)  # type: ignore[misc]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, "view", self.model)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, "add", self.model)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, "change", self.model)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, "delete", self.model)


class PartFormSet(BaseInlineFormSet):
    """Rows shown as part of a record. Rows that the user may not change are left alone, whatever is submitted."""

    user: Any

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        mark(form)
        if form.instance.pk is None:
            return
        if not may(self.user, "change", form.instance):
            for name in form.fields.keys() - {"DELETE"}:
                form.fields[name].disabled = True
        if "DELETE" in form.fields and not may(self.user, "delete", form.instance):
            form.fields["DELETE"].disabled = True


class PartInline(RowsByRole, admin.TabularInline):
    extra = 0
    formset = PartFormSet

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(visible(self.model, sight_of(request.user)))

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.user = request.user
        return formset
