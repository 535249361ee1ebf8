"""What a load would do: the seeds compared with the record and with what was loaded before."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from claims.models import Actor, ActorName, ClaimRelation, FormerAddress, Verdict
from claims.models.normal import NormalForm, normal_forms
from claims.seeds.former import other_names, still_named
from claims.seeds.keys import FIELDS, Held, Key, Model, Row, fingerprint, held, name, references
from claims.seeds.manifest import Loaded, Manifest
from claims.seeds.removal import removable

Id = tuple[Model, Key]


@dataclass
class Plan:
    add: list[Row] = field(default_factory=list)
    change: list[tuple[Row, Held]] = field(default_factory=list)
    unchanged: list[Row] = field(default_factory=list)
    remove: dict[Id, Held] = field(default_factory=dict)
    #: what is left as it is here, and why
    kept: dict[Id, str] = field(default_factory=dict)
    #: ids of the rows in the database, by natural key
    ids: dict[Id, int] = field(default_factory=dict)
    manifest: Manifest = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.add or self.change or self.remove)


def levels(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows of one model in layers: each refers, within the model, to rows of earlier layers only."""
    waiting = {row.key: row for row in rows}
    while waiting:
        ready = [row for row in waiting.values() if not any(key in waiting for key in _own(row) if key != row.key)]
        # in a circle nobody is ready: the database will say so
        layer = ready or list(waiting.values())
        yield layer
        for row in layer:
            del waiting[row.key]


def _own(row: Row) -> list[Key]:
    return [key for _, model, key in references(row.model, row.values) if model is row.model]


def make_plan(rows: dict[Id, Row], before: Manifest, files: set[str] | None, *, overwrite: bool) -> Plan:
    """Compares `rows` with the record, row by row.

    `before`: what was loaded last; `files`: those that were read, or None for all there are. With `overwrite` the
    seeds win over edits made here; rows that never came from the seeds stay all the same.
    """
    # a former address stays one
    gone = {
        i: at
        for i, at in before.items()
        if i not in rows and i[0] is not FormerAddress and (files is None or at.file in files)
    }
    database = _read(rows, gone)
    plan = Plan(ids={i: row.pk for i, row in database.items()})
    plan.manifest = {i: at for i, at in before.items() if i not in rows and i not in gone}
    merged = _merged(rows.values())
    absent: set[Id] = set()
    for model in FIELDS:
        for layer in levels(row for (other, _), row in rows.items() if other is model):
            for row in layer:
                _compare(plan, row, database, before, absent, merged, overwrite)
    _keep_conflicts(plan, before)
    _plan_removals(plan, gone, database, overwrite)
    _leave_out(plan, still_named(plan.add, plan.remove), before)
    return plan


def _read(rows: dict[Id, Row], gone: Manifest) -> dict[Id, Held]:
    """The rows of the database that matter: those of the seeds, those no longer there, and those referred to."""
    keys: dict[Model, set[Key]] = {model: set() for model in FIELDS}
    for model, key in [*rows, *gone]:
        keys[model].add(key)
    for row in rows.values():
        for _, model, key in references(row.model, row.values):
            keys[model].add(key)
    return {(model, key): row for model in FIELDS for key, row in held(model, keys[model], lock=True).items()}


def _merged(rows: Iterable[Row]) -> set[Id]:
    """Actors of the seeds that were merged into another here: nothing new may refer to them."""
    slugs = [row.values["slug"] for row in rows if row.model is Actor]
    found = Actor.objects.filter(slug__in=slugs, merged_into__isnull=False).values_list("slug", flat=True)
    return {(Actor, (slug,)) for slug in found}


def _compare(
    plan: Plan,
    row: Row,
    database: dict[Id, Held],
    before: Manifest,
    absent: set[Id],
    merged: set[Id],
    overwrite: bool,
) -> None:
    identity = (row.model, row.key)
    here, loaded = database.get(identity), before.get(identity)
    lost = [(model, key) for _, model, key in references(row.model, row.values) if (model, key) in absent | merged]
    reason = ""
    if here is not None and here.values == row.values:
        plan.unchanged.append(row)
    elif here is None and loaded is not None and not overwrite:
        reason = "deleted or renamed here"
    elif (
        here is not None
        and not overwrite
        and not _leads_nowhere(here)
        and (loaded is None or fingerprint(here.values) != loaded.fingerprint)
    ):
        differing = ", ".join(f for f, value in row.values.items() if here.values[f] != value)
        reason = f"edited here ({differing})"
        if loaded is None:
            reason = f"differs from the seeds ({differing}); --overwrite to replace"
    elif lost:
        reason = f"needs {name(*lost[0])}, which was deleted, renamed or merged here"
    elif here is None:
        plan.add.append(row)
    else:
        plan.change.append((row, here))
    if not reason:
        plan.manifest[identity] = Loaded(row.place.file, fingerprint(row.values))
        return
    plan.kept[identity] = reason
    if here is None:
        absent.add(identity)
    if loaded is not None:
        plan.manifest[identity] = Loaded(row.place.file, loaded.fingerprint)


