"""Published verdicts in the seeds: a changed one is superseded, and none is ever rewritten or removed."""

import pytest
from django.contrib.auth.models import User
from django.db import connection

from claims.desk.verdicts import submit, withdraw
from claims.models import Claim, Evidence, ImportRun, Verdict
from claims.models.choices import Status, VerdictState
from tests.factories import make_verdict
from tests.seedfiles import SeedFolder, load

pytestmark = pytest.mark.django_db

PHOTO = "    - {key: photo, source: yearbook, locator: p. 1, stance: supports, summary: A photo shows it.}\n"
ENTRY = "{issuer: desk, status: supported, rationale: The yearbook lists it., evidence: [book]}"


def claim() -> Claim:
    return Claim.objects.get(slug="bridge-fell")


def verdict(revision: int) -> Verdict:
    return claim().verdicts.get(revision=revision)


def statuses() -> list[str]:
    """All statuses that the claim ever had after it was added, oldest first."""
    events = claim().events.order_by("pgh_id").values_list("status", flat=True)  # type: ignore[attr-defined]
    return [*events, claim().status][1:]


def touch(seeds: SeedFolder) -> None:
    """Add a comment, so that the next load compares all rows."""
    seeds.replace("claims:\n", "# again\nclaims:\n")


def nothing_changes(seeds: SeedFolder) -> str:
    """Load once more, and return the output."""
    touch(seeds)
    out = load()
    assert not [word for word in (" added", " changed", " removed") if word in out], out
    return out


def by_desk(**values: object) -> Verdict:
    """A verdict that the desk publishes here, superseding the latest one of the seeds."""
    latest = claim().verdicts.once_published().latest("revision")
    given = {"status": Status.CONFLICTING, "issuer": latest.issuer, "supersedes": latest, "reason": "Another view."}
    made = make_verdict(claim=claim(), **given | values)
    connection.check_constraints()
    return made


# Changed in the files

CHANGES = [
    ("status: supported, rationale", "status: refuted, rationale", {"status": "refuted"}),
    ("The yearbook lists it.", "Two yearbooks list it.", {"rationale": "Two yearbooks list it."}),
    ("evidence: [book]}", "evidence: [book], label: True}", {"label": "True"}),
    ("status: supported, rationale", "status: not_checkable, rationale", {"status": "not_checkable"}),
]


@pytest.mark.parametrize(("old", "new", "values"), CHANGES)
def test_a_changed_verdict_supersedes_the_published_one(
    seeds: SeedFolder, old: str, new: str, values: dict[str, str]
) -> None:
    load()
    seeds.replace(old, new)
    out = load()
    assert "verdicts 1 added" in out
    assert "kept" not in out
    first, second = verdict(1), verdict(2)
    assert (second.supersedes, second.of_record, second.second_reader) == (first, True, False)
    assert (second.reason_kind, second.reason) == ("clarification", "Changed in the seeds.")
    assert {name: getattr(second, name) for name in values} == values
    assert list(second.evidence.all()) == list(first.evidence.all())
    assert (first.state, first.of_record, first.status) == ("published", False, "supported")
    assert (first.rationale, first.label) == ("The yearbook lists it.", "")
    assert claim().status == second.status
    assert Status.UNVERIFIED not in statuses()
    nothing_changes(seeds)


def test_other_evidence_supersedes_the_published_one(seeds: SeedFolder) -> None:
    load()
    book = Evidence.objects.get()
    seeds.replace(
        "{key: book, source: yearbook, stance: supports, summary: It lists the fall., read_on: 2024-03-22}",
        "{key: book, source: yearbook, locator: p. 9, stance: supports, summary: It shows the ruins.}",
    )
    out = load()
    assert "kept: evidence bridge-fell / yearbook: no longer in the seeds, but a verdict relies on it" in out
    assert verdict(1).evidence.get() == book
    assert verdict(2).evidence.get().summary == "It shows the ruins."
    assert "a verdict relies on it" in nothing_changes(seeds)


def test_each_further_change_makes_a_further_revision(seeds: SeedFolder) -> None:
    load()
    for number, status in ((2, "refuted"), (3, "conflicting"), (4, "refuted")):
        seeds.replace("issuer: desk, status: " + verdict(number - 1).status, f"issuer: desk, status: {status}")
        assert "verdicts 1 added" in load()
        assert (verdict(number).supersedes, verdict(number).of_record) == (verdict(number - 1), True)
        nothing_changes(seeds)
    assert statuses() == ["supported", "refuted", "conflicting", "refuted"]


def test_the_file_gives_the_reason(seeds: SeedFolder) -> None:
    load()
    seeds.replace(ENTRY, ENTRY.replace("supported", "refuted")[:-1] + ", change: {kind: error, reason: Misread.}}")
    load()
    assert (verdict(2).reason_kind, verdict(2).reason) == ("error", "Misread.")


def test_url_and_day_of_issue_are_corrected_in_place(seeds: SeedFolder) -> None:
    load()
    seeds.replace(ENTRY, ENTRY[:-1] + ", url: 'https://desk.example/1', issued: 2024-05}")
    assert "verdicts 1 changed" in load()
    only = claim().verdicts.get()
    assert (only.url, only.issued, only.revision, only.of_record) == ("https://desk.example/1", "2024-05", 1, True)


