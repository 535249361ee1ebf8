"""Answers that are kept for a day, so that a request can be sent again without being carried out twice."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

#: characters of a key, at most
KEY_LENGTH = 255
KEPT = timedelta(hours=24)
#: of those that have run out, each new one removes at most so many
REMOVED = 100


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

    @classmethod
    def remove_old(cls) -> None:
        """Removes some of those that have run out."""
        old = cls.objects.filter(created_at__lt=timezone.now() - KEPT)
        found = old.order_by("created_at").select_for_update(skip_locked=True).values("pk")[:REMOVED]
        # an array is made once; what stands in IN may be asked for again for each row, and finds others each time
        cls.objects.filter(pk__any=ArraySubquery(found)).delete()
