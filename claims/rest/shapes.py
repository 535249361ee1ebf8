"""How records are read: the database writes their JSON, one statement for a page of them.

A serializer says which fields a resource has. From the same fields comes the expression that builds its JSON; the
SQL for each choice of `fields` and `expand` is compiled once, and prepared once by each connection. What is kept is
the question, never an answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Case, F, Func, JSONField, Model, OuterRef, Q, QuerySet, When
from django.utils.module_loading import import_string
from rest_framework import serializers

from claims.models.visibility import visible
from claimsdb.postgresql.prepared import fetch_prepared

#: a nested choice: {"speaker": {"name": {}}}; empty means the whole
Tree = dict[str, Any]
#: of a list inside another record no more than this is embedded; its own address has the rest
MAX_EMBEDDED = 100
#: neither `fields` nor `expand` is longer
MAX_SHAPE = 1000
#: characters of a search
MAX_WORDS = 500


@dataclass(frozen=True)
class Expand:
    """A related record (or list of them) that `expand` embeds. `serializer` is named by path, to allow circles.

    `references`: the fields of the embedded rows that may name this record, where that is more than the one of the
    relation.
    """

    serializer: str
    many: bool = False
    #: `many` that is a field in its own right (a list of slugs) without being expanded
    listed: bool = False
    references: tuple[str, ...] = ()

    def load(self) -> Any:
        return import_string(self.serializer)


class JsonObject(Func):
    """{"name": value, …} of named expressions, in their order and without spaces."""

    def __init__(self, members: dict[str, Any]) -> None:
        self.names = tuple(members)
        super().__init__(*members.values(), output_field=JSONField())

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        columns, params = [], []
        for name, expression in zip(self.names, self.get_source_expressions(), strict=True):
            sql, found = compiler.compile(expression)
            columns.append(f"{sql} AS {connection.ops.quote_name(name)}")
            params.extend(found)
        return f"(SELECT row_to_json(r) FROM (SELECT {', '.join(columns)}) r)", params


def path_of(field: Any, at: str) -> str:
    """The way from the row of a query to a serializer's field; `at` is that to its record: "", "speaker__"."""
    return str(at + field.source.replace(".", "__"))


def expression_of(field: Any, at: str) -> Any:
    """What shows a serializer's field: its own `expression`, a record or list that it embeds, or its column."""
    if isinstance(field, serializers.ListSerializer):
        return _list(field, at)
    if isinstance(field, serializers.BaseSerializer):
        path = path_of(field, at)
        there = Q(**{f"{path}__isnull": False}) & _seen(field, f"{path}__")
        return Case(When(there, then=object_of(field, f"{path}__")))
    if hasattr(field, "expression"):
        return field.expression(at)
    return F(path_of(field, at))


def _seen(serializer: Any, at: str = "") -> Q:
    """The records of a serializer that the reader sees."""
    return visible(serializer.Meta.model, serializer.context["sight"], at)


def object_of(serializer: Any, at: str = "") -> JsonObject:
    """The JSON of the record at the end of the path `at`."""
    shown = {name: field for name, field in serializer.fields.items() if not field.write_only}
    return JsonObject({name: expression_of(field, at) for name, field in shown.items()})


def _row_of_list(child: Any, reference: str, at: str) -> JsonObject:
    """The JSON of a row that is embedded in the record that its `reference` names, whose columns are at hand."""
    row = object_of(child)
    members = zip(row.names, row.get_source_expressions(), strict=True)
    return JsonObject({name: _at_hand(expression, f"{reference}__", at) for name, expression in members})


def _at_hand(expression: Any, back: str, at: str) -> Any:
    """A column of the record outside, if that is what the way `back` from a row leads to."""
    path: str = expression.name if type(expression) is F else ""  # type: ignore[attr-defined]
    return OuterRef(at + path.removeprefix(back)) if path.startswith(back) else expression


def linked(model: type[Model], name: str, at: str) -> tuple[QuerySet[Any], str]:
    """The rows that link a record to those of its list `name`, in order, and their field that leads to these."""
    relation: Any = model._meta.get_field(name)
    through = relation.remote_field.through
    rows = through._default_manager.filter(**{relation.m2m_field_name(): OuterRef(f"{at}pk")})
    return rows.order_by(*through._meta.ordering), relation.m2m_reverse_field_name()


def _list(field: Any, at: str) -> ArraySubquery:
    """The records of a list embedded in another record."""
    child, model, name = field.child, field.parent.Meta.model, field.field_name
    expand = field.parent.expandable.get(name)
    if expand and expand.listed:
        rows, other = linked(model, name, at)
        rows = rows.filter(_seen(child, f"{other}__"))
        return ArraySubquery(rows.values_list(object_of(child, f"{other}__")))
    references = (expand and expand.references) or [model._meta.get_field(name).field.name]
    mine = Q()
    for reference in references:
        mine |= Q(**{reference: OuterRef(f"{at}pk")})
    rows = child.Meta.model._default_manager.filter(mine & _seen(child))
    rows = rows.order_by("pk")[:MAX_EMBEDDED] if expand else rows.order_by(*child.Meta.model._meta.ordering)
    shown = _row_of_list(child, references[0], at) if len(references) == 1 else object_of(child)
    return ArraySubquery(rows.values_list(shown))


class Statement:
    """SQL that gives `columns` and the JSON of rows of one table, those which a condition names."""

    def __init__(self, serializer: Any, columns: Iterable[str] = ("pk",)) -> None:
        model = serializer.Meta.model
        rows = model._default_manager.order_by().values_list(*columns, object_of(serializer))
        rows = rows.filter(_seen(serializer))
        # what is the same each time is part of the text, which each connection reads once, when it prepares it
        operations: Any = connection.ops
        sql = operations.compose_sql(*rows.query.sql_with_params()).replace("%", "%%")
        self.sql = f'{sql} {"AND" if rows.query.where else "WHERE"} "{model._meta.db_table}".'
        #: condition → the whole statement: the very same text each time, which is quickly found among the prepared ones
        self.texts: dict[str, str] = {}

    def where(self, column: str, value: Any) -> list[tuple[Any, ...]]:
        """The rows whose `column` is `value`, or one of `value` where that is a list of ids; in no order."""
        condition = f'"{column}" = %s'
        if isinstance(value, list):
            # as text: psycopg would look at each id for characters to quote
            condition, value = f'"{column}" = ANY(%s::bigint[])', f"{{{','.join(map(str, value))}}}"
        if condition not in self.texts:
            self.texts[condition] = self.sql + condition
        return fetch_prepared(self.texts[condition], [value])


def read_tree(text: str) -> Tree:
    """`a,b.c,b.d` as {"a": {}, "b": {"c": {}, "d": {}}}."""
    tree: Tree = {}
    for path in text.split(","):
        branch = tree
        for name in path.strip().split("."):
            branch = branch.setdefault(name, {})
    return tree
