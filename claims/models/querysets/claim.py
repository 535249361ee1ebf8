"""Query set of claims."""

import re
from typing import Any, Self

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F, Value

from claims.models.choices import Status
from claims.models.normal import SearchForm, normal_forms
from claims.models.querysets.base import KeyedQuerySet, double
from claims.models.querysets.topic import descendants_of
from claims.models.visibility import DESK, Sight

#: This PostgreSQL configuration stems Cyrillic words as Russian and ASCII words as English (psql: `\dF+ russian`). With
#: one configuration for claims of all languages, a search needs a single index scan.
STEMS = "russian"


class PreparedSearchQuery(SearchQuery):
    """A search whose words are not known when it is planned: they are stemmed once, not for each row."""

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        sql, params = super().as_sql(*args, **kwargs)
        return f"(SELECT {sql})", params


class ClaimQuerySet(KeyedQuerySet):
    def open(self) -> Self:
        """Claims without a decision."""
        return self.filter(status=Status.UNVERIFIED)

    def said_by(self, actor: Any, sight: Sight = DESK) -> Self:
        """Claims that the actor (or its id) asserts, denies or questions."""
        return self.linked_by("assertions", sight, speaker=actor)

    def said_in(self, source: Any, sight: Sight = DESK) -> Self:
        """Claims asserted, denied or questioned in the source (or its id)."""
        return self.linked_by("assertions", sight, source=source)

    def about(self, actor: Any, sight: Sight = DESK) -> Self:
        """Claims about the actor (or its id)."""
        return self.linked_by("actor_links", sight, actor=actor)

    def under(self, topic: int) -> Self:
        """Claims with the topic of this id, or any topic below it."""
        return self.linked_by("topic_links", topic__in=descendants_of([topic]))

    def matching(self, words: str) -> Self:
        """Full-text search in websearch syntax ("a phrase", -not, or), by word stems, annotated with `rank`."""
        kind = PreparedSearchQuery if getattr(words, "is_prepared", False) else SearchQuery
        query = kind(
            SearchForm(Value(words) if isinstance(words, str) else words), config=STEMS, search_type="websearch"
        )
        return self.filter(search=query).annotate(rank=double(SearchRank(F("search"), query)))

    def beginning(self, words: str) -> Self:
        """Claims that contain all of `words`, the last of which may be incomplete: for search as you type."""
        *whole, last = re.findall(r"\w+", normal_forms([words])[words]) or [""]
        typed = " & ".join([*whole, f"{last}:*"]) if last else ""
        return self.filter(search=SearchQuery(typed, config=STEMS, search_type="raw"))
