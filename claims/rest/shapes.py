"""Reading records: the database builds their JSON, with one statement per page.

The expression that builds the JSON is derived from the fields of the serializer. Its SQL is compiled once per
combination of `fields` and `expand`, and prepared once per connection. Only the SQL is cached, never a result.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Case, F, Func, JSONField, Model, OuterRef, Q, QuerySet, Value, When
from django.utils.module_loading import import_string
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from claims.models.lookup import key_column
from claims.models.visibility import Sight, visible, visible_through
from claimsdb.postgresql.joined import Query, Rows
from claimsdb.postgresql.prepared import fetch_prepared

#: a nested selection: {"speaker": {"name": {}}}; empty means everything
Tree = dict[str, Any]
#: rows of a list that are embedded in another record; the list's own URL has the rest
MAX_EMBEDDED = 100
#: characters of `fields` and of `expand`
MAX_SHAPE = 1000
#: characters of a search
MAX_WORDS = 500


@dataclass(frozen=True)
class Expand:
    """A related record, or list of records, that `expand` embeds. `serializer` is a dotted path, to allow cycles.

    `references`: the foreign keys of the embedded rows that may refer to this record, if there are several.
    """

    serializer: str
    many: bool = False
    #: the list is also a field (a list of slugs) when it is not expanded
    listed: bool = False
    references: tuple[str, ...] = ()

    def load(self) -> Any:
        return import_string(self.serializer)


class JsonObject(Func):
    """A JSON object of named expressions, in order and without spaces."""

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
    """The lookup path to a serializer's field; `at` is the prefix of its record, such as "" or "speaker__"."""
    return str(at + field.source.replace(".", "__"))


def expression_of(field: Any, at: str) -> Any:
    """The expression for a serializer's field: its own `expression`, an embedded record or list, or its column."""
    if isinstance(field, serializers.ListSerializer):
        return _list(field, at)
    if isinstance(field, serializers.BaseSerializer):
        path = path_of(field, at)
        owner: Any = field.parent
        seen = visible_through(owner.Meta.model, str(field.source), field.context["sight"], f"{path}__")
        is_shown = Q(**{f"{path}__isnull": False}) & seen
        return Case(When(is_shown, then=object_of(field, f"{path}__")))
    if hasattr(field, "expression"):
        return field.expression(at)
    return F(path_of(field, at))


def _visible_to_reader(serializer: Any, at: str = "", within: str = "") -> Q:
    """The condition for the serializer's records that the reader may see. `within`: their foreign key to a record that
    the reader sees anyway."""
    return visible(serializer.Meta.model, serializer.context["sight"], at, within, joins=True)


def object_of(serializer: Any, at: str = "", known: Mapping[str, Any] | None = None) -> JsonObject:
    """The JSON of the record at the path `at`. `known`: expressions of fields that the query around it has already."""
    is_desk = serializer.context["sight"].desk
    shown = {
        name: field
        for name, field in serializer.fields.items()
        if not field.write_only and (is_desk or not getattr(field, "for_desk", False))
    }
    return JsonObject({name: (known or {}).get(name) or expression_of(field, at) for name, field in shown.items()})


def linked(model: type[Model], name: str, at: str) -> tuple[QuerySet[Any], str]:
    """The ordered rows of the link table of the list `name`, and their foreign key to the listed records."""
    relation: Any = model._meta.get_field(name)
    through = relation.remote_field.through
    rows = through._default_manager.filter(**{relation.m2m_field_name(): OuterRef(f"{at}pk")})
    return rows.order_by(*through._meta.ordering), relation.m2m_reverse_field_name()


#: the expression for a list that has no rows
EMPTY_LIST = Value([], JSONField())


def is_empty(field: Any) -> bool:
    """Whether the list belongs to a new record and wasn't filled when that was created. Nothing else refers to it."""
    parts = field.parent.context["parts"] if field.parent.parent is None else None
    return parts is not None and field.field_name not in parts


def _list(field: Any, at: str) -> ArraySubquery | Value:
    """The expression for a list embedded in another record."""
    if is_empty(field):
        return EMPTY_LIST
    child, model, name = field.child, field.parent.Meta.model, field.field_name
    expand = field.parent.expandable.get(name)
    if expand and expand.listed:
        rows, other = linked(model, name, at)
        rows = rows.filter(_visible_to_reader(child, f"{other}__"))
        return ArraySubquery(rows.values_list(object_of(child, f"{other}__")))
    references = (expand and expand.references) or [model._meta.get_field(name).field.name]
    mine = Q()
    for reference in references:
        mine |= Q(**{reference: OuterRef(f"{at}pk")})
    within = references[0] if len(references) == 1 else ""
    rows = child.Meta.model._default_manager.filter(mine & _visible_to_reader(child, within=within))
    rows = rows.order_by("pk")[:MAX_EMBEDDED] if expand else rows.order_by(*child.Meta.model._meta.ordering)
    known = {}
    if len(references) == 1 and not isinstance(child.fields.get(references[0]), serializers.BaseSerializer):
        # the record around the list: joining it again for each row would cost a tenth of the page
        known[references[0]] = OuterRef(f"{at}{key_column(model)}")
    return ArraySubquery(rows.values_list(object_of(child, known=known)))


