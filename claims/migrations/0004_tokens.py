"""Revokes the tokens of disabled users, by a trigger; and cuts Knox's own table, which stays empty, off from users.

- A user who is disabled, or can no longer sign in by password, loses all tokens. A changed password can't be seen here:
  to the database it looks like one that is merely hashed again at sign-in, so `claims.accounts.passwords` handles it.
  Hashes that no password fits begin with "!" (UNUSABLE_PASSWORD_PREFIX).
- `KNOX_TOKEN_MODEL` names a model of ours. Knox's migrations still create its own table; with a foreign key to users,
  `flush` couldn't empty those.
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

CUT_OFF = "ALTER TABLE knox_authtoken DROP CONSTRAINT IF EXISTS knox_authtoken_user_id_e5a5d899_fk_auth_user_id"
TIE = """
    ALTER TABLE knox_authtoken ADD CONSTRAINT knox_authtoken_user_id_e5a5d899_fk_auth_user_id
        FOREIGN KEY (user_id) REFERENCES auth_user (id) DEFERRABLE INITIALLY DEFERRED
"""


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0003_triggers"),
        ("knox", "0009_extend_authtoken_field"),
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(REVOKE, KEEP),
        migrations.RunSQL(CUT_OFF, TIE),
    ]
