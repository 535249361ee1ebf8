"""Triggers for rules that a check constraint can't express; each raises a named check violation.

The error has PostgreSQL's constraint, column and message fields, so that the API can report the field at fault however
the row was written.
"""

import pgtrigger
from django.db import models


class StoredChange(pgtrigger.Condition):
    """True if a stored column changed. Generated columns are excluded: they have no value yet in a BEFORE trigger."""

    sql = "of the model's fields, when resolved"

    def resolve(self, model: type[models.Model]) -> str:
        generated = [f.name for f in model._meta.fields if isinstance(f, models.GeneratedField)]
        return pgtrigger.AnyChange(exclude=generated).resolve(model)


def refuse(constraint: str, column: str, message: str, detail: str = "") -> str:
    """PL/pgSQL that raises the error; `message` and `detail` are SQL expressions."""
    return (
        f"RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = '{constraint}', "
        f"COLUMN = '{column}', TABLE = TG_TABLE_NAME, {detail and f'DETAIL = {detail}, '}MESSAGE = {message};"
    )


def refuse_changes(columns: dict[str, str], constraint: str, message: str) -> str:
    """PL/pgSQL that raises the error, at the field, if one of the columns changes. `columns`: column → field."""
    cases = " ".join(
        f"""WHEN OLD."{column}" IS DISTINCT FROM NEW."{column}" THEN '{field}'""" for column, field in columns.items()
    )
    any_changed = " OR ".join(f"""OLD."{column}" IS DISTINCT FROM NEW."{column}\"""" for column in columns)
    refusal = refuse(constraint, "", f"'{message}'").replace("COLUMN = ''", f"COLUMN = CASE {cases} END")
    return f"IF {any_changed} THEN {refusal} END IF;"


def touch() -> pgtrigger.Trigger:
    """Increment `version` and set `updated_at` on every update; keep `created_at` and `created_by`."""
    return pgtrigger.Trigger(
        name="touch",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=StoredChange(),
        func="""
            NEW.version := OLD.version + 1;
            NEW.updated_at := clock_timestamp();
            NEW.created_at := OLD.created_at;
            NEW.created_by_id := OLD.created_by_id;
            RETURN NEW;
        """,
    )


def no_cycle(table: str, field: str) -> pgtrigger.Trigger:
    """Refuse a parent that is the row itself or one of its descendants.

    Updates take one lock per tree, because two concurrent updates, each valid alone, could form a cycle together.
    """
    column = f"{field}_id"
    constraint = f"{table.removeprefix('claims_')}_{field}_no_cycle"
    cycle_error = refuse(constraint, field, f"'“{field.replace('_', ' ')}” leads back to the record itself.'")
    return pgtrigger.Trigger(
        name=f"{field}_no_cycle",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf(column),
        condition=pgtrigger.Condition(f"NEW.{column} IS NOT NULL"),
        func=f"""
            IF TG_OP = 'UPDATE' THEN
                PERFORM pg_advisory_xact_lock(hashtext('{constraint}'));
            END IF;
            IF EXISTS (
                WITH RECURSIVE above AS (
                    SELECT NEW.{column} AS id
                    UNION
                    SELECT t.{column} FROM {table} t JOIN above ON t.id = above.id
                    WHERE t.{column} IS NOT NULL
                )
                SELECT 1 FROM above WHERE id = NEW.id
            ) THEN
                {cycle_error}
            END IF;
            RETURN NEW;
        """,
    )


def span_in_snapshot(model: str, *, has_source: bool = True) -> pgtrigger.Trigger:
    """Compare a span with its snapshot: same source, within the text, and the hash of the exact words.

    If the text is held, a missing hash is filled in; otherwise the hash is required. The snapshot is locked, so that
    its text can't be added at the same time. `has_source`: the row also has a `source`.
    """
    name = f"{model}_span"
    other_source = refuse(f"{name}_same_source", "snapshot", "'The snapshot belongs to another source.'")
    same_source = f"IF NEW.source_id <> held.source_id THEN {other_source} END IF;" if has_source else ""
    beyond = refuse(
        f"{name}_within",
        "end",
        """'The span ends at ' || NEW."end" || ', but the snapshot has ' || held.length || ' code points.'""",
    )
    no_hash = refuse(
        f"{name}_hash_given",
        "quote_sha256",
        "'The text of this snapshot is not held here, so the SHA-256 of the words is required.'",
    )
    other_hash = refuse(
        f"{name}_hash",
        "quote_sha256",
        """'The words at ' || NEW.start || '–' || NEW."end" || ' have a different SHA-256: ' || digest || '.'""",
    )
    return pgtrigger.Trigger(
        name="span_in_snapshot",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        condition=pgtrigger.Condition("NEW.snapshot_id IS NOT NULL"),
        declare=[("held", "RECORD"), ("digest", "TEXT")],
        func=f"""
            SELECT s.source_id, s.length, s.text INTO held
            FROM claims_snapshot s WHERE s.id = NEW.snapshot_id FOR SHARE;
            IF NOT FOUND THEN
                RETURN NEW;
            END IF;
            {same_source}
            IF NEW.start IS NULL OR NEW."end" IS NULL OR NEW."end" <= NEW.start THEN
                RETURN NEW; -- left to the check constraints
            END IF;
            IF NEW."end" > held.length THEN
                {beyond}
            END IF;
            IF held.text IS NULL THEN
                IF NEW.quote_sha256 = '' THEN
                    {no_hash}
                END IF;
                RETURN NEW;
            END IF;
            digest := encode(sha256(convert_to(
                substr(held.text, NEW.start + 1, NEW."end" - NEW.start), 'UTF8')), 'hex');
            IF NEW.quote_sha256 = '' THEN
                NEW.quote_sha256 := digest;
            ELSIF NEW.quote_sha256 <> digest THEN
                {other_hash}
            END IF;
            RETURN NEW;
        """,
    )
