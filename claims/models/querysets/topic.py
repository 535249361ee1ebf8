"""Questions about topics, as query set verbs that chain."""

from collections.abc import Iterable
from typing import Self

from claims.models.querysets.base import KeyedQuerySet, following, likeness, resembles


def descendants_of(topics: Iterable[int]) -> list[int]:
    """The ids given, and those of all topics below these, however deep."""
    return following("claims_topic", "parent_id", topics)


class TopicQuerySet(KeyedQuerySet):
    def below(self, ids: Iterable[int]) -> Self:
        """The topics with these ids, and all their descendants."""
        return self.filter(pk__in=descendants_of(ids))

    def named_like(self, words: str) -> Self:
        """Topics whose name resembles `words`, typing errors forgiven; the likest first (`rank`, 0 to 1)."""
        return self.filter(resembles("name", words)).annotate(rank=likeness(words, "name"))
