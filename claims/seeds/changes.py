"""What a load does: the result of comparing the seeds with the database and with the last load."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from claims.models import Actor, ActorName, ClaimRelation, FormerAddress, Verdict
from claims.models.normal import NormalForm, normal_forms
from claims.seeds.decisions import decide, in_place
from claims.seeds.former import slugs_in_use, slugs_left_behind
from claims.seeds.keys import FIELDS, Id, Key, Model, Row, StoredRow, fingerprint, label, references, stored_rows
from claims.seeds.manifest import Loaded, Manifest
from claims.seeds.moves import Moves, find_moves, moved, moved_manifest, moved_row
from claims.seeds.removal import removable


@dataclass
class Plan:
    """The rows to write and to leave alone, and the manifest that results."""

    add: list[Row] = field(default_factory=list)
    change: list[tuple[Row, StoredRow]] = field(default_factory=list)
    unchanged: list[Row] = field(default_factory=list)
    remove: dict[Id, StoredRow] = field(default_factory=dict)
    #: rows left as they are in the database, with the reason
    kept: dict[Id, str] = field(default_factory=dict)
    #: ids of the rows in the database, by natural key
    ids: dict[Id, int] = field(default_factory=dict)
    manifest: Manifest = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.add or self.change or self.remove)


def levels(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield the rows of one model in layers: a row refers only to rows of earlier layers, or of other models."""
    waiting = {row.key: row for row in rows}
    while waiting:
        ready = [row for row in waiting.values() if not any(key in waiting for key in _own(row) if key != row.key)]
        # in a circle no row is ready; the database will reject it
        layer = ready or list(waiting.values())
        yield layer
        for row in layer:
            del waiting[row.key]


def _own(row: Row) -> list[Key]:
    return [key for _, model, key in references(row.model, row.values) if model is row.model]


def make_plan(rows: dict[Id, Row], before: Manifest, files: set[str] | None, *, overwrite: bool) -> Plan:
    """Compare `rows` with the database, row by row.

    `before`: the manifest of the last load; `files`: the names of the files read, or None for all. With `overwrite` the
    seeds win over edits in the database; rows that never came from the seeds are left alone even so.
    """
    moves = find_moves(rows, before, _gone(rows, before, files), overwrite=overwrite)
    decided = decide(rows, moved_manifest(before, moves), moves, overwrite=overwrite)
    rows, before = decided.rows, decided.before
    gone = _gone(rows, before, files)
    database = _read(rows, gone, moves)
    plan = Plan(ids={i: row.pk for i, row in database.items()})
    plan.manifest = {i: at for i, at in before.items() if i not in rows and i not in gone}
    merged = _merged(rows.values())
    absent: set[Id] = set()
    for model in FIELDS:
        for layer in levels(row for (other, _), row in rows.items() if other is model):
            for row in layer:
                _compare(plan, row, database, before, absent, merged, overwrite, decided.kept)
    _keep_conflicts(plan, before)
    _plan_removals(plan, gone, database, overwrite)
    _leave_out(plan, slugs_in_use(plan.add, plan.remove), before)
    return plan


def _gone(rows: dict[Id, Row], before: Manifest, files: set[str] | None) -> Manifest:
    """Return what is no longer in the seeds. Former addresses are kept for good."""
    return {
        i: at
        for i, at in before.items()
        if i not in rows and i[0] is not FormerAddress and (files is None or at.file in files)
    }


def _read(rows: dict[Id, Row], gone: Manifest, moves: Moves) -> dict[Id, StoredRow]:
    """Return the rows of the database that matter: in the seeds, no longer in them, or referred to by them."""
    places = {here: there for there, here in moves.items()}
    keys: dict[Model, set[Key]] = {model: set() for model in FIELDS}
    for model, key in [*rows, *gone]:
        keys[model].add(key)
    for row in rows.values():
        for _, model, key in references(row.model, row.values):
            keys[model].add(key)
    for model, key in [*rows] if moves else ():
        keys[model].add(moved((model, key), places)[1])
    return {
        moved((model, key), moves): moved_row((model, key), row, moves)
        for model in FIELDS
        for key, row in stored_rows(model, keys[model], lock=True).items()
    }


def _merged(rows: Iterable[Row]) -> set[Id]:
    """Return the actors of the seeds that were merged in the database: nothing new may refer to them."""
    slugs = [row.values["slug"] for row in rows if row.model is Actor]
    found = Actor.objects.filter(slug__in=slugs, merged_into__isnull=False).values_list("slug", flat=True)
    return {(Actor, (slug,)) for slug in found}


