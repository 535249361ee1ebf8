"""Triggers of verdicts. What they check at commit is in `claims.models.publication`."""

import pgtrigger

from claims.models.publication import check_publication
from claims.models.releases import relies_on_shown
from claims.models.triggers import refuse, refuse_changes

SUPERSEDES = "A verdict can supersede only an earlier one by the same issuer on the same claim."
OWN_EVIDENCE = "A verdict can rely only on evidence on its own claim."
STAYS = "A verdict that has been published cannot move to another claim; add a new verdict on that claim."
KEEPS = "A verdict that has been published keeps its word; supersede it instead."
STAYS_FOR_GOOD = "A verdict that has been published cannot be deleted; withdraw or supersede it."
SUBMITTED = "This verdict is submitted: it can change only after it has been returned."
DECIDED = "Which verdict is the position of record is decided when a verdict is published, superseded or withdrawn."
TAKES_OVER = (
    "This verdict supersedes the position of record and takes its place: leave this field out or set it to true."
)
SUPERSEDED = "A later published verdict supersedes this one; withdraw that one first."
UNPUBLISHED = "The verdict that this one supersedes was never published; change that one instead."
NOBODY_ELSE = "Nobody else has read a verdict that is added as published: second_reader must be false."
KIND_MISSING = "Say what kind of reason there is to supersede the other verdict."
_REFUSE_VERDICT_SUPERSEDES_EARLIER = refuse("verdict_supersedes_earlier", "supersedes", f"'{SUPERSEDES}'")
_REFUSE_VERDICT_MOVE = refuse("verdict_evidence_same_claim", "claim", f"'{OWN_EVIDENCE}'")
_REFUSE_VERDICT_STAYS = refuse("verdict_published_stays", "claim", f"'{STAYS}'")
_REFUSE_VERDICT_TAKES_OVER = refuse("verdict_takes_over", "of_record", f"'{TAKES_OVER}'")
_REFUSE_VERDICT_SUPERSEDED = refuse("verdict_superseded", "of_record", f"'{SUPERSEDED}'")
_REFUSE_STATE = refuse(
    "verdict_state_order",
    "state",
    "'A verdict that is ' || OLD.state || ' cannot become ' || NEW.state || '.'",
)
_REFUSE_VERDICT_STAYS_FOR_GOOD = refuse("verdict_published_kept", "state", f"'{STAYS_FOR_GOOD}'")
_REFUSE_OF_RECORD_DECIDED = refuse("verdict_of_record_decided", "of_record", f"'{DECIDED}'")
_REFUSE_UNPUBLISHED = refuse("verdict_supersedes_published", "supersedes", f"'{UNPUBLISHED}'")
_REFUSE_KIND_MISSING = refuse("verdict_reason_kind_given", "reason_kind", f"'{KIND_MISSING}'")
_REFUSE_DELETION_SUBMITTED = refuse("verdict_submitted", "state", f"'{SUBMITTED}'")
_REFUSE_OWN = refuse("verdict_second_reader", "second_reader", f"'{NOBODY_ELSE}'")