def _leads_nowhere(here: Held) -> bool:
    """Whether a row is the former address of a record that was deleted here: seeds may say where it leads."""
    return here.values.keys() == {*FIELDS[FormerAddress]} and not any(
        here.values[key] for key in FIELDS[FormerAddress][2:]
    )


def _keep_conflicts(plan: Plan, before: Manifest) -> None:
    """Leaves out what would clash with rows made here: a relation the other way round, a second verdict of record, a
    name that is written another way."""
    reasons = other_names(plan.add, before) | _names_in_the_way(plan, before)
    relations = {row.key: (row.key[2], row.key[1], row.key[0]) for row in plan.add if row.model is ClaimRelation}
    turned = {key for key in held(ClaimRelation, relations.values()) if (ClaimRelation, key) not in before}
    for key, other in relations.items():
        if other in turned:
            reasons[ClaimRelation, key] = "stands the other way round here"
    changed = [row for row, _ in plan.change]
    verdicts = [row for row in [*plan.add, *changed] if row.model is Verdict and row.values["of_record"]]
    if verdicts:
        of_record = Verdict.objects.of_record().filter(claim__slug__in={row.key[0] for row in verdicts})
        decided = {key[0]: key for key in of_record.values_list("claim__slug", "issuer__slug", "revision")}
        for row in verdicts:
            other = decided.get(row.key[0], row.key)
            if other != row.key and ((Verdict, other) not in before or (Verdict, other) in plan.kept):
                reasons[Verdict, row.key] = "the claim has another verdict of record here"
    _leave_out(plan, reasons, before)


def _names_in_the_way(plan: Plan, before: Manifest) -> dict[Id, str]:
    """The new names that an actor has here already, written another way."""
    new = {row.key for row in plan.add if row.model is ActorName}
    names = ActorName.objects.filter(actor__slug__in={key[0] for key in new}) if new else ActorName.objects.none()
    here = names.values_list("actor__slug", "language", NormalForm("name"), "name")
    there = {(slug, language, form): (slug, language, name) for slug, language, form, name in here}
    forms = normal_forms({key[2] for key in new}) if there else {}
    reasons: dict[Id, str] = {}
    for slug, language, written in new if there else ():
        other = there.get((slug, language, forms[written]))
        if other is not None and ((ActorName, other) not in before or (ActorName, other) in plan.kept):
            reasons[ActorName, (slug, language, written)] = f"the actor has this name here, written “{other[2]}”"
    return reasons


def _leave_out(plan: Plan, reasons: dict[Id, str], before: Manifest) -> None:
    for row in [*plan.add, *(row for row, _ in plan.change)]:
        identity = (row.model, row.key)
        for _, model, key in references(row.model, row.values):
            if (model, key) in reasons and (model, key) not in plan.ids:
                reasons.setdefault(identity, f"needs {name(model, key)}, which is left out")
    plan.add = [row for row in plan.add if (row.model, row.key) not in reasons]
    plan.change = [(row, here) for row, here in plan.change if (row.model, row.key) not in reasons]
    plan.kept |= reasons
    for identity in reasons:
        del plan.manifest[identity]
        if identity in before:
            plan.manifest[identity] = before[identity]


def _plan_removals(plan: Plan, gone: Manifest, database: dict[Id, Held], overwrite: bool) -> None:
    candidates = {}
    for identity, loaded in gone.items():
        here = database.get(identity)
        if here is None:
            continue
        if overwrite or fingerprint(here.values) == loaded.fingerprint:
            candidates[identity] = here
        else:
            plan.kept[identity] = "edited here, though no longer in the seeds"
    plan.remove, kept = removable(candidates, plan.kept, plan.change)
    plan.kept |= kept
    for identity in gone:
        if identity in plan.kept:
            plan.manifest[identity] = gone[identity]
