"""Filters of lists, and the refusal of unknown query parameters."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, ClassVar

import django_filters as filters
from django import forms
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import QueryDict
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from claims.models.visibility import Sight, visible
from claims.rest.filterkinds import (
    BooleanFilter,
    CanonicalInFilter,
    ChoiceInFilter,
    NameFilter,
    NameInFilter,
    NoDateFilter,
    NumberInFilter,
    RecordFilter,
    RecordFormField,
    SightedFilter,
    TextInFilter,
    Widen,
    WikidataFilter,
    WikidataInFilter,
    WithoutFilter,
)
from claims.rest.hints import MAX_HINTS, hint
from claims.rest.problems import as_detail
from claims.rest.values import CanonicalFilter, DayFilter, MomentFilter

#: parameters of every action that shows records
SHAPE = ("fields", "expand")
#: actions without them: their response is not a record
UNSHAPED = ("destroy", "bulk_delete", "coverage", "drift", "origins", "parts", "release", "do_release")
#: whole numbers in the range of ids
ID_BOUNDS: dict[str, Any] = {"decimal_places": 0, "min_value": 0, "max_value": 2**63 - 1}


def record(name: str, model: type[Model], field: str = "", *, widen: Widen | None = None) -> dict[str, filters.Filter]:
    """`name` and `name__in` for a reference."""
    field = field or name
    noun = model._meta.verbose_name
    return {
        name: RecordFilter(field, model, widen=widen, label=f"The {noun}, by id or slug."),
        f"{name}__in": RecordFilter(
            field, model, widen=widen, many=True, label=f"One of these, by id or slug: {noun}."
        ),
    }


def choice(name: str, choices: Any, field: str = "") -> dict[str, filters.Filter]:
    field = field or name
    allowed = ", ".join(str(value) for value in choices.values)
    extra = {"choices": choices.choices, "error_messages": {"invalid_choice": f"“%(value)s” is not one of: {allowed}."}}
    return {
        name: filters.ChoiceFilter(field_name=field, **extra),
        f"{name}__in": ChoiceInFilter(field_name=field, lookup_expr="any", **extra),
    }


def flag(name: str, field: str = "") -> dict[str, filters.Filter]:
    return {name: BooleanFilter(field_name=field or name, label="true or false.")}


def missing(name: str, field: str = "") -> dict[str, filters.Filter]:
    return {
        f"{name}__isnull": BooleanFilter(
            field_name=field or name, lookup_expr="isnull", label="true: without one; false: with one."
        )
    }


def without(name: str, model: type[Model], reference: str) -> dict[str, filters.Filter]:
    return {f"{name}__isnull": WithoutFilter(model, reference, label=f"true: without {name}; false: with.")}


def date(name: str, first: str = "", last: str = "") -> dict[str, filters.Filter]:
    """Bounds of an EDTF date: `__gte` applies to its first day, `__lte` to its last, so all of it must be within."""
    first, last = first or f"{name}_first", last or f"{name}_last"
    return {
        f"{name}__gte": DayFilter(field_name=first, lookup_expr="gte", label="On or after this day."),
        f"{name}__lte": DayFilter(field_name=last, lookup_expr="lte", label="On or before this day."),
        f"{name}__isnull": NoDateFilter(first, last, label="true: without a date."),
    }


def number(name: str) -> dict[str, filters.Filter]:
    return {
        name: filters.NumberFilter(field_name=name, **ID_BOUNDS),
        f"{name}__in": NumberInFilter(field_name=name, lookup_expr="any", **ID_BOUNDS),
        f"{name}__gte": filters.NumberFilter(field_name=name, lookup_expr="gte", **ID_BOUNDS),
        f"{name}__lte": filters.NumberFilter(field_name=name, lookup_expr="lte", **ID_BOUNDS),
    }


def text(name: str) -> dict[str, filters.Filter]:
    return {
        name: filters.CharFilter(field_name=name, max_length=2000),
        f"{name}__in": TextInFilter(field_name=name, lookup_expr="any", max_length=2000),
    }


def wikidata() -> dict[str, filters.Filter]:
    return {
        "wikidata_id": WikidataFilter(field_name="wikidata_id", max_length=2000),
        "wikidata_id__in": WikidataInFilter(field_name="wikidata_id", lookup_expr="any", max_length=2000),
    }


def canonical(name: str, form: Callable[[str], str]) -> dict[str, filters.Filter]:
    """`name` and `name__in` for a text with a canonical form. `form` returns it, or raises ValidationError."""
    return {
        name: CanonicalFilter(field_name=name, canonical=form, max_length=2000),
        f"{name}__in": CanonicalInFilter(field_name=name, canonical=form, lookup_expr="any", max_length=2000),
    }


def common(*, slug: bool) -> dict[str, filters.Filter]:
    """The filters of every resource."""
    members: dict[str, filters.Filter] = {
        "id": filters.NumberFilter(field_name="id", **ID_BOUNDS),
        "id__in": NumberInFilter(field_name="id", lookup_expr="any", **ID_BOUNDS),
        "updated_since": MomentFilter(
            field_name="updated_at",
            lookup_expr="gte",
            label="Changed at or after this date and time (ISO 8601), for synchronisation.",
        ),
    }
    for name in ("created_at", "updated_at"):
        for end in ("gte", "lte"):
            members[f"{name}__{end}"] = MomentFilter(field_name=name, lookup_expr=end)
    if slug:
        members |= {
            "slug": NameFilter(field_name="slug", max_length=2000),
            "slug__in": NameInFilter(field_name="slug", lookup_expr="any", max_length=2000),
        }
    return members


def _plain(value: Any) -> Any:
    """Turns decimals, which forms return for whole numbers, into integers."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, Decimal) else value


