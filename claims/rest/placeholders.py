"""Questions whose SQL is kept: it is made once, and asked with other values each time."""

from typing import Any

from django.db.models import Expression, Field, Lookup


class Placeholder(Expression):
    """Stands in a question for a value that is put in when it is asked, so that its SQL can be kept."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]

    def resolve_expression(self, *args: Any, **kwargs: Any) -> "Placeholder":
        return self


@Field.register_lookup
class AnyOf(Lookup):
    """`id__any=[1, 2]`: as `__in`, but the SQL is the same however many values there are."""

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} = ANY({right})", [*left_params, *right_params]