def test_another_issuers_verdict_stays_beside_the_record(seeds: SeedFolder) -> None:
    other = "{issuer: gazette, status: refuted, label: False, rationale: It stands., of_record: false}"
    seeds.replace(ENTRY, f"{ENTRY}\n    - {other}")
    load()
    seeds.replace("label: False", "label: Half true")
    load()
    second = claim().verdicts.get(issuer__slug="gazette", revision=2)
    assert (second.label, second.of_record, second.supersedes.label) == ("Half true", False, "False")
    assert statuses() == ["supported"]


def test_the_position_of_record_is_not_taken_back_by_a_file(seeds: SeedFolder) -> None:
    load()
    seeds.replace(ENTRY, ENTRY[:-1] + ", of_record: false}")
    for options in ({}, {"overwrite": True}):
        assert "kept: verdict bridge-fell / desk / 1: the position of record in the database" in load(**options)
    seeds.replace("issuer: desk, status: supported", "issuer: desk, status: refuted")
    load()
    assert (verdict(2).of_record, claim().status) == (True, "refuted")


def test_withdrawn_in_place_and_published_again_as_a_new_revision(seeds: SeedFolder) -> None:
    load()
    seeds.replace(ENTRY, ENTRY[:-1] + ", state: withdrawn, withdrawal_kind: retraction, withdrawal: It was a forgery.}")
    assert "verdicts 1 changed" in load()
    only = claim().verdicts.get()
    assert (only.state, only.of_record, only.withdrawal) == ("withdrawn", False, "It was a forgery.")
    assert claim().status == Status.UNVERIFIED
    nothing_changes(seeds)
    seeds.replace(", state: withdrawn, withdrawal_kind: retraction, withdrawal: It was a forgery.}", "}")
    assert "verdicts 1 added" in load()
    assert (verdict(2).supersedes, verdict(2).of_record, claim().status) == (verdict(1), True, Status.SUPPORTED)
    nothing_changes(seeds)


def test_a_withdrawn_verdict_keeps_its_words(seeds: SeedFolder) -> None:
    load()
    seeds.replace(ENTRY, ENTRY.replace("supported", "refuted")[:-1] + ", state: withdrawn, withdrawal: Wrong.}")
    message = "kept: verdict bridge-fell / desk / 1: published in the database with another status; it keeps that"
    assert message in load()
    assert message in load(overwrite=True)
    assert (claim().verdicts.get().state, claim().status) == ("published", "supported")


def test_a_numbered_verdict_is_superseded_by_the_next_number_alone(seeds: SeedFolder) -> None:
    second = (
        "{issuer: desk, status: refuted, rationale: It was repaired., revision: 2, supersedes: 1, "
        "reason_kind: new_evidence, reason: News.}"
    )
    seeds.replace(ENTRY, f"{ENTRY[:-1]}, of_record: false}}\n    - {second}")
    load()
    assert (verdict(2).supersedes, verdict(2).reason_kind, claim().status) == (verdict(1), "new_evidence", "refuted")
    seeds.replace("rationale: It was repaired.", "rationale: It was replaced.")
    seeds.replace("    verdicts:\n", PHOTO + "    verdicts:\n")
    seeds.replace("evidence: [book], of_record", "evidence: [book, photo], of_record")
    for options in ({}, {"overwrite": True}):
        out = load(**options)
        assert "kept: verdict bridge-fell / desk / 1: published in the database with another evidence; it keeps" in out
        assert "kept: verdict bridge-fell / desk / 2: published in the database with another rationale; it keeps" in out
        assert [v.evidence.count() for v in (verdict(1), verdict(2))] == [1, 0]


# Decided in the database


def test_what_the_desk_superseded_is_kept(seeds: SeedFolder) -> None:
    load()
    by_desk()
    for options in ({}, {"overwrite": True}):
        touch(seeds)
        out = load(**options)
        assert "kept: verdict bridge-fell / desk / 1: revision 1 was superseded in the database by revision 2" in out
        assert [v.status for v in claim().verdicts.order_by("revision")] == ["supported", "conflicting"]
    seeds.replace("issuer: desk, status: supported", "issuer: desk, status: refuted")
    assert "revision 1 was superseded in the database by revision 2" in load()
    assert claim().status == "conflicting"
    assert "verdicts 1 added" in load(overwrite=True)
    assert (verdict(3).supersedes, claim().status) == (verdict(2), "refuted")
    nothing_changes(seeds)


def test_a_verdict_of_the_desk_adopted_by_the_seeds_counts_as_theirs(seeds: SeedFolder) -> None:
    load()
    by_desk(rationale="The yearbook lists another.", evidence=[Evidence.objects.get()])
    seeds.replace("supported, rationale: The yearbook lists it.", "conflicting, rationale: The yearbook lists another.")
    assert "verdicts 1 unchanged" in load()
    seeds.replace("issuer: desk, status: conflicting", "issuer: desk, status: refuted")
    assert "verdicts 1 added" in load()
    assert (verdict(3).supersedes, claim().status) == (verdict(2), "refuted")


