"""Records in preparation: from when each is public, and the triggers that keep public records from pointing to others.

Records that exist are public. The columns have constant defaults, so no table is rewritten. Columns and triggers are
added by statements of our own: an operation for each would render the models again for each, which takes a minute.
"""

from typing import Any

import django.contrib.postgres.functions
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


#: tables with `public_from`, each with the table of its history
RELEASED = ("actor", "claim", "evidence", "formeraddress", "snapshot", "source")

COLUMNS: list[Any] = [
    *(
        f'ALTER TABLE claims_{name}{suffix} ADD COLUMN public_from timestamptz DEFAULT CURRENT_TIMESTAMP'
        for name in RELEASED
        for suffix in ("", "event")
    ),
    "ALTER TABLE claims_evidence ADD COLUMN confidential boolean NOT NULL DEFAULT false",
    "ALTER TABLE claims_evidenceevent ADD COLUMN confidential boolean NOT NULL DEFAULT false",
    "ALTER TABLE claims_evidence ADD CONSTRAINT evidence_confidential_hidden "
    "CHECK (NOT confidential OR public_from IS NULL)",
]
NO_COLUMNS: list[Any] = [
    "ALTER TABLE claims_evidence DROP COLUMN confidential",
    "ALTER TABLE claims_evidenceevent DROP COLUMN confidential",
    *(
        f'ALTER TABLE claims_{name}{suffix} DROP COLUMN public_from'
        for name in RELEASED
        for suffix in ("", "event")
    ),
]

CHECK_RELIANCE = """
CREATE FUNCTION claims_check_reliance(verdicts bigint[]) RETURNS void LANGUAGE plpgsql AS $$
-- Refuses, among these verdicts, a public one that relies on evidence in preparation, and a position of record on a public
-- claim whose issuer is in preparation: the status of the claim would show it. What they rely on is locked first.
DECLARE
    hidden record;
BEGIN
    IF cardinality(verdicts) = 0 THEN
        RETURN;
    END IF;
    PERFORM 1 FROM claims_claim c WHERE c.id IN (
        SELECT v.claim_id FROM unnest(verdicts) r (id) JOIN claims_verdict v ON v.id = r.id
        WHERE v.state = 'published'
    ) ORDER BY c.id FOR KEY SHARE;
    PERFORM 1 FROM claims_actor a WHERE a.id IN (
        SELECT v.issuer_id FROM unnest(verdicts) r (id) JOIN claims_verdict v ON v.id = r.id
        WHERE v.state = 'published'
    ) ORDER BY a.id FOR KEY SHARE;
    PERFORM 1 FROM claims_evidence e WHERE e.id IN (
        SELECT l.evidence_id FROM unnest(verdicts) r (id) JOIN claims_verdictevidence l ON l.verdict_id = r.id
    ) ORDER BY e.id FOR KEY SHARE;
    PERFORM 1 FROM claims_source s WHERE s.id IN (
        SELECT e.source_id FROM unnest(verdicts) r (id) JOIN claims_verdictevidence l ON l.verdict_id = r.id
        JOIN claims_evidence e ON e.id = l.evidence_id
    ) ORDER BY s.id FOR KEY SHARE;
    PERFORM 1 FROM claims_snapshot s WHERE s.id IN (
        SELECT e.snapshot_id FROM unnest(verdicts) r (id) JOIN claims_verdictevidence l ON l.verdict_id = r.id
        JOIN claims_evidence e ON e.id = l.evidence_id
    ) ORDER BY s.id FOR KEY SHARE;
    SELECT c.text, a.name INTO hidden
    FROM unnest(verdicts) r (id)
    JOIN claims_verdict v ON v.id = r.id AND v.of_record
    JOIN claims_claim c ON c.id = v.claim_id
    JOIN claims_actor a ON a.id = v.issuer_id
    WHERE c.public_from IS NOT NULL
        AND coalesce(a.public_from, 'infinity'::timestamptz) > greatest(c.public_from, now())
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'verdict_issuer_public', COLUMN = 'issuer',
            TABLE = 'claims_verdict', MESSAGE = '“' || hidden.name || '” issues the position of record on the public claim “'
            || hidden.text || '”, but is in preparation or under embargo for longer; release it first.';
    END IF;
    SELECT l.verdict_id, l.evidence_id, s.title, coalesce(s.public_from, 'infinity'::timestamptz) >= moments.shown AS of_source
    INTO hidden
    FROM unnest(verdicts) r (id)
    JOIN claims_verdict v ON v.id = r.id AND v.state = 'published'
    JOIN claims_claim c ON c.id = v.claim_id
    JOIN claims_actor a ON a.id = v.issuer_id
    JOIN claims_verdictevidence l ON l.verdict_id = v.id
    JOIN claims_evidence e ON e.id = l.evidence_id AND NOT e.confidential
    JOIN claims_source s ON s.id = e.source_id
    LEFT JOIN claims_snapshot p ON p.id = e.snapshot_id
    CROSS JOIN LATERAL (
        SELECT greatest(
            coalesce(e.public_from, 'infinity'::timestamptz), coalesce(s.public_from, 'infinity'::timestamptz),
            CASE WHEN e.snapshot_id IS NOT NULL THEN coalesce(p.public_from, 'infinity'::timestamptz) END
        ) AS shown
    ) moments
    WHERE c.public_from IS NOT NULL AND a.public_from IS NOT NULL
        AND moments.shown > greatest(c.public_from, a.public_from, now())
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'verdict_evidence_public', COLUMN = 'evidence',
            TABLE = 'claims_verdict', MESSAGE = 'Verdict ' || hidden.verdict_id || ' is public, but relies on evidence '
            || hidden.evidence_id || ', which is in preparation'
            || CASE WHEN hidden.of_source THEN ' with its source “' || hidden.title || '”' ELSE '' END
            || '. Release it, or mark the evidence as confidential.';
    END IF;
END
$$;
"""

#: the models whose triggers change
TRIGGERS = ("actor", "claim", "evidence", "formeraddress", "snapshot", "source", "topic", "verdict", "verdictevidence")


def install(apps: Any, schema_editor: Any) -> None:
    for name in TRIGGERS:
        for trigger in apps.get_model("claims", name)._meta.triggers:
            schema_editor.execute(trigger.install_sql, params=None)


def uninstall(apps: Any, schema_editor: Any) -> None:
    for name in TRIGGERS:
        for trigger in apps.get_model("claims", name)._meta.triggers:
            schema_editor.execute(trigger.uninstall_sql, params=None)


def nothing(apps: Any, schema_editor: Any) -> None:
    pass


