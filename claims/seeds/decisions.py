"""Verdicts in the seeds. A published one keeps its word; if it changes in the files, a new revision supersedes it.

If the files have one published verdict of an issuer on a claim, it stands for the issuer's latest one in the database.
If they have several, each has its number and says which one it supersedes.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from claims.models import Claim, Verdict, VerdictEvidence
from claims.models.choices import VerdictState
from claims.seeds.errors import Problems
from claims.seeds.keys import Id, Key, Row, StoredRow, fingerprint, key_paths, stored_rows
from claims.seeds.manifest import Manifest
from claims.seeds.moves import Moves
from claims.seeds.reading import Entry

DRAFT, PUBLISHED, WITHDRAWN = VerdictState.DRAFT.value, VerdictState.PUBLISHED.value, VerdictState.WITHDRAWN.value
#: the states that a file can give; the others are those of work here
STATES = (DRAFT, PUBLISHED, WITHDRAWN)
#: key of a verdict → the keys that it needs next to it
_NEEDS = {"supersedes": ("reason_kind", "reason"), "reason_kind": ("supersedes",), "reason": ("supersedes",)}
_REASON = ("supersedes", "reason_kind", "reason")
_WITHDRAWAL = ("withdrawal_kind", "withdrawal")
_FROZEN = ("status", "rationale", "label", *_REASON)


# In the files


def complete(values: dict[str, Any], pairs: dict[str, Entry], problems: Problems) -> None:
    """Fill in what follows from the state of a verdict, and report keys that don't go together."""
    state = values["state"]
    if state not in STATES:
        problems.add(pairs["state"].place, f"“state” must be one of: {', '.join(STATES)}.")
    for key, needed in _NEEDS.items():
        for other in needed:
            if key in pairs and other not in pairs:
                problems.add(pairs[key].place, f"“{key}” needs “{other}” next to it.")
    if state == WITHDRAWN and "withdrawal" not in pairs:
        problems.add(pairs["state"].place, "“state: withdrawn” needs “withdrawal”: why it was withdrawn.")
    for key in _WITHDRAWAL:
        if key in pairs and state != WITHDRAWN:
            problems.add(pairs[key].place, f"“{key}” needs “state: withdrawn”.")
    if "revision" in pairs and state == DRAFT:
        problems.add(pairs["revision"].place, "a draft has no “revision” yet; delete the key.")
    elif values["revision"] == 0:
        problems.add(pairs["revision"].place, "“revision” must be 1 or more.")
    if state == DRAFT:
        values["revision"] = 0
    if "of_record" not in pairs:
        values["of_record"] = state == PUBLISHED


