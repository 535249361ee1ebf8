"""Questions to the record, as query set verbs that chain."""

import re
from collections.abc import Iterable
from typing import Any, Self

from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramWordSimilarity
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, Greatest

from claims.models.choices import Status
from claimsdb.postgresql.prepared import ask

#: PostgreSQL's configuration by this name stems Cyrillic words as Russian and those in plain Latin letters as English
#: (psql: `\dF+ russian`). One for all claims, whatever their language, lets a search look into the index once.
STEMS = "russian"


def _following(table: str, column: str, ids: Iterable[int]) -> list[int]:
    """The ids given, and those of all rows that lie below them along `column`.

    They are asked for by themselves: with the ids in the query, the planner knows from its statistics how many rows
    they will find.
    """
    sql = (
        f"WITH RECURSIVE w AS (SELECT unnest(%s::bigint[]) AS id UNION SELECT t.id FROM {table} t "
        f"JOIN w ON t.{column} = w.id) SELECT id FROM w"
    )
    return [pk for (pk,) in ask(sql, [list(ids)])]


def _double(number: Any) -> Cast:
    """`real` as `double precision`: what comes back from Python then equals what is in the database, to the bit."""
    return Cast(number, models.FloatField())


def _likeness(words: str, field: str) -> Cast:
    """How like the words of `field` are to `words`, by trigrams: 0 to 1."""
    return _double(TrigramWordSimilarity(words, field))


def _resembles(field: str, words: str) -> Q:
    """Whether `field` has words like `words`, or is like them as a whole, which forgives an error in each word."""
    return Q(**{f"{field}__trigram_word_similar": words}) | Q(**{f"{field}__trigram_similar": words})


class KeyedQuerySet(models.QuerySet[Any]):
    """A query set whose rows fixtures refer to by natural key."""

    key: tuple[str, ...] = ("slug",)

    @classmethod
    def keyed_by(cls, *fields: str) -> Any:
        """A manager that finds a row by the values of `fields`; None stands for a missing value."""
        return models.Manager.from_queryset(type(cls.__name__, (cls,), {"key": fields}))()

    def get_by_natural_key(self, *values: Any) -> Any:
        """The row with these values. Raises DoesNotExist.

        A record on the way that is named by its slug is looked up by itself, before all else: with a join for each,
        a planner without statistics, as in a database that is being filled, may begin at the wrong end.
        """
        conditions: dict[str, Any] = {}
        for field, value in zip(self.key, values, strict=True):
            path, _, last = field.rpartition("__")
            if value is None:
                conditions[f"{field}__isnull"] = True
            elif path and last == "slug":
                named: Any = self.model
                for step in path.split("__"):
                    named = named._meta.get_field(step).related_model
                conditions[path] = models.Subquery(named.objects.filter(slug=value).values("pk"))
            else:
                conditions[field] = value
        return self.get(**conditions)


class ActorQuerySet(KeyedQuerySet):
    def current(self) -> Self:
        """Without those merged into another."""
        return self.filter(merged_into__isnull=True)

    def named_like(self, words: str) -> Self:
        """Actors one of whose names resembles `words`, typing errors forgiven; the likest first (`rank`, 0 to 1)."""
        names = self.model._meta.get_field("names").related_model
        by_name = self.model.objects.filter(_resembles("name", words)).values("id")
        by_alias = names.objects.filter(_resembles("name", words)).values("actor_id")
        best_alias = (
            names.objects.filter(actor=models.OuterRef("pk"))
            .annotate(rank=_likeness(words, "name"))
            .order_by("-rank")
            .values("rank")[:1]
        )
        return self.filter(Q(id__in=by_name) | Q(id__in=by_alias)).annotate(
            rank=Greatest(_likeness(words, "name"), Coalesce(models.Subquery(best_alias), 0.0))
        )

    def within(self, ids: Iterable[int]) -> list[int]:
        """Ids of the actors given and of all their parts."""
        return _following("claims_actor", "part_of_id", ids)


