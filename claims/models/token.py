"""API tokens."""

from django.conf import settings
from django.db import models
from knox.models import AbstractAuthToken, AuthTokenManager

from claims.models.refusals import FIELD_OF
from claims.models.rules import not_blank

FIELD_OF |= {"token_name_unique": "name"}
#: length of the prefix by which its owner recognises a token; the other 56 characters are 224 random bits
PREFIX = 8


class Token(AbstractAuthToken):
    """A user's token. Only its SHA-512 is stored, so that tokens can't be read from the database.

    `last_used` is updated only if it is older than LAST_USED (claims.rest.authentication), so that most requests write
    nothing.
    """

    id = models.BigAutoField(primary_key=True)
    digest = models.CharField(max_length=128, editable=False)
    token_key = models.CharField(max_length=25, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100, help_text="What it is for, such as the program that uses it.")
    expiry = models.DateTimeField()
    last_used = models.DateTimeField(null=True, blank=True, editable=False)

    #: Knox's manager: `create(user, expiry=timedelta, name=…)` returns the row and the token itself
    objects = AuthTokenManager()

    class Meta:
        constraints = [
            not_blank("token", "name"),
            models.UniqueConstraint(
                fields=["digest"],
                name="token_digest_unique",
                violation_error_message="This token already exists.",
            ),
            models.UniqueConstraint(
                fields=["user", "name"],
                name="token_name_unique",
                violation_error_message="This user already has a token with this name.",
                violation_error_code="unique",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def prefix(self) -> str:
        """The first characters of the token, by which its owner recognises it."""
        return self.token_key[:PREFIX]
