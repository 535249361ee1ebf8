"""How claims are searched, next to how they were indexed: each in the stems of its own language."""

from django.db import migrations

# Plain SQL in one expression, so that the planner puts it into the query itself and finds the index on `search`.
CLAIM_MATCHES = """
CREATE FUNCTION claim_matches(search tsvector, language text, words text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (search @@ websearch_to_tsquery('pg_catalog.english', words) AND language ~* '^en(-|$)')
        OR (search @@ websearch_to_tsquery('pg_catalog.russian', words) AND language ~* '^ru(-|$)')
        OR (search @@ websearch_to_tsquery('pg_catalog.simple', words) AND language !~* '^(en|ru)(-|$)')
$$;
"""

CLAIM_RANK = """
CREATE FUNCTION claim_rank(search tsvector, language text, words text) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ts_rank(search, CASE
        WHEN language ~* '^en(-|$)' THEN websearch_to_tsquery('pg_catalog.english', words)
        WHEN language ~* '^ru(-|$)' THEN websearch_to_tsquery('pg_catalog.russian', words)
        ELSE websearch_to_tsquery('pg_catalog.simple', words)
    END)::double precision
$$;
"""


class Migration(migrations.Migration):

    dependencies = [("claims", "0003_order_of_links")]

    operations = [
        migrations.RunSQL(CLAIM_MATCHES, "DROP FUNCTION claim_matches(tsvector, text, text)"),
        migrations.RunSQL(CLAIM_RANK, "DROP FUNCTION claim_rank(tsvector, text, text)"),
    ]
