"""Questions about verdicts, as query set verbs that chain."""

from claims.models.querysets.base import KeyedQuerySet


class VerdictQuerySet(KeyedQuerySet):
    key = ("claim__slug", "issuer__slug", "revision")
