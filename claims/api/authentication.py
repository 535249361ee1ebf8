"""Who asks: by token, or by a session of the admin."""

from typing import Any

from django.contrib.auth import get_user_model
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import get_token_model
from rest_framework.exceptions import AuthenticationFailed


class HashedTokenAuthentication(TokenAuthentication):
    """Knox's tokens, found by their hash in one query; Knox itself goes through all tokens of the user."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, str]:
        """The user, and the hash of the token. Raises AuthenticationFailed (401) for a token that is wrong, has run
        out or was revoked, or whose user is switched off."""
        try:
            digest = hash_token(token.decode("ascii"))
        except UnicodeDecodeError:
            raise AuthenticationFailed("This is no token.") from None
        users, tokens = get_user_model(), get_token_model()
        # plain SQL, as in claims.api.lookup: it is asked with every write
        found = users._default_manager.raw(
            f"SELECT u.* FROM {users._meta.db_table} u JOIN {tokens._meta.db_table} t ON t.user_id = u.id "
            "WHERE t.digest = %s AND (t.expiry IS NULL OR t.expiry > now())",
            [digest],
        )
        user = next(iter(found), None)
        if user is None:
            raise AuthenticationFailed("The token is wrong, or has run out or been revoked.")
        if not user.is_active:
            raise AuthenticationFailed("The user of this token is switched off.")
        return user, digest


class HashedTokenScheme(KnoxTokenScheme):
    """Describes it in the OpenAPI document as Knox's own."""

    target_class = HashedTokenAuthentication  # type: ignore[assignment]
