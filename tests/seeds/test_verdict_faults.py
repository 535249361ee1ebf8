"""Faulty verdicts and reasons in seed files: each fault is reported with its line."""

import pytest

from tests.seedfiles import SeedFolder, rejected

pytestmark = pytest.mark.django_db

ENTRY = "evidence: [book]}"
SECOND = "evidence: [book]}\n    - {issuer: desk, status: refuted, rationale: x, revision: 2, of_record: false"

# instead of ENTRY; the words whose line is reported; the message
FAULTS = [
    ("evidence: [book], state: submitted}", "submitted", "“state” must be one of: draft, published, withdrawn."),
    (
        "evidence: [book], state: withdrawn}",
        "withdrawn",
        "“state: withdrawn” needs “withdrawal”: why it was withdrawn.",
    ),
    ("evidence: [book], withdrawal: x}", "withdrawal", "“withdrawal” needs “state: withdrawn”."),
    ("evidence: [book], state: draft, revision: 2}", "revision", "a draft has no “revision” yet; delete the key."),
    ("evidence: [book], revision: 0}", "revision", "“revision” must be 1 or more."),
    (SECOND + ", supersedes: 1, reason: x}", "supersedes", "“supersedes” needs “reason_kind” next to it."),
    (SECOND + ", supersedes: 1, reason_kind: error}", "supersedes", "“supersedes” needs “reason” next to it."),
    (SECOND + ", reason: x}", "reason: x", "“reason” needs “supersedes” next to it."),
    (SECOND + ", supersedes: 1, reason_kind: eror, reason: x}", "eror", "unknown reason kind “eror” – did you mean"),
    (SECOND + "}", "revision: 2", "the issuer’s verdict at gazette.yaml:"),
    ("evidence: [book], change: {kind: error}}", "change", "a change needs “reason”."),
    ("evidence: [book], change: {kind: x, reason: x}}", "change", "unknown kind “x”; allowed values: new_evidence, "),
    ("evidence: [book], change: {kind: error, reason: ' '}}", "change", "this must not be empty."),
]


@pytest.mark.parametrize(("new", "at", "message"), FAULTS)
def test_a_fault_is_reported_with_its_line(seeds: SeedFolder, new: str, at: str, message: str) -> None:
    seeds.replace(ENTRY, new)
    lines = rejected()
    assert any(one.startswith(f"gazette.yaml:{seeds.line(at)}: {message}") for one in lines), lines