#: what a reader must be able to rely on, frozen once it was published: column → field
FROZEN = {
    "status": "status",
    "rationale": "rationale",
    "label": "label",
    "supersedes_id": "supersedes",
    "reason": "reason",
    "reason_kind": "reason_kind",
    "drafted_by_id": "drafted_by",
    "published_by_id": "published_by",
    "second_reader": "second_reader",
    "published_at": "published_at",
}
#: frozen while it is submitted
WRITTEN = {
    "claim_id": "claim",
    "status": "status",
    "rationale": "rationale",
    "label": "label",
    "url": "url",
    "issued": "issued",
    "supersedes_id": "supersedes",
    "reason": "reason",
    "reason_kind": "reason_kind",
}
WITHDRAWAL = {"withdrawal": "withdrawal", "withdrawal_kind": "withdrawal_kind"}


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
    """The triggers that order the states of verdicts, protect published ones, and set the status of their claims."""
    return [
        _states(),
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
                    WHERE o.id = n.id OR o.claim_id <> n.claim_id OR o.issuer_id <> n.issuer_id
                        OR (o.revision >= n.revision AND n.revision > 0)
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
            # in the statement that publishes the other, so that the claim always has a verdict of record
            name="gives_way",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.UpdateOf("state", "of_record", "supersedes_id"),
            condition=pgtrigger.Condition("NEW.state = 'published'"),
            func=f"""
                IF NEW.of_record THEN
                    IF EXISTS (
                        SELECT 1 FROM claims_verdict WHERE supersedes_id = NEW.id AND published_at IS NOT NULL
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
        pgtrigger.Trigger(
            name="kept",
            when=pgtrigger.Before,
            operation=pgtrigger.Delete,
            condition=pgtrigger.Condition("OLD.published_at IS NOT NULL OR OLD.state = 'submitted'"),
            func=f"""
                IF OLD.state = 'submitted' THEN
                    {_REFUSE_DELETION_SUBMITTED}
                END IF;
                {_REFUSE_VERDICT_STAYS_FOR_GOOD}
            """,
        ),
        pgtrigger.Trigger(
            # of the state, too: another trigger sets the moment, which a statement need not name
            name="publication",
            when=pgtrigger.After,
            operation=pgtrigger.Insert | pgtrigger.UpdateOf("state", "published_at", "issuer_id"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition("NEW.published_at IS NOT NULL"),
            func=f"{check_publication('NEW.id')} RETURN NULL;",
        ),
        relies_on_shown_on_insert("SELECT id FROM new_values WHERE of_record"),
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


def _states() -> pgtrigger.Trigger:
    """The order of states; what publication fills in; and what a submitted or published verdict keeps."""
    return pgtrigger.Trigger(
        name="states",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        declare=[("is_new", "BOOLEAN")],
        func=f"""
            IF TG_OP = 'UPDATE' AND OLD.state <> NEW.state AND NOT (
                (OLD.state IN ('draft', 'returned') AND NEW.state = 'submitted')
                OR (OLD.state = 'submitted' AND NEW.state IN ('returned', 'published'))
                OR (OLD.state IN ('draft', 'returned') AND NEW.state = 'published' AND NOT NEW.second_reader)
                OR (OLD.state = 'published' AND NEW.state = 'withdrawn')
            ) THEN
                {_REFUSE_STATE}
            END IF;
            IF TG_OP = 'UPDATE' AND OLD.state = 'submitted' THEN
                {refuse_changes(WRITTEN, "verdict_submitted", SUBMITTED)}
            END IF;
            IF TG_OP = 'INSERT' THEN
                -- the first author, whoever the statement names
                NEW.created_by_id := coalesce(claims_writer(), NEW.created_by_id);
            END IF;
            IF NEW.state NOT IN ('published', 'withdrawn') THEN
                NEW.published_at := NULL;
                NEW.published_by_id := NULL;
                NEW.revision := 0;
            ELSIF TG_OP = 'INSERT' THEN
                is_new := true;
                IF NEW.second_reader AND claims_writer() IS NOT NULL THEN
                    {_REFUSE_OWN}
                END IF;
                NEW.published_at := coalesce(NEW.published_at, now());
            ELSIF OLD.published_at IS NULL THEN
                is_new := true;
                NEW.published_at := now();
                NEW.published_by_id := coalesce(claims_writer(), NEW.published_by_id);
                IF NEW.issued = '' THEN
                    NEW.issued := to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD');
                END IF;
            END IF;
            IF is_new THEN
                IF NEW.revision = 0 THEN
                    NEW.revision := 1 + coalesce((
                        SELECT max(revision) FROM claims_verdict
                        WHERE claim_id = NEW.claim_id AND issuer_id = NEW.issuer_id
                    ), 0);
                END IF;
                IF NEW.supersedes_id IS NOT NULL THEN
                    IF NEW.reason_kind = '' THEN
                        {_REFUSE_KIND_MISSING}
                    END IF;
                    PERFORM 1 FROM claims_verdict
                    WHERE id = NEW.supersedes_id AND published_at IS NULL AND id <> NEW.id;
                    IF FOUND THEN
                        {_REFUSE_UNPUBLISHED}
                    END IF;
                END IF;
            END IF;
            IF TG_OP = 'INSERT' THEN
                RETURN NEW;
            END IF;
            -- only a merge of actors gives it another issuer, and with that perhaps another number
            IF (OLD.state = 'submitted' OR OLD.published_at IS NOT NULL) AND NOT EXISTS (
                SELECT 1 FROM claims_actor WHERE id = OLD.issuer_id AND merged_into_id = NEW.issuer_id
            ) THEN
                IF OLD.published_at IS NULL THEN
                    {refuse_changes({"issuer_id": "issuer"}, "verdict_submitted", SUBMITTED)}
                ELSE
                    {refuse_changes({"issuer_id": "issuer", "revision": "revision"}, "verdict_frozen", KEEPS)}
                END IF;
            END IF;
            IF OLD.published_at IS NOT NULL THEN
                IF OLD.claim_id <> NEW.claim_id THEN
                    {_REFUSE_VERDICT_STAYS}
                END IF;
                {refuse_changes(FROZEN, "verdict_frozen", KEEPS)}
                IF OLD.state = 'withdrawn' THEN
                    {refuse_changes(WITHDRAWAL, "verdict_frozen", KEEPS)}
                END IF;
                IF OLD.of_record <> NEW.of_record AND NEW.state = 'published' AND pg_trigger_depth() = 1 THEN
                    {_REFUSE_OF_RECORD_DECIDED}
                END IF;
                NEW.on_earlier_words := NEW.on_earlier_words OR OLD.on_earlier_words;
            END IF;
            RETURN NEW;
        """,
    )


def relies_on_shown_on_insert(verdicts: str) -> pgtrigger.Trigger:
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