def as_added(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a verdict that is new to the database. If it isn't a draft, nobody here has read it."""
    return values if values["state"] == DRAFT else {**values, "second_reader": False}


# In the database


class Stored(NamedTuple):
    """A verdict of the database: its values, and the keys of the evidence that it relies on."""

    values: dict[str, Any]
    evidence: set[Key]


#: the verdicts of an issuer on a claim, by revision; a draft of the seeds has 0
Revisions = dict[int, Stored]


@dataclass
class Decided:
    """`rows`: those of the seeds, each verdict with its revision in the database. `before`: the manifest without the
    earlier revisions. `kept`: verdicts that stay as they are in the database, with the reason."""

    rows: dict[Id, Row] = field(default_factory=dict)
    before: Manifest = field(default_factory=dict)
    kept: dict[Id, str] = field(default_factory=dict)


class _Decisions:
    """What the files say of verdicts, what the database has, and what was loaded last."""

    def __init__(self, rows: dict[Id, Row], before: Manifest, moves: Moves) -> None:
        self.before = before
        self.verdicts = {key: row for (model, key), row in rows.items() if model is Verdict}
        self.links: dict[Key, dict[Key, Row]] = {key: {} for key in self.verdicts}
        for (model, key), row in rows.items():
            if model is VerdictEvidence:
                self.links[key[:3]][key[3:]] = row
        self.published = Counter(key[:2] for key in self.verdicts if key[2])
        self.superseded = {row.values["supersedes"] for key, row in self.verdicts.items() if key[2]}
        self.stored = _stored({key[0] for key in self.verdicts}, moves)
        #: by issuer and claim: the latest revision of the last load
        self.last: dict[Key, int] = {}
        for model, key in before:
            if model is Verdict and key[2] > self.last.get(key[:2], 0):
                self.last[key[:2]] = key[2]

    def revisions(self, key: Key) -> Revisions:
        return self.stored.get(key[:2], {})

    def is_latest(self, key: Key) -> bool:
        """Whether a verdict of the files stands for the latest one in the database."""
        return key[2] == 1 and self.published[key[:2]] == 1

    def decide(self, row: Row, overwrite: bool) -> tuple[Row, str]:
        """Return a verdict with its revision in the database, and why it stays as it is there, if it must."""
        if not row.values["revision"]:
            return row, self._draft_kept(row)
        if not self.is_latest(row.key):
            return row, self._refusal(row, row)
        revisions = self.revisions(row.key)
        latest = max(revisions, default=0)
        last = self.last.get(row.key[:2], 0)
        if not latest:
            return _numbered(row, last or 1), ""
        same = self._as(row, latest)
        if last and last in revisions and self._differing(row, same):
            same = self._as(row, last)
        there = revisions[same.key[2]]
        loaded = self.before.get((Verdict, same.key))
        is_ours = there is revisions[latest] and loaded is not None and fingerprint(there.values) == loaded.fingerprint
        came_back = is_ours and there.values["state"] == WITHDRAWN
        if row.values["state"] == PUBLISHED and (self._differing(row, same) or came_back) and (is_ours or overwrite):
            return self._superseding(row, latest), ""
        return same, self._refusal(row, same)

    def _as(self, row: Row, revision: int) -> Row:
        """Return a verdict of the files as that revision of the database."""
        there = self.revisions(row.key)[revision].values
        return _numbered(row, revision, {name: there[name] for name in _REASON})

    def _superseding(self, row: Row, latest: int) -> Row:
        """Return the next revision, which takes the place of the latest."""
        kind, reason = row.change
        values: dict[str, Any] = {"supersedes": (*row.key[:2], latest), "reason_kind": kind, "reason": reason}
        if self.revisions(row.key)[latest].values["of_record"]:
            values["of_record"] = True
        return _numbered(row, latest + 1, values)

    def _differing(self, row: Row, same: Row) -> list[str]:
        """Return what a verdict of the files says otherwise than the published one. `same`: as it would be there."""
        there = self.revisions(same.key)[same.key[2]]
        differing = [name for name in _FROZEN if same.values[name] != there.values[name]]
        return [*differing, "evidence"] if self.links[row.key].keys() != there.evidence else differing

    def _refusal(self, row: Row, same: Row) -> str:
        """Return why a published verdict can't become as in the files, or an empty string."""
        revisions = self.revisions(same.key)
        earlier = same.key if same.key[2] in revisions else same.values["supersedes"]
        later = self._successor(earlier) if earlier else 0
        if later:
            return f"revision {earlier[2]} was superseded in the database by revision {later}"
        if same.key[2] not in revisions:
            return ""
        there, state = revisions[same.key[2]].values, same.values["state"]
        differing = self._differing(row, same)
        if there["state"] == WITHDRAWN:
            if state == PUBLISHED:
                return "withdrawn in the database"
            differing += [name for name in _WITHDRAWAL if same.values[name] != there[name]]
        if differing:
            can_follow = self.is_latest(row.key) and state == PUBLISHED
            hint = "use --overwrite to supersede it" if can_follow else "it keeps that"
            return f"published in the database with another {', '.join(differing)}; {hint}"
        if state == PUBLISHED and same.values["of_record"] != there["of_record"] and same.key not in self.superseded:
            return f"{'' if there['of_record'] else 'not '}the position of record in the database"
        return ""

    def _successor(self, key: Key) -> int:
        """Return the revision that superseded a verdict in the database and isn't in the files, or 0."""
        for number, later in self.revisions(key).items():
            if number and later.values["supersedes"] == key and (*key[:2], number) not in self.verdicts:
                return number
        return 0

    def _draft_kept(self, row: Row) -> str:
        """Return why a draft of the files stays as it is in the database, or an empty string."""
        revisions = self.revisions(row.key)
        if 0 in revisions:
            state = revisions[0].values["state"]
            return "" if state == DRAFT else f"{state} in the database"
        others = [number for number in revisions if (Verdict, (*row.key[:2], number)) not in self.before]
        return "published in the database" if others and (Verdict, row.key) in self.before else ""


def decide(rows: dict[Id, Row], before: Manifest, moves: Moves, *, overwrite: bool) -> Decided:
    """Find for each verdict of the files which one of the database it is, or whether a new one supersedes that.

    The claims are locked, so that nobody else publishes a verdict on them until the commit.
    """
    files = _Decisions(rows, before, moves)
    decided = Decided({identity: row for identity, row in rows.items() if row.model not in (Verdict, VerdictEvidence)})
    number: dict[Key, Key] = {}
    for key, row in files.verdicts.items():
        after, reason = files.decide(row, overwrite)
        number[key] = after.key
        decided.rows[Verdict, after.key] = after
        places = {one: link.place for one, link in files.links[key].items()}
        evidence: Iterable[Key] = places
        if reason:
            decided.kept[Verdict, after.key] = reason
            there = files.revisions(key).get(after.key[2])
            evidence = there.evidence if there else ()
        for one in evidence:
            link = Row(VerdictEvidence, {"verdict": after.key, "evidence": one}, places.get(one, row.place))
            decided.rows[VerdictEvidence, link.key] = link
    for key, row in files.verdicts.items():
        other = row.values["supersedes"]
        if not key[2] and number.get(other, other) != other:
            decided.rows[Verdict, key] = replace(row, values={**row.values, "supersedes": number[other]})
    latest = {key[:2]: after[2] for key, after in number.items() if files.is_latest(key)}
    decided.before = {
        (model, key): at
        for (model, key), at in before.items()
        if model not in (Verdict, VerdictEvidence) or not 0 < key[2] < latest.get(key[:2], 0)
    }
    return decided


def _stored(claims: set[Any], moves: Moves) -> dict[Key, Revisions]:
    """Return the verdicts of the database on these claims by claim and issuer, and lock the claims."""
    list(Claim.objects.select_for_update(no_key=True).filter(slug__in=claims).order_by("pk").values_list("pk"))
    found: dict[Key, Revisions] = {}
    keys = Verdict.objects.filter(claim__slug__in=claims).values_list(*key_paths(Verdict))
    for key, row in stored_rows(Verdict, keys).items():
        found.setdefault(key[:2], {})[key[2]] = Stored(row.values, set())
    keys = VerdictEvidence.objects.filter(verdict__claim__slug__in=claims).values_list(*key_paths(VerdictEvidence))
    for key in stored_rows(VerdictEvidence, keys):
        if key[2] in found.get(key[:2], ()):
            found[key[:2]][key[2]].evidence.add(moves.get(key[3:], key[3:]))
    return found


def _numbered(row: Row, revision: int, values: dict[str, Any] | None = None) -> Row:
    return replace(row, values={**row.values, "revision": revision, **(values or {})})


def in_place(row: Row, stored: StoredRow) -> Row:
    """Return a row as it is written to an existing one: which verdict is of record changes with others, by itself."""
    if row.model is Verdict and row.values["state"] == stored.values["state"] == PUBLISHED:
        return replace(row, values={**row.values, "of_record": stored.values["of_record"]})
    return row
