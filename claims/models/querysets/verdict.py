"""Query set of verdicts."""

from typing import Any, Self

from django.db.models import Exists, OuterRef, Q

from claims.models.choices import VerdictState
from claims.models.querysets.base import KeyedQuerySet


class VerdictQuerySet(KeyedQuerySet):
    key = ("claim__slug", "issuer__slug", "revision")

    def published(self) -> Self:
        return self.filter(state=VerdictState.PUBLISHED)

    def once_published(self) -> Self:
        """Verdicts that are published or have ever been."""
        events: Any = self.model._meta.get_field("events").related_model
        was = Exists(events.objects.filter(pgh_obj=OuterRef("pk"), state=VerdictState.PUBLISHED))
        return self.filter(Q(state=VerdictState.PUBLISHED) | Q(published_by__isnull=False) | was)

    def of_record(self) -> Self:
        """The positions of record: at most one per claim."""
        return self.filter(of_record=True)

    def issued_by(self, actor: Any) -> Self:
        """Verdicts issued by the actor (or its id)."""
        return self.filter(issuer=actor)
