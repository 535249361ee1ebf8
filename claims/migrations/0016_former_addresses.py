"""Slugs and ids that once named a record, and where they lead."""

import claims.models.base
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

# the names of actors that were merged before
MERGED = """
    INSERT INTO claims_formeraddress (kind, name, former_id, actor_id)
    SELECT 'actor', slug, id, merged_into_id FROM claims_actor WHERE merged_into_id IS NOT NULL;
    INSERT INTO claims_formeraddress (kind, name, former_id, actor_id)
    SELECT DISTINCT ON (wikidata_id) 'actor', wikidata_id, id, merged_into_id FROM claims_actor a
    WHERE merged_into_id IS NOT NULL AND wikidata_id <> '' AND NOT EXISTS (
        SELECT 1 FROM claims_actor t WHERE t.wikidata_id = a.wikidata_id AND t.merged_into_id IS NULL
    )
    ORDER BY wikidata_id, id;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('claims', '0015_revoked_tokens'),
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='FormerAddress',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(db_default=1, editable=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('kind', models.CharField(choices=[('claim', 'Claim'), ('source', 'Source'), ('actor', 'Actor'), ('topic', 'Topic')], max_length=10)),
                ('name', models.CharField(help_text='A former slug, or a former Wikidata id.', max_length=80)),
                ('former_id', models.PositiveBigIntegerField(blank=True, editable=False, help_text='The id of the record that it named.', null=True)),
            ],
            options={
                'verbose_name_plural': 'former addresses',
                'ordering': ['kind', 'name'],
            },
        ),
        migrations.CreateModel(
            name='FormerAddressEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('version', models.PositiveIntegerField(db_default=1, editable=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('kind', models.CharField(choices=[('claim', 'Claim'), ('source', 'Source'), ('actor', 'Actor'), ('topic', 'Topic')], max_length=10)),
                ('name', models.CharField(help_text='A former slug, or a former Wikidata id.', max_length=80)),
                ('former_id', models.PositiveBigIntegerField(blank=True, editable=False, help_text='The id of the record that it named.', null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='actor',
            trigger=pgtrigger.compiler.Trigger(name='address_on_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE taken TEXT;', func="\n            PERFORM 1 FROM new_rows r\n            JOIN claims_formeraddress f ON f.kind = 'actor' AND f.name IN (r.slug, r.wikidata_id) LIMIT 1;\n            IF FOUND THEN\n                \n            SELECT r.slug INTO taken FROM new_rows r\n            JOIN claims_formeraddress f ON f.kind = 'actor' AND f.name = r.slug\n            WHERE f.actor_id IS DISTINCT FROM r.id AND f.former_id IS DISTINCT FROM r.id LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'actor_slug_former', COLUMN = 'slug', TABLE = TG_TABLE_NAME, DETAIL = 'Key (slug)=(' || taken || ') is a former address.', MESSAGE = 'This slug once named another actor and is kept for its address; choose another.';\n            END IF;\n        \n                \n            DELETE FROM claims_formeraddress f USING new_rows r\n            WHERE f.kind = 'actor' AND f.name IN (r.slug, r.wikidata_id) AND r.merged_into_id IS NULL;\n        \n            END IF;\n            \n        IF EXISTS (SELECT 1 FROM new_rows r WHERE r.merged_into_id IS NOT NULL) THEN\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, actor_id)\n            SELECT DISTINCT ON (r.slug) 'actor', r.slug, r.id, r.merged_into_id FROM new_rows r\n            WHERE r.slug <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_actor t WHERE t.slug = r.slug AND t.merged_into_id IS NULL\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET actor_id = EXCLUDED.actor_id;\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, actor_id)\n            SELECT DISTINCT ON (r.wikidata_id) 'actor', r.wikidata_id, r.id, r.merged_into_id FROM new_rows r\n            WHERE r.wikidata_id <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_actor t WHERE t.wikidata_id = r.wikidata_id AND t.merged_into_id IS NULL\n            )\n            ORDER BY r.wikidata_id, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET actor_id = EXCLUDED.actor_id;\n            \n        END IF;\n    \n            RETURN NULL;\n        ", hash='11b0530127ad44843ad3d33e772bea2cb7d59c91', level='STATEMENT', operation='INSERT', pgid='pgtrigger_address_on_insert_cc479', referencing='REFERENCING NEW TABLE AS new_rows ', table='claims_actor', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='actor',
            trigger=pgtrigger.compiler.Trigger(name='address_on_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.slug IS DISTINCT FROM NEW.slug OR OLD.wikidata_id IS DISTINCT FROM NEW.wikidata_id OR OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id)', declare='DECLARE taken TEXT;', func="\n            \n            SELECT r.slug INTO taken FROM (SELECT NEW.*) r\n            JOIN claims_formeraddress f ON f.kind = 'actor' AND f.name = r.slug\n            WHERE f.actor_id IS DISTINCT FROM r.id AND f.former_id IS DISTINCT FROM r.id LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'actor_slug_former', COLUMN = 'slug', TABLE = TG_TABLE_NAME, DETAIL = 'Key (slug)=(' || taken || ') is a former address.', MESSAGE = 'This slug once named another actor and is kept for its address; choose another.';\n            END IF;\n        \n            \n            DELETE FROM claims_formeraddress f USING (SELECT NEW.*) r\n            WHERE f.kind = 'actor' AND f.name IN (r.slug, r.wikidata_id) AND r.merged_into_id IS NULL;\n        \n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, actor_id)\n            SELECT DISTINCT ON (r.slug) 'actor', r.slug, r.id, r.id FROM (SELECT OLD.*) r\n            WHERE r.slug <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_actor t WHERE t.slug = r.slug AND t.merged_into_id IS NULL\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET actor_id = EXCLUDED.actor_id;\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, actor_id)\n            SELECT DISTINCT ON (r.wikidata_id) 'actor', r.wikidata_id, r.id, r.id FROM (SELECT OLD.*) r\n            WHERE r.wikidata_id <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_actor t WHERE t.wikidata_id = r.wikidata_id AND t.merged_into_id IS NULL\n            )\n            ORDER BY r.wikidata_id, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET actor_id = EXCLUDED.actor_id;\n            \n            \n        \n            INSERT INTO claims_formeraddress (kind, name, former_id, actor_id)\n            SELECT DISTINCT ON (r.slug) 'actor', r.slug, r.id, r.id FROM (SELECT NEW.*) r\n            WHERE r.slug <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_actor t WHERE t.slug = r.slug AND t.merged_into_id IS NULL\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET actor_id = EXCLUDED.actor_id;\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, actor_id)\n            SELECT DISTINCT ON (r.wikidata_id) 'actor', r.wikidata_id, r.id, r.id FROM (SELECT NEW.*) r\n            WHERE r.wikidata_id <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_actor t WHERE t.wikidata_id = r.wikidata_id AND t.merged_into_id IS NULL\n            )\n            ORDER BY r.wikidata_id, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET actor_id = EXCLUDED.actor_id;\n            \n        IF OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id THEN\n            \n            UPDATE claims_formeraddress f SET actor_id = NEW.id\n            WHERE f.kind = 'actor' AND (f.actor_id = NEW.id OR f.former_id IN (\n                WITH RECURSIVE below AS (\n                    SELECT NEW.id AS id\n                    UNION\n                    SELECT t.id FROM claims_actor t JOIN below ON t.merged_into_id = below.id\n                )\n                SELECT below.id FROM below\n            ));\n        \n        END IF;\n    \n            RETURN NULL;\n        ", hash='78bd6ab33d9824e74435367d2e35e345669702b4', operation='UPDATE OF "slug", "wikidata_id", "merged_into_id"', pgid='pgtrigger_address_on_update_7755a', table='claims_actor', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='actor',
            trigger=pgtrigger.compiler.Trigger(name='address_on_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            UPDATE claims_formeraddress f SET actor_id = NULL FROM old_rows r WHERE f.actor_id = r.id;\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, actor_id)\n            SELECT DISTINCT ON (r.slug) 'actor', r.slug, r.id, NULL::bigint FROM old_rows r\n            WHERE r.slug <> '' AND r.merged_into_id IS NULL AND NOT EXISTS (\n                SELECT 1 FROM claims_actor t WHERE t.slug = r.slug AND t.merged_into_id IS NULL\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET actor_id = EXCLUDED.actor_id;\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, actor_id)\n            SELECT DISTINCT ON (r.wikidata_id) 'actor', r.wikidata_id, r.id, NULL::bigint FROM old_rows r\n            WHERE r.wikidata_id <> '' AND r.merged_into_id IS NULL AND NOT EXISTS (\n                SELECT 1 FROM claims_actor t WHERE t.wikidata_id = r.wikidata_id AND t.merged_into_id IS NULL\n            )\n            ORDER BY r.wikidata_id, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET actor_id = EXCLUDED.actor_id;\n            \n            RETURN NULL;\n        ", hash='dc62d6b3f66b5d420677341c4f3f7abf7fab5b25', level='STATEMENT', operation='DELETE', pgid='pgtrigger_address_on_delete_5c73b', referencing='REFERENCING OLD TABLE AS old_rows ', table='claims_actor', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='claim',
            trigger=pgtrigger.compiler.Trigger(name='address_on_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE taken TEXT;', func="\n            PERFORM 1 FROM new_rows r\n            JOIN claims_formeraddress f ON f.kind = 'claim' AND f.name IN (r.slug) LIMIT 1;\n            IF FOUND THEN\n                \n            SELECT r.slug INTO taken FROM new_rows r\n            JOIN claims_formeraddress f ON f.kind = 'claim' AND f.name = r.slug\n            WHERE f.claim_id IS DISTINCT FROM r.id AND f.former_id IS DISTINCT FROM r.id LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_slug_former', COLUMN = 'slug', TABLE = TG_TABLE_NAME, DETAIL = 'Key (slug)=(' || taken || ') is a former address.', MESSAGE = 'This slug once named another claim and is kept for its address; choose another.';\n            END IF;\n        \n                \n            DELETE FROM claims_formeraddress f USING new_rows r\n            WHERE f.kind = 'claim' AND f.name IN (r.slug) AND true;\n        \n            END IF;\n            \n            RETURN NULL;\n        ", hash='128606aca260bc847f019dbdb037f83ff4b36365', level='STATEMENT', operation='INSERT', pgid='pgtrigger_address_on_insert_ace30', referencing='REFERENCING NEW TABLE AS new_rows ', table='claims_claim', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='claim',
            trigger=pgtrigger.compiler.Trigger(name='address_on_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.slug IS DISTINCT FROM NEW.slug)', declare='DECLARE taken TEXT;', func="\n            \n            SELECT r.slug INTO taken FROM (SELECT NEW.*) r\n            JOIN claims_formeraddress f ON f.kind = 'claim' AND f.name = r.slug\n            WHERE f.claim_id IS DISTINCT FROM r.id AND f.former_id IS DISTINCT FROM r.id LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_slug_former', COLUMN = 'slug', TABLE = TG_TABLE_NAME, DETAIL = 'Key (slug)=(' || taken || ') is a former address.', MESSAGE = 'This slug once named another claim and is kept for its address; choose another.';\n            END IF;\n        \n            \n            DELETE FROM claims_formeraddress f USING (SELECT NEW.*) r\n            WHERE f.kind = 'claim' AND f.name IN (r.slug) AND true;\n        \n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, claim_id)\n            SELECT DISTINCT ON (r.slug) 'claim', r.slug, r.id, r.id FROM (SELECT OLD.*) r\n            WHERE r.slug <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_claim t WHERE t.slug = r.slug AND true\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET claim_id = EXCLUDED.claim_id;\n            \n            \n            RETURN NULL;\n        ", hash='c4c789b24ce898f5673a9de60117cd37ae56f9bd', operation='UPDATE OF "slug"', pgid='pgtrigger_address_on_update_72247', table='claims_claim', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='claim',
            trigger=pgtrigger.compiler.Trigger(name='address_on_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            UPDATE claims_formeraddress f SET claim_id = NULL FROM old_rows r WHERE f.claim_id = r.id;\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, claim_id)\n            SELECT DISTINCT ON (r.slug) 'claim', r.slug, r.id, NULL::bigint FROM old_rows r\n            WHERE r.slug <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_claim t WHERE t.slug = r.slug AND true\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET claim_id = EXCLUDED.claim_id;\n            \n            RETURN NULL;\n        ", hash='7a029c3351b36a0eae45f81cabb39e1081bb0061', level='STATEMENT', operation='DELETE', pgid='pgtrigger_address_on_delete_995a3', referencing='REFERENCING OLD TABLE AS old_rows ', table='claims_claim', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='source',
            trigger=pgtrigger.compiler.Trigger(name='address_on_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE taken TEXT;', func="\n            PERFORM 1 FROM new_rows r\n            JOIN claims_formeraddress f ON f.kind = 'source' AND f.name IN (r.slug) LIMIT 1;\n            IF FOUND THEN\n                \n            SELECT r.slug INTO taken FROM new_rows r\n            JOIN claims_formeraddress f ON f.kind = 'source' AND f.name = r.slug\n            WHERE f.source_id IS DISTINCT FROM r.id AND f.former_id IS DISTINCT FROM r.id LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'source_slug_former', COLUMN = 'slug', TABLE = TG_TABLE_NAME, DETAIL = 'Key (slug)=(' || taken || ') is a former address.', MESSAGE = 'This slug once named another source and is kept for its address; choose another.';\n            END IF;\n        \n                \n            DELETE FROM claims_formeraddress f USING new_rows r\n            WHERE f.kind = 'source' AND f.name IN (r.slug) AND true;\n        \n            END IF;\n            \n            RETURN NULL;\n        ", hash='85ebc36121feb7edec253bc8ce4c16bf93600ed8', level='STATEMENT', operation='INSERT', pgid='pgtrigger_address_on_insert_79f1d', referencing='REFERENCING NEW TABLE AS new_rows ', table='claims_source', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='source',
            trigger=pgtrigger.compiler.Trigger(name='address_on_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.slug IS DISTINCT FROM NEW.slug)', declare='DECLARE taken TEXT;', func="\n            \n            SELECT r.slug INTO taken FROM (SELECT NEW.*) r\n            JOIN claims_formeraddress f ON f.kind = 'source' AND f.name = r.slug\n            WHERE f.source_id IS DISTINCT FROM r.id AND f.former_id IS DISTINCT FROM r.id LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'source_slug_former', COLUMN = 'slug', TABLE = TG_TABLE_NAME, DETAIL = 'Key (slug)=(' || taken || ') is a former address.', MESSAGE = 'This slug once named another source and is kept for its address; choose another.';\n            END IF;\n        \n            \n            DELETE FROM claims_formeraddress f USING (SELECT NEW.*) r\n            WHERE f.kind = 'source' AND f.name IN (r.slug) AND true;\n        \n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, source_id)\n            SELECT DISTINCT ON (r.slug) 'source', r.slug, r.id, r.id FROM (SELECT OLD.*) r\n            WHERE r.slug <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_source t WHERE t.slug = r.slug AND true\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET source_id = EXCLUDED.source_id;\n            \n            \n            RETURN NULL;\n        ", hash='29bf6ce30881048c6ec76f04b449384c6b0c2087', operation='UPDATE OF "slug"', pgid='pgtrigger_address_on_update_700d2', table='claims_source', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='source',
            trigger=pgtrigger.compiler.Trigger(name='address_on_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            UPDATE claims_formeraddress f SET source_id = NULL FROM old_rows r WHERE f.source_id = r.id;\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, source_id)\n            SELECT DISTINCT ON (r.slug) 'source', r.slug, r.id, NULL::bigint FROM old_rows r\n            WHERE r.slug <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_source t WHERE t.slug = r.slug AND true\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET source_id = EXCLUDED.source_id;\n            \n            RETURN NULL;\n        ", hash='68d62a6c4b3c7e5ed4f102239845be7f24cbeadb', level='STATEMENT', operation='DELETE', pgid='pgtrigger_address_on_delete_6dc07', referencing='REFERENCING OLD TABLE AS old_rows ', table='claims_source', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='topic',
            trigger=pgtrigger.compiler.Trigger(name='address_on_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE taken TEXT;', func="\n            PERFORM 1 FROM new_rows r\n            JOIN claims_formeraddress f ON f.kind = 'topic' AND f.name IN (r.slug, r.wikidata_id) LIMIT 1;\n            IF FOUND THEN\n                \n            SELECT r.slug INTO taken FROM new_rows r\n            JOIN claims_formeraddress f ON f.kind = 'topic' AND f.name = r.slug\n            WHERE f.topic_id IS DISTINCT FROM r.id AND f.former_id IS DISTINCT FROM r.id LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'topic_slug_former', COLUMN = 'slug', TABLE = TG_TABLE_NAME, DETAIL = 'Key (slug)=(' || taken || ') is a former address.', MESSAGE = 'This slug once named another topic and is kept for its address; choose another.';\n            END IF;\n        \n                \n            DELETE FROM claims_formeraddress f USING new_rows r\n            WHERE f.kind = 'topic' AND f.name IN (r.slug, r.wikidata_id) AND true;\n        \n            END IF;\n            \n            RETURN NULL;\n        ", hash='052fa5fa7188c9846f5239dd522588222feb1814', level='STATEMENT', operation='INSERT', pgid='pgtrigger_address_on_insert_43940', referencing='REFERENCING NEW TABLE AS new_rows ', table='claims_topic', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='topic',
            trigger=pgtrigger.compiler.Trigger(name='address_on_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.slug IS DISTINCT FROM NEW.slug OR OLD.wikidata_id IS DISTINCT FROM NEW.wikidata_id)', declare='DECLARE taken TEXT;', func="\n            \n            SELECT r.slug INTO taken FROM (SELECT NEW.*) r\n            JOIN claims_formeraddress f ON f.kind = 'topic' AND f.name = r.slug\n            WHERE f.topic_id IS DISTINCT FROM r.id AND f.former_id IS DISTINCT FROM r.id LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'topic_slug_former', COLUMN = 'slug', TABLE = TG_TABLE_NAME, DETAIL = 'Key (slug)=(' || taken || ') is a former address.', MESSAGE = 'This slug once named another topic and is kept for its address; choose another.';\n            END IF;\n        \n            \n            DELETE FROM claims_formeraddress f USING (SELECT NEW.*) r\n            WHERE f.kind = 'topic' AND f.name IN (r.slug, r.wikidata_id) AND true;\n        \n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, topic_id)\n            SELECT DISTINCT ON (r.slug) 'topic', r.slug, r.id, r.id FROM (SELECT OLD.*) r\n            WHERE r.slug <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_topic t WHERE t.slug = r.slug AND true\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET topic_id = EXCLUDED.topic_id;\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, topic_id)\n            SELECT DISTINCT ON (r.wikidata_id) 'topic', r.wikidata_id, r.id, r.id FROM (SELECT OLD.*) r\n            WHERE r.wikidata_id <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_topic t WHERE t.wikidata_id = r.wikidata_id AND true\n            )\n            ORDER BY r.wikidata_id, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET topic_id = EXCLUDED.topic_id;\n            \n            \n            RETURN NULL;\n        ", hash='7277e5b3939c6e70c4c2db3363ab57824b033741', operation='UPDATE OF "slug", "wikidata_id"', pgid='pgtrigger_address_on_update_3d40c', table='claims_topic', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='topic',
            trigger=pgtrigger.compiler.Trigger(name='address_on_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            UPDATE claims_formeraddress f SET topic_id = NULL FROM old_rows r WHERE f.topic_id = r.id;\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, topic_id)\n            SELECT DISTINCT ON (r.slug) 'topic', r.slug, r.id, NULL::bigint FROM old_rows r\n            WHERE r.slug <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_topic t WHERE t.slug = r.slug AND true\n            )\n            ORDER BY r.slug, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET topic_id = EXCLUDED.topic_id;\n            \n            INSERT INTO claims_formeraddress (kind, name, former_id, topic_id)\n            SELECT DISTINCT ON (r.wikidata_id) 'topic', r.wikidata_id, r.id, NULL::bigint FROM old_rows r\n            WHERE r.wikidata_id <> '' AND true AND NOT EXISTS (\n                SELECT 1 FROM claims_topic t WHERE t.wikidata_id = r.wikidata_id AND true\n            )\n            ORDER BY r.wikidata_id, r.id\n            ON CONFLICT (name, kind) DO UPDATE SET topic_id = EXCLUDED.topic_id;\n            \n            RETURN NULL;\n        ", hash='4180be0e8d91177cc4d3cb9749fb321259eba482', level='STATEMENT', operation='DELETE', pgid='pgtrigger_address_on_delete_4ecfa', referencing='REFERENCING OLD TABLE AS old_rows ', table='claims_topic', when='AFTER')),
        ),
        migrations.AddField(
            model_name='formeraddress',
            name='actor',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='former_addresses', to='claims.actor'),
        ),
        migrations.AddField(
            model_name='formeraddress',
            name='claim',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='former_addresses', to='claims.claim'),
        ),
        migrations.AddField(
            model_name='formeraddress',
            name='created_by',
            field=models.ForeignKey(blank=True, db_default=claims.models.base.CurrentUser(), db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='formeraddress',
            name='source',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='former_addresses', to='claims.source'),
        ),
        migrations.AddField(
            model_name='formeraddress',
            name='topic',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='former_addresses', to='claims.topic'),
        ),
        migrations.AddField(
            model_name='formeraddressevent',
            name='actor',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='claims.actor'),
        ),
        migrations.AddField(
            model_name='formeraddressevent',
            name='claim',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='claims.claim'),
        ),
        migrations.AddField(
            model_name='formeraddressevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_default=claims.models.base.CurrentUser(), editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='formeraddressevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='formeraddressevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='claims.formeraddress'),
        ),
        migrations.AddField(
            model_name='formeraddressevent',
            name='source',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='claims.source'),
        ),
        migrations.AddField(
            model_name='formeraddressevent',
            name='topic',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='claims.topic'),
        ),
        migrations.AddIndex(
            model_name='formeraddress',
            index=models.Index(fields=['former_id', 'kind'], name='former_address_by_id'),
        ),
        migrations.AddIndex(
            model_name='formeraddress',
            index=models.Index(fields=['updated_at', 'id'], name='former_address_updated'),
        ),
        migrations.AddIndex(
            model_name='formeraddress',
            index=models.Index(condition=models.Q(('claim__isnull', False)), fields=['claim'], name='former_address_claim'),
        ),
        migrations.AddIndex(
            model_name='formeraddress',
            index=models.Index(condition=models.Q(('source__isnull', False)), fields=['source'], name='former_address_source'),
        ),
        migrations.AddIndex(
            model_name='formeraddress',
            index=models.Index(condition=models.Q(('actor__isnull', False)), fields=['actor'], name='former_address_actor'),
        ),
        migrations.AddIndex(
            model_name='formeraddress',
            index=models.Index(condition=models.Q(('topic__isnull', False)), fields=['topic'], name='former_address_topic'),
        ),
        migrations.AddConstraint(
            model_name='formeraddress',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['claim', 'source', 'actor', 'topic'])), name='former_address_kind_allowed', violation_error_message='The kind must be one of: claim, source, actor, topic.'),
        ),
        migrations.AddConstraint(
            model_name='formeraddress',
            constraint=models.CheckConstraint(condition=models.Q(('name__regex', '^(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$'), models.Q(('kind__in', ['actor', 'topic']), ('name__regex', '^Q[1-9][0-9]*$')), _connector='OR'), name='former_address_name_form', violation_error_message='A former address is a slug or, of an actor or topic, a Wikidata id.'),
        ),
        migrations.AddConstraint(
            model_name='formeraddress',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('actor', None), ('kind', 'claim'), ('source', None), ('topic', None)), models.Q(('actor', None), ('claim', None), ('kind', 'source'), ('topic', None)), models.Q(('claim', None), ('kind', 'actor'), ('source', None), ('topic', None)), models.Q(('actor', None), ('claim', None), ('kind', 'topic'), ('source', None)), _connector='OR'), name='former_address_kind_of_target', violation_error_message='A former address leads to a record of its own kind.'),
        ),
        migrations.AddConstraint(
            model_name='formeraddress',
            constraint=models.UniqueConstraint(fields=('name', 'kind'), name='former_address_once', opclasses=['varchar_pattern_ops', 'varchar_pattern_ops'], violation_error_message='This former address is on record already.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='formeraddress',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='ce156c4d8296a56b456f57c5e1d6b78f8b90e8ac', operation='UPDATE', pgid='pgtrigger_touch_3f330', table='claims_formeraddress', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='formeraddress',
            trigger=pgtrigger.compiler.Trigger(name='leads', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE present BIGINT; is_held BOOLEAN;', func="\n                    IF TG_OP = 'UPDATE' THEN\n                        NEW.former_id := coalesce(NEW.former_id, OLD.former_id);\n                    END IF;\n                    NEW.former_id :=\n                        coalesce(NEW.former_id, NEW.claim_id, NEW.source_id, NEW.actor_id, NEW.topic_id);\n                    IF NEW.actor_id IS NOT NULL THEN\n                        WITH RECURSIVE up AS (\n                            SELECT a.id, a.merged_into_id FROM claims_actor a WHERE a.id = NEW.actor_id\n                            UNION\n                            SELECT a.id, a.merged_into_id FROM claims_actor a JOIN up ON a.id = up.merged_into_id\n                        )\n                        SELECT up.id INTO present FROM up WHERE up.merged_into_id IS NULL;\n                        NEW.actor_id := coalesce(present, NEW.actor_id);\n                    END IF;\n                    IF TG_OP = 'UPDATE' AND NEW.name = OLD.name AND NEW.kind = OLD.kind\n                        OR NEW.kind NOT IN ('claim', 'source', 'actor', 'topic') THEN\n                        RETURN NEW; -- the kind is left to its check constraint\n                    END IF;\n                    IF pg_trigger_depth() = 1 THEN\n                        -- written by itself: nobody may give the slug to a record in the meantime\n                        EXECUTE format('LOCK TABLE %I IN SHARE ROW EXCLUSIVE MODE', 'claims_' || NEW.kind);\n                    END IF;\n                    EXECUTE format(\n                        'SELECT EXISTS (SELECT 1 FROM %I WHERE slug = $1 %s)',\n                        'claims_' || NEW.kind,\n                        CASE NEW.kind WHEN 'actor' THEN 'AND merged_into_id IS NULL' ELSE '' END\n                    ) INTO is_held USING NEW.name;\n                    IF is_held THEN\n                        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'former_address_name_free', COLUMN = 'name', TABLE = TG_TABLE_NAME, MESSAGE = '“' || NEW.name || '” is the slug of another ' || NEW.kind || '.';\n                    END IF;\n                    RETURN NEW;\n                ", hash='c48c40adfc1e0f616a8076d58ebf2c28e4e71570', operation='INSERT OR UPDATE', pgid='pgtrigger_leads_709d1', table='claims_formeraddress', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='formeraddress',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_formeraddressevent" ("actor_id", "claim_id", "created_at", "created_by_id", "former_id", "id", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source_id", "topic_id", "updated_at", "version") SELECT old_values."actor_id", old_values."claim_id", old_values."created_at", old_values."created_by_id", old_values."former_id", old_values."id", old_values."kind", old_values."name", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."source_id", old_values."topic_id", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='786a71b099125c01a2a2cfc515294d5bf9b3d4ce', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_b79b8', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_formeraddress', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='formeraddress',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_formeraddressevent" ("actor_id", "claim_id", "created_at", "created_by_id", "former_id", "id", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source_id", "topic_id", "updated_at", "version") SELECT old_values."actor_id", old_values."claim_id", old_values."created_at", old_values."created_by_id", old_values."former_id", old_values."id", old_values."kind", old_values."name", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."source_id", old_values."topic_id", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='b50e4301b61477302d2ca8ed833164eca2226d4d', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_cd1ba', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_formeraddress', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='formeraddressevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='131ba35f620b1919d161bdff94994bf8d1050626', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_adb72', table='claims_formeraddressevent', when='BEFORE')),
        ),
        migrations.RunSQL(MERGED, migrations.RunSQL.noop),
    ]
