"""The kinds of filters of lists: by reference, name, choice, or the absence of something."""

from collections.abc import Callable
from typing import Any

import django_filters as filters
from django import forms
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from claims.models import FormerAddress
from claims.models.lookup import find
from claims.models.visibility import Sight, visible
from claims.models.wikidata import wikidata_id_in
from claims.rest.values import CanonicalFilter

MAX_IN = 100
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
        raise NotImplementedError("what it finds depends on the reader: use `seen`")

    def seen(self, value: Any, sight: Sight) -> Any:
        """The cleaned value; records that the reader may not see are unknown."""
        text = super().clean(value)
        if not text:
            return None
        names = text.split(",") if self.many else [text]
        if len(names) > MAX_IN:
            raise forms.ValidationError(f"At most {MAX_IN} values are allowed.")
        found = find(self.model, names, sight, whole=False)
        missing = [name for name in names if name not in found]
        if missing:
            raise forms.ValidationError([found.unknown(name) for name in missing])
        return self.widened([found[name].pk for name in names])


class RecordFilter(filters.Filter):
    """Rows that refer to a record or, with `many` (`__in`), to one of several, each given by id or slug.

    `widen` maps the ids to those to filter by, such as all descendants.
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
            raise forms.ValidationError(f"Give 1 to {MAX_IN} values, separated by commas.")
        return super().clean(value)


class InFilter(filters.BaseInFilter):
    """Several values, separated by commas."""

    base_field_class = ListField


class ChoiceInFilter(InFilter, filters.ChoiceFilter):
    pass


class NumberInFilter(InFilter, filters.NumberFilter):
    pass


class TextInFilter(InFilter, filters.CharFilter):
    pass


class WikidataField(forms.CharField):
    """The id of a Wikidata item, or its URL."""

    def clean(self, value: Any) -> Any:
        return wikidata_id_in(super().clean(value))


class SightedFilter(filters.Filter):
    """A filter that looks at other rows than those it filters: only at those that the reader may see."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        raise NotImplementedError("its result depends on the reader: use `narrow`")

    def narrow(self, qs: QuerySet[Any], value: Any, sight: Sight) -> QuerySet[Any]:
        raise NotImplementedError


class NameFilter(SightedFilter, filters.CharFilter):
    """Rows with this slug or Wikidata id, now or formerly."""

    def narrow(self, qs: QuerySet[Any], value: Any, sight: Sight) -> QuerySet[Any]:
        kind = str(qs.model._meta.model_name)
        former = FormerAddress.objects.filter(visible(FormerAddress, sight), kind=kind).order_by()
        former = former.filter(**{f"name__{self.lookup_expr}": value})
        # as an array, which is evaluated first: both sides of the OR can then use an index
        by_former = Q(id__any=ArraySubquery(former.values(f"{kind}_id")))
        return qs.filter(Q(**{f"{self.field_name}__{self.lookup_expr}": value}) | by_former)


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


class WithoutFilter(SightedFilter, BooleanFilter):
    """Whether no row of another model that the reader may see refers to this one."""

    def __init__(self, model: type[Model], reference: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.related_model, self.reference = model, reference

    def narrow(self, qs: QuerySet[Any], value: Any, sight: Sight) -> QuerySet[Any]:
        if value is None:
            return qs
        rows = self.related_model._default_manager.filter(visible(self.related_model, sight))
        exists = Exists(rows.filter(**{self.reference: OuterRef("pk")}))
        return qs.filter(~exists if value else exists)


class NoDateFilter(BooleanFilter):
    """Whether there is no date. A date that is open at one end has a first or a last day only."""

    def __init__(self, first: str, last: str, **kwargs: Any) -> None:
        super().__init__(field_name=first, **kwargs)
        self.none = Q(**{f"{first}__isnull": True, f"{last}__isnull": True})

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs if value is None else qs.filter(self.none if value else ~self.none)