class Migration(migrations.Migration):

    dependencies = [
        ('claims', '0005_by_creation'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # on the way back, the triggers as they were
        migrations.RunPython(nothing, install),
        migrations.RunSQL(CHECK_RELIANCE, "DROP FUNCTION claims_check_reliance(bigint[])"),
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(COLUMNS, NO_COLUMNS)],
            [
                pgtrigger.migrations.RemoveTrigger(
                    model_name='actor',
                    name='address_on_insert',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='actor',
                    name='address_on_update',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='actor',
                    name='address_on_delete',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='actor',
                    name='update_update',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='actor',
                    name='delete_delete',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='claim',
                    name='touch',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='claim',
                    name='address_on_update',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='claim',
                    name='address_on_delete',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='claim',
                    name='update_update',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='claim',
                    name='delete_delete',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='evidence',
                    name='update_update',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='evidence',
                    name='delete_delete',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='formeraddress',
                    name='update_update',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='formeraddress',
                    name='delete_delete',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='snapshot',
                    name='update_update',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='snapshot',
                    name='delete_delete',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='source',
                    name='touch',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='source',
                    name='address_on_update',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='source',
                    name='address_on_delete',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='source',
                    name='update_update',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='source',
                    name='delete_delete',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='topic',
                    name='address_on_update',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='topic',
                    name='address_on_delete',
                ),
                migrations.AddField(
                    model_name='actor',
                    name='public_from',
                    field=models.DateTimeField(blank=True, db_default=django.contrib.postgres.functions.TransactionNow(), editable=False, help_text='Everybody sees it from this moment on; empty while it is in preparation.', null=True),
                ),
                migrations.AddField(
                    model_name='actorevent',
                    name='public_from',
                    field=models.DateTimeField(blank=True, db_default=django.contrib.postgres.functions.TransactionNow(), editable=False, help_text='Everybody sees it from this moment on; empty while it is in preparation.', null=True),
                ),
                migrations.AddField(
                    model_name='claim',
                    name='public_from',
                    field=models.DateTimeField(blank=True, db_default=django.contrib.postgres.functions.TransactionNow(), editable=False, help_text='Everybody sees it from this moment on; empty while it is in preparation.', null=True),
                ),
                migrations.AddField(
                    model_name='claimevent',
                    name='public_from',
                    field=models.DateTimeField(blank=True, db_default=django.contrib.postgres.functions.TransactionNow(), editable=False, help_text='Everybody sees it from this moment on; empty while it is in preparation.', null=True),
                ),
                migrations.AddField(
                    model_name='evidence',
                    name='confidential',
                    field=models.BooleanField(db_default=False, default=False, help_text='Never public. A public verdict that relies on it says that it relies on confidential evidence.'),
                ),
                migrations.AddField(
                    model_name='evidence',
                    name='public_from',
                    field=models.DateTimeField(blank=True, db_default=django.contrib.postgres.functions.TransactionNow(), editable=False, help_text='Everybody sees it from this moment on; empty while it is in preparation.', null=True),
                ),
                migrations.AddField(
                    model_name='evidenceevent',
                    name='confidential',
                    field=models.BooleanField(db_default=False, default=False, help_text='Never public. A public verdict that relies on it says that it relies on confidential evidence.'),
                ),
                migrations.AddField(
                    model_name='evidenceevent',
                    name='public_from',
                    field=models.DateTimeField(blank=True, db_default=django.contrib.postgres.functions.TransactionNow(), editable=False, help_text='Everybody sees it from this moment on; empty while it is in preparation.', null=True),
                ),
                migrations.AddField(
                    model_name='formeraddress',
                    name='public_from',
                    field=models.DateTimeField(blank=True, db_default=django.contrib.postgres.functions.TransactionNow(), editable=False, help_text='Everybody sees it from this moment on; empty while it is in preparation.', null=True),
                ),
                migrations.AddField(
                    model_name='formeraddressevent',
                    name='public_from',
                    field=models.DateTimeField(blank=True, db_default=django.contrib.postgres.functions.TransactionNow(), editable=False, help_text='Everybody sees it from this moment on; empty while it is in preparation.', null=True),
                ),
                migrations.AddField(
                    model_name='snapshot',
                    name='public_from',
                    field=models.DateTimeField(blank=True, db_default=django.contrib.postgres.functions.TransactionNow(), editable=False, help_text='Everybody sees it from this moment on; empty while it is in preparation.', null=True),
                ),
                migrations.AddField(
                    model_name='snapshotevent',
                    name='public_from',
                    field=models.DateTimeField(blank=True, db_default=django.contrib.postgres.functions.TransactionNow(), editable=False, help_text='Everybody sees it from this moment on; empty while it is in preparation.', null=True),
                ),
                migrations.AddField(
                    model_name='source',
                    name='public_from',
                    field=models.DateTimeField(blank=True, db_default=django.contrib.postgres.functions.TransactionNow(), editable=False, help_text='Everybody sees it from this moment on; empty while it is in preparation.', null=True),
                ),
                migrations.AddField(
                    model_name='sourceevent',
                    name='public_from',
                    field=models.DateTimeField(blank=True, db_default=django.contrib.postgres.functions.TransactionNow(), editable=False, help_text='Everybody sees it from this moment on; empty while it is in preparation.', null=True),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='actor',
                    trigger=pgtrigger.compiler.Trigger(name='address_on_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE taken TEXT;', func="\n            PERFORM 1 FROM new_rows r\n            JOIN claims_formeraddress f ON f.kind = 'actor' AND f.name IN (r.slug, r.wikidata_id) LIMIT 1;\n            IF FOUND THEN\n                \n            SELECT r.slug INTO taken FROM new_rows r\n            JOIN claims_formeraddress f ON f.kind = 'actor' AND f.name = r.slug\n            WHERE f.actor_id IS DISTINCT FROM r.id AND f.former_id IS DISTINCT FROM r.id LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'actor_slug_former', COLUMN = 'slug', TABLE = TG_TABLE_NAME, DETAIL = 'Key (slug)=(' || taken || ') is a former address.', MESSAGE = 'This slug once belonged to another actor and is reserved for it; choose another.';\n            END IF;\n        \n                \n            DELETE FROM claims_formeraddress f USING new_rows r\n            WHERE f.kind = 'actor' AND f.name IN (r.slug, r.wikidata_id) AND r.merged_into_id IS NULL;\n        \n            END IF;\n            \n        IF EXISTS (SELECT 1 FROM new_rows r WHERE r.merged_into_id IS NOT NULL) THEN\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, actor_id, public_from)\n            SELECT DISTINCT ON (r.slug) 'actor', r.slug, r.id, r.merged_into_id, CASE WHEN r.public_from <= now() THEN r.public_from END FROM new_rows r\n            WHERE r.slug <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_actor t WHERE t.slug = r.slug AND t.merged_into_id IS NULL\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET actor_id = EXCLUDED.actor_id,\n                public_from = coalesce(claims_formeraddress.public_from, EXCLUDED.public_from);\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, actor_id, public_from)\n            SELECT DISTINCT ON (r.wikidata_id) 'actor', r.wikidata_id, r.id, r.merged_into_id, CASE WHEN r.public_from <= now() THEN r.public_from END FROM new_rows r\n            WHERE r.wikidata_id <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_actor t WHERE t.wikidata_id = r.wikidata_id AND t.merged_into_id IS NULL\n            )\n            ORDER BY r.wikidata_id, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET actor_id = EXCLUDED.actor_id,\n                public_from = coalesce(claims_formeraddress.public_from, EXCLUDED.public_from);\n            \n        END IF;\n    \n            RETURN NULL;\n        ", hash='b0ebc92bff9b2b26301814764d718dc01672b504', level='STATEMENT', operation='INSERT', pgid='pgtrigger_address_on_insert_cc479', referencing='REFERENCING NEW TABLE AS new_rows ', table='claims_actor', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='actor',
                    trigger=pgtrigger.compiler.Trigger(name='address_on_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.slug IS DISTINCT FROM NEW.slug OR OLD.wikidata_id IS DISTINCT FROM NEW.wikidata_id OR OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id)', declare='DECLARE taken TEXT;', func="\n            \n            SELECT r.slug INTO taken FROM (SELECT NEW.*) r\n            JOIN claims_formeraddress f ON f.kind = 'actor' AND f.name = r.slug\n            WHERE f.actor_id IS DISTINCT FROM r.id AND f.former_id IS DISTINCT FROM r.id LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'actor_slug_former', COLUMN = 'slug', TABLE = TG_TABLE_NAME, DETAIL = 'Key (slug)=(' || taken || ') is a former address.', MESSAGE = 'This slug once belonged to another actor and is reserved for it; choose another.';\n            END IF;\n        \n            \n            DELETE FROM claims_formeraddress f USING (SELECT NEW.*) r\n            WHERE f.kind = 'actor' AND f.name IN (r.slug, r.wikidata_id) AND r.merged_into_id IS NULL;\n        \n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, actor_id, public_from)\n            SELECT DISTINCT ON (r.slug) 'actor', r.slug, r.id, r.id, CASE WHEN r.public_from <= now() THEN r.public_from END FROM (SELECT OLD.*) r\n            WHERE r.slug <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_actor t WHERE t.slug = r.slug AND t.merged_into_id IS NULL\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET actor_id = EXCLUDED.actor_id,\n                public_from = coalesce(claims_formeraddress.public_from, EXCLUDED.public_from);\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, actor_id, public_from)\n            SELECT DISTINCT ON (r.wikidata_id) 'actor', r.wikidata_id, r.id, r.id, CASE WHEN r.public_from <= now() THEN r.public_from END FROM (SELECT OLD.*) r\n            WHERE r.wikidata_id <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_actor t WHERE t.wikidata_id = r.wikidata_id AND t.merged_into_id IS NULL\n            )\n            ORDER BY r.wikidata_id, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET actor_id = EXCLUDED.actor_id,\n                public_from = coalesce(claims_formeraddress.public_from, EXCLUDED.public_from);\n            \n            \n        \n            INSERT INTO claims_formeraddress (kind, name, former_id, actor_id, public_from)\n            SELECT DISTINCT ON (r.slug) 'actor', r.slug, r.id, r.id, CASE WHEN r.public_from <= now() THEN r.public_from END FROM (SELECT NEW.*) r\n            WHERE r.slug <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_actor t WHERE t.slug = r.slug AND t.merged_into_id IS NULL\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET actor_id = EXCLUDED.actor_id,\n                public_from = coalesce(claims_formeraddress.public_from, EXCLUDED.public_from);\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, actor_id, public_from)\n            SELECT DISTINCT ON (r.wikidata_id) 'actor', r.wikidata_id, r.id, r.id, CASE WHEN r.public_from <= now() THEN r.public_from END FROM (SELECT NEW.*) r\n            WHERE r.wikidata_id <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_actor t WHERE t.wikidata_id = r.wikidata_id AND t.merged_into_id IS NULL\n            )\n            ORDER BY r.wikidata_id, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET actor_id = EXCLUDED.actor_id,\n                public_from = coalesce(claims_formeraddress.public_from, EXCLUDED.public_from);\n            \n        IF OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id THEN\n            \n            UPDATE claims_formeraddress f SET actor_id = NEW.id\n            WHERE f.kind = 'actor' AND (f.actor_id = NEW.id OR f.former_id IN (\n                WITH RECURSIVE below AS (\n                    SELECT NEW.id AS id\n                    UNION\n                    SELECT t.id FROM claims_actor t JOIN below ON t.merged_into_id = below.id\n                )\n                SELECT below.id FROM below\n            ));\n        \n        END IF;\n    \n            RETURN NULL;\n        ", hash='d90307a202261b3110ca071a0cd1c90666348242', operation='UPDATE OF "slug", "wikidata_id", "merged_into_id"', pgid='pgtrigger_address_on_update_7755a', table='claims_actor', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='actor',
                    trigger=pgtrigger.compiler.Trigger(name='address_on_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            UPDATE claims_formeraddress f SET actor_id = NULL FROM old_rows r WHERE f.actor_id = r.id;\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, actor_id, public_from)\n            SELECT DISTINCT ON (r.slug) 'actor', r.slug, r.id, NULL::bigint, CASE WHEN r.public_from <= now() THEN r.public_from END FROM old_rows r\n            WHERE r.slug <> '' AND r.merged_into_id IS NULL AND NOT EXISTS (\n                SELECT 1 FROM claims_actor t WHERE t.slug = r.slug AND t.merged_into_id IS NULL\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET actor_id = EXCLUDED.actor_id,\n                public_from = coalesce(claims_formeraddress.public_from, EXCLUDED.public_from);\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, actor_id, public_from)\n            SELECT DISTINCT ON (r.wikidata_id) 'actor', r.wikidata_id, r.id, NULL::bigint, CASE WHEN r.public_from <= now() THEN r.public_from END FROM old_rows r\n            WHERE r.wikidata_id <> '' AND r.merged_into_id IS NULL AND NOT EXISTS (\n                SELECT 1 FROM claims_actor t WHERE t.wikidata_id = r.wikidata_id AND t.merged_into_id IS NULL\n            )\n            ORDER BY r.wikidata_id, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET actor_id = EXCLUDED.actor_id,\n                public_from = coalesce(claims_formeraddress.public_from, EXCLUDED.public_from);\n            \n            RETURN NULL;\n        ", hash='d59742ec0e90eb7be3042c7878983409f67b6634', level='STATEMENT', operation='DELETE', pgid='pgtrigger_address_on_delete_5c73b', referencing='REFERENCING OLD TABLE AS old_rows ', table='claims_actor', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='actor',
                    trigger=pgtrigger.compiler.Trigger(name='points_to_public_on_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE hidden TEXT;', func="\n            PERFORM 1 FROM new_rows r WHERE r.part_of_id IS NOT NULL OR r.merged_into_id IS NOT NULL LIMIT 1;\n            IF NOT FOUND THEN\n                RETURN NULL;\n            END IF;\n            \n            PERFORM 1 FROM claims_actor t WHERE t.id IN (\n                SELECT r.part_of_id FROM new_rows r WHERE r.public_from IS NOT NULL\n            ) ORDER BY t.id FOR KEY SHARE;\n            SELECT t.name INTO hidden FROM new_rows r JOIN claims_actor t ON t.id = r.part_of_id\n            WHERE r.public_from IS NOT NULL AND coalesce(t.public_from, 'infinity'::timestamptz) > greatest(r.public_from, now()) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'actor_part_of_public', COLUMN = 'part_of', TABLE = TG_TABLE_NAME, MESSAGE = '“' || hidden || '” (the body it is part of) is in preparation or under embargo for longer; release it first.';\n            END IF;\n    \n            PERFORM 1 FROM claims_actor t WHERE t.id IN (\n                SELECT r.merged_into_id FROM new_rows r WHERE r.public_from IS NOT NULL\n            ) ORDER BY t.id FOR KEY SHARE;\n            SELECT t.name INTO hidden FROM new_rows r JOIN claims_actor t ON t.id = r.merged_into_id\n            WHERE r.public_from IS NOT NULL AND coalesce(t.public_from, 'infinity'::timestamptz) > greatest(r.public_from, now()) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'actor_merged_into_public', COLUMN = 'merged_into', TABLE = TG_TABLE_NAME, MESSAGE = '“' || hidden || '” (the actor it was merged into) is in preparation or under embargo for longer; release it first.';\n            END IF;\n    \n            RETURN NULL;\n            ", hash='eaa4dcfdabede93885224ea2b957eb04f047f121', level='STATEMENT', operation='INSERT', pgid='pgtrigger_points_to_public_on_insert_c17e5', referencing='REFERENCING NEW TABLE AS new_rows ', table='claims_actor', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='actor',
                    trigger=pgtrigger.compiler.Trigger(name='points_to_public_on_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.public_from IS NOT NULL AND (OLD.part_of_id IS DISTINCT FROM NEW.part_of_id OR OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id OR OLD.public_from IS DISTINCT FROM NEW.public_from))', constraint='CONSTRAINT', declare='DECLARE hidden TEXT;', func="\n            \n            PERFORM 1 FROM claims_actor t WHERE t.id IN (\n                SELECT r.part_of_id FROM (SELECT * FROM claims_actor WHERE id = NEW.id) r WHERE r.public_from IS NOT NULL\n            ) ORDER BY t.id FOR KEY SHARE;\n            SELECT t.name INTO hidden FROM (SELECT * FROM claims_actor WHERE id = NEW.id) r JOIN claims_actor t ON t.id = r.part_of_id\n            WHERE r.public_from IS NOT NULL AND coalesce(t.public_from, 'infinity'::timestamptz) > greatest(r.public_from, now()) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'actor_part_of_public', COLUMN = 'part_of', TABLE = TG_TABLE_NAME, MESSAGE = '“' || hidden || '” (the body it is part of) is in preparation or under embargo for longer; release it first.';\n            END IF;\n    \n            PERFORM 1 FROM claims_actor t WHERE t.id IN (\n                SELECT r.merged_into_id FROM (SELECT * FROM claims_actor WHERE id = NEW.id) r WHERE r.public_from IS NOT NULL\n            ) ORDER BY t.id FOR KEY SHARE;\n            SELECT t.name INTO hidden FROM (SELECT * FROM claims_actor WHERE id = NEW.id) r JOIN claims_actor t ON t.id = r.merged_into_id\n            WHERE r.public_from IS NOT NULL AND coalesce(t.public_from, 'infinity'::timestamptz) > greatest(r.public_from, now()) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'actor_merged_into_public', COLUMN = 'merged_into', TABLE = TG_TABLE_NAME, MESSAGE = '“' || hidden || '” (the actor it was merged into) is in preparation or under embargo for longer; release it first.';\n            END IF;\n    \n            RETURN NULL;\n            ", hash='69dd9507b5812198068b8a0993c5a909b85d7674', operation='UPDATE OF "part_of_id", "merged_into_id", "public_from"', pgid='pgtrigger_points_to_public_on_update_80d7b', table='claims_actor', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='actor',
                    trigger=pgtrigger.compiler.Trigger(name='stays_public', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.public_from IS DISTINCT FROM NEW.public_from)', constraint='CONSTRAINT', declare='DECLARE pointing TEXT;', func="\n            -- waits for writes that are about to refer to it, and sees them afterwards\n            PERFORM 1 FROM claims_actor WHERE id = NEW.id FOR UPDATE;\n            SELECT public_from INTO NEW.public_from FROM claims_actor WHERE id = NEW.id;\n            \n            SELECT r.title INTO pointing FROM claims_source r\n            WHERE r.publisher_id = NEW.id AND r.public_from IS NOT NULL AND coalesce(NEW.public_from, 'infinity'::timestamptz) > greatest(r.public_from, now()) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'source_publisher_public', COLUMN = 'public_from', TABLE = TG_TABLE_NAME, MESSAGE = 'It cannot be taken back: it is the publisher of a public source, “' || pointing || '”.';\n            END IF;\n        \n            SELECT r.name INTO pointing FROM claims_actor r\n            WHERE r.part_of_id = NEW.id AND r.public_from IS NOT NULL AND coalesce(NEW.public_from, 'infinity'::timestamptz) > greatest(r.public_from, now()) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'actor_part_of_public', COLUMN = 'public_from', TABLE = TG_TABLE_NAME, MESSAGE = 'It cannot be taken back: a public actor is part of it, “' || pointing || '”.';\n            END IF;\n        \n            SELECT r.name INTO pointing FROM claims_actor r\n            WHERE r.merged_into_id = NEW.id AND r.public_from IS NOT NULL AND coalesce(NEW.public_from, 'infinity'::timestamptz) > greatest(r.public_from, now()) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'actor_merged_into_public', COLUMN = 'public_from', TABLE = TG_TABLE_NAME, MESSAGE = 'It cannot be taken back: a public actor was merged into it, “' || pointing || '”.';\n            END IF;\n        PERFORM claims_check_reliance(ARRAY(SELECT id FROM claims_verdict WHERE issuer_id = NEW.id));\n            RETURN NULL;\n        ", hash='933b72d6d9352022222cad663cea9ce607f89399', operation='UPDATE OF "public_from"', pgid='pgtrigger_stays_public_9dc48', table='claims_actor', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='actor',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_actorevent" ("country", "created_at", "created_by_id", "description", "id", "kind", "merged_into_id", "name", "part_of_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_from", "slug", "updated_at", "version", "wikidata_id") SELECT old_values."country", old_values."created_at", old_values."created_by_id", old_values."description", old_values."id", old_values."kind", old_values."merged_into_id", old_values."name", old_values."part_of_id", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."public_from", old_values."slug", old_values."updated_at", old_values."version", old_values."wikidata_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='275de3102b0c9fbec059802094a10145974ef514', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_30599', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_actor', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='actor',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_actorevent" ("country", "created_at", "created_by_id", "description", "id", "kind", "merged_into_id", "name", "part_of_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_from", "slug", "updated_at", "version", "wikidata_id") SELECT old_values."country", old_values."created_at", old_values."created_by_id", old_values."description", old_values."id", old_values."kind", old_values."merged_into_id", old_values."name", old_values."part_of_id", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."public_from", old_values."slug", old_values."updated_at", old_values."version", old_values."wikidata_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='ab1e34fa0ff4980b76e8cae53aa1fc66df14fd8b', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_02c94', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_actor', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='claim',
                    trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."context" IS DISTINCT FROM (NEW."context") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."occurred" IS DISTINCT FROM (NEW."occurred") OR OLD."public_from" IS DISTINCT FROM (NEW."public_from") OR OLD."slug" IS DISTINCT FROM (NEW."slug") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."text" IS DISTINCT FROM (NEW."text") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."version" IS DISTINCT FROM (NEW."version"))', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='0e289369d1b0328e2f564ec67161111ef80bdcc6', operation='UPDATE', pgid='pgtrigger_touch_befcd', table='claims_claim', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='claim',
                    trigger=pgtrigger.compiler.Trigger(name='address_on_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.slug IS DISTINCT FROM NEW.slug)', declare='DECLARE taken TEXT;', func="\n            \n            SELECT r.slug INTO taken FROM (SELECT NEW.*) r\n            JOIN claims_formeraddress f ON f.kind = 'claim' AND f.name = r.slug\n            WHERE f.claim_id IS DISTINCT FROM r.id AND f.former_id IS DISTINCT FROM r.id LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_slug_former', COLUMN = 'slug', TABLE = TG_TABLE_NAME, DETAIL = 'Key (slug)=(' || taken || ') is a former address.', MESSAGE = 'This slug once belonged to another claim and is reserved for it; choose another.';\n            END IF;\n        \n            \n            DELETE FROM claims_formeraddress f USING (SELECT NEW.*) r\n            WHERE f.kind = 'claim' AND f.name IN (r.slug) AND true;\n        \n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, claim_id, public_from)\n            SELECT DISTINCT ON (r.slug) 'claim', r.slug, r.id, r.id, CASE WHEN r.public_from <= now() THEN r.public_from END FROM (SELECT OLD.*) r\n            WHERE r.slug <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_claim t WHERE t.slug = r.slug AND true\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET claim_id = EXCLUDED.claim_id,\n                public_from = coalesce(claims_formeraddress.public_from, EXCLUDED.public_from);\n            \n            \n            RETURN NULL;\n        ", hash='8d7aa1cbf62e103fc61169993659bdba83c612a6', operation='UPDATE OF "slug"', pgid='pgtrigger_address_on_update_72247', table='claims_claim', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='claim',
                    trigger=pgtrigger.compiler.Trigger(name='address_on_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            UPDATE claims_formeraddress f SET claim_id = NULL FROM old_rows r WHERE f.claim_id = r.id;\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, claim_id, public_from)\n            SELECT DISTINCT ON (r.slug) 'claim', r.slug, r.id, NULL::bigint, CASE WHEN r.public_from <= now() THEN r.public_from END FROM old_rows r\n            WHERE r.slug <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_claim t WHERE t.slug = r.slug AND true\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET claim_id = EXCLUDED.claim_id,\n                public_from = coalesce(claims_formeraddress.public_from, EXCLUDED.public_from);\n            \n            RETURN NULL;\n        ", hash='79693d87a6c75d759ebe3e2618ea363d556ed370', level='STATEMENT', operation='DELETE', pgid='pgtrigger_address_on_delete_995a3', referencing='REFERENCING OLD TABLE AS old_rows ', table='claims_claim', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='claim',
                    trigger=pgtrigger.compiler.Trigger(name='stays_public', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.public_from IS DISTINCT FROM NEW.public_from)', constraint='CONSTRAINT', declare='DECLARE pointing TEXT;', func='\n            -- waits for writes that are about to refer to it, and sees them afterwards\n            PERFORM 1 FROM claims_claim WHERE id = NEW.id FOR UPDATE;\n            SELECT public_from INTO NEW.public_from FROM claims_claim WHERE id = NEW.id;\n            PERFORM claims_check_reliance(ARRAY(SELECT id FROM claims_verdict WHERE claim_id = NEW.id));\n            RETURN NULL;\n        ', hash='79d26d54c1ef2c9e5ce6e04160f80465b0f86b06', operation='UPDATE OF "public_from"', pgid='pgtrigger_stays_public_aee2c', table='claims_claim', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='claim',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_claimevent" ("context", "created_at", "created_by_id", "id", "kind", "language", "occurred", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_from", "slug", "status", "text", "updated_at", "version") SELECT old_values."context", old_values."created_at", old_values."created_by_id", old_values."id", old_values."kind", old_values."language", old_values."occurred", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."public_from", old_values."slug", old_values."status", old_values."text", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."context" IS DISTINCT FROM (new_values."context") OR old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."created_by_id" IS DISTINCT FROM (new_values."created_by_id") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."language" IS DISTINCT FROM (new_values."language") OR old_values."occurred" IS DISTINCT FROM (new_values."occurred") OR old_values."occurred_first" IS DISTINCT FROM (new_values."occurred_first") OR old_values."occurred_last" IS DISTINCT FROM (new_values."occurred_last") OR old_values."public_from" IS DISTINCT FROM (new_values."public_from") OR old_values."slug" IS DISTINCT FROM (new_values."slug") OR old_values."status" IS DISTINCT FROM (new_values."status") OR old_values."text" IS DISTINCT FROM (new_values."text") OR old_values."updated_at" IS DISTINCT FROM (new_values."updated_at") OR old_values."version" IS DISTINCT FROM (new_values."version")) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='7bb3b14642d62ec10071c91d27922c92dd309226', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_fe4ba', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_claim', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='claim',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_claimevent" ("context", "created_at", "created_by_id", "id", "kind", "language", "occurred", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_from", "slug", "status", "text", "updated_at", "version") SELECT old_values."context", old_values."created_at", old_values."created_by_id", old_values."id", old_values."kind", old_values."language", old_values."occurred", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."public_from", old_values."slug", old_values."status", old_values."text", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='4ba79e7083344ba981b22a8243478cb2f4d79a36', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_dbf31', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_claim', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='evidence',
                    trigger=pgtrigger.compiler.Trigger(name='confidential_hides', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.confidential AND NEW.public_from IS NOT NULL)', func='NEW.public_from := NULL; RETURN NEW;', hash='176ad16cfbd4942bc5d657721760da4605936498', operation='INSERT OR UPDATE', pgid='pgtrigger_confidential_hides_9e917', table='claims_evidence', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='evidence',
                    trigger=pgtrigger.compiler.Trigger(name='stays_public', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.public_from IS DISTINCT FROM NEW.public_from)', constraint='CONSTRAINT', declare='DECLARE pointing TEXT;', func='\n            -- waits for writes that are about to refer to it, and sees them afterwards\n            PERFORM 1 FROM claims_evidence WHERE id = NEW.id FOR UPDATE;\n            SELECT public_from INTO NEW.public_from FROM claims_evidence WHERE id = NEW.id;\n            PERFORM claims_check_reliance(ARRAY(SELECT verdict_id FROM claims_verdictevidence WHERE evidence_id = NEW.id));\n            RETURN NULL;\n        ', hash='133cb3055f363c7f43e5e2310f91e3a6790d86e2', operation='UPDATE OF "public_from"', pgid='pgtrigger_stays_public_00e1d', table='claims_evidence', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='evidence',
                    trigger=pgtrigger.compiler.Trigger(name='stays_reliable', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.confidential <> NEW.confidential OR OLD.source_id <> NEW.source_id OR OLD.snapshot_id IS DISTINCT FROM NEW.snapshot_id)', constraint='CONSTRAINT', func='\n                    PERFORM 1 FROM claims_evidence WHERE id = NEW.id FOR UPDATE;\n                    PERFORM claims_check_reliance(ARRAY(SELECT verdict_id FROM claims_verdictevidence WHERE evidence_id = NEW.id));\n                    RETURN NULL;\n                ', hash='d9a9822e2b6a040b34d175db7093663ea0a5da7a', operation='UPDATE OF "confidential", "source_id", "snapshot_id"', pgid='pgtrigger_stays_reliable_f3eb5', table='claims_evidence', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='evidence',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_evidenceevent" ("claim_id", "confidential", "created_at", "created_by_id", "credibility", "end", "id", "locator", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_from", "quote_sha256", "read_on", "snapshot_id", "source_id", "stance", "start", "summary", "updated_at", "version") SELECT old_values."claim_id", old_values."confidential", old_values."created_at", old_values."created_by_id", old_values."credibility", old_values."end", old_values."id", old_values."locator", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."public_from", old_values."quote_sha256", old_values."read_on", old_values."snapshot_id", old_values."source_id", old_values."stance", old_values."start", old_values."summary", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='9bf8ac724b0df3609a452309989ed5f516fbd501', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_0cf54', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_evidence', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='evidence',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_evidenceevent" ("claim_id", "confidential", "created_at", "created_by_id", "credibility", "end", "id", "locator", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_from", "quote_sha256", "read_on", "snapshot_id", "source_id", "stance", "start", "summary", "updated_at", "version") SELECT old_values."claim_id", old_values."confidential", old_values."created_at", old_values."created_by_id", old_values."credibility", old_values."end", old_values."id", old_values."locator", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."public_from", old_values."quote_sha256", old_values."read_on", old_values."snapshot_id", old_values."source_id", old_values."stance", old_values."start", old_values."summary", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='fcb1faa0ff90973765fdde61e26d10471498e66e', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_26a0f', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_evidence', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='formeraddress',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_formeraddressevent" ("actor_id", "claim_id", "created_at", "created_by_id", "former_id", "id", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_from", "source_id", "topic_id", "updated_at", "version") SELECT old_values."actor_id", old_values."claim_id", old_values."created_at", old_values."created_by_id", old_values."former_id", old_values."id", old_values."kind", old_values."name", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."public_from", old_values."source_id", old_values."topic_id", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='72b6401acc3855d625f925b2dbeaae6ad08f03c9', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_b79b8', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_formeraddress', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='formeraddress',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_formeraddressevent" ("actor_id", "claim_id", "created_at", "created_by_id", "former_id", "id", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_from", "source_id", "topic_id", "updated_at", "version") SELECT old_values."actor_id", old_values."claim_id", old_values."created_at", old_values."created_by_id", old_values."former_id", old_values."id", old_values."kind", old_values."name", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."public_from", old_values."source_id", old_values."topic_id", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='c91b8cfd75fbe4e3c806b96d28d9af8181edb203', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_cd1ba', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_formeraddress', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='snapshot',
                    trigger=pgtrigger.compiler.Trigger(name='stays_public', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.public_from IS DISTINCT FROM NEW.public_from)', constraint='CONSTRAINT', declare='DECLARE pointing TEXT;', func='\n            -- waits for writes that are about to refer to it, and sees them afterwards\n            PERFORM 1 FROM claims_snapshot WHERE id = NEW.id FOR UPDATE;\n            SELECT public_from INTO NEW.public_from FROM claims_snapshot WHERE id = NEW.id;\n            PERFORM claims_check_reliance(ARRAY(SELECT l.verdict_id FROM claims_verdictevidence l JOIN claims_evidence e ON e.id = l.evidence_id WHERE e.snapshot_id = NEW.id));\n            RETURN NULL;\n        ', hash='70155f8dd45dd38249a0e1abcd18f22bbb2e9551', operation='UPDATE OF "public_from"', pgid='pgtrigger_stays_public_38087', table='claims_snapshot', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='snapshot',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_snapshotevent" ("captured_at", "created_at", "created_by_id", "id", "length", "media_type", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_from", "sha256", "source_id", "text", "updated_at", "version") SELECT old_values."captured_at", old_values."created_at", old_values."created_by_id", old_values."id", old_values."length", old_values."media_type", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."public_from", old_values."sha256", old_values."source_id", old_values."text", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='6941c6355e5c5ef9c43634eabefd5dada8ff8063', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_46519', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_snapshot', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='snapshot',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_snapshotevent" ("captured_at", "created_at", "created_by_id", "id", "length", "media_type", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_from", "sha256", "source_id", "text", "updated_at", "version") SELECT old_values."captured_at", old_values."created_at", old_values."created_by_id", old_values."id", old_values."length", old_values."media_type", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."public_from", old_values."sha256", old_values."source_id", old_values."text", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='25f220ce86b94a3dacc6348cb6b5249825a4fc33', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_e9f1f', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_snapshot', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='source',
                    trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."archived_url" IS DISTINCT FROM (NEW."archived_url") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."derived_from_id" IS DISTINCT FROM (NEW."derived_from_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."note" IS DISTINCT FROM (NEW."note") OR OLD."public_from" IS DISTINCT FROM (NEW."public_from") OR OLD."published" IS DISTINCT FROM (NEW."published") OR OLD."publisher_id" IS DISTINCT FROM (NEW."publisher_id") OR OLD."reliability" IS DISTINCT FROM (NEW."reliability") OR OLD."slug" IS DISTINCT FROM (NEW."slug") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."url" IS DISTINCT FROM (NEW."url") OR OLD."version" IS DISTINCT FROM (NEW."version"))', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='f22064caf3c212fc529c994125dcb1423614a7e6', operation='UPDATE', pgid='pgtrigger_touch_62497', table='claims_source', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='source',
                    trigger=pgtrigger.compiler.Trigger(name='address_on_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.slug IS DISTINCT FROM NEW.slug)', declare='DECLARE taken TEXT;', func="\n            \n            SELECT r.slug INTO taken FROM (SELECT NEW.*) r\n            JOIN claims_formeraddress f ON f.kind = 'source' AND f.name = r.slug\n            WHERE f.source_id IS DISTINCT FROM r.id AND f.former_id IS DISTINCT FROM r.id LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'source_slug_former', COLUMN = 'slug', TABLE = TG_TABLE_NAME, DETAIL = 'Key (slug)=(' || taken || ') is a former address.', MESSAGE = 'This slug once belonged to another source and is reserved for it; choose another.';\n            END IF;\n        \n            \n            DELETE FROM claims_formeraddress f USING (SELECT NEW.*) r\n            WHERE f.kind = 'source' AND f.name IN (r.slug) AND true;\n        \n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, source_id, public_from)\n            SELECT DISTINCT ON (r.slug) 'source', r.slug, r.id, r.id, CASE WHEN r.public_from <= now() THEN r.public_from END FROM (SELECT OLD.*) r\n            WHERE r.slug <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_source t WHERE t.slug = r.slug AND true\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET source_id = EXCLUDED.source_id,\n                public_from = coalesce(claims_formeraddress.public_from, EXCLUDED.public_from);\n            \n            \n            RETURN NULL;\n        ", hash='bbdd2a4a6132f7cb4b23b57c19b8ccfd4a983897', operation='UPDATE OF "slug"', pgid='pgtrigger_address_on_update_700d2', table='claims_source', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='source',
                    trigger=pgtrigger.compiler.Trigger(name='address_on_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            UPDATE claims_formeraddress f SET source_id = NULL FROM old_rows r WHERE f.source_id = r.id;\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, source_id, public_from)\n            SELECT DISTINCT ON (r.slug) 'source', r.slug, r.id, NULL::bigint, CASE WHEN r.public_from <= now() THEN r.public_from END FROM old_rows r\n            WHERE r.slug <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_source t WHERE t.slug = r.slug AND true\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET source_id = EXCLUDED.source_id,\n                public_from = coalesce(claims_formeraddress.public_from, EXCLUDED.public_from);\n            \n            RETURN NULL;\n        ", hash='63b24ec1522860d5b6eed4582adb3dd1b67f0eee', level='STATEMENT', operation='DELETE', pgid='pgtrigger_address_on_delete_6dc07', referencing='REFERENCING OLD TABLE AS old_rows ', table='claims_source', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='source',
                    trigger=pgtrigger.compiler.Trigger(name='points_to_public_on_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE hidden TEXT;', func="\n            PERFORM 1 FROM new_rows r WHERE r.publisher_id IS NOT NULL OR r.derived_from_id IS NOT NULL LIMIT 1;\n            IF NOT FOUND THEN\n                RETURN NULL;\n            END IF;\n            \n            PERFORM 1 FROM claims_actor t WHERE t.id IN (\n                SELECT r.publisher_id FROM new_rows r WHERE r.public_from IS NOT NULL\n            ) ORDER BY t.id FOR KEY SHARE;\n            SELECT t.name INTO hidden FROM new_rows r JOIN claims_actor t ON t.id = r.publisher_id\n            WHERE r.public_from IS NOT NULL AND coalesce(t.public_from, 'infinity'::timestamptz) > greatest(r.public_from, now()) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'source_publisher_public', COLUMN = 'publisher', TABLE = TG_TABLE_NAME, MESSAGE = '“' || hidden || '” (its publisher) is in preparation or under embargo for longer; release it first.';\n            END IF;\n    \n            PERFORM 1 FROM claims_source t WHERE t.id IN (\n                SELECT r.derived_from_id FROM new_rows r WHERE r.public_from IS NOT NULL\n            ) ORDER BY t.id FOR KEY SHARE;\n            SELECT t.title INTO hidden FROM new_rows r JOIN claims_source t ON t.id = r.derived_from_id\n            WHERE r.public_from IS NOT NULL AND coalesce(t.public_from, 'infinity'::timestamptz) > greatest(r.public_from, now()) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'source_derived_from_public', COLUMN = 'derived_from', TABLE = TG_TABLE_NAME, MESSAGE = '“' || hidden || '” (the work it derives from) is in preparation or under embargo for longer; release it first.';\n            END IF;\n    \n            RETURN NULL;\n            ", hash='5e3acee56eeb51a62d57081a4c8e3dad5b664795', level='STATEMENT', operation='INSERT', pgid='pgtrigger_points_to_public_on_insert_2afdb', referencing='REFERENCING NEW TABLE AS new_rows ', table='claims_source', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='source',
                    trigger=pgtrigger.compiler.Trigger(name='points_to_public_on_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.public_from IS NOT NULL AND (OLD.publisher_id IS DISTINCT FROM NEW.publisher_id OR OLD.derived_from_id IS DISTINCT FROM NEW.derived_from_id OR OLD.public_from IS DISTINCT FROM NEW.public_from))', constraint='CONSTRAINT', declare='DECLARE hidden TEXT;', func="\n            \n            PERFORM 1 FROM claims_actor t WHERE t.id IN (\n                SELECT r.publisher_id FROM (SELECT * FROM claims_source WHERE id = NEW.id) r WHERE r.public_from IS NOT NULL\n            ) ORDER BY t.id FOR KEY SHARE;\n            SELECT t.name INTO hidden FROM (SELECT * FROM claims_source WHERE id = NEW.id) r JOIN claims_actor t ON t.id = r.publisher_id\n            WHERE r.public_from IS NOT NULL AND coalesce(t.public_from, 'infinity'::timestamptz) > greatest(r.public_from, now()) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'source_publisher_public', COLUMN = 'publisher', TABLE = TG_TABLE_NAME, MESSAGE = '“' || hidden || '” (its publisher) is in preparation or under embargo for longer; release it first.';\n            END IF;\n    \n            PERFORM 1 FROM claims_source t WHERE t.id IN (\n                SELECT r.derived_from_id FROM (SELECT * FROM claims_source WHERE id = NEW.id) r WHERE r.public_from IS NOT NULL\n            ) ORDER BY t.id FOR KEY SHARE;\n            SELECT t.title INTO hidden FROM (SELECT * FROM claims_source WHERE id = NEW.id) r JOIN claims_source t ON t.id = r.derived_from_id\n            WHERE r.public_from IS NOT NULL AND coalesce(t.public_from, 'infinity'::timestamptz) > greatest(r.public_from, now()) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'source_derived_from_public', COLUMN = 'derived_from', TABLE = TG_TABLE_NAME, MESSAGE = '“' || hidden || '” (the work it derives from) is in preparation or under embargo for longer; release it first.';\n            END IF;\n    \n            RETURN NULL;\n            ", hash='0cc26ef8ae9dcfee949c201e9e3c7eed14ec8a42', operation='UPDATE OF "publisher_id", "derived_from_id", "public_from"', pgid='pgtrigger_points_to_public_on_update_00074', table='claims_source', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='source',
                    trigger=pgtrigger.compiler.Trigger(name='stays_public', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.public_from IS DISTINCT FROM NEW.public_from)', constraint='CONSTRAINT', declare='DECLARE pointing TEXT;', func="\n            -- waits for writes that are about to refer to it, and sees them afterwards\n            PERFORM 1 FROM claims_source WHERE id = NEW.id FOR UPDATE;\n            SELECT public_from INTO NEW.public_from FROM claims_source WHERE id = NEW.id;\n            \n            SELECT r.title INTO pointing FROM claims_source r\n            WHERE r.derived_from_id = NEW.id AND r.public_from IS NOT NULL AND coalesce(NEW.public_from, 'infinity'::timestamptz) > greatest(r.public_from, now()) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'source_derived_from_public', COLUMN = 'public_from', TABLE = TG_TABLE_NAME, MESSAGE = 'It cannot be taken back: a public source derives from it, “' || pointing || '”.';\n            END IF;\n        PERFORM claims_check_reliance(ARRAY(SELECT l.verdict_id FROM claims_verdictevidence l JOIN claims_evidence e ON e.id = l.evidence_id WHERE e.source_id = NEW.id));\n            RETURN NULL;\n        ", hash='9a0f4b4c74a3e6cb4e73f8bf4654d9f73b70bd7b', operation='UPDATE OF "public_from"', pgid='pgtrigger_stays_public_d4324', table='claims_source', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='source',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_sourceevent" ("archived_url", "created_at", "created_by_id", "derived_from_id", "id", "kind", "language", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_from", "published", "publisher_id", "reliability", "slug", "title", "updated_at", "url", "version") SELECT old_values."archived_url", old_values."created_at", old_values."created_by_id", old_values."derived_from_id", old_values."id", old_values."kind", old_values."language", old_values."note", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."public_from", old_values."published", old_values."publisher_id", old_values."reliability", old_values."slug", old_values."title", old_values."updated_at", old_values."url", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='4999092bd0f1d75d8a92fc99cfc32f4734618137', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_fde8d', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_source', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='source',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_sourceevent" ("archived_url", "created_at", "created_by_id", "derived_from_id", "id", "kind", "language", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_from", "published", "publisher_id", "reliability", "slug", "title", "updated_at", "url", "version") SELECT old_values."archived_url", old_values."created_at", old_values."created_by_id", old_values."derived_from_id", old_values."id", old_values."kind", old_values."language", old_values."note", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."public_from", old_values."published", old_values."publisher_id", old_values."reliability", old_values."slug", old_values."title", old_values."updated_at", old_values."url", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='8b920ba6a113705501875a8734c179d3a8ee5b36', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_249e2', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_source', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='topic',
                    trigger=pgtrigger.compiler.Trigger(name='address_on_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.slug IS DISTINCT FROM NEW.slug OR OLD.wikidata_id IS DISTINCT FROM NEW.wikidata_id)', declare='DECLARE taken TEXT;', func="\n            \n            SELECT r.slug INTO taken FROM (SELECT NEW.*) r\n            JOIN claims_formeraddress f ON f.kind = 'topic' AND f.name = r.slug\n            WHERE f.topic_id IS DISTINCT FROM r.id AND f.former_id IS DISTINCT FROM r.id LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'topic_slug_former', COLUMN = 'slug', TABLE = TG_TABLE_NAME, DETAIL = 'Key (slug)=(' || taken || ') is a former address.', MESSAGE = 'This slug once belonged to another topic and is reserved for it; choose another.';\n            END IF;\n        \n            \n            DELETE FROM claims_formeraddress f USING (SELECT NEW.*) r\n            WHERE f.kind = 'topic' AND f.name IN (r.slug, r.wikidata_id) AND true;\n        \n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, topic_id, public_from)\n            SELECT DISTINCT ON (r.slug) 'topic', r.slug, r.id, r.id, now() FROM (SELECT OLD.*) r\n            WHERE r.slug <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_topic t WHERE t.slug = r.slug AND true\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET topic_id = EXCLUDED.topic_id,\n                public_from = coalesce(claims_formeraddress.public_from, EXCLUDED.public_from);\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, topic_id, public_from)\n            SELECT DISTINCT ON (r.wikidata_id) 'topic', r.wikidata_id, r.id, r.id, now() FROM (SELECT OLD.*) r\n            WHERE r.wikidata_id <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_topic t WHERE t.wikidata_id = r.wikidata_id AND true\n            )\n            ORDER BY r.wikidata_id, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET topic_id = EXCLUDED.topic_id,\n                public_from = coalesce(claims_formeraddress.public_from, EXCLUDED.public_from);\n            \n            \n            RETURN NULL;\n        ", hash='39c72e8d927454bd73010da704aab4b45dabab90', operation='UPDATE OF "slug", "wikidata_id"', pgid='pgtrigger_address_on_update_3d40c', table='claims_topic', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='topic',
                    trigger=pgtrigger.compiler.Trigger(name='address_on_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            UPDATE claims_formeraddress f SET topic_id = NULL FROM old_rows r WHERE f.topic_id = r.id;\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, topic_id, public_from)\n            SELECT DISTINCT ON (r.slug) 'topic', r.slug, r.id, NULL::bigint, now() FROM old_rows r\n            WHERE r.slug <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_topic t WHERE t.slug = r.slug AND true\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET topic_id = EXCLUDED.topic_id,\n                public_from = coalesce(claims_formeraddress.public_from, EXCLUDED.public_from);\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, topic_id, public_from)\n            SELECT DISTINCT ON (r.wikidata_id) 'topic', r.wikidata_id, r.id, NULL::bigint, now() FROM old_rows r\n            WHERE r.wikidata_id <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_topic t WHERE t.wikidata_id = r.wikidata_id AND true\n            )\n            ORDER BY r.wikidata_id, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET topic_id = EXCLUDED.topic_id,\n                public_from = coalesce(claims_formeraddress.public_from, EXCLUDED.public_from);\n            \n            RETURN NULL;\n        ", hash='efec6ceb19af70a495f98404759dab6b6c1cd305', level='STATEMENT', operation='DELETE', pgid='pgtrigger_address_on_delete_4ecfa', referencing='REFERENCING OLD TABLE AS old_rows ', table='claims_topic', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='verdict',
                    trigger=pgtrigger.compiler.Trigger(name='relies_on_shown_on_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n                PERFORM claims_check_reliance(ARRAY(SELECT id FROM new_values WHERE of_record));\n                RETURN NULL;\n            ', hash='b0c10b97683ec982f9b1d6b3d46cd1ddd236c802', level='STATEMENT', operation='INSERT', pgid='pgtrigger_relies_on_shown_on_insert_44cca', referencing='REFERENCING NEW TABLE AS new_values ', table='claims_verdict', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='verdict',
                    trigger=pgtrigger.compiler.Trigger(name='relies_on_shown_on_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state = 'published' AND (OLD.state <> NEW.state OR OLD.of_record <> NEW.of_record OR OLD.claim_id <> NEW.claim_id OR OLD.issuer_id <> NEW.issuer_id))", constraint='CONSTRAINT', func='\n                PERFORM claims_check_reliance(ARRAY(SELECT NEW.id));\n                RETURN NULL;\n            ', hash='c4341508f0329fa3dc45537772f0a320fde7f0cd', operation='UPDATE OF "state", "of_record", "claim_id", "issuer_id"', pgid='pgtrigger_relies_on_shown_on_update_452b4', table='claims_verdict', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='verdictevidence',
                    trigger=pgtrigger.compiler.Trigger(name='relies_on_shown_on_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n                PERFORM claims_check_reliance(ARRAY(SELECT DISTINCT verdict_id FROM new_values));\n                RETURN NULL;\n            ', hash='eb2c82932c5f9913e2a9be5739fce64ca88a9c51', level='STATEMENT', operation='INSERT', pgid='pgtrigger_relies_on_shown_on_insert_4cda6', referencing='REFERENCING NEW TABLE AS new_values ', table='claims_verdictevidence', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='verdictevidence',
                    trigger=pgtrigger.compiler.Trigger(name='relies_on_shown_on_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n                PERFORM claims_check_reliance(ARRAY(SELECT NEW.verdict_id));\n                RETURN NULL;\n            ', hash='bde069387a82f37a2007c775a9cbf9ad5f68a548', operation='UPDATE OF "verdict_id", "evidence_id"', pgid='pgtrigger_relies_on_shown_on_update_f06e2', table='claims_verdictevidence', when='AFTER')),
                ),
                migrations.AddConstraint(
                    model_name='evidence',
                    constraint=models.CheckConstraint(condition=models.Q(('confidential', False), ('public_from__isnull', True), _connector='OR'), name='evidence_confidential_hidden', violation_error_message='Confidential evidence can’t be public.'),
                ),
            ],
        ),
        migrations.RunPython(install, uninstall),
        # without statistics of the new columns, the planner expects a third of the rows to be public
        migrations.RunSQL([f"ANALYZE claims_{name} (public_from)" for name in RELEASED], migrations.RunSQL.noop),
    ]
