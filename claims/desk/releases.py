"""Release records, at once or from a moment on, and take them back to preparation, for the API and the admin.

A plan says beforehand what becomes public with a record, what stays back and why, and what is in the way. The database
has the last word (`claims.models.releases`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.functions import TransactionNow
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from claims.models import Actor, Assertion, Claim, ClaimRelation, Evidence, Rewording, Snapshot, Source, Verdict
from claims.models.visibility import Sight, not_public_at, visible, visible_once

#: the models whose records are released
RELEASED: tuple[type[Model], ...] = (Actor, Source, Snapshot, Evidence, Claim)
#: rows that are public where the records that they name are, with the paths to those
DEPENDENT: dict[type[Model], tuple[str, ...]] = {
    Assertion: ("claim", "source", "snapshot", "speaker"),
    ClaimRelation: ("from_claim", "to_claim"),
    Verdict: ("claim", "issuer"),
    Rewording: ("claim", "evidence", "source", "snapshot"),
    Evidence: ("claim", "source", "snapshot"),
    Snapshot: ("source",),
}
#: entries of each kind that a plan lists
MOST = 200
PUBLIC = Sight()


class Refused(ValidationError):
    """The record can't be released, or taken back."""


@dataclass(frozen=True)
class Entry:
    """A record in a plan, and why it is there."""

    record: Any
    why: str = ""


@dataclass
class Plan:
    """What a release does: from `moment` on, or at once if it is None.

    `records`: those that are released. `public`: these, and what becomes public with them. `back`: hidden records that
    these name, which stay hidden. `refused`: what is in the way; then nothing is released.
    """

    moment: datetime | None
    records: list[Any] = field(default_factory=list)
    public: list[Entry] = field(default_factory=list)
    back: list[Entry] = field(default_factory=list)
    refused: list[Entry] = field(default_factory=list)


def begin(record: Any, *, in_preparation: bool | None = None) -> None:
    """Set whether a new record is in preparation; by default as the setting says."""
    if hasattr(record, "public_from") and (
        settings.NEW_RECORDS_ARE_HIDDEN if in_preparation is None else in_preparation
    ):
        record.public_from = None


