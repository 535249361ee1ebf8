"""Fill all tables, one after another, in one transaction."""

import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pghistory
from django.db import connection, transaction
from django.utils import timezone

from claims.models import (
    Actor,
    ActorName,
    Assertion,
    Claim,
    ClaimActor,
    ClaimRelation,
    ClaimTopic,
    Evidence,
    ImportRun,
    Snapshot,
    Source,
    SourceAuthor,
    Topic,
    Verdict,
    VerdictEvidence,
)
from claims.models.choices import ImportState
from claims.synthetic import actor, assertion, claim, evidence, source, topic, verdict
from claims.synthetic.plan import TOPICS, Plan, prefix
from claims.synthetic.tables import Model, Progress, copy, take_ids

FORMAT = "synthetic"
#: Checked with the links between verdicts and evidence: a claim has the status of its verdict, and a verdict that is
#: published relies on what it relies on for good.
_TOGETHER = (Claim, Verdict, Evidence)
#: One run at a time.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('generate'))"


class SeedTaken(Exception):
    """The database already has rows of this seed."""


@dataclass(frozen=True)
class Written:
    """The number of rows written to a table, and the seconds it took to write, check and analyse them."""

    rows: int
    seconds: float


def generate(claims: int, seed: int, progress: Progress) -> dict[Model, Written]:
    """Add `claims` synthetic claims with all related rows, in one transaction; what was written, by model.

    `seed` is 0 or more. `progress` is called every few hundred rows with the model and its rows so far. Raises
    SeedTaken.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_LOCK)
        named = (Actor, Topic, Source, Claim)
        if any(model._default_manager.filter(slug__startswith=prefix(seed)).exists() for model in named):
            raise SeedTaken
        what = f"{claims} claims, seed {seed}"
        # created first, because the history of the rows refers to its id
        run = ImportRun.objects.create(
            format=FORMAT, file_name=what, file_sha256=hashlib.sha256(what.encode()).hexdigest()
        )
        with pghistory.context(command="generate", import_run=run.pk):
            made = _fill(Plan(claims, seed), progress)
            run.state = ImportState.DONE
            run.counts = {str(model._meta.verbose_name_plural): {"added": it.rows} for model, it in made.items()}
            run.finished_at = timezone.now()
            run.save(update_fields=["state", "counts", "finished_at"])
    return made


def _fill(plan: Plan, progress: Progress) -> dict[Model, Written]:
    """Write the tables in an order in which rows refer only to earlier ones."""
    made: dict[Model, Written] = {}

    def write(model: Model, columns: Sequence[str], rows: Iterable[str]) -> None:
        began = time.monotonic()
        count = copy(model, columns, rows, progress)
        if model not in _TOGETHER:
            connection.check_constraints()
        made[model] = Written(count, time.monotonic() - began)

    actors = take_ids(Actor, plan.actors)
    write(Actor, actor.COLUMNS, actor.rows(plan, actors))
    further = actor.names(plan)
    names = take_ids(ActorName, len(further))
    write(ActorName, actor.NAME_COLUMNS, actor.name_rows(plan, names, actors, further))
    topics = take_ids(Topic, TOPICS)
    write(Topic, topic.COLUMNS, topic.rows(plan, topics))

    sources = source.Sources(take_ids(Source, plan.sources))
    write(Source, source.COLUMNS, source.rows(plan, sources, actors))
    bylines = take_ids(SourceAuthor, sum(1 for _ in source.authors(plan)))
    write(SourceAuthor, source.AUTHOR_COLUMNS, source.author_rows(plan, bylines, sources.ids, actors))
    snapshots = take_ids(Snapshot, len(source.with_text(plan)))
    write(Snapshot, source.SNAPSHOT_COLUMNS, source.snapshot_rows(plan, sources, snapshots))

    claims = take_ids(Claim, plan.claims)
    write(Claim, claim.COLUMNS, claim.rows(plan, claims))
    verdicts = take_ids(Verdict, sum(1 for _ in verdict.decisions(plan)))
    write(Verdict, verdict.COLUMNS, verdict.rows(plan, verdicts, claims, actors))
    evidences = take_ids(Evidence, sum(plan.evidence))
    write(Evidence, evidence.COLUMNS, evidence.rows(plan, evidences, claims, sources))
    relied = take_ids(VerdictEvidence, sum(1 for _ in verdict.relied(plan)))
    write(VerdictEvidence, verdict.EVIDENCE_COLUMNS, verdict.evidence_rows(plan, relied, verdicts, evidences))
    assertions = take_ids(Assertion, sum(plan.assertions))
    write(Assertion, assertion.COLUMNS, assertion.rows(plan, assertions, claims, actors, sources))
    claim_topics = take_ids(ClaimTopic, sum(plan.topics))
    write(ClaimTopic, claim.TOPIC_COLUMNS, claim.topic_rows(plan, claim_topics, claims, topics))
    claim_actors = take_ids(ClaimActor, sum(plan.about))
    write(ClaimActor, claim.ACTOR_COLUMNS, claim.actor_rows(plan, claim_actors, claims, actors))
    relations = take_ids(ClaimRelation, plan.relations)
    write(ClaimRelation, claim.RELATION_COLUMNS, claim.relation_rows(plan, relations, claims))
    return made
