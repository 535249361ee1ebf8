"""What the tables need: trigram search, and functions for generated columns, defaults and constraints."""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

EDTF_BOUNDS = r"""
CREATE FUNCTION edtf_bounds(value text) RETURNS daterange
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
-- The days that an EDTF date (ISO 8601-2, levels 0 and 1) can mean, from the first to the last; NULL if the text is not
-- one. A day before the year -4712 is -infinity, one after 9999 infinity. No other function of the database is called,
-- so that a dump restores with an empty search path.
DECLARE
    part_form constant text :=
        '^(-?)([0-9]{4}|[0-9]{3}X|[0-9]{2}XX)(?:-([0-9]{2}|XX)(?:-([0-9]{2}|XX))?)?[?~%]?$';
    far_form constant text := '^Y(-?)([1-9][0-9]{4,})[?~%]?$';
    time_form constant text :=
        '^(-?[0-9]{4}-[0-9]{2}-[0-9]{2})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]'
        '(?:Z|[+-](?:[01][0-9]|2[0-3])(?::[0-5][0-9])?)?$';
    sides text[];
    side text;
    found text[];
    first_year numeric;
    last_year numeric;
    first_month int;
    last_month int;
    day int;
    month_days int;
    years numeric[] := '{}';
    firsts date[] := '{}';
    lasts date[] := '{}';
BEGIN
    -- most dates are plain days, up to the 28th of a month: read in a third of the time, three times a date and row
    IF value ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$' AND substr(value, 1, 4) <> '0000' THEN
        firsts[1] := make_date(substr(value, 1, 4)::int, substr(value, 6, 2)::int, substr(value, 9, 2)::int);
        RETURN daterange(firsts[1], firsts[1], '[]');
    END IF;
    found := regexp_match(value, time_form);
    sides := CASE WHEN found IS NULL THEN string_to_array(value, '/') ELSE found END;
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
            years := years || NULL::numeric;
            firsts := firsts || NULL::date;
            lasts := lasts || NULL::date;
            CONTINUE;
        END IF;
        found := coalesce(regexp_match(side, part_form), regexp_match(side, far_form));
        IF found IS NULL OR found[1] = '-' AND found[2] = '0000' THEN
            RETURN NULL;
        END IF;
        first_year := replace(found[2], 'X', '0')::numeric;
        last_year := replace(found[2], 'X', '9')::numeric;
        IF found[1] = '-' THEN
            -- there is no year -0000
            first_year := -last_year;
            last_year := least(-replace(found[2], 'X', '0')::numeric, -1);
        END IF;
        IF found[3] IS NULL OR found[3] = 'XX' THEN
            IF found[4] <> 'XX' THEN
                RETURN NULL;
            END IF;
            first_month := 1;
            last_month := 12;
        ELSIF found[3]::int BETWEEN 1 AND 12 THEN
            first_month := found[3]::int;
            last_month := first_month;
        ELSIF found[3]::int BETWEEN 21 AND 24 AND found[4] IS NULL THEN
            -- the seasons of the northern hemisphere; winter goes into the next year
            first_month := 3 * (found[3]::int - 20);
            last_month := CASE WHEN first_month = 12 THEN 2 ELSE first_month + 2 END;
            last_year := last_year + CASE WHEN first_month = 12 THEN 1 ELSE 0 END;
        ELSE
            RETURN NULL;
        END IF;
        day := nullif(found[4], 'XX')::int;
        month_days := CASE
            WHEN first_month IN (4, 6, 9, 11) THEN 30
            WHEN first_month <> 2 THEN 31
            WHEN first_year = last_year AND first_year % 4 = 0 AND (first_year % 100 <> 0 OR first_year % 400 = 0)
                THEN 29
            ELSE 28
        END;
        IF day NOT BETWEEN 1 AND month_days THEN
            RETURN NULL;
        END IF;
        years := years || CASE WHEN array_length(years, 1) IS NULL THEN first_year ELSE last_year END;
        -- PostgreSQL counts the years before Christ from 1: the year 0 is its -1
        firsts := firsts || CASE
            WHEN first_year < -4712 THEN '-infinity'
            WHEN first_year > 9999 THEN 'infinity'
            ELSE make_date((first_year - CASE WHEN first_year < 1 THEN 1 ELSE 0 END)::int, first_month,
                coalesce(day, 1))
        END;
        lasts := lasts || CASE
            WHEN last_year < -4712 THEN '-infinity'
            WHEN last_year > 9999 THEN 'infinity'
            WHEN day IS NOT NULL THEN
                make_date((last_year - CASE WHEN last_year < 1 THEN 1 ELSE 0 END)::int, last_month, day)
            ELSE (make_date((last_year - CASE WHEN last_year < 1 THEN 1 ELSE 0 END)::int, last_month, 1)
                + interval '1 month' - interval '1 day')::date
        END;
    END LOOP;
    IF array_length(sides, 1) = 1 THEN
        RETURN daterange(firsts[1], lasts[1], '[]');
    END IF;
    IF firsts[1] > lasts[2] OR years[1] > years[2] THEN
        RETURN NULL;
    END IF;
    RETURN daterange(firsts[1], lasts[2], '[]');
END
$$;
"""

