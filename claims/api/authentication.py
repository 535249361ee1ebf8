"""Who asks: by token, or by a session of the admin."""

from typing import Any

from django.utils import timezone
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import get_token_model
from rest_framework.exceptions import AuthenticationFailed


class HashedTokenAuthentication(TokenAuthentication):
    """Knox's tokens, found by their hash in one query; Knox itself goes through all tokens of the user."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        """The user and the token. Raises AuthenticationFailed (401) for one that is wrong, has run out or was
        revoked, or whose user is switched off."""
        try:
            digest = hash_token(token.decode("ascii"))
        except UnicodeDecodeError:
            raise AuthenticationFailed("This is no token.") from None
        found = get_token_model().objects.select_related("user").filter(digest=digest).first()
        if found is None or (found.expiry is not None and found.expiry <= timezone.now()):
            raise AuthenticationFailed("The token is wrong, or has run out or been revoked.")
        return self.validate_user(found)


class HashedTokenScheme(KnoxTokenScheme):
    """Describes it in the OpenAPI document as Knox's own."""

    target_class = HashedTokenAuthentication  # type: ignore[assignment]
