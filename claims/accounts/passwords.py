"""Revoking tokens when a password changes."""

from typing import Any

from claims.models import Token


class RevokesTokens:
    """Revokes a user's tokens when the password changes. Django itself ends the sessions.

    If you change a password because somebody else may know it, tokens may have been created with it. This is a
    password validator because Django notifies those of every change, but not when it only rehashes a password at
    sign-in.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Accepts every password."""

    def get_help_text(self) -> str:
        return "Changing the password ends all sessions of the user and revokes all their tokens."

    def password_changed(self, password: str, user: Any = None) -> None:
        if user is not None and user.pk is not None:
            Token.objects.filter(user=user).delete()
