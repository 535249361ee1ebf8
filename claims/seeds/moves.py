"""Evidence with another place or source in the seeds. If a verdict was published on it, it stays the same piece.

It is recognised by its claim, stance and summary: the place is part of its natural key.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from claims.desk.rewordings import held
from claims.models import Evidence, VerdictEvidence
from claims.seeds.keys import Id, Key, Row, StoredRow, fingerprint, stored_rows
from claims.seeds.manifest import Loaded, Manifest

#: keys of evidence: in the database → in the seeds
Moves = Mapping[Key, Key]


def find_moves(rows: dict[Id, Row], before: Manifest, gone: Manifest, *, overwrite: bool) -> Moves:
    """Return the moves of evidence on which a verdict was published. `gone`: what is no longer in the seeds."""
    stored = stored_rows(Evidence, (key for model, key in gone if model is Evidence))
    kept = held(Evidence, [row.pk for row in stored.values()]) if stored else set()
    unedited = {
        key: row.values
        for key, row in stored.items()
        if row.pk in kept and (overwrite or fingerprint(row.values) == gone[Evidence, key].fingerprint)
    }
    if not unedited:
        return {}
    new = {row.key: row.values for row in rows.values() if row.model is Evidence and (Evidence, row.key) not in before}
    taken = stored_rows(Evidence, new)
    places = _by_words(new.items())
    return {
        old[0]: places[words][0]
        for words, old in _by_words(unedited.items()).items()
        if len(old) == 1 and len(places.get(words, ())) == 1 and places[words][0] not in taken
    }


def _by_words(evidence: Iterable[tuple[Key, dict[str, Any]]]) -> dict[Key, list[Key]]:
    found: dict[Key, list[Key]] = {}
    for key, values in evidence:
        found.setdefault((values["claim"], values["stance"], values["summary"]), []).append(key)
    return found


def moved(identity: Id, moves: Moves) -> Id:
    """Return the identity of evidence, or of its link to a verdict, after the moves; any other is returned as it is."""
    model, key = identity
    if model is Evidence:
        return model, moves.get(key, key)
    if model is VerdictEvidence:
        return model, (*key[:3], *moves.get(key[3:], key[3:]))
    return identity


def moved_manifest(before: Manifest, moves: Moves) -> Manifest:
    """Return the manifest with the new identities."""
    if not moves:
        return before
    return {moved(identity, moves): _relinked(identity, at, moves) for identity, at in before.items()}


def _relinked(identity: Id, loaded: Loaded, moves: Moves) -> Loaded:
    _, key = moved(identity, moves)
    if identity[0] is not VerdictEvidence or key == identity[1]:
        return loaded
    return Loaded(loaded.file, fingerprint({"verdict": key[:3], "evidence": key[3:]}))


def moved_row(identity: Id, row: StoredRow, moves: Moves) -> StoredRow:
    """Return a link of the database with the new key of its evidence; any other row is returned as it is."""
    _, key = moved(identity, moves)
    if identity[0] is not VerdictEvidence:
        return row
    return StoredRow(row.pk, {**row.values, "evidence": key[3:]})
