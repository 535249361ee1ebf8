"""Query sets with chainable methods, one file per model."""

from claims.models.querysets.actor import ActorQuerySet, parts_of
from claims.models.querysets.assertion import AssertionQuerySet
from claims.models.querysets.base import KeyedQuerySet
from claims.models.querysets.claim import STEMS, ClaimQuerySet
from claims.models.querysets.evidence import EvidenceQuerySet
from claims.models.querysets.relation import RelationQuerySet
from claims.models.querysets.source import SourceQuerySet
from claims.models.querysets.topic import TopicQuerySet, descendants_of
from claims.models.querysets.verdict import VerdictQuerySet

__all__ = [
    "STEMS",
    "ActorQuerySet",
    "AssertionQuerySet",
    "ClaimQuerySet",
    "EvidenceQuerySet",
    "KeyedQuerySet",
    "RelationQuerySet",
    "SourceQuerySet",
    "TopicQuerySet",
    "VerdictQuerySet",
    "descendants_of",
    "parts_of",
]
