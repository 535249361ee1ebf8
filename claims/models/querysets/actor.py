"""Query set of actors."""

from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Greatest

from claims.models.querysets.base import KeyedQuerySet, following, likeness, resembles


def parts_of(actors: Iterable[int]) -> list[int]:
    """The given ids and those of all actors that are part of these, at any depth."""
    return following("claims_actor", "part_of_id", actors)


class ActorQuerySet(KeyedQuerySet):
    def current(self) -> Self:
        """Actors that are not merged into another one."""
        return self.filter(merged_into__isnull=True)

    def named_like(self, words: str) -> Self:
        """Actors with a name similar to `words`, despite typing errors, annotated with `rank` (0 to 1)."""
        names = self.model._meta.get_field("names").related_model
        by_name = self.model.objects.filter(resembles("name", words)).values("id")
        by_alias = names.objects.filter(resembles("name", words)).values("actor_id")
        best_alias = (
            names.objects.filter(actor=models.OuterRef("pk"))
            .annotate(rank=likeness(words, "name"))
            .order_by("-rank")
            .values("rank")[:1]
        )
        return self.filter(Q(id__in=by_name) | Q(id__in=by_alias)).annotate(
            rank=Greatest(likeness(words, "name"), Coalesce(models.Subquery(best_alias), 0.0))
        )

    def within(self, ids: Iterable[int]) -> Self:
        """Actors with these ids, and all their parts."""
        return self.filter(pk__in=parts_of(ids))
