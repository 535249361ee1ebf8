"""Triggers that hold what a published verdict was about, and let it change only as a rewording."""

import pgtrigger

from claims.models.triggers import refuse, refuse_changes

#: what a verdict is about: column → field
CLAIM_WORDS = {"text": "text", "context": "context"}
EVIDENCE_WORDS = {
    "stance": "stance",
    "summary": "summary",
    "source_id": "source",
    "snapshot_id": "snapshot",
    "start": "start",
    "end": "end",
    "locator": "locator",
}
#: the hash of the words at a span is all that is known of them if the text is not held
HASHED = EVIDENCE_WORDS | {"quote_sha256": "quote_sha256"}
HELD = "A verdict was published on this, so it changes only as a rewording: give the kind of reason and the reason."
NOT_HELD = "No verdict was published on these words; change them without a rewording."
UNCHANGED = "These are the same words as before, so there is nothing to reword."
CLAIM_HAS_VERDICT = (
    "SELECT 1 FROM claims_verdict v JOIN claims_publication p ON p.verdict_id = v.id WHERE v.claim_id = {claim}"
)
EVIDENCE_HAS_VERDICT = (
    "SELECT 1 FROM claims_verdictevidence l JOIN claims_publication p ON p.verdict_id = l.verdict_id "
    "WHERE l.evidence_id = {evidence}"
)
REFUSE_CHANGE = refuse("rewording_kept", "reason", "'A rewording is kept as it is.'")
_REFUSE_NOT_HELD = refuse("rewording_needed", "rewording", f"'{NOT_HELD}'")
_REFUSE_UNCHANGED = refuse("rewording_changes", "rewording", f"'{UNCHANGED}'")


def held_words(model: str, words: dict[str, str]) -> pgtrigger.Trigger:
    """Refuse that the words of a claim or a piece of evidence change without a rewording, if a verdict on them was ever
    published. A publication locks both (FOR SHARE), so that they can't change at the same time."""
    changed = [f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in words]
    has_verdict = CLAIM_HAS_VERDICT.format(claim="NEW.id")
    rewording = "claim_id = NEW.id AND evidence_id IS NULL"
    if model == "evidence":
        has_verdict = EVIDENCE_HAS_VERDICT.format(evidence="NEW.id")
        rewording = "claim_id = NEW.claim_id AND evidence_id = NEW.id"
    return pgtrigger.Trigger(
        name="words_held",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf(*words),
        condition=pgtrigger.Condition(" OR ".join(changed)),
        func=f"""
            IF EXISTS ({has_verdict}) AND NOT EXISTS (
                SELECT 1 FROM claims_rewording WHERE {rewording} AND new_version = NEW.version
            ) THEN
                {refuse_changes(words, f"{model}_words_held", HELD)}
            END IF;
            RETURN NULL;
        """,
    )


def fill_in() -> pgtrigger.Trigger:
    """Fill in the earlier words, and whether readers have seen them."""
    return pgtrigger.Trigger(
        name="fill_in",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        declare=[("held", "RECORD"), ("is_public", "BOOLEAN")],
        func=f"""
            IF NEW.evidence_id IS NULL THEN
                SELECT * INTO held FROM claims_claim WHERE id = NEW.claim_id FOR NO KEY UPDATE;
                IF NOT EXISTS ({CLAIM_HAS_VERDICT.format(claim="NEW.claim_id")}) THEN
                    {_REFUSE_NOT_HELD}
                END IF;
                NEW.earlier := jsonb_build_object('text', held.text, 'context', held.context);
                NEW.source_id := NULL;
                NEW.snapshot_id := NULL;
                is_public := held.public_from <= now();
            ELSE
                SELECT * INTO held FROM claims_evidence WHERE id = NEW.evidence_id FOR NO KEY UPDATE;
                IF NOT EXISTS ({EVIDENCE_HAS_VERDICT.format(evidence="NEW.evidence_id")}) THEN
                    {_REFUSE_NOT_HELD}
                END IF;
                NEW.claim_id := held.claim_id;
                NEW.earlier := jsonb_build_object(
                    'stance', held.stance, 'summary', held.summary, 'locator', held.locator,
                    'start', held.start, 'end', held."end", 'quote_sha256', held.quote_sha256
                );
                NEW.source_id := held.source_id;
                NEW.snapshot_id := held.snapshot_id;
                is_public := held.public_from <= now()
                    AND (SELECT public_from <= now() FROM claims_claim WHERE id = held.claim_id)
                    AND (SELECT public_from <= now() FROM claims_source WHERE id = held.source_id)
                    AND (held.snapshot_id IS NULL
                        OR (SELECT public_from <= now() FROM claims_snapshot WHERE id = held.snapshot_id));
            END IF;
            NEW.new_version := held.version + 1;
            -- readers see none of the words from before the record was public
            NEW.public_from := CASE WHEN is_public THEN now() END;
            RETURN NEW;
        """,
    )


def is_a_change() -> pgtrigger.Trigger:
    """Refuse a rewording after which the words are as before."""
    same_words = " AND ".join(f"c.{column} = NEW.earlier ->> '{column}'" for column in CLAIM_WORDS)
    same_evidence = " AND ".join(
        f'e."{column}" IS NOT DISTINCT FROM NEW."{column}"'
        if column in ("source_id", "snapshot_id")
        else f"e.\"{column}\"::text IS NOT DISTINCT FROM NEW.earlier ->> '{column}'"
        for column in HASHED
    )
    return pgtrigger.Trigger(
        name="is_a_change",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        timing=pgtrigger.Deferred,
        func=f"""
            IF (NEW.evidence_id IS NULL AND EXISTS (
                SELECT 1 FROM claims_claim c WHERE c.id = NEW.claim_id
                    AND (c.version < NEW.new_version OR (c.version = NEW.new_version AND {same_words}))
            )) OR (NEW.evidence_id IS NOT NULL AND EXISTS (
                SELECT 1 FROM claims_evidence e WHERE e.id = NEW.evidence_id
                    AND (e.version < NEW.new_version OR (e.version = NEW.new_version AND {same_evidence}))
            )) THEN
                {_REFUSE_UNCHANGED}
            END IF;
            RETURN NULL;
        """,
    )


def marks_verdicts() -> pgtrigger.Trigger:
    """Mark the verdicts that were given on the earlier words."""
    return pgtrigger.Trigger(
        name="marks_verdicts",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        func="""
            UPDATE claims_verdict v SET on_earlier_words = true
            FROM claims_publication p
            WHERE p.verdict_id = v.id AND NOT v.on_earlier_words AND v.claim_id = NEW.claim_id
                AND (NEW.evidence_id IS NULL OR EXISTS (
                    SELECT 1 FROM claims_verdictevidence l WHERE l.verdict_id = v.id AND l.evidence_id = NEW.evidence_id
                ));
            RETURN NULL;
        """,
    )
