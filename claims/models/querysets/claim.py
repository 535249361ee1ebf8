"""Questions about claims, as query set verbs that chain."""

import re
from typing import Any, Self

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F, Value

from claims.models.choices import Status
from claims.models.normal import SearchForm, normal_forms
from claims.models.querysets.base import KeyedQuerySet, double
from claims.models.querysets.topic import descendants_of

#: PostgreSQL's configuration by this name stems Cyrillic words as Russian and those in plain Latin letters as English
#: (psql: `\dF+ russian`). One for all claims, whatever their language, lets a search look into the index once.
STEMS = "russian"


class ClaimQuerySet(KeyedQuerySet):
    def open(self) -> Self:
        """Claims that nobody has decided yet."""
        return self.filter(status=Status.UNVERIFIED)

    def said_by(self, actor: Any) -> Self:
        """Claims that the actor (or its id) puts forward, denies or questions somewhere."""
        return self.linked_by("assertions", speaker=actor)

    def said_in(self, source: Any) -> Self:
        """Claims put forward, denied or questioned in the source (or its id)."""
        return self.linked_by("assertions", source=source)

    def about(self, actor: Any) -> Self:
        """Claims about the actor (or its id)."""
        return self.linked_by("actor_links", actor=actor)

    def under(self, topic: int) -> Self:
        """Claims under the topic with this id, or any below it."""
        return self.linked_by("topic_links", topic__in=descendants_of([topic]))

    def matching(self, words: str) -> Self:
        """Full-text search in websearch syntax ("a phrase", -not, or), by word stems; the best first (`rank`)."""
        query = SearchQuery(
            SearchForm(Value(words) if isinstance(words, str) else words), config=STEMS, search_type="websearch"
        )
        return self.filter(search=query).annotate(rank=double(SearchRank(F("search"), query)))

    def beginning(self, words: str) -> Self:
        """Claims that hold all of `words`, of which the last may be unfinished: for search as one types."""
        *whole, last = re.findall(r"\w+", normal_forms([words])[words]) or [""]
        typed = " & ".join([*whole, f"{last}:*"]) if last else ""
        return self.filter(search=SearchQuery(typed, config=STEMS, search_type="raw"))
