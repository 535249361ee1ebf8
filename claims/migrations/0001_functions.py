"""What the tables stand on: trigram search, and the two functions that generated columns are made with."""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

EDTF_BOUNDS = r"""
CREATE FUNCTION edtf_bounds(value text) RETURNS daterange
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
-- The days that an EDTF date (ISO 8601-2: level 0, and of level 1 the qualifiers ? ~ %, unspecified digits and open
-- intervals) can mean, from the first to the last; NULL if the text is not one. No other function of the database is
-- called, so that a dump restores with an empty search path.
DECLARE
    part_form constant text := '^([0-9]{4}|[0-9]{3}X|[0-9]{2}XX)(-([0-9]{2}|XX)(-([0-9]{2}|XX))?)?[?~%]?$';
    sides text[];
    side text;
    found text[];
    first_year int;
    last_year int;
    first_month int;
    last_month int;
    month_days int;
    firsts date[] := '{}';
    lasts date[] := '{}';
BEGIN
    sides := string_to_array(value, '/');
    IF array_length(sides, 1) IS NULL OR array_length(sides, 1) > 2 THEN
        RETURN NULL;
    END IF;
    IF array_length(sides, 1) = 2 AND sides[1] IN ('', '..') AND sides[2] IN ('', '..') THEN
        RETURN NULL;
    END IF;
    FOREACH side IN ARRAY sides LOOP
        IF side IN ('', '..') THEN
            IF array_length(sides, 1) = 1 THEN
                RETURN NULL;
            END IF;
            firsts := firsts || NULL::date;
            lasts := lasts || NULL::date;
            CONTINUE;
        END IF;
        found := regexp_match(side, part_form);
        IF found IS NULL THEN
            RETURN NULL;
        END IF;
        first_year := replace(found[1], 'X', '0')::int;
        last_year := replace(found[1], 'X', '9')::int;
        IF last_year = 0 OR (found[3] = 'XX' AND found[5] IS NOT NULL AND found[5] <> 'XX') THEN
            RETURN NULL;
        END IF;
        first_year := greatest(first_year, 1);
        IF found[3] IS NULL OR found[3] = 'XX' THEN
            first_month := 1;
            last_month := 12;
        ELSE
            first_month := found[3]::int;
            last_month := first_month;
            IF first_month NOT BETWEEN 1 AND 12 THEN
                RETURN NULL;
            END IF;
        END IF;
        IF found[5] IS NULL OR found[5] = 'XX' THEN
            firsts := firsts || make_date(first_year, first_month, 1);
            lasts := lasts || (make_date(last_year, last_month, 1) + interval '1 month' - interval '1 day')::date;
        ELSE
            month_days := extract(day FROM
                make_date(first_year, first_month, 1) + interval '1 month' - interval '1 day');
            IF first_year <> last_year AND first_month = 2 THEN
                month_days := 28;
            END IF;
            IF found[5]::int NOT BETWEEN 1 AND month_days THEN
                RETURN NULL;
            END IF;
            firsts := firsts || make_date(first_year, first_month, found[5]::int);
            lasts := lasts || make_date(last_year, last_month, found[5]::int);
        END IF;
    END LOOP;
    IF array_length(sides, 1) = 1 THEN
        RETURN daterange(firsts[1], lasts[1], '[]');
    END IF;
    IF firsts[1] > lasts[2] THEN
        RETURN NULL;
    END IF;
    RETURN daterange(firsts[1], lasts[2], '[]');
END
$$;
"""

CLAIM_SEARCH = """
CREATE FUNCTION claim_search(language text, words text, context text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
-- The search vector of a claim in the stems of its language: its words weigh more than its context.
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
    initial = True

    dependencies = [("pghistory", "0007_auto_20250421_0444")]

    operations = [
        TrigramExtension(),
        migrations.RunSQL(EDTF_BOUNDS, "DROP FUNCTION edtf_bounds(text)"),
        migrations.RunSQL(CLAIM_SEARCH, "DROP FUNCTION claim_search(text, text, text)"),
    ]