class TopicQuerySet(KeyedQuerySet):
    def below(self, ids: Iterable[int]) -> list[int]:
        """Ids of the topics given and of all their descendants."""
        return _following("claims_topic", "parent_id", ids)

    def named_like(self, words: str) -> Self:
        """Topics whose name resembles `words`, typing errors forgiven; the likest first (`rank`, 0 to 1)."""
        return self.filter(_resembles("name", words)).annotate(rank=_likeness(words, "name"))


class SourceQuerySet(KeyedQuerySet):
    def titled_like(self, words: str) -> Self:
        """Sources whose title has words resembling `words`, the likest first (`rank`, 0 to 1)."""
        # a title is never like a single word as a whole, and to look for one costs fifty times the rest
        like = _resembles("title", words) if len(words.split()) > 1 else Q(title__trigram_word_similar=words)
        return self.filter(like).annotate(rank=_likeness(words, "title"))


class ClaimQuerySet(KeyedQuerySet):
    def open(self) -> Self:
        """Claims that nobody has decided yet."""
        return self.filter(status=Status.UNVERIFIED)

    def matching(self, words: str) -> Self:
        """Full-text search in websearch syntax ("a phrase", -not, or), by word stems; the best first (`rank`)."""
        query = SearchQuery(words, config=STEMS, search_type="websearch")
        return self.filter(search=query).annotate(rank=_double(SearchRank(F("search"), query)))

    def beginning(self, words: str) -> Self:
        """Claims that hold all of `words`, of which the last may be unfinished: for search as one types."""
        *whole, last = re.findall(r"\w+", words) or [""]
        typed = " & ".join([*whole, f"{last}:*"]) if last else ""
        return self.filter(search=SearchQuery(typed, config=STEMS, search_type="raw"))


class AssertionQuerySet(KeyedQuerySet):
    key = (
        *("claim__slug", "source__slug", "snapshot__sha256", "start", "end", "locator"),
        *("speaker__slug", "stance"),
    )

    def in_reading_order(self) -> Self:
        return self.order_by("source_id", "snapshot_id", "start", "id")


class EvidenceQuerySet(KeyedQuerySet):
    key = ("claim__slug", "source__slug", "snapshot__sha256", "start", "end", "locator")

    def with_origin(self) -> Self:
        """Annotates `origin`: the same text for all that goes back to one owner.

        From the source up `derived_from` to the first work; from its publisher up `part_of` to the owner (`actor:7`).
        A first work without a publisher is an origin by itself (`source:3`). Ten outlets with one wire story are one.
        """
        origin = """(
            WITH RECURSIVE works AS (
                SELECT s.id, s.derived_from_id, s.publisher_id FROM claims_source s
                WHERE s.id = claims_evidence.source_id
                UNION ALL
                SELECT s.id, s.derived_from_id, s.publisher_id FROM claims_source s
                JOIN works ON s.id = works.derived_from_id
            ), owners AS (
                SELECT a.id, a.part_of_id FROM claims_actor a
                JOIN works ON works.derived_from_id IS NULL AND a.id = works.publisher_id
                UNION ALL
                SELECT a.id, a.part_of_id FROM claims_actor a JOIN owners ON a.id = owners.part_of_id
            )
            SELECT coalesce(
                (SELECT 'actor:' || id FROM owners WHERE part_of_id IS NULL),
                (SELECT 'source:' || id FROM works WHERE derived_from_id IS NULL)
            )
        )"""
        return self.annotate(origin=RawSQL(origin, (), output_field=models.TextField()))  # noqa: S611 - no input in it

    def counted_by(self, field: str) -> Any:
        """Dicts of `field`, in its order: how many `pieces`, from how many `sources`, of how many `origins`."""
        return (
            self.with_origin()
            .order_by(field)
            .values(field)
            .annotate(
                pieces=models.Count("pk"),
                sources=models.Count("source", distinct=True),
                origins=models.Count("origin", distinct=True),
            )
        )


class VerdictQuerySet(KeyedQuerySet):
    key = ("claim__slug", "issuer__slug", "revision")


class RelationQuerySet(KeyedQuerySet):
    key = ("from_claim__slug", "kind", "to_claim__slug")
