"""Tokens are revoked when their user is disabled or can no longer sign in by password, whoever writes that.

A changed password is not among it: to the database it looks like one that is merely hashed again at sign-in, so
`claims.accounts.passwords` sees to it. Hashes that no password fits begin with "!" (UNUSABLE_PASSWORD_PREFIX).
"""

from django.conf import settings
from django.db import migrations

REVOKE = """
    CREATE FUNCTION claims_revoke_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM claims_token WHERE user_id = NEW.id;
        RETURN NULL;
    END
    $$;
    CREATE TRIGGER revoke_tokens AFTER UPDATE OF is_active, password ON auth_user FOR EACH ROW
    WHEN (OLD.is_active AND NOT NEW.is_active OR NEW.password LIKE '!%' AND OLD.password NOT LIKE '!%')
    EXECUTE FUNCTION claims_revoke_tokens();
"""
KEEP = "DROP TRIGGER revoke_tokens ON auth_user; DROP FUNCTION claims_revoke_tokens();"


class Migration(migrations.Migration):

    dependencies = [
        ("claims", "0014_verdicts_give_way"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunSQL(REVOKE, KEEP)]
