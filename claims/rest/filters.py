"""Filters: what can be asked of a list, and the refusal of what can't."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, ClassVar

import django_filters as filters
from django import forms
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import QueryDict
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from claims.models import FormerAddress
from claims.models.lookup import find
from claims.models.visibility import Sight, visible
from claims.models.wikidata import wikidata_id_in
from claims.rest.hints import MOST, hint
from claims.rest.problems import as_detail
from claims.rest.values import CanonicalFilter, DayFilter, MomentFilter

#: parameters that every answer with a body of ours takes
SHAPE = ("fields", "expand")
#: actions that take none of them: their answer is not a record
UNSHAPED = ("destroy", "bulk_delete", "coverage", "drift", "origins")
MAX_IN = 100
#: whole numbers, as far as an id goes
WHOLE: dict[str, Any] = {"decimal_places": 0, "min_value": 0, "max_value": 2**63 - 1}
#: ids → ids
Widen = Callable[[list[int]], list[int]]


class RecordFormField(forms.CharField):
    """Ids or slugs; the cleaned value is the list of ids to look for."""

    def __init__(self, *, model: type[Model], many: bool, widen: Widen | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model, self.many, self.widen = model, many, widen

    def widened(self, ids: list[int]) -> list[int]:
        return self.widen(ids) if self.widen else ids

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        names = text.split(",") if self.many else [text]
        if len(names) > MAX_IN:
            raise forms.ValidationError(f"At most {MAX_IN} values can be given at once.")
        found = find(self.model, names, whole=False)
        missing = [name for name in names if name not in found]
        if missing:
            raise forms.ValidationError([found.unknown(name) for name in missing])
        return self.widened([found[name].pk for name in names])


class RecordFilter(filters.Filter):
    """Rows that refer to a record, or (`__in`) to one of several, each given by id or slug.

    `widen` makes of the ids those to look for, such as all descendants.
    """

    field_class = RecordFormField

    def __init__(
        self, field_name: str, model: type[Model], *, widen: Widen | None = None, many: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(field_name, model=model, many=many, widen=widen, **kwargs)
        self.path = field_name if field_name == "id" else f"{field_name}__id"

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs.filter(**{f"{self.path}__any": value})


class ListField(filters.fields.BaseCSVField):
    def clean(self, value: Any) -> Any:
        if value is not None and (len(value) > MAX_IN or not all(v.strip() for v in value)):
            raise forms.ValidationError(f"Give 1 to {MAX_IN} values with a comma between.")
        return super().clean(value)


class InFilter(filters.BaseInFilter):
    """Several values with commas between."""

    base_field_class = ListField


class ChoiceInFilter(InFilter, filters.ChoiceFilter):
    pass


class NumberInFilter(InFilter, filters.NumberFilter):
    pass


class TextInFilter(InFilter, filters.CharFilter):
    pass


class WikidataField(forms.CharField):
    """An item's id, or its address."""

    def clean(self, value: Any) -> Any:
        return wikidata_id_in(super().clean(value))


class NameFilter(filters.CharFilter):
    """Rows with this slug or Wikidata id, and those to which it leads as a former one."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        kind = str(qs.model._meta.model_name)
        former = FormerAddress.objects.filter(**{f"name__{self.lookup_expr}": value}, kind=kind).order_by()
        # as a list, found beforehand: then both halves are looked up in indexes
        leads = Q(id__any=ArraySubquery(former.values(f"{kind}_id")))
        return qs.filter(Q(**{f"{self.field_name}__{self.lookup_expr}": value}) | leads)


class WikidataFilter(NameFilter):
    field_class = WikidataField


class NameInFilter(InFilter, NameFilter):
    pass


class WikidataInFilter(InFilter, WikidataFilter):
    pass


class CanonicalInFilter(InFilter, CanonicalFilter):
    pass


class BooleanField(forms.Field):
    """true or false, and nothing else."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> bool | None:
        if value in (None, ""):
            return None
        if value not in ("true", "false"):
            raise forms.ValidationError("Give true or false.")
        return bool(value == "true")


class BooleanFilter(filters.Filter):
    field_class = BooleanField


def record(name: str, model: type[Model], field: str = "", *, widen: Widen | None = None) -> dict[str, filters.Filter]:
    """`name` and `name__in` for a reference."""
    field = field or name
    what = f"{model._meta.verbose_name} by id or slug"
    return {
        name: RecordFilter(field, model, widen=widen, label=f"{what}."),
        f"{name}__in": RecordFilter(field, model, widen=widen, many=True, label=f"One of several: {what}."),
    }


