"""Actors and their further names."""

from collections.abc import Iterator

from claims.models.choices import ActorKind, NameKind
from claims.synthetic.chance import Mix, stream
from claims.synthetic.plan import Plan
from claims.synthetic.tables import NULL

COLUMNS = ("id", "slug", "name", "kind", "description", "part_of_id", "country", "wikidata_id", "merged_into_id")
NAME_COLUMNS = ("id", "actor_id", "language", "name", "kind")

#: The kinds of twenty actors, repeated, so that even a few actors include every kind.
KINDS = (
    *(ActorKind.STATE, ActorKind.ORGANISATION, ActorKind.OUTLET, ActorKind.PERSON, ActorKind.PUBLIC_BODY),
    *(ActorKind.PERSON, ActorKind.PERSON, ActorKind.OUTLET, ActorKind.PERSON, ActorKind.ORGANISATION),
    *(ActorKind.PERSON, ActorKind.PERSON, ActorKind.PUBLIC_BODY, ActorKind.PERSON, ActorKind.ARMED_GROUP),
    *(ActorKind.PERSON, ActorKind.OUTLET, ActorKind.PERSON, ActorKind.ORGANISATION, ActorKind.GROUP),
)
#: The kinds that an actor of a kind may be part of.
_WHOLES = {
    ActorKind.PUBLIC_BODY: (ActorKind.STATE, ActorKind.PUBLIC_BODY),
    ActorKind.OUTLET: (ActorKind.ORGANISATION,),
    ActorKind.ORGANISATION: (ActorKind.ORGANISATION, ActorKind.STATE),
    ActorKind.ARMED_GROUP: (ActorKind.STATE, ActorKind.ARMED_GROUP),
}
_COUNTRIES = Mix({"US": 20, "RU": 20, "UA": 12, "DE": 8, "GB": 8, "FR": 6, "PL": 4, "TR": 4, "CN": 4, "IN": 3, "": 11})
_WORDS_OF_NAME = {ActorKind.STATE: 1, ActorKind.PERSON: 2, ActorKind.OUTLET: 2}


def of_kind(kind: ActorKind, actors: int) -> list[int]:
    """The numbers (from 0) of the actors of a kind, among `actors` of them."""
    return [actor for actor in range(actors) if KINDS[actor % len(KINDS)] == kind]


def independent(plan: Plan) -> int:
    """How many actors, at the start, are part of no other.

    The query of the trigger against cycles is planned when the first row needs it. The table must be long by then, or
    it would be scanned in full for every row.
    """
    return plan.actors * 3 // 5


def rows(plan: Plan, ids: int) -> Iterator[str]:
    """COPY rows of all actors; `ids` is the id of the first."""
    rng, speech = stream(plan.seed, "actors"), plan.speech("actors")
    slug = plan.slug("actor")
    for actor, country in enumerate(_COUNTRIES.draw(rng, plan.actors)):
        kind = KINDS[actor % len(KINDS)]
        name = speech.name(_WORDS_OF_NAME.get(kind, 3))
        part_of = NULL
        if actor >= independent(plan) and kind in _WHOLES and rng.random() < 0.8:
            wanted = rng.choice(_WHOLES[kind])
            # in an earlier group of twenty, since each has every kind
            places = [place for place, other in enumerate(KINDS) if other == wanted]
            whole = rng.randrange(actor // len(KINDS)) * len(KINDS) + rng.choice(places)
            part_of = str(ids + whole)
        description = speech.sentence(rng.randint(5, 12)) if rng.random() < 0.3 else ""
        yield f"{ids + actor}\t{slug}{actor + 1}\t{name}\t{kind}\t{description}\t{part_of}\t{country}\t\t{NULL}\n"


def names(plan: Plan) -> list[tuple[int, str, NameKind]]:
    """Actor number, language and kind of each further name: a Russian name for a third of the actors, an English alias
    or acronym for a fifth.
    """
    rng = stream(plan.seed, "actor names")
    found = []
    for actor in range(plan.actors):
        if rng.random() < 1 / 3:
            found.append((actor, "ru", rng.choice([NameKind.OFFICIAL, NameKind.TRANSLITERATION])))
        if rng.random() < 1 / 5:
            found.append((actor, "en", rng.choice([NameKind.ALIAS, NameKind.ACRONYM])))
    return found


def name_rows(plan: Plan, ids: int, actor_ids: int, further: list[tuple[int, str, NameKind]]) -> Iterator[str]:
    """COPY rows of the names in `further`, which `names` returned."""
    speech = plan.speech("actor names")
    for number, (actor, language, kind) in enumerate(further):
        name = speech.name(3, language)
        if kind == NameKind.ACRONYM:
            name = "".join(word[0] for word in name.split())
        yield f"{ids + number}\t{actor_ids + actor}\t{language}\t{name}\t{kind}\n"
