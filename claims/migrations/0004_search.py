"""One configuration stems the words of all claims, so that a search looks into the index once."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.contrib.postgres.search import SearchVector
from django.db import migrations, models

# as in 0001
CLAIM_SEARCH = """
CREATE FUNCTION claim_search(language text, words text, context text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    config regconfig := CASE
        WHEN language ~* '^en(-|$)' THEN 'pg_catalog.english'
        WHEN language ~* '^ru(-|$)' THEN 'pg_catalog.russian'
        ELSE 'pg_catalog.simple'
    END;
BEGIN
    RETURN setweight(to_tsvector(config, words), 'A') || setweight(to_tsvector(config, context), 'C');
END
$$;
"""


class Migration(migrations.Migration):

    dependencies = [("claims", "0003_order_of_links")]

    operations = [
        migrations.RemoveIndex(model_name="claim", name="claim_search_gin"),
        migrations.RemoveField(model_name="claim", name="search"),
        migrations.RunSQL("DROP FUNCTION claim_search(text, text, text)", CLAIM_SEARCH),
        migrations.AddField(
            model_name="claim",
            name="search",
            field=models.GeneratedField(
                db_persist=True,
                expression=SearchVector("text", config="russian", weight="A")
                + SearchVector("context", config="russian", weight="C"),
                output_field=django.contrib.postgres.search.SearchVectorField(),
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=django.contrib.postgres.indexes.GinIndex(fields=["search"], name="claim_search_gin"),
        ),
    ]
