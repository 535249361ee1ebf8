"""What follows from a changed password."""

from typing import Any

from claims.models import Token


class RevokesTokens:
    """A changed password ends a user's tokens as well as the sessions, which Django ends itself.

    Who changes a password may fear that somebody else knows it, and a token may have been made with it. It stands
    among the password validators, which Django tells of every change, and only of changes: a password that is merely
    hashed anew at sign-in is none.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Objects to nothing."""

    def get_help_text(self) -> str:
        return "A new password ends all sessions of the user, and revokes all tokens."

    def password_changed(self, password: str, user: Any = None) -> None:
        if user is not None and user.pk is not None:
            Token.objects.filter(user=user).delete()
