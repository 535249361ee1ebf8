"""Write batches: many rows in one statement, sent as one JSON document that the database expands into rows.

The statements are the same for one row and for a thousand, and are compiled once per model. Triggers and constraints
apply as usual; `save()` is not called, `fill_all()` is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Field, GeneratedField, Model, UniqueConstraint
from django.db.models.expressions import DatabaseDefault
from django.db.models.fields import NOT_PROVIDED
from django.db.models.sql import Query as ModelQuery
from django.utils import timezone

from claims.models.base import Record
from claims.models.fields import CanonicalMixin
from claims.models.refusals import constraints, error_of
from claimsdb.postgresql.joined import Query
from claimsdb.postgresql.prepared import fetch_joined, fetch_prepared

#: errors by field, as models report them
Errors = dict[str, list[Any]]


@cache
def _columns(model: type[Model]) -> list[Field[Any, Any]]:
    """The columns that are written: no primary key, generated column, or column that the database sets."""
    own = (f for f in model._meta.concrete_fields if not f.primary_key and not isinstance(f, GeneratedField))
    return [f for f in own if f.db_default is NOT_PROVIDED or f.editable]


@cache
def _new_columns(model: type[Model]) -> list[Field[Any, Any]]:
    """The columns of a new row, which also say from when it is public."""
    return _columns(model) + [f for f in model._meta.concrete_fields if f.name == "public_from"]


#: values that most fields store as they are
PLAIN = frozenset({str, int, bool, type(None)})


def _as_json(records: Iterable[Model], columns: Sequence[Field[Any, Any]]) -> str:
    return orjson.dumps([{f.column: _stored(f, getattr(r, f.attname)) for f in columns} for r in records]).decode()


def _stored(field: Field[Any, Any], value: Any) -> Any:
    """The value that the database stores for that of a field."""
    if type(value) in PLAIN and not isinstance(field, CanonicalMixin):
        return value
    # the default of a moment is the present one
    return "now" if isinstance(value, DatabaseDefault) else field.get_db_prep_save(value, connection)


def _rows(table: str) -> str:
    """SQL for the rows of the JSON document, numbered from 1 by `ordinality`."""
    return f'json_populate_recordset(NULL::"{table}", %s::json) WITH ORDINALITY'


@cache
def _insert(model: type[Model], *, with_ids: bool) -> str:
    table, names = model._meta.db_table, ", ".join(f'"{f.column}"' for f in _written(model, with_ids=with_ids))
    chosen = f"SELECT {names}, %s::int FROM {_rows(table)} ORDER BY ordinality"
    return f'INSERT INTO "{table}" ({names}, created_by_id) {chosen}'


@cache
def _written(model: type[Model], *, with_ids: bool) -> list[Field[Any, Any]]:
    return [model._meta.pk, *_new_columns(model)] if with_ids else _new_columns(model)


def new_ids(model: type[Model], number: int) -> Query:
    """A query for as many ids of new records, one per row."""
    table = model._meta.db_table
    sequence = f"""SELECT pg_get_serial_sequence('"{table}"', 'id')::regclass AS ids OFFSET 0"""
    return f"SELECT nextval(s.ids) FROM ({sequence}) s, generate_series(1, %s::int)", [number]


def inserting(model: type[Model], records: Sequence[Model], created_by: int | None, *, with_ids: bool = False) -> Query:
    """A query that inserts records of one model in the given order, with `created_by` (a user's id). With `with_ids`
    under the ids that they have."""
    document = _as_json(records, _written(model, with_ids=with_ids))
    return _insert(model, with_ids=with_ids), [created_by, document]


def insert(model: type[Model], records: Sequence[Model], created_by: int | None) -> None:
    """Insert records of one model in the given order, with `created_by` (a user's id)."""
    if records:
        fetch_joined([inserting(model, records, created_by)])


def update(
    model: type[Model], records: Sequence[Model], touched: Collection[int] = (), kept: Collection[str] = ()
) -> None:
    """Update existing records, all columns except those in `kept`. Records whose ids are in `touched` count as changed
    even if none of their own columns changed."""
    if not records:
        return
    columns: list[Any] = [f for f in _columns(model) if f.name not in kept] + [model._meta.get_field("updated_at")]
    now = timezone.now()
    for record in records:
        if record.pk in touched:
            record.updated_at = now  # type: ignore[attr-defined]  # the trigger sets the time itself
    table = model._meta.db_table
    names = ", ".join(f'"{f.column}" = r."{f.column}"' for f in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{table}" SET {names} FROM {_rows(table)} r WHERE "{table}".id = r.id',
            [_as_json(records, [model._meta.pk, *columns])],
        )


@cache
def _rules(model: type[Model]) -> dict[str, str]:
    """The check constraints of a model: name → SQL expression, from the database's catalog."""
    ours = {constraint.name for constraint in model._meta.constraints}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE conrelid = %s::regclass "
            "AND contype = 'c'",
            [model._meta.db_table],
        )
        return {name: rule for name, rule in cursor if name in ours}


def broken_rules(model: type[Model], records: Sequence[Model]) -> list[Errors]:
    """For each record, errors for the check constraints that it would break, by field."""
    rules, table = _rules(model), model._meta.db_table
    if not rules or not records:
        return [{} for _ in records]
    tests = ", ".join(f"({rule}) IS FALSE" for rule in rules.values())
    with connection.cursor() as cursor:
        # the catalog has % unescaped
        sql = f"SELECT {tests} FROM {_rows(table)}".replace("%", "%%").replace("%%s::json", "%s::json")
        cursor.execute(f"{sql} ORDER BY ordinality", [_as_json(records, _new_columns(model))])
        found = cursor.fetchall()
    broken: list[Errors] = []
    for row in found:
        errors: Errors = {}
        for name, is_broken in zip(rules, row, strict=True):
            if is_broken:
                for field, found_errors in error_of(constraints()[name], code=name).items():
                    errors.setdefault(field, []).extend(found_errors)
        broken.append(errors)
    return broken


def taken(model: type[Record], records: Sequence[Any], slug_given: Collection[int]) -> list[Errors]:
    """For each record, errors for the unique constraints that it would break, by field: another row, or a record
    before it, has the same values.

    `slug_given`: indexes of the records whose slug was not generated, and so is not known to be free.
    """
    errors: list[Errors] = [{} for _ in records]
    for constraint in _unique(model):
        of_slug = constraint.fields == ("slug",)
        places = [i for i in range(len(records)) if not of_slug or i in slug_given]
        if constraint.condition is not None:
            found = {i for i in places if not _is_free(constraint, model, records[i])}
        elif constraint.expressions:
            found = _by_index(constraint, model, records, places)
        else:
            found = _repeats(constraint, model, records, places) | _in_table(constraint, model, records, places)
        for i in found:
            _report(errors[i], constraint)
    return errors


def repeated(model: type[Record], records: Sequence[Any], parent: str) -> list[Errors]:
    """For each record, errors for the unique constraints that it would break because of the records before it, by
    field. All the records will have the same value in the field `parent`."""
    errors: list[Errors] = [{} for _ in records]
    everywhere = range(len(records) if len(records) > 1 else 0)
    for constraint in _unique(model):
        if constraint.expressions:
            found = _by_index(constraint, model, records, everywhere)
        else:
            found = _repeats(constraint, model, records, everywhere, parent)
        for i in found:
            _report(errors[i], constraint)
    return errors


def _unique(model: type[Model]) -> list[UniqueConstraint]:
    return [c for c in model._meta.constraints if isinstance(c, UniqueConstraint)]


def _report(errors: Errors, constraint: UniqueConstraint) -> None:
    for field, found in error_of(constraint).items():
        errors.setdefault(field, []).extend(found)


def _is_free(constraint: UniqueConstraint, model: type[Model], record: Model) -> bool:
    try:
        constraint.validate(model, record)
    except ValidationError:
        return False
    return True


@cache
def _same_in_index(constraint_name: str, model: type[Model]) -> str:
    query = ModelQuery(model, alias_cols=False)
    compiler = query.get_compiler(connection=connection)
    named: Any = constraints()[constraint_name]
    found = [compiler.compile(expression.resolve_expression(query)) for expression in named.expressions]
    expressions = [(n, sql % params) for n, (sql, params) in enumerate(found)]
    keys = ", ".join(f"{expression} AS key{n}" for n, expression in expressions)
    names = ", ".join(f"key{n}" for n, _ in expressions)
    table = model._meta.db_table
    sql = (
        f"WITH new AS MATERIALIZED (SELECT ordinality, id, {keys} FROM {_rows(table)}) "
        f'SELECT n.ordinality FROM new n JOIN (SELECT id, {keys} FROM "{table}") o '
        f"USING ({names}) WHERE o.id IS DISTINCT FROM n.id UNION SELECT ordinality FROM (SELECT ordinality, "
        f"row_number() OVER (PARTITION BY {names} ORDER BY ordinality) AS n FROM new) t WHERE n > 1"
    )
    return sql


def _by_index(
    constraint: UniqueConstraint, model: type[Model], records: Sequence[Any], places: Sequence[int]
) -> set[int]:
    """Indexes of the records that are equal, in an index on expressions, to another row or to an earlier record."""
    if not places:
        return set()
    columns = [model._meta.pk, *_columns(model)]
    found = fetch_prepared(_same_in_index(constraint.name, model), [_as_json([records[i] for i in places], columns)])
    return {places[number - 1] for (number,) in found}


def _fields(constraint: UniqueConstraint, model: type[Model]) -> list[Field[Any, Any]]:
    return [model._meta.get_field(name) for name in constraint.fields]  # type: ignore[misc]


def _repeats(
    constraint: UniqueConstraint, model: type[Model], records: Sequence[Any], places: Iterable[int], same: str = ""
) -> set[int]:
    """Indexes of the records whose values an earlier record has. `same`: a field that is equal in all of them."""
    seen, found = set(), set()
    fields = [f for f in _fields(constraint, model) if f.name != same]
    for i in places:
        values = tuple(getattr(records[i], f.attname) for f in fields)
        if None in values and constraint.nulls_distinct is not False:
            continue
        if values in seen:
            found.add(i)
        seen.add(values)
    return found


def _in_table(constraint: UniqueConstraint, model: type[Model], records: Sequence[Any], places: list[int]) -> set[int]:
    """Indexes of the records whose values another row of the table has."""
    if not places:
        return set()
    table, fields = model._meta.db_table, _fields(constraint, model)
    same = " AND ".join(
        f'o."{f.column}" = r."{f.column}"'
        if not f.null or constraint.nulls_distinct is not False
        else f'o."{f.column}" IS NOT DISTINCT FROM r."{f.column}"'
        for f in fields
    )
    sql = f'SELECT ordinality FROM {_rows(table)} r JOIN "{table}" o ON {same} WHERE o.id IS DISTINCT FROM r.id'
    found = fetch_prepared(sql, [_as_json([records[i] for i in places], [model._meta.pk, *fields])])
    return {places[number - 1] for (number,) in found}