def choice(name: str, choices: Any, field: str = "") -> dict[str, filters.Filter]:
    field = field or name
    allowed = ", ".join(str(value) for value in choices.values)
    given = {"choices": choices.choices, "error_messages": {"invalid_choice": f"“%(value)s” is not one of: {allowed}."}}
    return {
        name: filters.ChoiceFilter(field_name=field, **given),
        f"{name}__in": ChoiceInFilter(field_name=field, lookup_expr="any", **given),
    }


def flag(name: str, field: str = "") -> dict[str, filters.Filter]:
    return {name: BooleanFilter(field_name=field or name, label="true or false.")}


def missing(name: str, field: str = "") -> dict[str, filters.Filter]:
    return {
        f"{name}__isnull": BooleanFilter(field_name=field or name, lookup_expr="isnull", label="true: without one.")
    }


class WithoutFilter(BooleanFilter):
    """Whether no row of another model refers to this one."""

    def __init__(self, model: type[Model], reference: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model_asked, self.reference = model, reference

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if value is None:
            return qs
        there = Exists(self.model_asked._default_manager.filter(**{self.reference: OuterRef("pk")}))
        return qs.filter(~there if value else there)


def without(name: str, model: type[Model], reference: str) -> dict[str, filters.Filter]:
    return {f"{name}__isnull": WithoutFilter(model, reference, label=f"true: without {name}; false: with.")}


class NoDateFilter(BooleanFilter):
    """Whether there is no date. One that is open at one end has only the other day."""

    def __init__(self, first: str, last: str, **kwargs: Any) -> None:
        super().__init__(field_name=first, **kwargs)
        self.none = Q(**{f"{first}__isnull": True, f"{last}__isnull": True})

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs if value is None else qs.filter(self.none if value else ~self.none)


def date(name: str, first: str = "", last: str = "") -> dict[str, filters.Filter]:
    """Bounds for an EDTF date: `__gte` on its first day, `__lte` on its last, so that the whole of it lies within."""
    first, last = first or f"{name}_first", last or f"{name}_last"
    return {
        f"{name}__gte": DayFilter(field_name=first, lookup_expr="gte", label="From this day on."),
        f"{name}__lte": DayFilter(field_name=last, lookup_expr="lte", label="Up to this day."),
        f"{name}__isnull": NoDateFilter(first, last, label="true: without a date."),
    }


def number(name: str) -> dict[str, filters.Filter]:
    return {
        name: filters.NumberFilter(field_name=name, **WHOLE),
        f"{name}__in": NumberInFilter(field_name=name, lookup_expr="any", **WHOLE),
        f"{name}__gte": filters.NumberFilter(field_name=name, lookup_expr="gte", **WHOLE),
        f"{name}__lte": filters.NumberFilter(field_name=name, lookup_expr="lte", **WHOLE),
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
    """`name` and `name__in` for a text with a canonical form, which `form` makes; it raises ValidationError for what
    has none."""
    return {
        name: CanonicalFilter(field_name=name, canonical=form, max_length=2000),
        f"{name}__in": CanonicalInFilter(field_name=name, canonical=form, lookup_expr="any", max_length=2000),
    }


def common(*, slug: bool) -> dict[str, filters.Filter]:
    """What every resource is filtered by."""
    found: dict[str, filters.Filter] = {
        "id": filters.NumberFilter(field_name="id", **WHOLE),
        "id__in": NumberInFilter(field_name="id", lookup_expr="any", **WHOLE),
        "updated_since": MomentFilter(
            field_name="updated_at",
            lookup_expr="gte",
            label="Changed at or after this moment (ISO 8601), to synchronise.",
        ),
    }
    for name in ("created_at", "updated_at"):
        for end in ("gte", "lte"):
            found[f"{name}__{end}"] = MomentFilter(field_name=name, lookup_expr=end)
    if slug:
        found |= {
            "slug": NameFilter(field_name="slug", max_length=2000),
            "slug__in": NameInFilter(field_name="slug", lookup_expr="any", max_length=2000),
        }
    return found


def _plain(value: Any) -> Any:
    """Whole numbers as such; forms read them as decimals."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, Decimal) else value


#: related rows: their model, its reference, and the column of the filtered model that it refers to
Group = tuple[type[Model], str, str]


class RecordFilterSet(filters.FilterSet):
    """A filter set whose filters on related rows hold of one and the same related row.

    `groups` names, for a filter, the related model it looks at: `speaker` and `source` of a claim together ask for
    one assertion that has both.
    """

    groups: ClassVar[dict[str, Group]] = {}

    @classmethod
    def read(cls, params: QueryDict) -> dict[str, Any]:
        """The values of the filters that are given: scalars, or lists of them. Raises ValidationError (400).

        Only these are looked at: a form of all filters, as FilterSet makes one for each request, takes longer than
        the query.
        """
        values: dict[str, Any] = {}
        wrong: dict[str, Any] = {}
        for name in params.keys() & cls.base_filters.keys():
            field = cls.base_filters[name].field
            given = ",".join(params.getlist(name)) if is_list(name) else params[name]
            try:
                value = field.clean(field.widget.value_from_datadict({name: given}, {}, name))
            except forms.ValidationError as error:
                wrong[name] = as_detail(error)
            else:
                values[name] = _plain(value)
        if wrong:
            raise ValidationError(wrong)
        return values

    @classmethod
    def narrow(cls, queryset: QuerySet[Any], values: dict[str, Any], sight: Sight) -> QuerySet[Any]:
        """The rows for which all filters hold; of related rows only those count that are seen.

        A value may be a Placeholder, but for true and false.
        """
        related: dict[Group, QuerySet[Any]] = {}
        for name, value in sorted(values.items()):
            group = cls.groups.get(name)
            if group is None:
                queryset = cls.base_filters[name].filter(queryset, value)
            else:
                rows = related.get(group)
                if rows is None:
                    rows = _rows(group, sight).filter(**{group[1]: OuterRef(group[2])})
                related[group] = cls.base_filters[name].filter(rows, value)
        for rows in related.values():
            queryset = queryset.filter(Exists(rows))
        return queryset

    @classmethod
    def links(cls, values: dict[str, Any], sight: Sight) -> tuple[QuerySet[Any], str] | None:
        """The related rows for which all filters hold, and their field that names a row of this model by its id; None
        where filters look at anything else."""
        groups = {cls.groups.get(name) for name in values}
        group = groups.pop() if len(groups) == 1 else None
        if group is None or group[2] != "pk":
            return None
        rows = _rows(group, sight)
        for name, value in sorted(values.items()):
            rows = cls.base_filters[name].filter(rows, value)
        return rows, f"{group[1]}_id"


def _rows(group: Group, sight: Sight) -> QuerySet[Any]:
    """The related rows that are seen."""
    return group[0]._default_manager.order_by().filter(visible(group[0], sight))


def filterset(
    model: type[Model],
    own: dict[str, filters.Filter],
    related: Iterable[tuple[type[Model], str, str, dict[str, filters.Filter]]] = (),
    *,
    slug: bool = False,
) -> type[RecordFilterSet]:
    """The filter set of a resource: filters of its own rows, and groups of filters of related rows."""
    members: dict[str, Any] = common(slug=slug) | own
    groups: dict[str, Group] = {}
    for other, reference, column, found in related:
        members |= found
        groups |= dict.fromkeys(found, (other, reference, column))
    meta = type("Meta", (), {"model": model, "fields": []})
    return type(f"{model.__name__}Filter", (RecordFilterSet,), members | {"groups": groups, "Meta": meta})


def is_list(parameter: str) -> bool:
    """Whether a parameter takes several values: with commas between, or given once for each."""
    return parameter.endswith("__in")


def refuse_unknown(request: Request, allowed: Iterable[str]) -> None:
    """Raises ValidationError (400) for a parameter that isn't there, is empty, or given twice and not a list."""
    allowed = set(allowed)
    wrong: dict[str, list[ErrorDetail]] = {}
    for name, values in request.query_params.lists():
        if name not in allowed:
            there = ", ".join(sorted(allowed)) or "none"
            told = hint(name, allowed) if len(wrong) < MOST else ""
            message = f"There is no such parameter here.{told} There are: {there}."
            wrong[name[:100]] = [ErrorDetail(message, "unknown")]
        elif len(values) > 1 and not is_list(name):
            wrong[name] = [ErrorDetail(f"Given {len(values)} times; give it once.", "repeated")]
        elif not all(value.strip() for value in values):
            wrong[name] = [ErrorDetail("Empty; leave the parameter out, or give a value.", "empty")]
        elif any("\0" in value for value in values):
            wrong[name] = [ErrorDetail("Null characters are not allowed.", "null_characters_not_allowed")]
    if wrong:
        raise ValidationError(wrong)
