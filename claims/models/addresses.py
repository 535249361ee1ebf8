"""Triggers that record former addresses (`claims.models.former`) and reserve their slugs.

They run after the write, not before. If a write had to wait in the unique index for another one to release a slug, it
then sees where that slug leads.
"""

from dataclasses import dataclass

import pgtrigger

from claims.models.triggers import refuse

#: transition tables of statement-level triggers, and the same for row-level triggers
_INSERTED, _DELETED = "new_rows", "old_rows"
_BEFORE, _AFTER = "(SELECT OLD.*)", "(SELECT NEW.*)"


@dataclass(frozen=True)
class _Names:
    """SQL for one model. `wikidata`: its records also have a Wikidata id; `merges`: they can be merged; `releases`:
    they can be in preparation."""

    kind: str
    wikidata: bool
    merges: bool
    releases: bool

    @property
    def columns(self) -> list[str]:
        return ["slug", "wikidata_id"] if self.wikidata else ["slug"]

    @property
    def shown(self) -> str:
        """From when a name is public that a record in `r` loses: null if that record isn't public itself."""
        return "CASE WHEN r.public_from <= now() THEN r.public_from END" if self.releases else "now()"

    def current(self, row: str) -> str:
        """A condition: the row owns its names. Those of a merged record lead to another one."""
        return f"{row}.merged_into_id IS NULL" if self.merges else "true"

    def refuse_taken(self, rows: str) -> str:
        """Refuse a slug in `rows` that once named another record."""
        refusal = refuse(
            f"{self.kind}_slug_former",
            "slug",
            f"'This slug once belonged to another {self.kind} and is reserved for it; choose another.'",
            detail="'Key (slug)=(' || taken || ') is a former address.'",
        )
        return f"""
            SELECT r.slug INTO taken FROM {rows} r
            JOIN claims_formeraddress f ON f.kind = '{self.kind}' AND f.name = r.slug
            WHERE f.{self.kind}_id IS DISTINCT FROM r.id AND f.former_id IS DISTINCT FROM r.id LIMIT 1;
            IF FOUND THEN
                {refusal}
            END IF;
        """

    def forget(self, rows: str) -> str:
        """Delete former addresses that are names of records in `rows` again."""
        names = ", ".join(f"r.{column}" for column in self.columns)
        return f"""
            DELETE FROM claims_formeraddress f USING {rows} r
            WHERE f.kind = '{self.kind}' AND f.name IN ({names}) AND {self.current("r")};
        """

    def keep(self, rows: str, leads: str, where: str = "true") -> str:
        """Record the names in `rows` that no record owns any longer as former addresses that lead to `leads`."""
        return "".join(
            f"""
            INSERT INTO claims_formeraddress (kind, name, former_id, {self.kind}_id, public_from)
            SELECT DISTINCT ON (r.{column}) '{self.kind}', r.{column}, r.id, {leads}, {self.shown} FROM {rows} r
            WHERE r.{column} <> '' AND {where} AND NOT EXISTS (
                SELECT 1 FROM claims_{self.kind} t WHERE t.{column} = r.{column} AND {self.current("t")}
            )
            ORDER BY r.{column}, r.id
            ON CONFLICT (name, kind) DO UPDATE SET {self.kind}_id = EXCLUDED.{self.kind}_id,
                public_from = coalesce(claims_formeraddress.public_from, EXCLUDED.public_from);
            """
            for column in self.columns
        )

    def lead_on(self) -> str:
        """Redirect the former addresses of an actor, and of those merged into it, after it was merged or unmerged."""
        return f"""
            UPDATE claims_formeraddress f SET {self.kind}_id = NEW.id
            WHERE f.kind = '{self.kind}' AND (f.{self.kind}_id = NEW.id OR f.former_id IN (
                WITH RECURSIVE below AS (
                    SELECT NEW.id AS id
                    UNION
                    SELECT t.id FROM claims_{self.kind} t JOIN below ON t.merged_into_id = below.id
                )
                SELECT below.id FROM below
            ));
        """


def keeps_addresses(
    kind: str, *, wikidata: bool = False, merges: bool = False, releases: bool = True
) -> list[pgtrigger.Trigger]:
    """The triggers of a model with a slug. `wikidata`: it also has a Wikidata id; `merges`: it can be merged;
    `releases`: it can be in preparation."""
    names = _Names(kind, wikidata, merges, releases)
    return [_on_insert(names), _on_update(names), _on_delete(names)]


def _on_insert(names: _Names) -> pgtrigger.Trigger:
    merged = f"""
        IF EXISTS (SELECT 1 FROM {_INSERTED} r WHERE r.merged_into_id IS NOT NULL) THEN
            {names.keep(_INSERTED, "r.merged_into_id")}
        END IF;
    """
    columns = ", ".join(f"r.{column}" for column in names.columns)
    return pgtrigger.Trigger(
        name="address_on_insert",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new=_INSERTED),
        declare=[("taken", "TEXT")],
        func=f"""
            PERFORM 1 FROM {_INSERTED} r
            JOIN claims_formeraddress f ON f.kind = '{names.kind}' AND f.name IN ({columns}) LIMIT 1;
            IF FOUND THEN
                {names.refuse_taken(_INSERTED)}
                {names.forget(_INSERTED)}
            END IF;
            {merged if names.merges else ""}
            RETURN NULL;
        """,
    )


def _on_update(names: _Names) -> pgtrigger.Trigger:
    merging = f"""
        {names.keep(_AFTER, "r.id")}
        IF OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id THEN
            {names.lead_on()}
        END IF;
    """
    columns = [*names.columns, *(["merged_into_id"] if names.merges else [])]
    return pgtrigger.Trigger(
        name="address_on_update",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf(*columns),
        condition=pgtrigger.Condition(" OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in columns)),
        declare=[("taken", "TEXT")],
        func=f"""
            {names.refuse_taken(_AFTER)}
            {names.forget(_AFTER)}
            {names.keep(_BEFORE, "r.id")}
            {merging if names.merges else ""}
            RETURN NULL;
        """,
    )


def _on_delete(names: _Names) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="address_on_delete",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Delete,
        referencing=pgtrigger.Referencing(old=_DELETED),
        func=f"""
            UPDATE claims_formeraddress f SET {names.kind}_id = NULL FROM {_DELETED} r WHERE f.{names.kind}_id = r.id;
            {names.keep(_DELETED, "NULL::bigint", names.current("r"))}
            RETURN NULL;
        """,
    )
