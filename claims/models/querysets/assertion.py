"""Query set of assertions."""

from typing import Any, Self

from claims.models.querysets.base import KeyedQuerySet


class AssertionQuerySet(KeyedQuerySet):
    key = (
        "claim__slug",
        "source__slug",
        "snapshot__sha256",
        "start",
        "end",
        "locator",
        "speaker__slug",
        "stance",
    )

    def said_by(self, actor: Any) -> Self:
        """Assertions by the actor (or its id)."""
        return self.filter(speaker=actor)

    def in_reading_order(self) -> Self:
        return self.order_by("source_id", "snapshot_id", "start", "id")
