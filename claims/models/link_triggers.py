"""Triggers of the links between verdicts and evidence."""

import pgtrigger

from claims.models.publication import check_publication
from claims.models.releases import relies_on_shown
from claims.models.triggers import refuse
from claims.models.verdict_triggers import OWN_EVIDENCE, SUBMITTED, relies_on_shown_on_insert

_REFUSE_VERDICT_EVIDENCE_SAME_CLAIM = refuse("verdict_evidence_same_claim", "evidence", f"'{OWN_EVIDENCE}'")
_REFUSE_LINKS_SUBMITTED = refuse("verdict_submitted", "evidence", f"'{SUBMITTED}'")
#: the link leads to another verdict, or to other evidence
_OTHER = pgtrigger.Condition("OLD.verdict_id <> NEW.verdict_id OR OLD.evidence_id <> NEW.evidence_id")


def links_to_shown() -> list[pgtrigger.Trigger]:
    """Refuse that a public verdict relies on evidence in preparation."""
    return [
        relies_on_shown_on_insert("SELECT DISTINCT verdict_id FROM new_values"),
        pgtrigger.Trigger(
            name="relies_on_shown_on_update",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("verdict_id", "evidence_id"),
            func=f"""
                {relies_on_shown("SELECT NEW.verdict_id")}
                RETURN NULL;
            """,
        ),
    ]


def same_claim() -> pgtrigger.Trigger:
    """Refuse evidence on another claim than the verdict's."""
    return pgtrigger.Trigger(
        name="same_claim",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        # lock both, so that neither can move to another claim at the same time
        func=f"""
            PERFORM 1 FROM claims_verdict WHERE id = NEW.verdict_id FOR SHARE;
            PERFORM 1 FROM claims_evidence WHERE id = NEW.evidence_id FOR SHARE;
            IF EXISTS (
                SELECT 1 FROM claims_verdict v, claims_evidence e
                WHERE v.id = NEW.verdict_id AND e.id = NEW.evidence_id AND v.claim_id <> e.claim_id
            ) THEN
                {_REFUSE_VERDICT_EVIDENCE_SAME_CLAIM}
            END IF;
            RETURN NEW;
        """,
    )


def links_kept() -> list[pgtrigger.Trigger]:
    """Refuse that a submitted verdict, or one that was published, relies on other evidence than before."""
    return [
        pgtrigger.Trigger(
            name="submitted_on_insert",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            func=f"""
                {_refuse_submitted("NEW.verdict_id")}
                -- who ticked it, whoever the statement names
                NEW.created_by_id := coalesce(claims_writer(), NEW.created_by_id);
                RETURN NEW;
            """,
        ),
        pgtrigger.Trigger(
            name="submitted_on_delete",
            when=pgtrigger.Before,
            operation=pgtrigger.Delete,
            func=f"{_refuse_submitted('OLD.verdict_id')} RETURN OLD;",
        ),
        pgtrigger.Trigger(
            name="submitted_on_update",
            when=pgtrigger.Before,
            operation=pgtrigger.UpdateOf("verdict_id", "evidence_id"),
            condition=_OTHER,
            func=f"{_refuse_submitted('OLD.verdict_id, NEW.verdict_id')} RETURN NEW;",
        ),
        pgtrigger.Trigger(
            name="kept_on_insert",
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            timing=pgtrigger.Deferred,
            func=f"{check_publication('NEW.verdict_id')} RETURN NULL;",
        ),
        pgtrigger.Trigger(
            name="kept_on_delete",
            when=pgtrigger.After,
            operation=pgtrigger.Delete,
            timing=pgtrigger.Deferred,
            func=f"{check_publication('OLD.verdict_id')} RETURN NULL;",
        ),
        pgtrigger.Trigger(
            # a link can also move from one verdict to another
            name="kept_on_update",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("verdict_id", "evidence_id"),
            timing=pgtrigger.Deferred,
            condition=_OTHER,
            func=f"{check_publication('OLD.verdict_id')} {check_publication('NEW.verdict_id')} RETURN NULL;",
        ),
    ]


def _refuse_submitted(verdicts: str) -> str:
    """PL/pgSQL that refuses a change of the links if one of the verdicts (SQL expressions for their ids) is submitted.
    They are locked, so that they can't be submitted at the same time."""
    return f"""
        PERFORM 1 FROM claims_verdict WHERE id IN ({verdicts}) ORDER BY id FOR SHARE;
        PERFORM 1 FROM claims_verdict WHERE id IN ({verdicts}) AND state = 'submitted';
        IF FOUND THEN
            {_REFUSE_LINKS_SUBMITTED}
        END IF;
    """