ISO_DAY = """
CREATE FUNCTION iso_day(day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
-- A day as ISO 8601 writes it: -0043-03-15, where PostgreSQL says 0044-03-15 BC; NULL for one that is out of reach.
SELECT CASE
    WHEN day >= '0001-01-01' AND day < 'infinity' THEN to_char(day, 'YYYY-MM-DD')
    WHEN isfinite(day) THEN
        CASE WHEN day < '0001-01-01 BC' THEN '-' ELSE '' END
        || lpad((-1 - extract(year FROM day))::int::text, 4, '0') || to_char(day, '-MM-DD')
END
$$;
"""

NORMAL_FORM = r"""
CREATE FUNCTION normal_form(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
-- The form in which texts are searched and compared: without what shows nothing (claims/models/normal.py has the same
-- list), apostrophes, quotes and dashes of one kind, compatibility signs as what they mean (NFKC), accents composed,
-- in lower case, with single blanks between words. Joiners go as well, though Persian and Indic scripts and emoji are
-- written with them: people leave them out.
-- No other function of the database is called, so that a dump restores with an empty search path.
BEGIN
    IF octet_length(value) = char_length(value) AND value !~ '^ |  | $|[\u0001-\u001F\u007F`]' THEN
        RETURN lower(value);
    END IF;
    value := regexp_replace(
        value,
        '[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164'
        '\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB'
        '\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]+',
        '',
        'g'
    );
    value := translate(value, '‘’‚‛′‹›ʹʻʼ´`', repeat('''', 12));
    value := translate(value, '“”„‟″«»〝〞〟', repeat('"', 10));
    value := translate(value, '‐‑‒–—―−⁃﹘', repeat('-', 9));
    value := regexp_replace(
        lower(normalize(value, NFKC)),
        '[\u0001-\u0020\u007F-\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u2800\u3000]+',
        ' ',
        'g'
    );
    RETURN btrim(value);
END
$$;
"""

CLAIMS_WRITER = """
CREATE FUNCTION claims_writer() RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE AS $$
-- The user whom pghistory named to this transaction; null where there is none. Stable, so that the column comes to
-- tables that already have rows without rewriting them.
SELECT (nullif(current_setting('pghistory.context_metadata', true), '')::jsonb ->> 'user')::integer
$$;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [("pghistory", "0007_auto_20250421_0444")]

    operations = [
        TrigramExtension(),
        migrations.RunSQL(EDTF_BOUNDS, "DROP FUNCTION edtf_bounds(text)"),
        migrations.RunSQL(ISO_DAY, "DROP FUNCTION iso_day(date)"),
        migrations.RunSQL(NORMAL_FORM, "DROP FUNCTION normal_form(text)"),
        migrations.RunSQL(CLAIMS_WRITER, "DROP FUNCTION claims_writer()"),
    ]
