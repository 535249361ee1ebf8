"""One configuration stems the words of all claims, so that a search looks into the index once."""

from importlib import import_module

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.contrib.postgres.search import SearchVector
from django.db import migrations, models

CLAIM_SEARCH = import_module("claims.migrations.0001_functions").CLAIM_SEARCH


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
