"""Query set of sources."""

from typing import Self

from claims.models.querysets.actor import parts_of
from claims.models.querysets.base import KeyedQuerySet, has_words_like, likeness, resembles


class SourceQuerySet(KeyedQuerySet):
    def published_within(self, actor: int) -> Self:
        """Sources published by the actor with this id or any of its parts."""
        return self.filter(publisher__in=parts_of([actor]))

    def titled_like(self, words: str) -> Self:
        """Sources with words similar to `words` in the title, annotated with `rank` (0 to 1)."""
        # a whole title is never similar to a single word, and that test would cost fifty times the rest
        like = resembles("title", words) if len(words.split()) > 1 else has_words_like("title", words)
        return self.filter(like).annotate(rank=likeness(words, "title"))
