"""Questions about assertions, as query set verbs that chain."""

from typing import Self

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

    def in_reading_order(self) -> Self:
        return self.order_by("source_id", "snapshot_id", "start", "id")
