"""What the API works out from the record: origins of evidence, drift of spans."""

from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from tests.factories import make_actor, make_assertion, make_claim, make_evidence, make_snapshot, make_source

pytestmark = pytest.mark.django_db


def test_ten_prints_of_one_story_are_one_origin() -> None:
    claim, wire = make_claim(), make_source(publisher=make_actor())
    for _ in range(10):
        make_evidence(claim=claim, source=make_source(publisher=make_actor(), derived_from=wire), stance="supports")
    make_evidence(claim=claim, source=make_source(publisher=make_actor()), stance="supports")
    make_evidence(claim=claim, source=make_source(), stance="refutes")
    assert APIClient().get(f"/api/v1/claims/{claim.slug}/origins/").json() == [
        {"stance": "refutes", "sources": 1, "origins": 1},
        {"stance": "supports", "sources": 11, "origins": 2},
    ]


def test_spans_that_vanished_from_a_newer_text_are_flagged() -> None:
    old = make_snapshot(text="The bridge fell. Nobody was hurt.", captured_at=datetime(2024, 1, 1, tzinfo=UTC))
    fell = make_assertion(snapshot=old, start=0, end=15)
    hurt = make_assertion(snapshot=old, start=17, end=32)
    new = make_snapshot(
        source=old.source, text="Update: The bridge fell.", captured_at=datetime(2024, 2, 1, tzinfo=UTC)
    )
    answer = APIClient().get(f"/api/v1/snapshots/{new.pk}/drift/").json()
    common = {"record": "assertion"}
    assert answer == [
        common | {"id": fell.pk, "claim": fell.claim.slug, "state": "moved", "start": 8, "end": 23},
        common | {"id": hurt.pk, "claim": hurt.claim.slug, "state": "vanished", "start": None, "end": None},
    ]


@pytest.mark.parametrize("address", ["claims/nope/origins/", "snapshots/7/drift/"])
def test_what_is_not_there_is_a_404(address: str) -> None:
    assert APIClient().get(f"/api/v1/{address}").status_code == 404


def test_an_unknown_parameter_is_refused() -> None:
    assert APIClient().get(f"/api/v1/claims/{make_claim().slug}/origins/?stance=supports").status_code == 400
