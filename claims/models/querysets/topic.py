"""Questions about topics, as query set verbs that chain."""

from collections.abc import Iterable
from typing import Self

from claims.models.querysets.base import KeyedQuerySet, following, likeness, resembles


class TopicQuerySet(KeyedQuerySet):
    def below(self, ids: Iterable[int]) -> list[int]:
        """Ids of the topics given and of all their descendants."""
        return following("claims_topic", "parent_id", ids)

    def named_like(self, words: str) -> Self:
        """Topics whose name resembles `words`, typing errors forgiven; the likest first (`rank`, 0 to 1)."""
        return self.filter(resembles("name", words)).annotate(rank=likeness(words, "name"))
