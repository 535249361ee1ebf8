"""Query set of evidence."""

from typing import Any, Self

from django.db import models
from django.db.models.expressions import RawSQL

from claims.models.querysets.base import KeyedQuerySet


class EvidenceQuerySet(KeyedQuerySet):
    key = ("claim__slug", "source__slug", "snapshot__sha256", "start", "end", "locator")

    def with_origin(self) -> Self:
        """Annotate `origin`, a string that is the same for all evidence with the same ultimate owner.

        It is found from the source up `derived_from` to the original work, and from its publisher up `part_of` to the
        owner (`actor:7`). An original work without a publisher is its own origin (`source:3`). Ten outlets with one
        wire story have one origin.
        """
        origin = """(
            WITH RECURSIVE works AS (
                SELECT s.id, s.derived_from_id, s.publisher_id FROM claims_source s
                WHERE s.id = claims_evidence.source_id
                UNION ALL
                SELECT s.id, s.derived_from_id, s.publisher_id FROM claims_source s
                JOIN works ON s.id = works.derived_from_id
            ), owners AS (
                SELECT a.id, a.part_of_id FROM claims_actor a
                JOIN works ON works.derived_from_id IS NULL AND a.id = works.publisher_id
                UNION ALL
                SELECT a.id, a.part_of_id FROM claims_actor a JOIN owners ON a.id = owners.part_of_id
            )
            SELECT coalesce(
                (SELECT 'actor:' || id FROM owners WHERE part_of_id IS NULL),
                (SELECT 'source:' || id FROM works WHERE derived_from_id IS NULL)
            )
        )"""
        return self.annotate(origin=RawSQL(origin, (), output_field=models.TextField()))  # noqa: S611 - no input in it

    def counted_by(self, field: str) -> Any:
        """Dicts ordered by `field`: its value, and the numbers of `pieces`, `sources` and `origins` (distinct ones)."""
        return (
            self.with_origin()
            .order_by(field)
            .values(field)
            .annotate(
                pieces=models.Count("pk"),
                sources=models.Count("source", distinct=True),
                origins=models.Count("origin", distinct=True),
            )
        )
