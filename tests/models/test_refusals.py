"""Database errors are reported under the same field in every language of the server."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import IntegrityError
from django.db.models import UniqueConstraint

from claims.models.refusals import (
    FOREIGN_KEY_VIOLATION,
    UNIQUE_VIOLATION,
    constraints,
    field_of,
    refusal_of,
)

#: "Key (column)=(value) …", as servers with other `lc_messages` write it
SENTENCES = [
    "Key {} already exists.",
    "Schlüssel »{}« existiert bereits.",
    "La clé « {} » existe déjà.",
    'Ключ "{}" уже существует.',
    "キー{}はすでに存在します。",
    '键值"{}" 已经存在',
    '"{}" anahtarı zaten mevcut.',
]


def refused(sqlstate: str, key: str, *, table: str | None = None, constraint: str | None = None) -> Any:
    """An error as psycopg raises it, with the detail in each server language in turn."""
    for sentence in SENTENCES:
        cause = Exception()
        cause.sqlstate = sqlstate  # type: ignore[attr-defined]
        cause.diag = SimpleNamespace(  # type: ignore[attr-defined]
            sqlstate=sqlstate,
            constraint_name=constraint,
            table_name=table,
            column_name=None,
            message_primary="…",
            message_detail=sentence.format(key),
        )
        error = IntegrityError()
        error.__cause__ = cause
        yield refusal_of(error)


UNIQUE = [c for c in constraints().values() if isinstance(c, UniqueConstraint)]


@pytest.mark.parametrize("constraint", UNIQUE, ids=lambda c: c.name)
def test_a_unique_constraint_is_reported_under_its_field(constraint: UniqueConstraint) -> None:
    """With one column or several, and whatever the value contains."""
    columns = ", ".join(f"{name}_id" if name in ("claim", "user") else name for name in constraint.fields)
    for found in refused(UNIQUE_VIOLATION, f"({columns})=((note)=(5), 6)", constraint=constraint.name):
        assert (found.field or NON_FIELD_ERRORS) == field_of(constraint)
        assert found.code == constraint.name
        assert found.message == constraint.violation_error_message
        assert not found.is_rule


def test_some_unique_constraints_have_several_columns() -> None:
    assert [c for c in UNIQUE if len(c.fields) > 1]


@pytest.mark.parametrize(
    ("table", "key", "field"),
    [
        ("claims_assertion", "(speaker_id)=(5)", "speaker"),
        ("claims_actor", "(wikidata_id)=(Q1)", "wikidata_id"),
        ("claims_assertion", '("end")=(5)', "end"),
        ("claims_assertion", "(source_id, snapshot_id)=(5, 6)", None),
        ("claims_assertion", "(lower(note))=((note)=(x))", None),
        ("claims_assertion", "(id)=(5)", None),  # of a record that is deleted while others refer to it
        (None, "(speaker_id)=(5)", None),
    ],
)
def test_the_field_of_an_undeclared_constraint(table: str | None, key: str, field: str | None) -> None:
    for found in refused(FOREIGN_KEY_VIOLATION, key, table=table, constraint="some_fk"):
        assert found.field == field
        assert found.message
