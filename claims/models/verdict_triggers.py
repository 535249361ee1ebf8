"""Triggers of verdicts and of their links to evidence."""

import pgtrigger

from claims.models.releases import relies_on_shown
from claims.models.triggers import refuse

SUPERSEDES = "A verdict can supersede only an earlier one by the same issuer on the same claim."
OWN_EVIDENCE = "A verdict can rely only on evidence on its own claim."
STAYS = "A verdict that has been published cannot move to another claim; add a new verdict on that claim."
TAKES_OVER = (
    "This verdict supersedes the position of record and takes its place: leave this field out or set it to true."
)
SUPERSEDED = "A later published verdict supersedes this one; withdraw that one first."
_REFUSE_VERDICT_SUPERSEDES_EARLIER = refuse("verdict_supersedes_earlier", "supersedes", f"'{SUPERSEDES}'")
_REFUSE_VERDICT_EVIDENCE_SAME_CLAIM = refuse("verdict_evidence_same_claim", "evidence", f"'{OWN_EVIDENCE}'")
_REFUSE_VERDICT_MOVE = refuse("verdict_evidence_same_claim", "claim", f"'{OWN_EVIDENCE}'")
_REFUSE_VERDICT_STAYS = refuse("verdict_published_stays", "claim", f"'{STAYS}'")
_REFUSE_VERDICT_TAKES_OVER = refuse("verdict_takes_over", "of_record", f"'{TAKES_OVER}'")
_REFUSE_VERDICT_SUPERSEDED = refuse("verdict_superseded", "of_record", f"'{SUPERSEDED}'")

#: Sets the status of all claims in `touched` at once: row by row, bulk loads would take ever longer.
_SET_STATUS = """
    IF pg_trigger_depth() > 1 THEN
        RETURN NULL; -- a verdict is being superseded: the status is set for its successor
    END IF;
    UPDATE claims_claim c SET status = d.status
    FROM (
        SELECT t.claim_id, coalesce(v.status, 'unverified') AS status
        FROM ({touched}) t
        LEFT JOIN claims_verdict v ON v.claim_id = t.claim_id AND v.of_record
    ) d
    WHERE c.id = d.claim_id AND c.status <> d.status;
    RETURN NULL;
"""
_OLD = "SELECT claim_id FROM old_values WHERE of_record"
_NEW = "SELECT claim_id FROM new_values WHERE of_record"