def test_what_the_desk_withdrew_is_kept(seeds: SeedFolder) -> None:
    load()
    withdraw(verdict(1), "error", "It was wrong.")
    for options in ({}, {"overwrite": True}):
        touch(seeds)
        assert "kept: verdict bridge-fell / desk / 1: withdrawn in the database" in load(**options)
        assert claim().status == Status.UNVERIFIED
    seeds.replace("issuer: desk, status: supported", "issuer: desk, status: refuted")
    assert "withdrawn in the database" in load()
    assert "verdicts 1 added" in load(overwrite=True)
    assert (verdict(2).supersedes, claim().status) == (verdict(1), "refuted")


def test_without_a_record_of_the_last_load_overwrite_supersedes(seeds: SeedFolder) -> None:
    """As after loaddata."""
    load()
    ImportRun.objects.all().delete()
    assert "verdicts 1 unchanged" in load()
    ImportRun.objects.all().delete()
    seeds.replace("issuer: desk, status: supported", "issuer: desk, status: refuted")
    assert "with another status; use --overwrite to supersede it" in load()
    assert claim().status == "supported"
    assert "verdicts 1 added" in load(overwrite=True)
    assert (verdict(2).supersedes, claim().status) == (verdict(1), "refuted")


# Drafts

DRAFT = ENTRY[:-1] + ", state: draft}"


def test_a_draft_changes_in_place_and_is_published_as_it_comes(seeds: SeedFolder) -> None:
    seeds.replace(ENTRY, DRAFT)
    load()
    assert (claim().verdicts.get().state, claim().verdicts.get().revision) == (VerdictState.DRAFT, 0)
    seeds.replace("issuer: desk, status: supported", "issuer: desk, status: refuted")
    assert "verdicts 1 changed" in load()
    seeds.replace(", state: draft}", "}")
    load()
    only = claim().verdicts.get()
    assert (only.status, only.state, only.revision, only.second_reader) == ("refuted", "published", 1, False)


def test_a_draft_that_supersedes_follows_the_published_one(seeds: SeedFolder) -> None:
    draft = "{issuer: desk, status: conflicting, rationale: Perhaps., state: draft, supersedes: 1, "
    seeds.replace(ENTRY, f"{ENTRY}\n    - {draft}reason_kind: error, reason: Doubts.}}")
    load()
    seeds.replace("issuer: desk, status: supported", "issuer: desk, status: refuted")
    load()
    assert claim().verdicts.get(state="draft").supersedes == verdict(2)
    nothing_changes(seeds)


def test_the_drafts_of_users_are_not_those_of_the_seeds(seeds: SeedFolder, admin_user: User) -> None:
    seeds.replace(ENTRY, DRAFT)
    load()
    own = claim().verdicts.get()
    other = make_verdict(claim=claim(), issuer=own.issuer, state="draft", of_record=False, created_by=admin_user)
    seeds.replace("issuer: desk, status: supported", "issuer: desk, status: refuted")
    load(overwrite=True)
    assert {v.pk: v.status for v in claim().verdicts.all()} == {own.pk: "refuted", other.pk: "supported"}
    seeds.replace(DRAFT.replace("supported", "refuted"), ENTRY)
    load()
    assert {v.state for v in claim().verdicts.all()} == {"published", "draft"}
    assert claim().verdicts.get(state="draft") == other


def test_a_draft_in_work_here_is_kept(seeds: SeedFolder) -> None:
    seeds.replace(ENTRY, DRAFT)
    load()
    submit(claim().verdicts.get())
    seeds.replace("    verdicts:\n", PHOTO + "    verdicts:\n")
    seeds.replace("evidence: [book], state", "evidence: [photo], state")
    for options in ({}, {"overwrite": True}):
        assert "kept: verdict bridge-fell / desk / 0: submitted in the database" in load(**options)
    seeds.replace(DRAFT.replace("[book]", "[photo]"), ENTRY)
    assert "no longer in the seeds, but it is submitted in the database" in load(overwrite=True)
    assert claim().verdicts.get(state="submitted").evidence.get().summary == "It lists the fall."


# No longer in the files


def test_what_was_published_stays_when_it_leaves_the_seeds(seeds: SeedFolder) -> None:
    load()
    before = Claim.objects.count()
    (seeds.folder / "gazette.yaml").unlink()
    for _ in range(2):
        out = load(overwrite=True)
        assert "kept: verdict bridge-fell / desk / 1: no longer in the seeds, but it was published;" in out
        assert "kept: evidence bridge-fell / yearbook: no longer in the seeds, but belongs to claim" in out
        assert "kept: claim bridge-fell: no longer in the seeds, but it has a verdict" in out
        seeds.replace("topics:\n", "# again\ntopics:\n", "common.yaml")
    assert (before, Claim.objects.filter(slug="nobody-hurt").exists()) == (4, False)
    assert (claim().status, verdict(1).evidence.count()) == ("supported", 1)
