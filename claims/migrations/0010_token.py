"""Tokens get a name and the time of their last use. Those that there are stay valid.

Knox's own table stays, for its migrations, empty and without the reference to users: tables that nobody knows of must
refer to none, or `flush` can't empty those.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TAKE_OVER = """
    INSERT INTO claims_token (digest, token_key, user_id, name, created, expiry)
    SELECT digest, token_key, user_id, 'token ' || left(token_key, 8) || ', of ' || created::date
           || CASE count(*) OVER same WHEN 1 THEN '' ELSE ', ' || row_number() OVER same END,
           created, coalesce(expiry, now() + interval '90 days')
    FROM knox_authtoken
    WINDOW same AS (PARTITION BY user_id, left(token_key, 8), created::date);
    DELETE FROM knox_authtoken;
    ALTER TABLE knox_authtoken DROP CONSTRAINT IF EXISTS knox_authtoken_user_id_e5a5d899_fk_auth_user_id;
"""
GIVE_BACK = """
    ALTER TABLE knox_authtoken ADD CONSTRAINT knox_authtoken_user_id_e5a5d899_fk_auth_user_id
        FOREIGN KEY (user_id) REFERENCES auth_user (id) DEFERRABLE INITIALLY DEFERRED;
    INSERT INTO knox_authtoken (digest, token_key, user_id, created, expiry)
    SELECT digest, token_key, user_id, created, expiry FROM claims_token;
"""


class Migration(migrations.Migration):

    dependencies = [
        ("claims", "0009_roles"),
        ("knox", "0009_extend_authtoken_field"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Token",
            fields=[
                ("created", models.DateTimeField(auto_now_add=True)),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("digest", models.CharField(editable=False, max_length=128)),
                ("token_key", models.CharField(editable=False, max_length=25)),
                ("name", models.CharField(help_text="What it is for, such as the program that uses it.", max_length=100)),
                ("expiry", models.DateTimeField()),
                ("last_used", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name__regex", "\\S")),
                        name="token_name_not_blank",
                        violation_error_message="The name must not be empty.",
                    ),
                    models.UniqueConstraint(
                        fields=("digest",),
                        name="token_digest_unique",
                        violation_error_message="This token is there already.",
                    ),
                    models.UniqueConstraint(
                        fields=("user", "name"),
                        name="token_name_unique",
                        violation_error_code="unique",
                        violation_error_message="This user has a token of this name already.",
                    ),
                ],
            },
        ),
        migrations.RunSQL(TAKE_OVER, GIVE_BACK),
    ]
