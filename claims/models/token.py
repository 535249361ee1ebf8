"""Tokens with which programs sign in."""

from django.conf import settings
from django.db import models
from knox.models import AbstractAuthToken, AuthTokenManager

from claims.models.refusals import FIELD_OF
from claims.models.rules import not_blank

FIELD_OF |= {"token_name_unique": "name"}
#: characters of a token by which its owner knows it again; the other 56 are 224 bits of chance
PREFIX = 8


class Token(AbstractAuthToken):
    """A user's token: its SHA-512 alone, so that who reads the database can't sign in with it.

    `last_used` is written when it is more than LAST_USED (claims.rest.authentication) behind: a read with a token
    writes nothing most of the time.
    """

    id = models.BigAutoField(primary_key=True)
    digest = models.CharField(max_length=128, editable=False)
    token_key = models.CharField(max_length=25, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100, help_text="What it is for, such as the program that uses it.")
    expiry = models.DateTimeField()
    last_used = models.DateTimeField(null=True, blank=True, editable=False)

    #: makes tokens as Knox does: `create(user, expiry=timedelta, name=…)` gives the row and the token itself
    objects = AuthTokenManager()

    class Meta:
        constraints = [
            not_blank("token", "name"),
            models.UniqueConstraint(
                fields=["digest"],
                name="token_digest_unique",
                violation_error_message="This token is there already.",
            ),
            models.UniqueConstraint(
                fields=["user", "name"],
                name="token_name_unique",
                violation_error_message="This user has a token of this name already.",
                violation_error_code="unique",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def prefix(self) -> str:
        """The first characters of the token, to know it again by."""
        return self.token_key[:PREFIX]
