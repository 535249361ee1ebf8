"""Factories for tests, one function per model: each creates a valid row and the rows it needs."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction

from claims.models import (
    Actor,
    ActorName,
    Assertion,
    Claim,
    ClaimActor,
    ClaimRelation,
    ClaimTopic,
    Erratum,
    Evidence,
    FormerAddress,
    ImportRun,
    Rewording,
    SkippedPassage,
    Snapshot,
    Source,
    SourceAuthor,
    Token,
    Topic,
    Verdict,
    VerdictEvidence,
)
from claims.models.choices import (
    ActorKind,
    ClaimKind,
    ErratumKind,
    EvidenceStance,
    ImportState,
    ReasonKind,
    RelationKind,
    SkipReason,
    SourceKind,
    Status,
    VerdictState,
)
from claims.models.snapshot import digest

TEXT = "The minister said the bridge fell. Nobody was hurt, he added. Was it old? It stood for 60 years."

_number = count(1)


def make_actor(**kw: Any) -> Actor:
    number = next(_number)
    return Actor.objects.create(**{"name": f"Actor {number}", "kind": ActorKind.PERSON} | kw)


def make_actor_name(**kw: Any) -> ActorName:
    kw["actor"] = kw.get("actor") or make_actor()
    return ActorName.objects.create(**{"language": "en", "name": f"Alias {next(_number)}"} | kw)


def make_former_address(**kw: Any) -> FormerAddress:
    """A former address of a claim, unless it leads to another record."""
    kind = next((name for name in ("source", "actor", "topic") if name in kw), "claim")
    kw[kind] = kw[kind] if kind in kw else make_claim()
    return FormerAddress.objects.create(**{"kind": kind, "name": f"former-{next(_number)}"} | kw)


def make_topic(**kw: Any) -> Topic:
    return Topic.objects.create(**{"name": f"Topic {next(_number)}"} | kw)


def make_source(*, authors: list[Actor] | None = None, **kw: Any) -> Source:
    """A source; `authors` are in the order of the byline."""
    source = Source.objects.create(**{"title": f"Source {next(_number)}", "kind": SourceKind.ARTICLE} | kw)
    for position, actor in enumerate(authors or [], 1):
        make_source_author(source=source, actor=actor, position=position)
    return source


def make_source_author(**kw: Any) -> SourceAuthor:
    kw["source"] = kw.get("source") or make_source()
    kw["actor"] = kw.get("actor") or make_actor()
    return SourceAuthor.objects.create(**kw)


def make_snapshot(**kw: Any) -> Snapshot:
    """A snapshot with the text TEXT; if `text=None`, pass `sha256` and `length`."""
    kw["source"] = kw.get("source") or make_source()
    return Snapshot.objects.create(**{"text": TEXT, "captured_at": datetime(2026, 11, 1, tzinfo=UTC)} | kw)


def make_claim(*, topics: list[Topic] | None = None, about: list[Actor] | None = None, **kw: Any) -> Claim:
    claim = Claim.objects.create(**{"text": f"Claim {next(_number)} holds.", "kind": ClaimKind.FACT} | kw)
    for topic in topics or []:
        make_claim_topic(claim=claim, topic=topic)
    for actor in about or []:
        make_claim_actor(claim=claim, actor=actor)
    return claim


def make_claim_topic(**kw: Any) -> ClaimTopic:
    kw["claim"] = kw.get("claim") or make_claim()
    kw["topic"] = kw.get("topic") or make_topic()
    return ClaimTopic.objects.create(**kw)


def make_claim_actor(**kw: Any) -> ClaimActor:
    kw["claim"] = kw.get("claim") or make_claim()
    kw["actor"] = kw.get("actor") or make_actor()
    return ClaimActor.objects.create(**kw)


def _place(kw: dict[str, Any]) -> None:
    """The hash of the words at the span, if the snapshot holds its text."""
    snapshot = kw.get("snapshot")
    if snapshot is not None and snapshot.text is not None and kw.get("end") is not None:
        kw.setdefault("quote_sha256", digest(snapshot.text[kw["start"] : kw["end"]]))


def make_assertion(**kw: Any) -> Assertion:
    """An assertion without a place; give `snapshot`, `start` and `end` for one at a span, `speaker=None` for one whose
    speaker is not known."""
    if kw.get("snapshot") is not None:
        kw.setdefault("source", kw["snapshot"].source)
    kw["claim"] = kw.get("claim") or make_claim()
    kw["source"] = kw.get("source") or make_source()
    kw["speaker"] = kw["speaker"] if "speaker" in kw else make_actor()
    _place(kw)
    return Assertion.objects.create(**kw)


def make_evidence(**kw: Any) -> Evidence:
    if kw.get("snapshot") is not None:
        kw.setdefault("source", kw["snapshot"].source)
    kw["claim"] = kw.get("claim") or make_claim()
    kw["source"] = kw.get("source") or make_source()
    _place(kw)
    defaults = {"stance": EvidenceStance.SUPPORTS, "summary": f"It bears the claim out, says {next(_number)}."}
    return Evidence.objects.create(**defaults | kw)


@transaction.atomic  # a published verdict and the links to its evidence arrive together
def make_verdict(*, evidence: list[Evidence] | None = None, **kw: Any) -> Verdict:
    """A published verdict of record, as an import brings it; for another state pass `state` and `of_record=False`."""
    kw["claim"] = kw.get("claim") or make_claim()
    kw["issuer"] = kw.get("issuer") or make_actor(kind=ActorKind.ORGANISATION)
    state = kw.get("state", VerdictState.PUBLISHED)
    defaults = {
        "status": Status.SUPPORTED,
        "rationale": "The evidence leaves no doubt.",
        "state": VerdictState.PUBLISHED,
        "of_record": True,
        "second_reader": state not in (VerdictState.PUBLISHED, VerdictState.WITHDRAWN),
    }
    if state == VerdictState.WITHDRAWN:
        defaults["withdrawal"] = "It was wrong."
    if kw.get("supersedes") is not None:
        defaults["reason_kind"] = ReasonKind.ERROR
    values = defaults | kw
    if state == VerdictState.SUBMITTED:  # which then relies on nothing else
        values["state"] = VerdictState.DRAFT
    verdict = Verdict.objects.create(**values)
    verdict.refresh_from_db(fields=["revision", "published_at"])
    for one in evidence or []:
        make_verdict_evidence(verdict=verdict, evidence=one)
    if state == VerdictState.SUBMITTED:
        Verdict.objects.filter(pk=verdict.pk).update(state=state)
        verdict.refresh_from_db(fields=["state", "version"])
    return verdict


@transaction.atomic
def make_verdict_evidence(**kw: Any) -> VerdictEvidence:
    kw["verdict"] = kw.get("verdict") or make_verdict()
    kw["evidence"] = kw.get("evidence") or make_evidence(claim=kw["verdict"].claim)
    return VerdictEvidence.objects.create(**kw)


@transaction.atomic
def make_rewording(*, changes: dict[str, Any] | None = None, **kw: Any) -> Rewording:
    """A rewording of a claim, or of `evidence`, with the changes of the record. If no verdict on it has been published,
    one is, beside the record."""
    evidence = kw.get("evidence")
    kw["claim"] = kw.get("claim") or (evidence.claim if evidence else make_claim())
    verdicts = Verdict.objects.once_published().filter(claim=kw["claim"])
    if not (verdicts.filter(evidence=evidence) if evidence else verdicts).exists():
        make_verdict(claim=kw["claim"], of_record=False, evidence=[evidence] if evidence else [])
    connection.check_constraints()  # what is published is sealed at commit
    rewording = Rewording.objects.create(**{"kind": ReasonKind.CLARIFICATION, "reason": "It was not clear."} | kw)
    words = {"summary" if evidence else "text": f"In other words, claim {next(_number)} holds."}
    record = evidence or kw["claim"]
    type(record)._default_manager.filter(pk=record.pk).update(**changes or words)
    rewording.refresh_from_db()
    return rewording


def make_relation(**kw: Any) -> ClaimRelation:
    kw["from_claim"] = kw.get("from_claim") or make_claim()
    kw["to_claim"] = kw.get("to_claim") or make_claim()
    return ClaimRelation.objects.create(**{"kind": RelationKind.CONTRADICTS} | kw)


def make_skipped_passage(**kw: Any) -> SkippedPassage:
    """A skipped passage; by default the question in TEXT."""
    kw["snapshot"] = kw.get("snapshot") or make_snapshot()
    start = TEXT.index("Was it old?")
    kw = {"start": start, "end": start + len("Was it old?"), "reason": SkipReason.QUESTION} | kw
    _place(kw)
    return SkippedPassage.objects.create(**kw)


def make_erratum(**kw: Any) -> Erratum:
    """An erratum; by default “fell” in TEXT, which should have been “failed”."""
    kw["snapshot"] = kw.get("snapshot") or make_snapshot()
    start = TEXT.index("fell")
    defaults = {"start": start, "end": start + 4, "printed": "fell", "meant": "failed", "kind": ErratumKind.WORDING}
    kw = defaults | kw
    _place(kw)
    return Erratum.objects.create(**kw)


def make_import_run(**kw: Any) -> ImportRun:
    return ImportRun.objects.create(**{"format": "csv", "file_sha256": "0" * 64, "state": ImportState.DONE} | kw)


def make_token(**kw: Any) -> Token:
    name = f"program {next(_number)}"
    user = kw.pop("user", None) or User.objects.create_user(name)
    return Token.objects.create(user, **{"name": name} | kw)[0]