def verdict_triggers() -> list[pgtrigger.Trigger]:
    """The triggers that number verdicts, protect published ones, and set the status of their claims."""
    return [
        pgtrigger.Trigger(
            name="number",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            condition=pgtrigger.Condition("NEW.revision = 0"),
            func="""
                NEW.revision := 1 + coalesce((
                    SELECT max(revision) FROM claims_verdict
                    WHERE claim_id = NEW.claim_id AND issuer_id = NEW.issuer_id
                ), 0);
                RETURN NEW;
            """,
        ),
        pgtrigger.Trigger(
            # deferred, so that both can change together: merging actors changes their issuer
            name="supersedes_earlier",
            when=pgtrigger.After,
            operation=pgtrigger.Insert | pgtrigger.UpdateOf("supersedes_id", "claim_id", "issuer_id", "revision"),
            timing=pgtrigger.Deferred,
            func=f"""
                IF EXISTS (
                    SELECT 1 FROM (
                        SELECT id, supersedes_id FROM claims_verdict WHERE id = NEW.id
                        UNION ALL SELECT id, supersedes_id FROM claims_verdict WHERE supersedes_id = NEW.id
                    ) pair
                    JOIN claims_verdict n ON n.id = pair.id
                    JOIN claims_verdict o ON o.id = pair.supersedes_id
                    WHERE o.claim_id <> n.claim_id OR o.issuer_id <> n.issuer_id OR o.revision >= n.revision
                ) THEN
                    {_REFUSE_VERDICT_SUPERSEDES_EARLIER}
                END IF;
                RETURN NULL;
            """,
        ),
        pgtrigger.Trigger(
            name="evidence_stays",
            when=pgtrigger.Before,
            operation=pgtrigger.UpdateOf("claim_id"),
            condition=pgtrigger.Condition("OLD.claim_id <> NEW.claim_id"),
            func=f"""
                IF EXISTS (SELECT 1 FROM claims_verdictevidence WHERE verdict_id = NEW.id) THEN
                    {_REFUSE_VERDICT_MOVE}
                END IF;
                RETURN NEW;
            """,
        ),
        pgtrigger.Trigger(
            name="published_stays",
            when=pgtrigger.Before,
            operation=pgtrigger.UpdateOf("claim_id"),
            condition=pgtrigger.Condition("OLD.claim_id <> NEW.claim_id"),
            func=f"""
                IF OLD.state = 'published' OR OLD.published_by_id IS NOT NULL OR EXISTS (
                    SELECT 1 FROM claims_verdictevent WHERE pgh_obj_id = OLD.id AND state = 'published'
                ) THEN
                    {_REFUSE_VERDICT_STAYS}
                END IF;
                RETURN NEW;
            """,
        ),
        pgtrigger.Trigger(
            # in the statement that publishes the other, so that the claim always has a verdict of record
            name="gives_way",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.UpdateOf("state", "of_record", "supersedes_id"),
            condition=pgtrigger.Condition("NEW.state = 'published'"),
            func=f"""
                IF NEW.of_record THEN
                    IF EXISTS (
                        SELECT 1 FROM claims_verdict WHERE supersedes_id = NEW.id AND state = 'published'
                    ) THEN
                        {_REFUSE_VERDICT_SUPERSEDED}
                    END IF;
                    UPDATE claims_verdict SET of_record = false WHERE id = NEW.supersedes_id AND of_record;
                ELSIF EXISTS (SELECT 1 FROM claims_verdict WHERE id = NEW.supersedes_id AND of_record) THEN
                    {_REFUSE_VERDICT_TAKES_OVER}
                END IF;
                RETURN NEW;
            """,
        ),
        _relies_on_shown_on_insert("SELECT id FROM new_values WHERE of_record"),
        pgtrigger.Trigger(
            name="relies_on_shown_on_update",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("state", "of_record", "claim_id", "issuer_id"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition(
                "NEW.state = 'published' AND (OLD.state <> NEW.state OR OLD.of_record <> NEW.of_record "
                "OR OLD.claim_id <> NEW.claim_id OR OLD.issuer_id <> NEW.issuer_id)"
            ),
            func=f"""
                {relies_on_shown("SELECT NEW.id")}
                RETURN NULL;
            """,
        ),
        pgtrigger.Trigger(
            name="status_when_given",
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            level=pgtrigger.Statement,
            referencing=pgtrigger.Referencing(new="new_values"),
            func=_SET_STATUS.format(touched=_NEW),
        ),
        pgtrigger.Trigger(
            name="status_when_changed",
            when=pgtrigger.After,
            operation=pgtrigger.Update,
            level=pgtrigger.Statement,
            referencing=pgtrigger.Referencing(old="old_values", new="new_values"),
            func=_SET_STATUS.format(touched=f"{_OLD} UNION {_NEW}"),
        ),
        pgtrigger.Trigger(
            name="status_when_deleted",
            when=pgtrigger.After,
            operation=pgtrigger.Delete,
            level=pgtrigger.Statement,
            referencing=pgtrigger.Referencing(old="old_values"),
            func=_SET_STATUS.format(touched=_OLD),
        ),
    ]


def _relies_on_shown_on_insert(verdicts: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="relies_on_shown_on_insert",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="new_values"),
        func=f"""
                {relies_on_shown(verdicts)}
                RETURN NULL;
            """,
    )


def links_to_shown() -> list[pgtrigger.Trigger]:
    """Refuse that a public verdict relies on evidence in preparation."""
    return [
        _relies_on_shown_on_insert("SELECT DISTINCT verdict_id FROM new_values"),
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
