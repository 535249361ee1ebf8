"""Indexes for filters by the time of creation, which were answered by reading the whole table."""

import django.contrib.postgres.indexes
from django.conf import settings
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('claims', '0004_tokens'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='assertion',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['created_at'], name='assertion_created', pages_per_range=32),
        ),
        migrations.AddIndex(
            model_name='claim',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['created_at'], name='claim_created', pages_per_range=32),
        ),
        migrations.AddIndex(
            model_name='evidence',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['created_at'], name='evidence_created', pages_per_range=32),
        ),
        migrations.AddIndex(
            model_name='source',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['created_at'], name='source_created', pages_per_range=32),
        ),
        migrations.AddIndex(
            model_name='verdict',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['created_at'], name='verdict_created', pages_per_range=32),
        ),
    ]
