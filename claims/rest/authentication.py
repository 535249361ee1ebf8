"""Authentication: by token, by an admin session or, to create a token, by username and password."""

import logging
from datetime import timedelta
from functools import cache
from typing import Any

from axes.models import AccessAttempt
from django.contrib.auth import authenticate, get_user_model
from django.db import OperationalError, connection
from drf_spectacular.authentication import BasicScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from rest_framework.authentication import BaseAuthentication, BasicAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from claims.accounts.lockout import seconds_left
from claims.models import Token
from claims.rest.throttles import TooMany, count_failure, refuse_guessing
from claimsdb.postgresql.prepared import fetch_prepared

logger = logging.getLogger(__name__)

#: how stale a token's `last_used` may be
LAST_USED = timedelta(minutes=5)


class CountsFailures(BaseAuthentication):
    """Counts failed attempts per client address; after too many, refuses credentials without looking them up."""

    def authenticate(self, request: Request) -> Any:
        """Raises AuthenticationFailed (401), TooMany (429)."""
        if "HTTP_AUTHORIZATION" not in request.META:
            return None
        refuse_guessing(request._request)
        try:
            return super().authenticate(request)
        except AuthenticationFailed:
            count_failure(request._request)
            raise


class TokenSchemes(TokenAuthentication):
    """A token, under either scheme. Refuses other schemes: otherwise a mistake would pass as an anonymous request."""

    schemes = ("token", "bearer")

    def authenticate(self, request: Request) -> Any:
        """Raises AuthenticationFailed (401)."""
        scheme, _, token = get_authorization_header(request).strip().partition(b" ")
        name = scheme.decode("latin-1").lower()
        if name == "basic" and any(isinstance(other, PasswordAuthentication) for other in request.authenticators or ()):
            return None
        if name not in self.schemes:
            more = f" The scheme “{name[:20]}” is not supported here." if name else ""
            if name == "basic":
                more = " A name and password are accepted only to create a token: POST /api/v1/tokens/."
            raise AuthenticationFailed(f"Send “Authorization: Token …” or “Authorization: Bearer …”.{more}")
        if not token.strip():
            raise AuthenticationFailed(f"There is no token after “{scheme.decode('latin-1')}”.")
        return self.authenticate_credentials(token.strip())

    def authenticate_header(self, request: Request) -> str | None:
        return "Token, Bearer"


class HashedTokenAuthentication(CountsFailures, TokenSchemes):
    """Looks up Knox's tokens by hash in one query; Knox itself tries every token of the user."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, int]:
        """The user and the token's id.

        Raises AuthenticationFailed (401) if the token is invalid, expired or revoked, or its user is disabled.
        """
        try:
            digest = hash_token(token.decode("ascii"))
        except UnicodeDecodeError:
            raise AuthenticationFailed("This is not a token.") from None
        found = fetch_prepared(_token_query(), [LAST_USED, digest])
        if not found:
            raise AuthenticationFailed("The token is invalid, expired or revoked.")
        ((token_id, used_long_ago, group_names, *columns),) = found
        users = get_user_model()
        user: Any = users.from_db(connection.alias, [f.attname for f in users._meta.concrete_fields], columns)
        if not user.is_active:
            raise AuthenticationFailed("The user of this token is disabled.")
        user.group_names = group_names  # saves role_of a query
        if used_long_ago:
            _record_use(token_id)
        return user, token_id


@cache
def _token_query() -> str:
    """Plain SQL, as in claims.models.lookup, since every request with a token runs it."""
    users = get_user_model()._meta
    columns = ", ".join(f'u."{f.column}"' for f in users.concrete_fields)
    groups = "SELECT g.name::text FROM auth_user_groups m JOIN auth_group g ON g.id = m.group_id WHERE m.user_id = u.id"
    return (
        f"SELECT t.id, t.last_used IS NULL OR t.last_used < now() - %s, ARRAY({groups}), {columns} "
        f"FROM {users.db_table} u JOIN {Token._meta.db_table} t ON t.user_id = u.id "
        "WHERE t.digest = %s AND t.expiry > now()"
    )


def _record_use(token: int) -> None:
    """Updates the token's `last_used`. If the database can't be written to, the request goes on without it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {Token._meta.db_table} SET last_used = now() WHERE id = %s", [token])
    except OperationalError as error:
        logger.warning("The last use of token %s could not be saved: %s", token, error)


class PasswordAuthentication(CountsFailures, BasicAuthentication):
    """Username and password (RFC 7617), accepted only to create a token: this is how a program gets its first one."""

    def authenticate_credentials(self, userid: str, password: str, request: Any = None) -> tuple[Any, None]:
        """Raises AuthenticationFailed (401), or TooMany (429) if the user is locked out after too many failures."""
        http = request._request
        name = get_user_model().normalize_username(userid)
        known = "\0" not in name and len(name) <= AccessAttempt._meta.get_field("username").max_length
        user = authenticate(http, username=name, password=password) if known else None
        if getattr(http, "axes_locked_out", False):
            raise TooMany("Too many wrong passwords for this user from this address.", seconds_left(http, name))
        if user is None:
            raise AuthenticationFailed("The name or password is wrong.")
        return user, None


class HashedTokenScheme(OpenApiAuthenticationExtension):
    """Describes tokens as bearer tokens, which generated clients know how to send."""

    target_class = HashedTokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "`Authorization: Token …` also works."}


class PasswordScheme(BasicScheme):
    target_class = PasswordAuthentication  # type: ignore[assignment]