def _compare(
    plan: Plan,
    row: Row,
    database: dict[Id, StoredRow],
    before: Manifest,
    absent: set[Id],
    merged: set[Id],
    overwrite: bool,
    kept: dict[Id, str],
) -> None:
    """Decide what to do with one row; add it to `absent` if it isn’t in the database and won’t be added."""
    identity = (row.model, row.key)
    stored, loaded = database.get(identity), before.get(identity)
    lost = [(model, key) for _, model, key in references(row.model, row.values) if (model, key) in absent | merged]
    reason = ""
    if identity in kept:
        reason = kept[identity]
    elif stored is not None and stored.values == row.values:
        plan.unchanged.append(row)
    elif stored is None and loaded is not None and not overwrite:
        reason = "deleted or renamed in the database"
    elif (
        stored is not None
        and not overwrite
        and not _leads_nowhere(stored)
        and (loaded is None or fingerprint(stored.values) != loaded.fingerprint)
    ):
        differing = ", ".join(f for f, value in row.values.items() if stored.values[f] != value)
        reason = f"edited in the database ({differing})"
        if loaded is None:
            reason = f"differs from the seeds ({differing}); use --overwrite to replace it"
    elif lost:
        reason = f"needs {label(*lost[0])}, which was deleted, renamed or merged in the database"
    elif stored is None:
        plan.add.append(row)
    else:
        plan.change.append((in_place(row, stored), stored))
    if not reason:
        plan.manifest[identity] = Loaded(row.place.file, fingerprint(row.values))
        return
    plan.kept[identity] = reason
    if stored is None:
        absent.add(identity)
    if loaded is not None:
        plan.manifest[identity] = Loaded(row.place.file, loaded.fingerprint)


def _leads_nowhere(stored: StoredRow) -> bool:
    """Whether a row is the former address of a deleted record: the seeds may say where it leads."""
    return stored.values.keys() == {*FIELDS[FormerAddress]} and not any(
        stored.values[key] for key in FIELDS[FormerAddress][2:]
    )


def _keep_conflicts(plan: Plan, before: Manifest) -> None:
    """Leave out what would conflict with rows that were created in the database: a relation in the other direction, a
    second verdict of record, a different spelling of a name."""
    reasons = slugs_left_behind(plan.add, before) | _name_conflicts(plan, before)
    relations = {row.key: (row.key[2], row.key[1], row.key[0]) for row in plan.add if row.model is ClaimRelation}
    turned = {key for key in stored_rows(ClaimRelation, relations.values()) if (ClaimRelation, key) not in before}
    for key, other in relations.items():
        if other in turned:
            reasons[ClaimRelation, key] = "already in the database, in the other direction"
    changed = [row for row, _ in plan.change]
    verdicts = [row for row in [*plan.add, *changed] if row.model is Verdict and row.values["of_record"]]
    if verdicts:
        of_record = Verdict.objects.of_record().filter(claim__slug__in={row.key[0] for row in verdicts})
        decided = {key[0]: key for key in of_record.values_list("claim__slug", "issuer__slug", "revision")}
        for row in verdicts:
            other = decided.get(row.key[0], row.key)
            if other in (row.key, row.values["supersedes"]):
                continue
            if (Verdict, other) not in before or (Verdict, other) in plan.kept:
                reasons[Verdict, row.key] = "the claim has another verdict of record in the database"
    _leave_out(plan, reasons, before)


def _name_conflicts(plan: Plan, before: Manifest) -> dict[Id, str]:
    """Return the new names that an actor already has in the database with a different spelling, with the reason."""
    new = {row.key for row in plan.add if row.model is ActorName}
    names = ActorName.objects.filter(actor__slug__in={key[0] for key in new}) if new else ActorName.objects.none()
    stored = names.values_list("actor__slug", "language", NormalForm("name"), "name")
    existing = {(slug, language, form): (slug, language, name) for slug, language, form, name in stored}
    forms = normal_forms({key[2] for key in new}) if existing else {}
    reasons: dict[Id, str] = {}
    for slug, language, name in new if existing else ():
        other = existing.get((slug, language, forms[name]))
        if other is not None and ((ActorName, other) not in before or (ActorName, other) in plan.kept):
            reasons[ActorName, (slug, language, name)] = f"the actor already has this name, written “{other[2]}”"
    return reasons


def _leave_out(plan: Plan, reasons: dict[Id, str], before: Manifest) -> None:
    """Move the rows with a reason, and new rows that refer to them, from the additions and changes to the kept ones."""
    for row in [*plan.add, *(row for row, _ in plan.change)]:
        identity = (row.model, row.key)
        for _, model, key in references(row.model, row.values):
            if (model, key) in reasons and (model, key) not in plan.ids:
                reasons.setdefault(identity, f"needs {label(model, key)}, which is left out")
    plan.add = [row for row in plan.add if (row.model, row.key) not in reasons]
    plan.change = [(row, stored) for row, stored in plan.change if (row.model, row.key) not in reasons]
    plan.kept |= reasons
    for identity in reasons:
        del plan.manifest[identity]
        if identity in before:
            plan.manifest[identity] = before[identity]


def _plan_removals(plan: Plan, gone: Manifest, database: dict[Id, StoredRow], overwrite: bool) -> None:
    candidates = {}
    for identity, loaded in gone.items():
        stored = database.get(identity)
        if stored is None:
            continue
        if overwrite or fingerprint(stored.values) == loaded.fingerprint:
            candidates[identity] = stored
        else:
            plan.kept[identity] = "no longer in the seeds, but edited in the database"
    plan.remove, kept = removable(candidates, plan.kept, plan.change)
    plan.kept |= kept
    for identity in gone:
        if identity in plan.kept:
            plan.manifest[identity] = gone[identity]
