"""Questions about sources, as query set verbs that chain."""

from typing import Self

from claims.models.querysets.actor import parts_of
from claims.models.querysets.base import KeyedQuerySet, has_words_like, likeness, resembles


class SourceQuerySet(KeyedQuerySet):
    def published_within(self, actor: int) -> Self:
        """Sources published by the actor with this id, or by any of its parts."""
        return self.filter(publisher__in=parts_of([actor]))

    def titled_like(self, words: str) -> Self:
        """Sources whose title has words resembling `words`, the likest first (`rank`, 0 to 1)."""
        # a title is never like a single word as a whole, and to look for one costs fifty times the rest
        like = resembles("title", words) if len(words.split()) > 1 else has_words_like("title", words)
        return self.filter(like).annotate(rank=likeness(words, "title"))