#: related rows: their model, its foreign key, and the column of the filtered model that this refers to
Group = tuple[type[Model], str, str]


class RecordFilterSet(filters.FilterSet):
    """A filter set whose filters on related rows must hold for one and the same related row.

    `groups` maps a filter to the related model it applies to: `speaker` and `source` of a claim together match a claim
    with one assertion that has both.
    """

    groups: ClassVar[dict[str, Group]] = {}

    @classmethod
    def read(cls, params: QueryDict, sight: Sight) -> dict[str, Any]:
        """The values of the filters in the query string: scalars, or lists of them. Raises ValidationError (400).

        A record that the reader may not see is unknown.

        Only these are cleaned: the form of all filters, which FilterSet creates per request, takes longer than the
        query.
        """
        values: dict[str, Any] = {}
        wrong: dict[str, Any] = {}
        for name in params.keys() & cls.base_filters.keys():
            field = cls.base_filters[name].field
            given = ",".join(params.getlist(name)) if is_list(name) else params[name]
            try:
                raw = field.widget.value_from_datadict({name: given}, {}, name)
                value = field.seen(raw, sight) if isinstance(field, RecordFormField) else field.clean(raw)
            except forms.ValidationError as error:
                wrong[name] = as_detail(error)
            else:
                values[name] = _plain(value)
        if wrong:
            raise ValidationError(wrong)
        return values

    @classmethod
    def narrow(cls, queryset: QuerySet[Any], values: dict[str, Any], sight: Sight) -> QuerySet[Any]:
        """The rows for which all filters hold. Related rows that the reader may not see don't count.

        Any value except true and false may be a Placeholder.
        """
        related: dict[Group, QuerySet[Any]] = {}
        for name, value in sorted(values.items()):
            group = cls.groups.get(name)
            if group is None:
                queryset = _apply(cls.base_filters[name], queryset, value, sight)
            else:
                rows = related.get(group)
                if rows is None:
                    rows = _rows(group, sight).filter(**{group[1]: OuterRef(group[2])})
                related[group] = _apply(cls.base_filters[name], rows, value, sight)
        for rows in related.values():
            queryset = queryset.filter(Exists(rows))
        return queryset

    @classmethod
    def link_rows(cls, values: dict[str, Any], sight: Sight) -> tuple[QuerySet[Any], str] | None:
        """If all filters apply to one related model: its matching rows, and the name of the column with the id of this
        model's row. Otherwise None. A row is visible only if the row that it refers to is."""
        groups = {cls.groups.get(name) for name in values}
        group = groups.pop() if len(groups) == 1 else None
        if group is None or group[2] != "pk":
            return None
        rows = _rows(group, sight)
        for name, value in sorted(values.items()):
            rows = _apply(cls.base_filters[name], rows, value, sight)
        return rows, f"{group[1]}_id"


def _apply(each: filters.Filter, rows: QuerySet[Any], value: Any, sight: Sight) -> QuerySet[Any]:
    """The rows for which a filter holds."""
    return each.narrow(rows, value, sight) if isinstance(each, SightedFilter) else each.filter(rows, value)


def _rows(group: Group, sight: Sight) -> QuerySet[Any]:
    """The related rows that the reader may see."""
    return group[0]._default_manager.order_by().filter(visible(group[0], sight))


def filterset(
    model: type[Model],
    own: dict[str, filters.Filter],
    related: Iterable[tuple[type[Model], str, str, dict[str, filters.Filter]]] = (),
    *,
    slug: bool = False,
) -> type[RecordFilterSet]:
    """Creates the filter set of a resource: filters on its own rows, and groups of filters on related rows."""
    members: dict[str, Any] = common(slug=slug) | own
    groups: dict[str, Group] = {}
    for other, reference, column, group in related:
        members |= group
        groups |= dict.fromkeys(group, (other, reference, column))
    meta = type("Meta", (), {"model": model, "fields": []})
    return type(f"{model.__name__}Filter", (RecordFilterSet,), members | {"groups": groups, "Meta": meta})


def is_list(parameter: str) -> bool:
    """Whether a parameter takes several values: separated by commas, or repeated."""
    return parameter.endswith("__in")


def refuse_unknown(request: Request, allowed: Iterable[str]) -> None:
    """Raises ValidationError (400) for a parameter that is unknown, empty, or repeated although it is not a list."""
    allowed = set(allowed)
    wrong: dict[str, list[ErrorDetail]] = {}
    for name, values in request.query_params.lists():
        if name not in allowed:
            suggestion = hint(name, allowed) if len(wrong) < MAX_HINTS else ""
            message = f"Unknown parameter.{suggestion} Allowed: {', '.join(sorted(allowed)) or 'none'}."
            wrong[name[:100]] = [ErrorDetail(message, "unknown")]
        elif len(values) > 1 and not is_list(name):
            wrong[name] = [ErrorDetail(f"Given {len(values)} times; give it once.", "repeated")]
        elif not all(value.strip() for value in values):
            wrong[name] = [ErrorDetail("Empty. Give a value, or leave the parameter out.", "empty")]
        elif any("\0" in value for value in values):
            wrong[name] = [ErrorDetail("Null characters are not allowed.", "null_characters_not_allowed")]
    if wrong:
        raise ValidationError(wrong)
