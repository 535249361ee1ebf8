"""Queries whose SQL is compiled once and run with different values."""

from typing import Any

from django.db.models import Expression, Field, Lookup


class Placeholder(Expression):
    """A placeholder in a query for a value that is set when it runs, so its compiled SQL can be kept.

    `is_prepared`: so is its plan; what follows from the value should then be computed once, not for each row.
    """

    def __init__(self, name: str, is_prepared: bool = False) -> None:
        super().__init__()
        self.name, self.is_prepared = name, is_prepared

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]

    def resolve_expression(self, *args: Any, **kwargs: Any) -> "Placeholder":
        return self


@Field.register_lookup
class AnyOf(Lookup):
    """`id__any=[1, 2]`: like `__in`, but the SQL doesn't depend on the number of values."""

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} = ANY({right})", [*left_params, *right_params]