def _now() -> datetime:
    """The database's time, which decides what is public."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        return cursor.fetchone()[0]


def plan_release(record: Any, further: Iterable[Any] = (), moment: datetime | None = None) -> Plan:
    """The plan to release a record with `further` ones. Raises Refused if it is public, or `moment` has passed."""
    now = _now()
    if moment is not None and moment <= now:
        raise Refused({"public_from": f"{_said(moment)} has passed; leave this out to release it at once."})
    plan, until = Plan(moment), moment or now
    if getattr(record, "confidential", False):
        raise Refused("Confidential evidence is never public. If it isn’t confidential, change that first.")
    if record.public_from is not None and record.public_from <= now:
        raise Refused(f"This {_noun(record)} has been public since {_said(record.public_from)}.")
    chosen = [record, *(each for each in further if not _is_public(each, until))]
    going: dict[type[Model], dict[int, Any]] = {model: {} for model in RELEASED}
    for each in chosen:
        going[type(each)][each.pk] = each
    _with_their_own(going, until, plan)
    _refuse(going, until, plan)
    plan.records = [each for model in RELEASED for each in going[model].values()]
    ids = {model._meta.label_lower: [*records] for model, records in going.items()}
    plan.public = [Entry(each) for each in plan.records] + _dependent(ids, plan.records)
    plan.back = _merged([*plan.back, *_hidden_around(going, until)])
    return plan


def _merged(entries: Iterable[Entry]) -> list[Entry]:
    """One entry for each record, with all the reasons."""
    reasons: dict[Any, list[str]] = {}
    for each in entries:
        reasons.setdefault(each.record, []).append(each.why)
    return [Entry(record, " ".join(whys)) for record, whys in reasons.items()]


def _said(moment: datetime) -> str:
    return f"{moment.astimezone(timezone.get_current_timezone()):%Y-%m-%d %H:%M:%S} UTC"


def _noun(record: Any) -> str:
    return str(record._meta.verbose_name)


def _is_public(record: Any, until: datetime) -> bool:
    return record.public_from is not None and record.public_from <= until


def _with_their_own(going: dict[type[Model], dict[int, Any]], until: datetime, plan: Plan) -> None:
    """Adds the snapshots of the sources, and the evidence on the claims unless its source stays back."""
    later = not_public_at(until)
    for snapshot in Snapshot.objects.filter(later, source__in=[*going[Source]]).select_related("source").defer("text"):
        going[Snapshot].setdefault(snapshot.pk, snapshot)
    evidence = Evidence.objects.filter(claim__in=[*going[Claim]]).select_related("source", "snapshot", "claim")
    for each in evidence.filter(later).defer("snapshot__text", "claim__search").order_by("pk"):
        hidden = _hidden_place(each, going, until)
        if each.confidential:
            plan.back.append(Entry(each, "It is confidential."))
        elif each.pk not in going[Evidence] and hidden is not None:
            plan.back.append(Entry(each, f"Its {_noun(hidden)} “{hidden}” is in preparation."))
        else:
            going[Evidence].setdefault(each.pk, each)


def _hidden_place(evidence: Any, going: dict[type[Model], dict[int, Any]], until: datetime) -> Any:
    """The source or snapshot of the evidence that would not be public, or None."""
    for place in (evidence.source, evidence.snapshot):
        if place is not None and place.pk not in going[type(place)] and not _is_public(place, until):
            return place
    return None


def _dependent(ids: dict[str, list[int]], records: Sequence[Any]) -> list[Entry]:
    """The rows that become public with these records."""
    found: list[Entry] = []
    known = {(type(each), each.pk) for each in records}
    for model, names in DEPENDENT.items():
        touched = Q()
        for name in names:
            other: Any = model._meta.get_field(name).related_model
            touched |= Q(**{f"{name}__in": ids[other._meta.label_lower]})
        if hasattr(model, "public_from"):
            touched &= Q(public_from__lte=TransactionNow())
        rows = model._default_manager.filter(touched & visible_once(model, ids))
        rows = rows.exclude(pk__in=model._default_manager.filter(visible(model, PUBLIC)).values("pk"))
        found += [Entry(row) for row in _named(rows)[:MOST] if (model, row.pk) not in known]
    return found


def _named(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows with what their names need."""
    needed = [f.name for f in rows.model._meta.fields if f.is_relation and f.name in DEPENDENT.get(rows.model, ())]
    long = [f"{name}__search" for name in needed if name.endswith("claim")]
    long += ["snapshot__text"] if "snapshot" in needed else []
    long += ["text"] if rows.model is Snapshot else []
    return rows.select_related(*needed).defer(*long).order_by("pk")


#: what a claim names, besides what is released with it: model → paths to the claim, with what the record is to it
_AROUND: dict[type[Model], dict[str, str]] = {
    Source: {"assertions__claim": "It is asserted in this source.", "evidence__claim": "Evidence is in this source."},
    Snapshot: {
        "assertions__claim": "An assertion is at a place in it.",
        "evidence__claim": "Evidence is at a place in it.",
    },
    Actor: {
        "assertions__claim": "The speaker of an assertion.",
        "claim_links__claim": "The claim is about this actor.",
        "verdicts__claim": "The issuer of a verdict.",
    },
    Claim: {"relations_out__to_claim": "Related to it.", "relations_in__from_claim": "Related to it."},
}


def _hidden_around(going: dict[type[Model], dict[int, Any]], until: datetime) -> list[Entry]:
    """The records that the released claims and sources name and that stay hidden."""
    found: list[Entry] = []
    later = not_public_at(until)
    around: list[tuple[type[Model], str, str, type[Model]]] = [
        (model, path, why, Claim) for model, paths in _AROUND.items() for path, why in paths.items()
    ]
    around.append((Actor, "bylines__source", "An author of the source.", Source))
    for model, path, why, of in around:
        if not going[of]:
            continue
        rows = model._default_manager.filter(later, **{f"{path}__in": [*going[of]]}).exclude(pk__in=[*going[model]])
        some = rows.distinct().defer("search") if model is Claim else rows.distinct()
        some = some.select_related("source").defer("text") if model is Snapshot else some
        found += [Entry(row, why) for row in some.order_by("pk")[:MOST]]
    return found


