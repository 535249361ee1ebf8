"""Query set of verdicts."""

from typing import Any, Self

from django.db.models import Exists, OuterRef

from claims.models.choices import VerdictState
from claims.models.querysets.base import KeyedQuerySet


class VerdictQuerySet(KeyedQuerySet):
    key = ("claim__slug", "issuer__slug", "revision")

    def published(self) -> Self:
        return self.filter(state=VerdictState.PUBLISHED)

    def once_published(self) -> Self:
        """Verdicts that are published or have ever been."""
        return self.filter(published_at__isnull=False)

    def current(self) -> Self:
        """Published verdicts that no later one has superseded: at most one per issuer and claim."""
        later = self.model._default_manager.once_published().filter(supersedes=OuterRef("pk"))
        return self.published().exclude(Exists(later))

    def of_record(self) -> Self:
        """The positions of record: at most one per claim."""
        return self.filter(of_record=True)

    def issued_by(self, actor: Any) -> Self:
        """Verdicts issued by the actor (or its id)."""
        return self.filter(issuer=actor)
