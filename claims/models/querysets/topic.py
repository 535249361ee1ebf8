"""Query set of topics."""

from collections.abc import Iterable
from typing import Self

from claims.models.querysets.base import KeyedQuerySet, following, likeness, resembles


def descendants_of(topics: Iterable[int]) -> list[int]:
    """The given ids and those of all their descendants."""
    return following("claims_topic", "parent_id", topics)


class TopicQuerySet(KeyedQuerySet):
    def below(self, ids: Iterable[int]) -> Self:
        """Topics with these ids, and all their descendants."""
        return self.filter(pk__in=descendants_of(ids))

    def named_like(self, words: str) -> Self:
        """Topics with a name similar to `words`, despite typing errors, annotated with `rank` (0 to 1)."""
        return self.filter(resembles("name", words)).annotate(rank=likeness(words, "name"))
