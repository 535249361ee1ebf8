"""The models: Claim, Source, Actor and Evidence, and those that depend on them."""

from claims.models.actor import Actor, ActorName
from claims.models.assertion import Assertion
from claims.models.claim import Claim, ClaimActor, ClaimTopic
from claims.models.erratum import Erratum
from claims.models.evidence import Evidence
from claims.models.former import FormerAddress
from claims.models.idempotency import IdempotencyKey
from claims.models.importrun import ImportRun
from claims.models.publication import Publication
from claims.models.relation import ClaimRelation
from claims.models.rewording import Rewording
from claims.models.skipped import SkippedPassage
from claims.models.snapshot import Snapshot
from claims.models.source import Source, SourceAuthor
from claims.models.token import Token
from claims.models.topic import Topic
from claims.models.verdict import Verdict, VerdictEvidence

__all__ = [
    "Actor",
    "ActorName",
    "Assertion",
    "Claim",
    "ClaimActor",
    "ClaimRelation",
    "ClaimTopic",
    "Erratum",
    "Evidence",
    "FormerAddress",
    "IdempotencyKey",
    "ImportRun",
    "Publication",
    "Rewording",
    "SkippedPassage",
    "Snapshot",
    "Source",
    "SourceAuthor",
    "Token",
    "Topic",
    "Verdict",
    "VerdictEvidence",
]
