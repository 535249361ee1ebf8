"""Answers that are kept for a day, so that a request can be sent again without being carried out twice."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

#: characters of a key, at most
KEY_LENGTH = 255


class IdempotencyKey(models.Model):
    """What a POST under this key of this user was answered. It is written in the transaction of the POST itself."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=KEY_LENGTH)
    request = models.CharField("SHA-256 of address and body", max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField()
    body = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "key"],
                name="idempotency_key_once",
                violation_error_message="This key is in use already.",
            ),
        ]
        indexes = [
            # those that have run out
            models.Index(fields=["created_at"], name="idempotency_key_age"),
        ]

    def __str__(self) -> str:
        return self.key
