"""List filters that make no query until they are used."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import models
from django.db.models import Q
from django.http import HttpRequest

from claims.models.visibility import Sight, sight_of, visible

#: Filters a query set by the chosen id, looking only at rows that the user may see.
Apply = Callable[[Any, int, Sight], models.QuerySet[Any]]
#: Builds a condition from a function that, given the prefix of two date columns, returns the condition that they
#: overlap the chosen days, and what the user may see.
Where = Callable[[Callable[[str], Q], Sight], Q]

DIGITS = re.compile(r"[0-9]{1,19}")
LARGEST_ID = 2**63 - 1


class _FormFilter(admin.ListFilter):
    """A filter with its own form in the sidebar, which keeps the other parameters of the list."""

    parameters: tuple[str, ...]
    used_parameters: dict[str, Any]

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.request = request
        for name in self.parameters:
            values = params.pop(name, None)
            if values and values[-1]:
                self.used_parameters[name] = values[-1]

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.parameters)

    def _form(self, changelist: ChangeList) -> dict[str, Any]:
        kept = [(n, v) for n, v in changelist.params.items() if n not in self.parameters]
        return {
            "kept": kept,
            "used": bool(self.used_parameters),
            "clear": changelist.get_query_string(remove=list(self.parameters)),
        }

    def _nothing(self, queryset: models.QuerySet[Any], message: str) -> models.QuerySet[Any]:
        messages.error(self.request, message)
        return queryset.none()


class AutocompleteFilter(_FormFilter):
    """Filter by one record, chosen in the autocomplete of a foreign key."""

    template = "admin/claims/filter_autocomplete.html"
    #: the foreign key whose autocomplete is used
    field: Any
    apply: Apply

    @classmethod
    def on(
        cls, field: Any, *, title: str = "", parameter: str = "", apply: Apply | None = None
    ) -> type["AutocompleteFilter"]:
        """A filter on `field`. `apply` filters a query set by the chosen id; the default compares it with `field`."""
        name = field.field.name
        parameter = parameter or name
        members = {
            "title": title or field.field.verbose_name,
            "parameters": (parameter,),
            "field": field.field,
            "apply": staticmethod(apply or (lambda rows, pk, sight: rows.filter(**{name: pk}))),
        }
        return type(f"{parameter.title()}Filter", (cls,), members)

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.site = model_admin.admin_site

        value = self.used_parameters.get(self.parameters[0], "")
        self.chosen = int(value) if DIGITS.fullmatch(value) and int(value) <= LARGEST_ID else None

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if not self.used_parameters:
            return queryset
        if self.chosen is None:
            return self._nothing(queryset, f"“{self.used_parameters[self.parameters[0]]}” is not a valid id.")
        if not self._choices().filter(pk=self.chosen).exists():
            return queryset.none()
        return self.apply(queryset, self.chosen, sight_of(request.user))

    def _choices(self) -> models.QuerySet[Any]:
        """The records that the user may choose."""
        model = self.field.remote_field.model
        found: models.QuerySet[Any] = model._default_manager.filter(visible(model, sight_of(self.request.user)))
        return found

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        name = self.parameters[0]
        widget = AutocompleteSelect(
            self.field, self.site, attrs={"id": f"filter-{name}", "aria-labelledby": f"filter-{name}-title"}
        )
        widget.is_required = False
        chooser = forms.ModelChoiceField(self._choices(), required=False, widget=widget)
        yield self._form(changelist) | {"name": name, "widget": chooser.widget.render(name, self.chosen)}


def _bounds(value: str) -> tuple[date, date]:
    """The first and last day of a year, a month or a day."""
    year, month, day, *more = [*map(int, value.strip().split("-")), 0, 0][:4]
    if any(more):
        raise ValueError(value)
    first = date(year, month or 1, day or 1)
    last_month = month or 12
    return first, date(year, last_month, day or monthrange(year, last_month)[1])


class DateFilter(_FormFilter):
    """Filter by date: rows whose first to last day overlaps the chosen period."""

    template = "admin/claims/filter_dates.html"
    where: Where

    @classmethod
    def on(cls, prefix: str, *, title: str, where: Where | None = None) -> type["DateFilter"]:
        """A filter on `<prefix>_first` and `<prefix>_last`, or on the condition that `where` builds."""
        members = {
            "title": title,
            "parameters": (f"{prefix}_from", f"{prefix}_to"),
            "where": staticmethod(where or (lambda overlaps, sight: overlaps(prefix))),
        }
        return type(f"{prefix.title()}Filter", (cls,), members)

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        days = {}
        for name, lookup in zip(self.parameters, ("last__gte", "first__lte"), strict=True):
            value = self.used_parameters.get(name)
            if value is None:
                continue
            try:
                days[lookup] = _bounds(value)[name.endswith("_to")]
            except (ValueError, OverflowError):
                return self._nothing(
                    queryset, f"“{value}” is not a valid date. Enter one such as 2024, 2024-03 or 2024-03-22."
                )
        if not days:
            return queryset

        def overlaps(prefix: str) -> Q:
            return Q(**{f"{prefix}_{lookup}": day for lookup, day in days.items()})

        return queryset.filter(self.where(overlaps, sight_of(request.user)))

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        days = [
            {"name": name, "label": label, "value": self.used_parameters.get(name, "")}
            for name, label in zip(self.parameters, ("From", "To"), strict=True)
        ]
        yield self._form(changelist) | {"days": days}
