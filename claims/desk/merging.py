"""Merge two actors that turn out to be the same."""

from django.core.exceptions import ValidationError
from django.db import transaction

from claims.models import Actor, ActorName, Assertion, ClaimActor, Source, SourceAuthor, Verdict
from claims.models.normal import NormalForm, normal_forms
from claims.models.querysets import parts_of


@transaction.atomic
def merge(actor: Actor, into: Actor) -> None:
    """Replace `actor` with `into` everywhere; the old slug and Wikidata id lead to `into`.

    The names of `actor` become further names of `into`. Duplicate links (both are authors of a source, or a claim is
    about both) become one. Raises ValidationError if they are the same actor, one of them was merged before, `into` is
    part of `actor`, or both have the same assertion or verdict revision, which a person must resolve first.
    """
    rows = {a.pk: a for a in Actor.objects.select_for_update().filter(pk__in=[actor.pk, into.pk]).order_by("pk")}
    if {actor.pk, into.pk} - rows.keys():
        raise ValidationError({"into": "One of the two actors has been deleted."})
    actor, into = rows[actor.pk], rows[into.pk]
    _check(actor, into)
    _move_records(actor, into)
    _move_names(actor, into)
    Actor.objects.filter(pk=actor.pk).update(merged_into=into, part_of=None)


def _check(actor: Actor, into: Actor) -> None:
    if actor.pk == into.pk or into.merged_into_id is not None or actor.merged_into_id is not None:
        raise ValidationError({"into": "Choose two different actors, neither of which has been merged."})
    if into.pk in parts_of([actor.pk]):
        raise ValidationError({"into": f"“{into}” is part of “{actor}”; change that first."})
    place = ("claim", "source", "snapshot", "start", "end", "locator", "stance")
    own, others = (Assertion.objects.said_by(a).values_list(*place) for a in (actor, into))
    if own.intersection(others).exists():
        raise ValidationError({"into": f"Both actors have the same assertion; delete the one by “{actor}” first."})
    own, others = (Verdict.objects.issued_by(a).values_list("claim", "revision") for a in (actor, into))
    if own.intersection(others).exists():
        raise ValidationError(
            {"into": "Both actors issued a verdict with the same revision on the same claim; renumber one first."}
        )


def _move_records(actor: Actor, into: Actor) -> None:
    Assertion.objects.said_by(actor).update(speaker=into)
    Verdict.objects.issued_by(actor).update(issuer=into)
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
