"""Creating tokens, by the same rules in the API, the admin and the command."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError

from claims.models import Token
from claims.models.refusals import constraints, error_of

DEFAULT_DAYS = 90
MAX_DAYS = 365
#: with the command on the server
MAX_DAYS_BY_COMMAND = 3650


def check_name(user: Any, name: str) -> None:
    """Raises ValidationError, under `name`, if the name is empty, too long or already in use."""
    longest = Token._meta.get_field("name").max_length
    if not name.strip() or len(name) > longest:
        raise ValidationError({"name": ValidationError(f"The name must have 1 to {longest} characters.", "length")})
    if Token.objects.filter(user=user.pk, name=name).exists():
        raise ValidationError(error_of(constraints()["token_name_unique"]))


def create_token(user: Any, name: str, days: int = DEFAULT_DAYS, *, most: int = MAX_DAYS) -> tuple[Token, str]:
    """Creates a token of the user, valid for `days`: returns the row, and the token itself, which is not stored.

    Raises ValidationError, by field.
    """
    if not 1 <= days <= most:
        raise ValidationError({"days": ValidationError(f"The days must be a whole number from 1 to {most}.", "days")})
    check_name(user, name)
    made: tuple[Token, str] = Token.objects.create(user, timedelta(days=days), name=name)
    return made
