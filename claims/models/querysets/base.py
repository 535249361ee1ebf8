"""Base class and expressions that several query sets share."""

from collections.abc import Iterable
from typing import Any, Self

from django.contrib.postgres.lookups import TrigramSimilar, TrigramWordSimilar
from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast

from claims.models.normal import NormalForm
from claims.models.querysets.keys import find_indexed
from claims.models.visibility import DESK, Sight, sight_of, visible
from claimsdb.postgresql.prepared import fetch_prepared


def following(table: str, column: str, ids: Iterable[int]) -> list[int]:
    """The given ids and those of all their descendants along `column`.

    This is a query of its own: with literal ids in the main query, the planner can estimate from its statistics how
    many rows they match.
    """
    sql = (
        f"WITH RECURSIVE w AS (SELECT unnest(%s::bigint[]) AS id UNION SELECT t.id FROM {table} t "
        f"JOIN w ON t.{column} = w.id) SELECT id FROM w"
    )
    return [pk for (pk,) in fetch_prepared(sql, [list(ids)])]


def double(number: Any) -> Cast:
    """Cast `real` to `double precision`, so that a value read into Python equals the database's when sent back."""
    return Cast(number, models.FloatField())


def likeness(words: str, field: str) -> Cast:
    """The trigram word similarity of `field` to `words`, 0 to 1."""
    wanted: Any = NormalForm(Value(words))
    return double(TrigramWordSimilarity(wanted, NormalForm(F(field))))


def has_words_like(field: str, words: str) -> Q:
    """A condition: `field` contains words similar to `words`."""
    return Q(TrigramWordSimilar(NormalForm(F(field)), NormalForm(Value(words))))


def resembles(field: str, words: str) -> Q:
    """A condition: `field` contains words similar to `words`, or is similar as a whole, with an error in each word."""
    return has_words_like(field, words) | Q(TrigramSimilar(NormalForm(F(field)), NormalForm(Value(words))))


class KeyedQuerySet(models.QuerySet[Any]):
    """A query set with natural keys, by which fixtures refer to rows."""

    key: tuple[str, ...] = ("slug",)

    def visible_to(self, user: Any) -> Self:
        """The rows that the user can see; the user may be anonymous."""
        return self.filter(visible(self.model, sight_of(user)))

    def linked_by(self, relation: str, sight: Sight = DESK, **conditions: Any) -> Self:
        """The rows that have a related row (in `assertions`, say) that meets all conditions and that may be seen."""
        field: Any = self.model._meta.get_field(relation)
        rows = field.related_model._default_manager.filter(visible(field.related_model, sight), **conditions)
        return self.filter(pk__in=rows.order_by().values(field.remote_field.name))

    @classmethod
    def keyed_by(cls, *fields: str) -> Any:
        """A manager whose natural key is the values of `fields`."""
        return models.Manager.from_queryset(type(cls.__name__, (cls,), {"key": fields}))()

    def get_by_natural_key(self, *values: Any) -> Any:
        """The row with these values, None for null; within `indexed_keys()` only its id is set. Raises DoesNotExist.

        Related records that are identified by slug are looked up in subqueries rather than joins: without statistics,
        as in a database that is being filled, the planner may start a join at the wrong end.
        """
        if (found := find_indexed(self.model, values)) is not None:
            return found
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
