"""Lists that report unknown filters, and are sorted only in ways that an index serves."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import build_q_object_from_lookup_parameters, prepare_lookup_value
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db.models import F, OrderBy
from django.http import HttpRequest


class FirstDay(F):
    """The first day of a partial date. Rows without one come last in either order."""

    def desc(self, **kwargs: Any) -> OrderBy:
        return OrderBy(self, descending=True, nulls_last=True)


#: What an address may ask of a column: others can fail in the database, or take it long.
LOOKUPS = ("exact", "in", "isnull", "lt", "lte", "gt", "gte")


class RecordList(ChangeList):
    def get_filters(self, request: HttpRequest) -> Any:
        for name in self._unknown():
            del self.params[name], self.filter_params[name]
            messages.warning(
                request, f"“{name}” is not a filter of this list, or its value is invalid. It was ignored."
            )
        return super().get_filters(request)

    def _unknown(self) -> list[str]:
        """The parameters of the query string that this list can't be filtered by."""
        known = {name for each in self.list_filter for name in getattr(each, "parameters", ())}
        known |= {getattr(each, "parameter_name", None) for each in self.list_filter}
        return [
            name
            for name, values in self.get_filters_params().items()
            if name not in known and not self._is_lookup(name, values)
        ]

    def _is_lookup(self, name: str, values: list[str]) -> bool:
        rows = self.model._default_manager.all()
        try:
            lookups, _, _ = rows.query.solve_lookup_type(name)
            if any("\x00" in value for value in values) or (lookups and lookups not in [[each] for each in LOOKUPS]):
                return False
            rows.filter(build_q_object_from_lookup_parameters({name: prepare_lookup_value(name, list(values))}))
        except (FieldDoesNotExist, FieldError, ValidationError, ValueError, TypeError):
            return False
        return True
