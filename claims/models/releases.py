"""What records that can be in preparation share: from when they are public, and the triggers that keep that consistent.

A public record must not point to one that isn't: readers would see a name that is not for them. Triggers refuse it from
both ends, whenever either end changes; after a change, at the end of the transaction, so that several records can be
released in any order. A write that refers to a record locks it (FOR KEY SHARE); one that changes from when a record is
public locks that record (FOR UPDATE). So of two writes, each valid alone, the later one sees the earlier.

Moments are compared, so that a record under embargo may point to one that becomes public no later.
"""

import pgtrigger
from django.contrib.postgres.functions import TransactionNow
from django.db import models

from claims.models.base import Record
from claims.models.triggers import refuse

#: a moment after all others, for records that will never be public by themselves
NEVER = "'infinity'::timestamptz"


class Released(Record):
    """A record that is public from a moment on; in preparation without one, under embargo until then."""

    public_from = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        db_default=TransactionNow(),
        help_text="Everybody sees it from this moment on; empty while it is in preparation.",
    )

    class Meta:
        abstract = True


def _too_early(pointing: str, target: str) -> str:
    """SQL: a row would be public before the one that it points to; never true if the first is in preparation."""
    return f"coalesce({target}.public_from, {NEVER}) > greatest({pointing}.public_from, now())"


def _refuse_pointing(model: str, field: str, target: str, label: str) -> str:
    """PL/pgSQL that refuses rows in `r` (a subquery or transition table) whose `field` points to a hidden record."""
    name = {"actor": "name", "source": "title"}[target]
    refusal = refuse(
        f"{model}_{field}_public",
        field,
        f"'“' || hidden || '” ({label}) is in preparation or under embargo for longer; release it first.'",
    )
    return f"""
            PERFORM 1 FROM claims_{target} t WHERE t.id IN (
                SELECT r.{field}_id FROM {{rows}} r WHERE r.public_from IS NOT NULL
            ) ORDER BY t.id FOR KEY SHARE;
            SELECT t.{name} INTO hidden FROM {{rows}} r JOIN claims_{target} t ON t.id = r.{field}_id
            WHERE r.public_from IS NOT NULL AND {_too_early("r", "t")} LIMIT 1;
            IF FOUND THEN
                {refusal}
            END IF;
    """


def points_to_public(model: str, references: dict[str, tuple[str, str]]) -> list[pgtrigger.Trigger]:
    """The triggers of a model whose foreign keys may not point from public to hidden.

    `references`: field → the model it refers to, and what to call that record in messages.
    """
    checks = "".join(_refuse_pointing(model, field, *target) for field, target in references.items())
    columns = [f"{field}_id" for field in references]
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in (*columns, "public_from"))
    given = " OR ".join(f"r.{name} IS NOT NULL" for name in columns)
    return [
        pgtrigger.Trigger(
            name="points_to_public_on_insert",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            referencing=pgtrigger.Referencing(new="new_rows"),
            declare=[("hidden", "TEXT")],
            func=f"""
            PERFORM 1 FROM new_rows r WHERE {given} LIMIT 1;
            IF NOT FOUND THEN
                RETURN NULL;
            END IF;
            {checks.format(rows="new_rows")}
            RETURN NULL;
            """,
        ),
        pgtrigger.Trigger(
            name="points_to_public_on_update",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf(*columns, "public_from"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition(f"NEW.public_from IS NOT NULL AND ({changed})"),
            declare=[("hidden", "TEXT")],
            func=f"""
            {checks.format(rows=f"(SELECT * FROM claims_{model} WHERE id = NEW.id)")}
            RETURN NULL;
            """,
        ),
    ]


def relies_on_shown(scope: str) -> str:
    """PL/pgSQL that checks the verdicts whose ids the query `scope` returns (the function is in migration 0006): a
    public one must not rely on evidence in preparation, and the position of record on a public claim must be public."""
    return f"PERFORM claims_check_reliance(ARRAY({scope}));"


def stays_public(model: str, referrers: dict[tuple[str, str], str], verdicts: str = "") -> pgtrigger.Trigger:
    """Refuse that a record is public later, or no longer, while something public points to it.

    `referrers`: (model, foreign key) → the words for it. `verdicts`: SQL for the ids of the verdicts that rely on it.
    """
    checks = ""
    for (other, field), words in referrers.items():
        refusal = refuse(
            f"{other}_{field}_public", "public_from", f"'It cannot be taken back: {words} “' || pointing || '”.'"
        )
        name = {"actor": "name", "source": "title"}[other]
        checks += f"""
            SELECT r.{name} INTO pointing FROM claims_{other} r
            WHERE r.{field}_id = NEW.id AND r.public_from IS NOT NULL AND {_too_early("r", "NEW")} LIMIT 1;
            IF FOUND THEN
                {refusal}
            END IF;
        """
    if verdicts:
        checks += relies_on_shown(verdicts)
    return pgtrigger.Trigger(
        name="stays_public",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("public_from"),
        timing=pgtrigger.Deferred,
        condition=pgtrigger.Condition("OLD.public_from IS DISTINCT FROM NEW.public_from"),
        declare=[("pointing", "TEXT")],
        func=f"""
            -- waits for writes that are about to refer to it, and sees them afterwards
            PERFORM 1 FROM claims_{model} WHERE id = NEW.id FOR UPDATE;
            SELECT public_from INTO NEW.public_from FROM claims_{model} WHERE id = NEW.id;
            {checks}
            RETURN NULL;
        """,
    )
