"""Merge two actors that turn out to be the same."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, F, Max, OuterRef, PositiveIntegerField, Subquery, When
from django.db.models.functions import Coalesce

from claims.models import Actor, ActorName, Assertion, Claim, ClaimActor, Source, SourceAuthor, Verdict
from claims.models.normal import NormalForm, normal_forms
from claims.models.querysets import parts_of


@transaction.atomic
def merge(actor: Actor, into: Actor) -> None:
    """Replace `actor` with `into` everywhere; the old slug and Wikidata id lead to `into`.

    The names of `actor` become further names of `into`. Duplicate links (both are authors of a source, or a claim is
    about both) become one. Raises ValidationError if they are the same actor, one of them was merged before, `into` is
    part of `actor`, or both have the same assertion or a current verdict on the same claim, which a person must resolve
    first.
    """
    rows = {a.pk: a for a in Actor.objects.select_for_update().filter(pk__in=[actor.pk, into.pk]).order_by("pk")}
    if {actor.pk, into.pk} - rows.keys():
        raise ValidationError({"into": "One of the two actors has been deleted."})
    actor, into = rows[actor.pk], rows[into.pk]
    _check(actor, into)
    # first: a published verdict can only move to the actor that replaces its issuer
    Actor.objects.filter(pk=actor.pk).update(merged_into=into, part_of=None)
    _move_verdicts(actor, into)
    _move_records(actor, into)
    _move_names(actor, into)


def _check(actor: Actor, into: Actor) -> None:
    if actor.pk == into.pk or into.merged_into_id is not None or actor.merged_into_id is not None:
        raise ValidationError({"into": "Choose two different actors, neither of which has been merged."})
    if into.pk in parts_of([actor.pk]):
        raise ValidationError({"into": f"“{into}” is part of “{actor}”; change that first."})
    place = ("claim", "source", "snapshot", "start", "end", "locator", "stance")
    own, others = (Assertion.objects.said_by(a).values_list(*place) for a in (actor, into))
    if own.intersection(others).exists():
        raise ValidationError({"into": f"Both actors have the same assertion; delete the one by “{actor}” first."})
    own, others = (Verdict.objects.issued_by(a).current().values_list("claim", flat=True) for a in (actor, into))
    both = Claim.objects.filter(pk__in=own.order_by()).filter(pk__in=others.order_by()).first()
    if both is not None:
        raise ValidationError(
            {"into": f"Both actors have a published verdict on “{both}”; withdraw one of the two first."}
        )


def _move_verdicts(actor: Actor, into: Actor) -> None:
    """Give `into` the verdicts of `actor`, numbered after its own on the same claim."""
    numbers = Verdict.objects.issued_by(into).filter(claim=OuterRef("claim")).order_by().values("claim")
    last = numbers.annotate(last=Max("revision")).values("last")
    Verdict.objects.issued_by(actor).update(
        issuer=into,
        revision=Case(
            When(revision=0, then=0),
            default=F("revision") + Coalesce(Subquery(last), 0),
            output_field=PositiveIntegerField(),
        ),
    )


def _move_records(actor: Actor, into: Actor) -> None:
    Assertion.objects.said_by(actor).update(speaker=into)
    Source.objects.filter(publisher=actor).update(publisher=into)
    Actor.objects.filter(part_of=actor).update(part_of=into)
    Actor.objects.filter(merged_into=actor).update(merged_into=into)
    ClaimActor.objects.filter(actor=actor, claim__actor_links__actor=into).delete()
    ClaimActor.objects.filter(actor=actor).update(actor=into)
    SourceAuthor.objects.filter(actor=actor, source__bylines__actor=into).delete()
    SourceAuthor.objects.filter(actor=actor).update(actor=into)


def _move_names(actor: Actor, into: Actor) -> None:
    """Give the names of `actor` to `into`, except those that it already has."""
    form = NormalForm("name")
    known = set(into.names.values_list("language", form))
    names = [*actor.names.values_list("language", "name", "kind", form)]
    names.append(("und", actor.name, "alias", normal_forms([actor.name])[actor.name]))
    new: dict[tuple[str, str], ActorName] = {}
    for language, name, kind, key in names:
        if (language, key) not in known and name != into.name:
            new.setdefault((language, key), ActorName(actor=into, language=language, name=name, kind=kind))
    ActorName.objects.bulk_create(new.values())
    actor.names.all().delete()
