"""One normal form for what is searched and compared; canonical language tags and web addresses; longer texts."""

import claims.models.fields
import claims.models.normal
import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models

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


class Migration(migrations.Migration):

    dependencies = [("claims", "0017_spans_and_line_feeds")]

    operations = [
        migrations.RunSQL(NORMAL_FORM, "DROP FUNCTION normal_form(text)"),
        migrations.RemoveConstraint(
            model_name='actor',
            name='actor_name_not_blank',
        ),
        migrations.RemoveConstraint(
            model_name='actorname',
            name='actor_name_name_not_blank',
        ),
        migrations.RemoveConstraint(
            model_name='actorname',
            name='actor_name_language_form',
        ),
        migrations.RemoveConstraint(
            model_name='actorname',
            name='actor_name_once',
        ),
        migrations.RemoveConstraint(
            model_name='claim',
            name='claim_text_not_blank',
        ),
        migrations.RemoveConstraint(
            model_name='claim',
            name='claim_language_form',
        ),
        migrations.RemoveConstraint(
            model_name='evidence',
            name='evidence_summary_not_blank',
        ),
        migrations.RemoveConstraint(
            model_name='importrun',
            name='import_run_format_not_blank',
        ),
        migrations.RemoveConstraint(
            model_name='source',
            name='source_title_not_blank',
        ),
        migrations.RemoveConstraint(
            model_name='source',
            name='source_language_form',
        ),
        migrations.RemoveConstraint(
            model_name='source',
            name='source_url_web',
        ),
        migrations.RemoveConstraint(
            model_name='source',
            name='source_archived_url_web',
        ),
        migrations.RemoveConstraint(
            model_name='token',
            name='token_name_not_blank',
        ),
        migrations.RemoveConstraint(
            model_name='topic',
            name='topic_name_not_blank',
        ),
        migrations.RemoveConstraint(
            model_name='verdict',
            name='verdict_rationale_not_blank',
        ),
        migrations.RemoveConstraint(
            model_name='verdict',
            name='verdict_url_web',
        ),
        migrations.RemoveConstraint(
            model_name='verdict',
            name='verdict_reason_given',
        ),
        migrations.RemoveIndex(
            model_name='actor',
            name='actor_name_trigrams',
        ),
        migrations.RemoveIndex(
            model_name='actorname',
            name='actor_name_any_trigrams',
        ),
        migrations.RemoveIndex(
            model_name='source',
            name='source_title_trigrams',
        ),
        migrations.RemoveIndex(
            model_name='topic',
            name='topic_name_trigrams',
        ),
        migrations.AlterField(
            model_name='actor',
            name='description',
            field=models.TextField(blank=True, default='', max_length=10000),
        ),
        migrations.AlterField(
            model_name='actorevent',
            name='description',
            field=models.TextField(blank=True, default='', max_length=10000),
        ),
        migrations.AlterField(
            model_name='actorname',
            name='language',
            field=claims.models.fields.LanguageField(help_text='BCP 47.', max_length=35),
        ),
        migrations.AlterField(
            model_name='actornameevent',
            name='language',
            field=claims.models.fields.LanguageField(help_text='BCP 47.', max_length=35),
        ),
        migrations.AlterField(
            model_name='assertion',
            name='locator',
            field=models.CharField(blank=True, default='', help_text='A page, a time code: where the source is not a held text.', max_length=500),
        ),
        migrations.AlterField(
            model_name='assertion',
            name='note',
            field=models.TextField(blank=True, default='', max_length=10000),
        ),
        migrations.AlterField(
            model_name='assertionevent',
            name='locator',
            field=models.CharField(blank=True, default='', help_text='A page, a time code: where the source is not a held text.', max_length=500),
        ),
        migrations.AlterField(
            model_name='assertionevent',
            name='note',
            field=models.TextField(blank=True, default='', max_length=10000),
        ),
        migrations.AlterField(
            model_name='claim',
            name='context',
            field=models.TextField(blank=True, default='', help_text='The definition or measure under which it is judged.', max_length=10000),
        ),
        migrations.AlterField(
            model_name='claim',
            name='language',
            field=claims.models.fields.LanguageField(default='en', help_text='BCP 47.', max_length=35),
        ),
        migrations.RemoveIndex(model_name='claim', name='claim_search_gin'),
        migrations.RemoveField(model_name='claim', name='search'),
        migrations.AlterField(
            model_name='claim',
            name='text',
            field=models.CharField(help_text='One proposition, in neutral words of our own.', max_length=1000),
        ),
        migrations.AlterField(
            model_name='claimevent',
            name='context',
            field=models.TextField(blank=True, default='', help_text='The definition or measure under which it is judged.', max_length=10000),
        ),
        migrations.AlterField(
            model_name='claimevent',
            name='language',
            field=claims.models.fields.LanguageField(default='en', help_text='BCP 47.', max_length=35),
        ),
        migrations.AlterField(
            model_name='claimevent',
            name='text',
            field=models.CharField(help_text='One proposition, in neutral words of our own.', max_length=1000),
        ),
        migrations.AlterField(
            model_name='claimrelation',
            name='note',
            field=models.TextField(blank=True, default='', max_length=10000),
        ),
        migrations.AlterField(
            model_name='claimrelationevent',
            name='note',
            field=models.TextField(blank=True, default='', max_length=10000),
        ),
        migrations.AlterField(
            model_name='erratum',
            name='meant',
            field=models.CharField(help_text='What was meant; in doubt, say so in the note.', max_length=1000),
        ),
        migrations.AlterField(
            model_name='erratum',
            name='note',
            field=models.TextField(blank=True, default='', max_length=10000),
        ),
        migrations.AlterField(
            model_name='erratum',
            name='printed',
            field=models.CharField(help_text='The words as they stand at the span.', max_length=1000),
        ),
        migrations.AlterField(
            model_name='erratumevent',
            name='meant',
            field=models.CharField(help_text='What was meant; in doubt, say so in the note.', max_length=1000),
        ),
        migrations.AlterField(
            model_name='erratumevent',
            name='note',
            field=models.TextField(blank=True, default='', max_length=10000),
        ),
        migrations.AlterField(
            model_name='erratumevent',
            name='printed',
            field=models.CharField(help_text='The words as they stand at the span.', max_length=1000),
        ),
        migrations.AlterField(
            model_name='evidence',
            name='locator',
            field=models.CharField(blank=True, default='', help_text='A page, a heading, a time code.', max_length=500),
        ),
        migrations.AlterField(
            model_name='evidence',
            name='summary',
            field=models.TextField(help_text='What it says on this claim, in our own words.', max_length=10000),
        ),
        migrations.AlterField(
            model_name='evidenceevent',
            name='locator',
            field=models.CharField(blank=True, default='', help_text='A page, a heading, a time code.', max_length=500),
        ),
        migrations.AlterField(
            model_name='evidenceevent',
            name='summary',
            field=models.TextField(help_text='What it says on this claim, in our own words.', max_length=10000),
        ),
        migrations.AlterField(
            model_name='skippedpassage',
            name='note',
            field=models.TextField(blank=True, default='', max_length=10000),
        ),
        migrations.AlterField(
            model_name='skippedpassageevent',
            name='note',
            field=models.TextField(blank=True, default='', max_length=10000),
        ),
        migrations.AlterField(
            model_name='source',
            name='archived_url',
            field=claims.models.fields.WebAddressField(blank=True, default='', max_length=2000, verbose_name='archived URL'),
        ),
        migrations.AlterField(
            model_name='source',
            name='language',
            field=claims.models.fields.LanguageField(blank=True, default='', help_text='BCP 47.', max_length=35),
        ),
        migrations.AlterField(
            model_name='source',
            name='note',
            field=models.TextField(blank=True, default='', max_length=10000),
        ),
        migrations.AlterField(
            model_name='source',
            name='url',
            field=claims.models.fields.WebAddressField(blank=True, default='', max_length=2000, verbose_name='URL'),
        ),
        migrations.AlterField(
            model_name='sourceevent',
            name='archived_url',
            field=claims.models.fields.WebAddressField(blank=True, default='', max_length=2000, verbose_name='archived URL'),
        ),
        migrations.AlterField(
            model_name='sourceevent',
            name='language',
            field=claims.models.fields.LanguageField(blank=True, default='', help_text='BCP 47.', max_length=35),
        ),
        migrations.AlterField(
            model_name='sourceevent',
            name='note',
            field=models.TextField(blank=True, default='', max_length=10000),
        ),
        migrations.AlterField(
            model_name='sourceevent',
            name='url',
            field=claims.models.fields.WebAddressField(blank=True, default='', max_length=2000, verbose_name='URL'),
        ),
        migrations.AlterField(
            model_name='topic',
            name='description',
            field=models.TextField(blank=True, default='', max_length=10000),
        ),
        migrations.AlterField(
            model_name='topicevent',
            name='description',
            field=models.TextField(blank=True, default='', max_length=10000),
        ),
        migrations.AlterField(
            model_name='verdict',
            name='label',
            field=models.CharField(blank=True, default='', help_text='As the issuer published it.', max_length=1000),
        ),
        migrations.AlterField(
            model_name='verdict',
            name='rationale',
            field=models.TextField(max_length=20000),
        ),
        migrations.AlterField(
            model_name='verdict',
            name='reason',
            field=models.TextField(blank=True, default='', max_length=10000, verbose_name='why it supersedes'),
        ),
        migrations.AlterField(
            model_name='verdict',
            name='url',
            field=claims.models.fields.WebAddressField(blank=True, default='', max_length=2000, verbose_name='URL'),
        ),
        migrations.AlterField(
            model_name='verdictevent',
            name='label',
            field=models.CharField(blank=True, default='', help_text='As the issuer published it.', max_length=1000),
        ),
        migrations.AlterField(
            model_name='verdictevent',
            name='rationale',
            field=models.TextField(max_length=20000),
        ),
        migrations.AlterField(
            model_name='verdictevent',
            name='reason',
            field=models.TextField(blank=True, default='', max_length=10000, verbose_name='why it supersedes'),
        ),
        migrations.AlterField(
            model_name='verdictevent',
            name='url',
            field=claims.models.fields.WebAddressField(blank=True, default='', max_length=2000, verbose_name='URL'),
        ),
        migrations.AddIndex(
            model_name='actor',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(claims.models.normal.NormalForm('name'), 'gin_trgm_ops'), name='actor_name_trigrams'),
        ),
        migrations.AddIndex(
            model_name='actorname',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(claims.models.normal.NormalForm('name'), 'gin_trgm_ops'), name='actor_name_any_trigrams'),
        ),
        migrations.AddIndex(
            model_name='source',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(claims.models.normal.NormalForm('title'), 'gin_trgm_ops'), name='source_title_trigrams'),
        ),
        migrations.AddIndex(
            model_name='topic',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(claims.models.normal.NormalForm('name'), 'gin_trgm_ops'), name='topic_name_trigrams'),
        ),
        migrations.AddConstraint(
            model_name='actor',
            constraint=models.CheckConstraint(condition=models.Q(models.Func(models.F('name'), output_field=models.BooleanField(), template="(normal_form(%(expressions)s) <> '')")), name='actor_name_not_blank', violation_error_message="The name must not be empty (blanks and invisible characters don't count)."),
        ),
        migrations.AddConstraint(
            model_name='actorname',
            constraint=models.CheckConstraint(condition=models.Q(models.Func(models.F('name'), output_field=models.BooleanField(), template="(normal_form(%(expressions)s) <> '')")), name='actor_name_name_not_blank', violation_error_message="The name must not be empty (blanks and invisible characters don't count)."),
        ),
        migrations.AddConstraint(
            model_name='actorname',
            constraint=models.CheckConstraint(condition=models.Q(('language', ''), ('language__regex', '^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(-[a-wy-z0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?$'), _connector='OR'), name='actor_name_language_form', violation_error_message='The language must be a BCP 47 tag in its canonical form, such as en or zh-Hant.'),
        ),
        migrations.AddConstraint(
            model_name='actorname',
            constraint=models.UniqueConstraint(models.F('actor'), models.F('language'), claims.models.normal.NormalForm('name'), name='actor_name_once', violation_error_message='The actor has this name in this language already.'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(models.Func(models.F('text'), output_field=models.BooleanField(), template="(normal_form(%(expressions)s) <> '')")), name='claim_text_not_blank', violation_error_message="The text must not be empty (blanks and invisible characters don't count)."),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(('language', ''), ('language__regex', '^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(-[a-wy-z0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?$'), _connector='OR'), name='claim_language_form', violation_error_message='The language must be a BCP 47 tag in its canonical form, such as en or zh-Hant.'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.CheckConstraint(condition=models.Q(models.Func(models.F('summary'), output_field=models.BooleanField(), template="(normal_form(%(expressions)s) <> '')")), name='evidence_summary_not_blank', violation_error_message="The summary must not be empty (blanks and invisible characters don't count)."),
        ),
        migrations.AddConstraint(
            model_name='importrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Func(models.F('format'), output_field=models.BooleanField(), template="(normal_form(%(expressions)s) <> '')")), name='import_run_format_not_blank', violation_error_message="The format must not be empty (blanks and invisible characters don't count)."),
        ),
        migrations.AddConstraint(
            model_name='source',
            constraint=models.CheckConstraint(condition=models.Q(models.Func(models.F('title'), output_field=models.BooleanField(), template="(normal_form(%(expressions)s) <> '')")), name='source_title_not_blank', violation_error_message="The title must not be empty (blanks and invisible characters don't count)."),
        ),
        migrations.AddConstraint(
            model_name='source',
            constraint=models.CheckConstraint(condition=models.Q(('language', ''), ('language__regex', '^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(-[a-wy-z0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?$'), _connector='OR'), name='source_language_form', violation_error_message='The language must be a BCP 47 tag in its canonical form, such as en or zh-Hant.'),
        ),
        migrations.AddConstraint(
            model_name='source',
            constraint=models.CheckConstraint(condition=models.Q(('url', ''), ('url__regex', '^https?://([^/?#@]*@)?[^A-Z/?#@]+([/?#]|$)'), _connector='OR'), name='source_url_web', violation_error_message='The URL must begin with http:// or https:// and a host.'),
        ),
        migrations.AddConstraint(
            model_name='source',
            constraint=models.CheckConstraint(condition=models.Q(('archived_url', ''), ('archived_url__regex', '^https?://([^/?#@]*@)?[^A-Z/?#@]+([/?#]|$)'), _connector='OR'), name='source_archived_url_web', violation_error_message='The archived URL must begin with http:// or https:// and a host.'),
        ),
        migrations.AddConstraint(
            model_name='token',
            constraint=models.CheckConstraint(condition=models.Q(models.Func(models.F('name'), output_field=models.BooleanField(), template="(normal_form(%(expressions)s) <> '')")), name='token_name_not_blank', violation_error_message="The name must not be empty (blanks and invisible characters don't count)."),
        ),
        migrations.AddConstraint(
            model_name='topic',
            constraint=models.CheckConstraint(condition=models.Q(models.Func(models.F('name'), output_field=models.BooleanField(), template="(normal_form(%(expressions)s) <> '')")), name='topic_name_not_blank', violation_error_message="The name must not be empty (blanks and invisible characters don't count)."),
        ),
        migrations.AddConstraint(
            model_name='verdict',
            constraint=models.CheckConstraint(condition=models.Q(models.Func(models.F('rationale'), output_field=models.BooleanField(), template="(normal_form(%(expressions)s) <> '')")), name='verdict_rationale_not_blank', violation_error_message="The rationale must not be empty (blanks and invisible characters don't count)."),
        ),
        migrations.AddConstraint(
            model_name='verdict',
            constraint=models.CheckConstraint(condition=models.Q(('url', ''), ('url__regex', '^https?://([^/?#@]*@)?[^A-Z/?#@]+([/?#]|$)'), _connector='OR'), name='verdict_url_web', violation_error_message='The URL must begin with http:// or https:// and a host.'),
        ),
        migrations.AddConstraint(
            model_name='verdict',
            constraint=models.CheckConstraint(condition=models.Q(('supersedes__isnull', True), models.Func(models.F('reason'), output_field=models.BooleanField(), template="(normal_form(%(expressions)s) <> '')"), _connector='OR'), name='verdict_reason_given', violation_error_message='Say why this verdict supersedes the other.'),
        ),
        migrations.AddField(
            model_name='claim',
            name='search',
            field=models.GeneratedField(db_persist=True, expression=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector(claims.models.normal.SearchForm('text'), config='russian', weight='A'), '||', django.contrib.postgres.search.SearchVector(claims.models.normal.SearchForm('context'), config='russian', weight='C'), django.contrib.postgres.search.SearchConfig('russian')), output_field=django.contrib.postgres.search.SearchVectorField()),
        ),
        migrations.AddIndex(
            model_name='claim',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search'], name='claim_search_gin'),
        ),
        migrations.AlterField(
            model_name='snapshot',
            name='captured_at',
            field=models.DateTimeField(help_text='In UTC.'),
        ),
        migrations.AlterField(
            model_name='snapshotevent',
            name='captured_at',
            field=models.DateTimeField(help_text='In UTC.'),
        ),
    ]
