"""Who added a row: the user whose request the database was told of, in a column that fills itself."""

import claims.models.base
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

CLAIMS_WRITER = """
CREATE FUNCTION claims_writer() RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE AS $$
-- The user whom pghistory named to this transaction; null where there is none. Stable, so that the column comes to
-- tables that are full already without writing them anew.
SELECT (nullif(current_setting('pghistory.context_metadata', true), '')::jsonb ->> 'user')::integer
$$;
"""


class Together(migrations.SeparateDatabaseAndState):
    """Operations of which none looks at what another one did: the models are rendered once, not once for each.

    Rendered in between, 34 models with 136 changes take ten times as long, each time a test database is made.
    """

    def __init__(self, operations):
        super().__init__(database_operations=operations, state_operations=operations)

    def state_forwards(self, app_label, state):
        rendered = "apps" in state.__dict__
        state.clear_delayed_apps_cache()
        state.__dict__.pop("apps", None)
        super().state_forwards(app_label, state)
        if rendered:
            state.apps  # noqa: B018 - a property that renders them

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for operation in self.database_operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for operation in reversed(self.database_operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):

    dependencies = [
        ('claims', '0008_orders'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(CLAIMS_WRITER, "DROP FUNCTION claims_writer()"),
        Together([
        pgtrigger.migrations.RemoveTrigger(
            model_name='actor',
            name='touch',
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
            model_name='actorname',
            name='touch',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='actorname',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='actorname',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='assertion',
            name='touch',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='assertion',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='assertion',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='claim',
            name='touch',
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
            model_name='claimactor',
            name='touch',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='claimactor',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='claimactor',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='claimrelation',
            name='touch',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='claimrelation',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='claimrelation',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='claimtopic',
            name='touch',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='claimtopic',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='claimtopic',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='erratum',
            name='touch',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='erratum',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='erratum',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='evidence',
            name='touch',
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
            model_name='importrun',
            name='touch',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='importrun',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='importrun',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='skippedpassage',
            name='touch',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='skippedpassage',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='skippedpassage',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='snapshot',
            name='touch',
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
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='source',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='sourceauthor',
            name='touch',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='sourceauthor',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='sourceauthor',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='topic',
            name='touch',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='topic',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='topic',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='verdict',
            name='touch',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='verdict',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='verdict',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='verdictevidence',
            name='touch',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='verdictevidence',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='verdictevidence',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='actor',
            name='created_by',
            field=models.ForeignKey(blank=True, db_default=claims.models.base.CurrentUser(), db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='actorevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_default=claims.models.base.CurrentUser(), editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='actorname',
            name='created_by',
            field=models.ForeignKey(blank=True, db_default=claims.models.base.CurrentUser(), db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='actornameevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_default=claims.models.base.CurrentUser(), editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='assertion',
            name='created_by',
            field=models.ForeignKey(blank=True, db_default=claims.models.base.CurrentUser(), db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='assertionevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_default=claims.models.base.CurrentUser(), editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='claim',
            name='created_by',
            field=models.ForeignKey(blank=True, db_default=claims.models.base.CurrentUser(), db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='claimactor',
            name='created_by',
            field=models.ForeignKey(blank=True, db_default=claims.models.base.CurrentUser(), db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='claimactorevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_default=claims.models.base.CurrentUser(), editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='claimevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_default=claims.models.base.CurrentUser(), editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='claimrelation',
            name='created_by',
            field=models.ForeignKey(blank=True, db_default=claims.models.base.CurrentUser(), db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='claimrelationevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_default=claims.models.base.CurrentUser(), editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='claimtopic',
            name='created_by',
            field=models.ForeignKey(blank=True, db_default=claims.models.base.CurrentUser(), db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='claimtopicevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_default=claims.models.base.CurrentUser(), editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='erratum',
            name='created_by',
            field=models.ForeignKey(blank=True, db_default=claims.models.base.CurrentUser(), db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='erratumevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_default=claims.models.base.CurrentUser(), editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='evidence',
            name='created_by',
            field=models.ForeignKey(blank=True, db_default=claims.models.base.CurrentUser(), db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='evidenceevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_default=claims.models.base.CurrentUser(), editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='importrun',
            name='created_by',
            field=models.ForeignKey(blank=True, db_default=claims.models.base.CurrentUser(), db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='importrunevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_default=claims.models.base.CurrentUser(), editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='skippedpassage',
            name='created_by',
            field=models.ForeignKey(blank=True, db_default=claims.models.base.CurrentUser(), db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='skippedpassageevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_default=claims.models.base.CurrentUser(), editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='snapshot',
            name='created_by',
            field=models.ForeignKey(blank=True, db_default=claims.models.base.CurrentUser(), db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='snapshotevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_default=claims.models.base.CurrentUser(), editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='source',
            name='created_by',
            field=models.ForeignKey(blank=True, db_default=claims.models.base.CurrentUser(), db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='sourceauthor',
            name='created_by',
            field=models.ForeignKey(blank=True, db_default=claims.models.base.CurrentUser(), db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='sourceauthorevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_default=claims.models.base.CurrentUser(), editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='sourceevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_default=claims.models.base.CurrentUser(), editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='topic',
            name='created_by',
            field=models.ForeignKey(blank=True, db_default=claims.models.base.CurrentUser(), db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='topicevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_default=claims.models.base.CurrentUser(), editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='verdict',
            name='created_by',
            field=models.ForeignKey(blank=True, db_default=claims.models.base.CurrentUser(), db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='verdictevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_default=claims.models.base.CurrentUser(), editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='verdictevidence',
            name='created_by',
            field=models.ForeignKey(blank=True, db_default=claims.models.base.CurrentUser(), db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='verdictevidenceevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_default=claims.models.base.CurrentUser(), editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='actor',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='4aaf72f7593667870b0086ab3f59e2efa2cb8edd', operation='UPDATE', pgid='pgtrigger_touch_2f7ac', table='claims_actor', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='actor',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_actorevent" ("country", "created_at", "created_by_id", "description", "id", "kind", "merged_into_id", "name", "part_of_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug", "updated_at", "version", "wikidata_id") SELECT old_values."country", old_values."created_at", old_values."created_by_id", old_values."description", old_values."id", old_values."kind", old_values."merged_into_id", old_values."name", old_values."part_of_id", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."slug", old_values."updated_at", old_values."version", old_values."wikidata_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='771279e33c3562c39218a0e50ba268fa58695665', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_30599', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_actor', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='actor',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_actorevent" ("country", "created_at", "created_by_id", "description", "id", "kind", "merged_into_id", "name", "part_of_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug", "updated_at", "version", "wikidata_id") SELECT old_values."country", old_values."created_at", old_values."created_by_id", old_values."description", old_values."id", old_values."kind", old_values."merged_into_id", old_values."name", old_values."part_of_id", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."slug", old_values."updated_at", old_values."version", old_values."wikidata_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='dc97f6f3541ab0e58ff1277561bf199071a88fdb', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_02c94', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_actor', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='actorname',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='072cf2f19276115a38429d288a8e1e440d013cc6', operation='UPDATE', pgid='pgtrigger_touch_e2c0a', table='claims_actorname', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='actorname',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_actornameevent" ("actor_id", "created_at", "created_by_id", "id", "kind", "language", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at", "version") SELECT old_values."actor_id", old_values."created_at", old_values."created_by_id", old_values."id", old_values."kind", old_values."language", old_values."name", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='491e874209928edf0ed5d65c8aea6c06d471361f', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_7fc09', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_actorname', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='actorname',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_actornameevent" ("actor_id", "created_at", "created_by_id", "id", "kind", "language", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at", "version") SELECT old_values."actor_id", old_values."created_at", old_values."created_by_id", old_values."id", old_values."kind", old_values."language", old_values."name", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='dff70328bda41adb571efba9325370467b92649f', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_369b0', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_actorname', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='assertion',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."claim_id" IS DISTINCT FROM (NEW."claim_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."end" IS DISTINCT FROM (NEW."end") OR OLD."hedged" IS DISTINCT FROM (NEW."hedged") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."implied" IS DISTINCT FROM (NEW."implied") OR OLD."locator" IS DISTINCT FROM (NEW."locator") OR OLD."note" IS DISTINCT FROM (NEW."note") OR OLD."quote_sha256" IS DISTINCT FROM (NEW."quote_sha256") OR OLD."said" IS DISTINCT FROM (NEW."said") OR OLD."snapshot_id" IS DISTINCT FROM (NEW."snapshot_id") OR OLD."source_id" IS DISTINCT FROM (NEW."source_id") OR OLD."speaker_id" IS DISTINCT FROM (NEW."speaker_id") OR OLD."stance" IS DISTINCT FROM (NEW."stance") OR OLD."start" IS DISTINCT FROM (NEW."start") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."version" IS DISTINCT FROM (NEW."version") OR OLD."voice" IS DISTINCT FROM (NEW."voice"))', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='98dd5d65eae16ddc210fbaf9ff88860fe668141a', operation='UPDATE', pgid='pgtrigger_touch_6c681', table='claims_assertion', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='assertion',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_assertionevent" ("claim_id", "created_at", "created_by_id", "end", "hedged", "id", "implied", "locator", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quote_sha256", "said", "snapshot_id", "source_id", "speaker_id", "stance", "start", "updated_at", "version", "voice") SELECT old_values."claim_id", old_values."created_at", old_values."created_by_id", old_values."end", old_values."hedged", old_values."id", old_values."implied", old_values."locator", old_values."note", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."quote_sha256", old_values."said", old_values."snapshot_id", old_values."source_id", old_values."speaker_id", old_values."stance", old_values."start", old_values."updated_at", old_values."version", old_values."voice" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='95684065889e0d7dd84094c775a31ab98edc01d3', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_bc9ee', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_assertion', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='assertion',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_assertionevent" ("claim_id", "created_at", "created_by_id", "end", "hedged", "id", "implied", "locator", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quote_sha256", "said", "snapshot_id", "source_id", "speaker_id", "stance", "start", "updated_at", "version", "voice") SELECT old_values."claim_id", old_values."created_at", old_values."created_by_id", old_values."end", old_values."hedged", old_values."id", old_values."implied", old_values."locator", old_values."note", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."quote_sha256", old_values."said", old_values."snapshot_id", old_values."source_id", old_values."speaker_id", old_values."stance", old_values."start", old_values."updated_at", old_values."version", old_values."voice" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='fb8d6d258cfe7b88eef6b8eddb3ada7451cf7ff0', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_d2f29', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_assertion', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='claim',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."context" IS DISTINCT FROM (NEW."context") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."occurred" IS DISTINCT FROM (NEW."occurred") OR OLD."slug" IS DISTINCT FROM (NEW."slug") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."text" IS DISTINCT FROM (NEW."text") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."version" IS DISTINCT FROM (NEW."version"))', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='66db578b307d24d1aa8913b220e06a92dcc20b6c', operation='UPDATE', pgid='pgtrigger_touch_befcd', table='claims_claim', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='claim',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_claimevent" ("context", "created_at", "created_by_id", "id", "kind", "language", "occurred", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug", "status", "text", "updated_at", "version") SELECT old_values."context", old_values."created_at", old_values."created_by_id", old_values."id", old_values."kind", old_values."language", old_values."occurred", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."slug", old_values."status", old_values."text", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."context" IS DISTINCT FROM (new_values."context") OR old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."created_by_id" IS DISTINCT FROM (new_values."created_by_id") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."language" IS DISTINCT FROM (new_values."language") OR old_values."occurred" IS DISTINCT FROM (new_values."occurred") OR old_values."occurred_first" IS DISTINCT FROM (new_values."occurred_first") OR old_values."occurred_last" IS DISTINCT FROM (new_values."occurred_last") OR old_values."slug" IS DISTINCT FROM (new_values."slug") OR old_values."status" IS DISTINCT FROM (new_values."status") OR old_values."text" IS DISTINCT FROM (new_values."text") OR old_values."updated_at" IS DISTINCT FROM (new_values."updated_at") OR old_values."version" IS DISTINCT FROM (new_values."version")) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='8d486b23cf57db895b537e03f4be3bb18a142166', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_fe4ba', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_claim', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='claim',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_claimevent" ("context", "created_at", "created_by_id", "id", "kind", "language", "occurred", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug", "status", "text", "updated_at", "version") SELECT old_values."context", old_values."created_at", old_values."created_by_id", old_values."id", old_values."kind", old_values."language", old_values."occurred", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."slug", old_values."status", old_values."text", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='8dcfd087be7a823c1b561a240d93e02b34313c0d', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_dbf31', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_claim', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='claimactor',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='1ff5876d142ebed5691864947db064cecc87b035', operation='UPDATE', pgid='pgtrigger_touch_cf009', table='claims_claimactor', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='claimactor',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_claimactorevent" ("actor_id", "claim_id", "created_at", "created_by_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at", "version") SELECT old_values."actor_id", old_values."claim_id", old_values."created_at", old_values."created_by_id", old_values."id", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='c379ce4d11eae560284030fad8d5d6b98495acd7', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_d012d', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_claimactor', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='claimactor',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_claimactorevent" ("actor_id", "claim_id", "created_at", "created_by_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at", "version") SELECT old_values."actor_id", old_values."claim_id", old_values."created_at", old_values."created_by_id", old_values."id", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='b683318f6d9bfd343576120e96929043ba383540', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_b5c1b', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_claimactor', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='claimrelation',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='e4de4476cac7fba804676c3166c388644aa3f2b6', operation='UPDATE', pgid='pgtrigger_touch_a809b', table='claims_claimrelation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='claimrelation',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_claimrelationevent" ("created_at", "created_by_id", "from_claim_id", "id", "kind", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "to_claim_id", "updated_at", "version") SELECT old_values."created_at", old_values."created_by_id", old_values."from_claim_id", old_values."id", old_values."kind", old_values."note", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."to_claim_id", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='96d4a2424eb79ebcd7d2c5f764654dc0cae63008', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_0398a', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_claimrelation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='claimrelation',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_claimrelationevent" ("created_at", "created_by_id", "from_claim_id", "id", "kind", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "to_claim_id", "updated_at", "version") SELECT old_values."created_at", old_values."created_by_id", old_values."from_claim_id", old_values."id", old_values."kind", old_values."note", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."to_claim_id", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='757a03b7636381940cd4263af5e753a28e636398', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_8a84e', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_claimrelation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='claimtopic',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='5f2ab13ededacb0816c1538d6b18ab270cf59a9d', operation='UPDATE', pgid='pgtrigger_touch_7b1c1', table='claims_claimtopic', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='claimtopic',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_claimtopicevent" ("claim_id", "created_at", "created_by_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "topic_id", "updated_at", "version") SELECT old_values."claim_id", old_values."created_at", old_values."created_by_id", old_values."id", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."topic_id", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='ac534bf97a0654e3bd2e0a61033e1a50c3b0c28d', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_e96f8', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_claimtopic', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='claimtopic',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_claimtopicevent" ("claim_id", "created_at", "created_by_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "topic_id", "updated_at", "version") SELECT old_values."claim_id", old_values."created_at", old_values."created_by_id", old_values."id", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."topic_id", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='37e9c0101ca0457fc47d08893d81c6383e709319', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_28e40', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_claimtopic', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='erratum',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='808fa995054fd879b52cfe1cb7647a16c25d625c', operation='UPDATE', pgid='pgtrigger_touch_20d51', table='claims_erratum', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='erratum',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_erratumevent" ("created_at", "created_by_id", "end", "id", "kind", "meant", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "printed", "quote_sha256", "snapshot_id", "start", "updated_at", "version") SELECT old_values."created_at", old_values."created_by_id", old_values."end", old_values."id", old_values."kind", old_values."meant", old_values."note", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."printed", old_values."quote_sha256", old_values."snapshot_id", old_values."start", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='c282529bd63474251aef567521a84b996abb5028', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_96ca6', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_erratum', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='erratum',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_erratumevent" ("created_at", "created_by_id", "end", "id", "kind", "meant", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "printed", "quote_sha256", "snapshot_id", "start", "updated_at", "version") SELECT old_values."created_at", old_values."created_by_id", old_values."end", old_values."id", old_values."kind", old_values."meant", old_values."note", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."printed", old_values."quote_sha256", old_values."snapshot_id", old_values."start", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='18e6d62aa324a71c8556b21391888b23aabd625e', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_a1d49', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_erratum', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='evidence',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='6bbc3492b79ef8d58591a8faa7a9a0270fbcb15d', operation='UPDATE', pgid='pgtrigger_touch_4ca98', table='claims_evidence', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='evidence',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_evidenceevent" ("claim_id", "created_at", "created_by_id", "credibility", "end", "id", "locator", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quote_sha256", "read_on", "snapshot_id", "source_id", "stance", "start", "summary", "updated_at", "version") SELECT old_values."claim_id", old_values."created_at", old_values."created_by_id", old_values."credibility", old_values."end", old_values."id", old_values."locator", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."quote_sha256", old_values."read_on", old_values."snapshot_id", old_values."source_id", old_values."stance", old_values."start", old_values."summary", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='bac34f8da88ad028937bede31851de0c131bf588', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_0cf54', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_evidence', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='evidence',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_evidenceevent" ("claim_id", "created_at", "created_by_id", "credibility", "end", "id", "locator", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quote_sha256", "read_on", "snapshot_id", "source_id", "stance", "start", "summary", "updated_at", "version") SELECT old_values."claim_id", old_values."created_at", old_values."created_by_id", old_values."credibility", old_values."end", old_values."id", old_values."locator", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."quote_sha256", old_values."read_on", old_values."snapshot_id", old_values."source_id", old_values."stance", old_values."start", old_values."summary", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='fb49060b510c047d356618389538b0503993882f', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_26a0f', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_evidence', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='importrun',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='ddc1a87d095114b16d8b39185ea18c39064ce02a', operation='UPDATE', pgid='pgtrigger_touch_eb377', table='claims_importrun', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='importrun',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_importrunevent" ("counts", "created_at", "created_by_id", "errors", "file_name", "file_sha256", "finished_at", "format", "id", "manifest", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "state", "updated_at", "user_id", "version") SELECT old_values."counts", old_values."created_at", old_values."created_by_id", old_values."errors", old_values."file_name", old_values."file_sha256", old_values."finished_at", old_values."format", old_values."id", old_values."manifest", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."state", old_values."updated_at", old_values."user_id", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='f43b14075343d3965b3f891a8408842c141c0ac9', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_04d0e', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_importrun', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='importrun',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_importrunevent" ("counts", "created_at", "created_by_id", "errors", "file_name", "file_sha256", "finished_at", "format", "id", "manifest", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "state", "updated_at", "user_id", "version") SELECT old_values."counts", old_values."created_at", old_values."created_by_id", old_values."errors", old_values."file_name", old_values."file_sha256", old_values."finished_at", old_values."format", old_values."id", old_values."manifest", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."state", old_values."updated_at", old_values."user_id", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='c787d9868d8b3b785f0e2e35ff81e34d85bacdd6', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_3ea70', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_importrun', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='skippedpassage',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='51830cee376ac5dd5ebfd7b8ca54cc4ae2df0e78', operation='UPDATE', pgid='pgtrigger_touch_9e333', table='claims_skippedpassage', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='skippedpassage',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_skippedpassageevent" ("created_at", "created_by_id", "end", "id", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quote_sha256", "reason", "snapshot_id", "start", "updated_at", "version") SELECT old_values."created_at", old_values."created_by_id", old_values."end", old_values."id", old_values."note", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."quote_sha256", old_values."reason", old_values."snapshot_id", old_values."start", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='f6794c12ee7295ae9fdeb36462449ec3c79157e5', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_8583a', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_skippedpassage', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='skippedpassage',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_skippedpassageevent" ("created_at", "created_by_id", "end", "id", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quote_sha256", "reason", "snapshot_id", "start", "updated_at", "version") SELECT old_values."created_at", old_values."created_by_id", old_values."end", old_values."id", old_values."note", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."quote_sha256", old_values."reason", old_values."snapshot_id", old_values."start", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='3fda09816b1a67c196f3386dbe2c4c6e2e35eb1f', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_63dfd', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_skippedpassage', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='snapshot',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='ad1f1253b790a0bad1d473b802df3007c88ac120', operation='UPDATE', pgid='pgtrigger_touch_7d017', table='claims_snapshot', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='snapshot',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_snapshotevent" ("captured_at", "created_at", "created_by_id", "id", "length", "media_type", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "sha256", "source_id", "text", "updated_at", "version") SELECT old_values."captured_at", old_values."created_at", old_values."created_by_id", old_values."id", old_values."length", old_values."media_type", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."sha256", old_values."source_id", old_values."text", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='db07c0c0ecba6e3bd2c496e9d9698b8504871465', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_46519', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_snapshot', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='snapshot',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_snapshotevent" ("captured_at", "created_at", "created_by_id", "id", "length", "media_type", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "sha256", "source_id", "text", "updated_at", "version") SELECT old_values."captured_at", old_values."created_at", old_values."created_by_id", old_values."id", old_values."length", old_values."media_type", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."sha256", old_values."source_id", old_values."text", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='7de971b8183b816af787c778c5b3ef323218991c', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_e9f1f', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_snapshot', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='source',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."archived_url" IS DISTINCT FROM (NEW."archived_url") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."derived_from_id" IS DISTINCT FROM (NEW."derived_from_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."note" IS DISTINCT FROM (NEW."note") OR OLD."published" IS DISTINCT FROM (NEW."published") OR OLD."publisher_id" IS DISTINCT FROM (NEW."publisher_id") OR OLD."reliability" IS DISTINCT FROM (NEW."reliability") OR OLD."slug" IS DISTINCT FROM (NEW."slug") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."url" IS DISTINCT FROM (NEW."url") OR OLD."version" IS DISTINCT FROM (NEW."version"))', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='6201334719558edbea80c13ce6c2467610baf00f', operation='UPDATE', pgid='pgtrigger_touch_62497', table='claims_source', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='source',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_sourceevent" ("archived_url", "created_at", "created_by_id", "derived_from_id", "id", "kind", "language", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "published", "publisher_id", "reliability", "slug", "title", "updated_at", "url", "version") SELECT old_values."archived_url", old_values."created_at", old_values."created_by_id", old_values."derived_from_id", old_values."id", old_values."kind", old_values."language", old_values."note", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."published", old_values."publisher_id", old_values."reliability", old_values."slug", old_values."title", old_values."updated_at", old_values."url", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='8de88acc16c0d47f76eeb844e5f4b12cc1f5c87b', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_fde8d', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_source', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='source',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_sourceevent" ("archived_url", "created_at", "created_by_id", "derived_from_id", "id", "kind", "language", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "published", "publisher_id", "reliability", "slug", "title", "updated_at", "url", "version") SELECT old_values."archived_url", old_values."created_at", old_values."created_by_id", old_values."derived_from_id", old_values."id", old_values."kind", old_values."language", old_values."note", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."published", old_values."publisher_id", old_values."reliability", old_values."slug", old_values."title", old_values."updated_at", old_values."url", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='58ada8acbd8f3d9357f2c4cdccb51bdb17277e25', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_249e2', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_source', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='sourceauthor',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='274ed390eee9f9e3998d1669b90df048afbcf4df', operation='UPDATE', pgid='pgtrigger_touch_f8967', table='claims_sourceauthor', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='sourceauthor',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_sourceauthorevent" ("actor_id", "created_at", "created_by_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "source_id", "updated_at", "version") SELECT old_values."actor_id", old_values."created_at", old_values."created_by_id", old_values."id", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."position", old_values."source_id", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='ac58c66fa93aa8995256d3faeafd7ec22411357a', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_427ac', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_sourceauthor', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='sourceauthor',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_sourceauthorevent" ("actor_id", "created_at", "created_by_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "source_id", "updated_at", "version") SELECT old_values."actor_id", old_values."created_at", old_values."created_by_id", old_values."id", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."position", old_values."source_id", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='00b401e5b0151e704f622a1aad8475253d118544', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_58778', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_sourceauthor', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='topic',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."country" IS DISTINCT FROM (NEW."country") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."occurred" IS DISTINCT FROM (NEW."occurred") OR OLD."parent_id" IS DISTINCT FROM (NEW."parent_id") OR OLD."place_id" IS DISTINCT FROM (NEW."place_id") OR OLD."slug" IS DISTINCT FROM (NEW."slug") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."version" IS DISTINCT FROM (NEW."version") OR OLD."wikidata_id" IS DISTINCT FROM (NEW."wikidata_id"))', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='fd8aefcb28092d6067cb443b6e1302399d13f7f2', operation='UPDATE', pgid='pgtrigger_touch_55af3', table='claims_topic', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='topic',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_topicevent" ("country", "created_at", "created_by_id", "description", "id", "kind", "name", "occurred", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_id", "slug", "updated_at", "version", "wikidata_id") SELECT old_values."country", old_values."created_at", old_values."created_by_id", old_values."description", old_values."id", old_values."kind", old_values."name", old_values."occurred", old_values."parent_id", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."place_id", old_values."slug", old_values."updated_at", old_values."version", old_values."wikidata_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='b9570e0a6660f8d59456b47b7741ad8a1b2bdc47', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_010ac', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_topic', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='topic',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_topicevent" ("country", "created_at", "created_by_id", "description", "id", "kind", "name", "occurred", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_id", "slug", "updated_at", "version", "wikidata_id") SELECT old_values."country", old_values."created_at", old_values."created_by_id", old_values."description", old_values."id", old_values."kind", old_values."name", old_values."occurred", old_values."parent_id", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."place_id", old_values."slug", old_values."updated_at", old_values."version", old_values."wikidata_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='e915b4bc921572b877b2957f0d405779ef80d404', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_a32b8', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_topic', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='verdict',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."claim_id" IS DISTINCT FROM (NEW."claim_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."drafted_by_id" IS DISTINCT FROM (NEW."drafted_by_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."issued" IS DISTINCT FROM (NEW."issued") OR OLD."issuer_id" IS DISTINCT FROM (NEW."issuer_id") OR OLD."label" IS DISTINCT FROM (NEW."label") OR OLD."of_record" IS DISTINCT FROM (NEW."of_record") OR OLD."published_by_id" IS DISTINCT FROM (NEW."published_by_id") OR OLD."rationale" IS DISTINCT FROM (NEW."rationale") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."revision" IS DISTINCT FROM (NEW."revision") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."supersedes_id" IS DISTINCT FROM (NEW."supersedes_id") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."url" IS DISTINCT FROM (NEW."url") OR OLD."version" IS DISTINCT FROM (NEW."version"))', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='0b9ea409d3f6c0cf8a2ab9ebc51888d989cf40ba', operation='UPDATE', pgid='pgtrigger_touch_8bd2f', table='claims_verdict', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='verdict',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_verdictevent" ("claim_id", "created_at", "created_by_id", "drafted_by_id", "id", "issued", "issuer_id", "label", "of_record", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "published_by_id", "rationale", "reason", "revision", "state", "status", "supersedes_id", "updated_at", "url", "version") SELECT old_values."claim_id", old_values."created_at", old_values."created_by_id", old_values."drafted_by_id", old_values."id", old_values."issued", old_values."issuer_id", old_values."label", old_values."of_record", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."published_by_id", old_values."rationale", old_values."reason", old_values."revision", old_values."state", old_values."status", old_values."supersedes_id", old_values."updated_at", old_values."url", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='b1299bd78fafae189315095ebd16a42c5369ac4c', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_05fe6', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_verdict', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='verdict',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_verdictevent" ("claim_id", "created_at", "created_by_id", "drafted_by_id", "id", "issued", "issuer_id", "label", "of_record", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "published_by_id", "rationale", "reason", "revision", "state", "status", "supersedes_id", "updated_at", "url", "version") SELECT old_values."claim_id", old_values."created_at", old_values."created_by_id", old_values."drafted_by_id", old_values."id", old_values."issued", old_values."issuer_id", old_values."label", old_values."of_record", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."published_by_id", old_values."rationale", old_values."reason", old_values."revision", old_values."state", old_values."status", old_values."supersedes_id", old_values."updated_at", old_values."url", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='8b79b4b62829b53f40a4eba79337d20286795b99', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_83861', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_verdict', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='verdictevidence',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='\n            NEW.version := OLD.version + 1;\n            NEW.updated_at := clock_timestamp();\n            NEW.created_at := OLD.created_at;\n            NEW.created_by_id := OLD.created_by_id;\n            RETURN NEW;\n        ', hash='0fd9605e89cf6e45eddd5f7d0ec1ce0860df1808', operation='UPDATE', pgid='pgtrigger_touch_20d52', table='claims_verdictevidence', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='verdictevidence',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_verdictevidenceevent" ("created_at", "created_by_id", "evidence_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at", "verdict_id", "version") SELECT old_values."created_at", old_values."created_by_id", old_values."evidence_id", old_values."id", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'update\', old_values."id", old_values."updated_at", old_values."verdict_id", old_values."version" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='dbeb281d26b5ba55ca16abbaec9f9345bc80a968', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_c972a', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='claims_verdictevidence', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='verdictevidence',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "claims_verdictevidenceevent" ("created_at", "created_by_id", "evidence_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at", "verdict_id", "version") SELECT old_values."created_at", old_values."created_by_id", old_values."evidence_id", old_values."id", _pgh_attached_context.value, CLOCK_TIMESTAMP(), \'delete\', old_values."id", old_values."updated_at", old_values."verdict_id", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='51659a65af2463df28c76be9cd784f02c4a86a7c', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_530a4', referencing='REFERENCING OLD TABLE AS old_values ', table='claims_verdictevidence', when='AFTER')),
        ),
        ]),
    ]
