"""Questions about claims, as query set verbs that chain."""

import re
from typing import Self

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F

from claims.models.choices import Status
from claims.models.querysets.base import KeyedQuerySet, double

#: PostgreSQL's configuration by this name stems Cyrillic words as Russian and those in plain Latin letters as English
#: (psql: `\dF+ russian`). One for all claims, whatever their language, lets a search look into the index once.
STEMS = "russian"


class ClaimQuerySet(KeyedQuerySet):
    def open(self) -> Self:
        """Claims that nobody has decided yet."""
        return self.filter(status=Status.UNVERIFIED)

    def matching(self, words: str) -> Self:
        """Full-text search in websearch syntax ("a phrase", -not, or), by word stems; the best first (`rank`)."""
        query = SearchQuery(words, config=STEMS, search_type="websearch")
        return self.filter(search=query).annotate(rank=double(SearchRank(F("search"), query)))

    def beginning(self, words: str) -> Self:
        """Claims that hold all of `words`, of which the last may be unfinished: for search as one types."""
        *whole, last = re.findall(r"\w+", words) or [""]
        typed = " & ".join([*whole, f"{last}:*"]) if last else ""
        return self.filter(search=SearchQuery(typed, config=STEMS, search_type="raw"))
