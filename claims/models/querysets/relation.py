"""Query set of relations."""

from claims.models.querysets.base import KeyedQuerySet


class RelationQuerySet(KeyedQuerySet):
    key = ("from_claim__slug", "kind", "to_claim__slug")