def _refuse(going: dict[type[Model], dict[int, Any]], until: datetime, plan: Plan) -> None:
    """Adds what would point from public to hidden."""
    pointing: dict[type[Model], dict[str, str]] = {
        Source: {"publisher": "the publisher of", "derived_from": "the work behind"},
        Actor: {"part_of": "the body above", "merged_into": "the actor that replaced"},
    }
    for model, fields in pointing.items():
        for name, words in fields.items():
            rows = model._default_manager.filter(pk__in=[*going[model]], **{f"{name}__isnull": False})
            for row in rows.select_related(name):
                target = getattr(row, name)
                if target.pk not in going[type(target)] and not _is_public(target, until):
                    plan.refused.append(Entry(target, f"It is {words} “{row}”, and in preparation. Release it, too."))
    verdicts = Verdict.objects.published().filter(Q(claim__in=[*going[Claim]]) | Q(issuer__in=[*going[Actor]]))
    for verdict in verdicts.select_related("claim", "issuer").defer("claim__search").order_by("pk"):
        claim, issuer = verdict.claim, verdict.issuer
        is_claim_public = claim.pk in going[Claim] or _is_public(claim, until)
        is_issuer_public = issuer.pk in going[Actor] or _is_public(issuer, until)
        if is_claim_public and not is_issuer_public and verdict.of_record:
            plan.refused.append(Entry(issuer, f"The status of “{claim}” is its verdict. Release it, too."))
        if not (is_claim_public and is_issuer_public):
            continue
        for each in verdict.evidence.filter(confidential=False).select_related("source", "snapshot"):
            hidden = _hidden_place(each, going, until)
            if hidden is not None:
                why = (
                    f"Verdict {verdict.pk} relies on evidence in it. Release it, or mark the evidence as confidential."
                )
                plan.refused.append(Entry(hidden, why))
            elif each.pk not in going[Evidence] and not _is_public(each, until):
                plan.refused.append(
                    Entry(each, f"Verdict {verdict.pk} relies on it. Release it, or mark it as confidential.")
                )


def release(record: Any, further: Iterable[Any] = (), moment: datetime | None = None) -> Plan:
    """Release a record with `further` ones, and what belongs to them. Raises Refused. The record must be locked."""
    plan = plan_release(record, further, moment)
    if plan.refused:
        raise Refused([f"{_noun(each.record)} “{each.record}”: {each.why}" for each in plan.refused])
    for model in RELEASED:
        ids = [each.pk for each in plan.records if type(each) is model]
        if ids:
            model._default_manager.filter(pk__in=ids).update(public_from=moment or TransactionNow())
    return plan


@transaction.atomic
def withhold(record: Any) -> None:
    """Take a record back to preparation. Raises Refused if it is there, or if something public relies on it."""
    if record.public_from is None:
        raise Refused(f"This {_noun(record)} is in preparation.")
    if record.public_from <= _now():
        relying = next(_relying(record), None)
        if relying is not None:
            raise Refused(f"It can’t be taken back: {relying}")
    type(record)._default_manager.filter(pk=record.pk).update(public_from=None)


#: model → what is public and relies on its records: the model, the path, and the words for it
_RELYING: dict[type[Model], tuple[tuple[type[Model], str, str], ...]] = {
    Claim: (
        (Verdict, "claim", "a verdict on it is published; withdraw it first"),
        (ClaimRelation, "from_claim", "it is related to a public claim"),
        (ClaimRelation, "to_claim", "it is related to a public claim"),
    ),
    Source: (
        (Assertion, "source", "a public assertion is in it"),
        (Evidence, "source", "public evidence is in it"),
        (Source, "derived_from", "a public source derives from it"),
    ),
    Snapshot: (
        (Assertion, "snapshot", "a public assertion is at a place in it"),
        (Evidence, "snapshot", "public evidence is at a place in it"),
    ),
    Actor: (
        (Assertion, "speaker", "it is the speaker of a public assertion"),
        (Verdict, "issuer", "it issued a public verdict"),
        (Source, "publisher", "it is the publisher of a public source"),
        (Source, "authors", "it is an author of a public source"),
        (Claim, "about", "a public claim is about it"),
        (Actor, "part_of", "a public actor is part of it"),
        (Actor, "merged_into", "a public actor was merged into it"),
    ),
    Evidence: ((Verdict, "evidence", "a public verdict relies on it"),),
}


def _relying(record: Any) -> Any:
    """What is public and relies on a record, in words."""
    for model, path, words in _RELYING[type(record)]:
        row = model._default_manager.filter(visible(model, PUBLIC), **{path: record}).order_by("pk").first()
        if row is not None:
            yield f"{words} ({_noun(row)} {getattr(row, 'slug', row.pk)})."