def embeds_lists(serializer: Any) -> bool:
    """Whether a list of records is embedded in the serializer's record, or in one that is embedded in it."""
    return any(
        name in serializer.expandable if isinstance(field, serializers.ListSerializer) else embeds_lists(field)
        for name, field in serializer.fields.items()
        if isinstance(field, serializers.ListSerializer) or hasattr(field, "expandable")
    )


class Statement:
    """SQL that selects `columns` and the JSON of rows of one table, by id or slug."""

    def __init__(self, serializer: Any, columns: Iterable[str] = ("pk",)) -> None:
        model = serializer.Meta.model
        rows = model._default_manager.order_by().values_list(*columns, object_of(serializer))
        rows = rows.filter(_visible_to_reader(serializer))
        # constant parameters become part of the text, which each connection parses once, when it prepares it
        operations: Any = connection.ops
        sql = operations.compose_sql(*rows.query.sql_with_params()).replace("%", "%%")
        self.sql = f'{sql} {"AND" if rows.query.where else "WHERE"} "{model._meta.db_table}".'
        self.embeds_lists = embeds_lists(serializer)
        #: condition → the statement: always the same string object, so prepared statements are found quickly
        self.texts: dict[str, str] = {}

    def of_page(self, sql: str, by: str) -> str:
        """SQL for the rows of a page, in the order `by`: those of `sql`, its keys and a number, and the columns."""
        return _of_page(self.sql, sql, by)

    def where(self, column: str, value: Any) -> Rows:
        """The rows whose `column` equals `value` or, for a list of ids, one of them; in no particular order."""
        return fetch_prepared(*self.query(column, value))

    def query(self, column: str, value: Any) -> Query:
        """The query for these rows."""
        condition = f'"{column}" = %s'
        if isinstance(value, list):
            # as text: psycopg would check each id for characters to quote
            condition, value = f'"{column}" = ANY(%s::bigint[])', f"{{{','.join(map(str, value))}}}"
        if condition not in self.texts:
            self.texts[condition] = self.sql + condition
        return self.texts[condition], [value]


@lru_cache(maxsize=512)
def _of_page(rows: str, page: str, by: str) -> str:
    columns = [*(f"key{number}" for number in range(1, len(by.split(",")))), "pk", "part"]
    return (
        f"WITH page ({', '.join(columns)}) AS MATERIALIZED ({page}) SELECT page.*, shown.* FROM page "
        f'CROSS JOIN LATERAL ({rows}"id" = page.pk) AS shown ORDER BY {by}'
    )


def read_tree(text: str) -> Tree:
    """`a,b.c,b.d` as {"a": {}, "b": {"c": {}, "d": {}}}."""
    tree: Tree = {}
    for path in text.split(","):
        branch = tree
        for name in path.strip().split("."):
            branch = branch.setdefault(name, {})
    return tree


@lru_cache(maxsize=256)
def statement(
    serializer: Any,
    fields: str,
    expand: str,
    in_full: tuple[str, ...] | None,
    columns: tuple[str, ...],
    sight: Sight,
    parts: tuple[str, ...] | None = None,
) -> Statement:
    """The statement that reads a resource with the requested `fields` and `expand`. Raises ValidationError (400).

    `in_full`: what a single record expands by default; None for a list. `parts`: for new records, the lists that are
    not empty.
    """
    for name, value in (("fields", fields), ("expand", expand)):
        if len(value) > MAX_SHAPE or value.count(".") > 20:
            raise ValidationError({name: [ErrorDetail(f"At most {MAX_SHAPE} characters and 20 dots.", "max_length")]})
    pick = read_tree(fields) if fields else None
    tree: Tree = {name: {} for name in in_full or () if pick is None or name in pick}
    tree |= read_tree(expand) if expand else {}
    wrong = serializer.check_trees(pick, tree, lists=int(in_full is None))
    if wrong:
        raise ValidationError(wrong)
    return Statement(serializer(pick=pick, expand=tree, context={"sight": sight, "parts": parts}), columns)
