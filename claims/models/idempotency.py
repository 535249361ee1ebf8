"""Responses kept for a day, so that a client can safely repeat a request."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

#: maximum length of a key, in characters
KEY_LENGTH = 255
KEPT = timedelta(hours=24)
#: each new key deletes at most this many expired ones
REMOVED = 100


class IdempotencyKey(models.Model):
    """The response to a user's POST with this key, saved in the transaction of the POST itself."""

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
                violation_error_message="This key is already in use.",
            ),
        ]
        indexes = [
            # expired keys
            models.Index(fields=["created_at"], name="idempotency_key_age"),
        ]

    def __str__(self) -> str:
        return self.key

    @classmethod
    def remove_old(cls) -> None:
        """Delete some of the expired keys."""
        old = cls.objects.filter(created_at__lt=timezone.now() - KEPT)
        found = old.order_by("created_at").select_for_update(skip_locked=True).values("pk")[:REMOVED]
        # an array is evaluated once; a subquery in IN may run again for each row and, with SKIP LOCKED, find other rows
        cls.objects.filter(pk__any=ArraySubquery(found)).delete()
