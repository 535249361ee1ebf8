"""Compound claims: what the statuses of their parts say together, which decides nothing."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.desk.parts import MOST, Together
from claims.models import Claim, ClaimRelation, Verdict
from tests import factories as make
from tests.amounts import examples
from tests.client import anonymous, problem, url
from tests.people import client_of
from tests.private import HIDDEN
from tests.reviewers import published, reviewer

pytestmark = pytest.mark.django_db


def part_of(whole: Claim, status: str = "unverified", **kw: Any) -> Claim:
    part = make.make_claim(**kw)
    if status != "unverified":
        make.make_verdict(claim=part, status=status)
    make.make_relation(from_claim=part, to_claim=whole, kind="part_of")
    return part


def together(whole: Claim, client: Any = None) -> dict[str, Any]:
    response = (client or anonymous()).get(url("claims", whole.slug, "parts"))
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


SUPPORTED, REFUTED, OPEN = "supported", "refuted", "unverified"


@pytest.mark.parametrize(
    ("statuses", "says", "why"),
    [
        ([], "no_parts", "No claim is recorded as part of this one."),
        ([SUPPORTED], "supported", "1 of 1 is supported. Whether"),
        ([SUPPORTED] * 3, "supported", "3 of 3 are supported. Whether they make up the whole claim"),
        ([SUPPORTED, REFUTED, SUPPORTED], "refuted", "A claim holds only if all its parts do, and 1 of 3 is refuted."),
        ([REFUTED, OPEN, REFUTED], "refuted", "2 of 3 are refuted."),
        ([REFUTED, "conflicting"], "refuted", "1 of 2 is refuted."),
        ([SUPPORTED, "conflicting", OPEN], "conflicting", "No part is refuted, but the evidence on 1 of 3 conflicts."),
        ([SUPPORTED, OPEN], "open", "No part is refuted; 1 of 2 has no verdict yet."),
        ([OPEN, OPEN, "not_checkable"], "open", "2 of 3 have no verdict yet."),
        ([SUPPORTED, "not_enough_evidence"], "not_enough_evidence", "there is not enough evidence on 1 of 2."),
        (["not_checkable", "not_checkable"], "not_checkable", "No part is refuted; 2 of 2 can’t be checked."),
    ],
)
def test_what_they_say_together(statuses: list[str], says: str, why: str) -> None:
    whole = make.make_claim()
    parts = [part_of(whole, status) for status in statuses]
    found = together(whole)
    assert found["together"] == says
    assert why in found["explanation"]
    assert found["counts"] == Counter(statuses)
    shown = [{"slug": part.slug, "text": part.text, "status": s} for part, s in zip(parts, statuses, strict=True)]
    assert found["parts"] == shown


@given(st.lists(st.sampled_from(["supported", "refuted", "conflicting", "unverified", "not_checkable"]), max_size=6))
@examples(30)
def test_one_refuted_part_refutes_and_only_all_support(statuses: list[str]) -> None:
    whole = make.make_claim()
    for status in statuses:
        part_of(whole, status)
    says = together(whole)["together"]
    assert (says == Together.REFUTED) == ("refuted" in statuses)
    assert (says == Together.SUPPORTED) == ({*statuses} == {"supported"})
    assert (says == Together.NO_PARTS) == (not statuses)


def test_they_decide_nothing() -> None:
    whole = make.make_claim()
    for status in (SUPPORTED, REFUTED):
        part_of(whole, status)
        whole.refresh_from_db()
        assert (whole.status, whole.version) == ("unverified", 1)
    published(claim=whole, status="supported")
    found = together(whole)
    assert found["together"] == "refuted"
    assert Claim.objects.get(pk=whole.pk).status == "supported"


def test_they_follow_the_verdicts_of_the_parts() -> None:
    whole = make.make_claim()
    part = part_of(whole)
    part_of(whole, SUPPORTED)
    assert together(whole)["together"] == "open"
    verdict = published(claim=part, status="refuted")
    assert together(whole)["together"] == "refuted"
    published(claim=part, issuer=verdict.issuer, supersedes=verdict, reason="Figures.", status="supported")
    assert together(whole)["together"] == "supported"
    current = Verdict.objects.of_record().filter(claim=part)
    current.update(state="withdrawn", of_record=False, withdrawal="It was wrong.", withdrawal_kind="error")
    assert together(whole)["together"] == "open"


def test_only_parts_count() -> None:
    whole = make.make_claim()
    part = part_of(whole, SUPPORTED)
    part_of(part, REFUTED)  # a part of a part speaks for that one
    for kind in ("refines", "contradicts", "presupposes"):
        other = make.make_claim()
        make.make_verdict(claim=other, status="refuted")
        make.make_relation(from_claim=other, to_claim=whole, kind=kind)
    make.make_relation(from_claim=whole, to_claim=make.make_claim(), kind="part_of")
    found = together(whole)
    assert (found["together"], found["counts"]) == ("supported", {"supported": 1})
    assert together(part)["together"] == "refuted"


def test_readers_learn_nothing_of_parts_in_preparation() -> None:
    whole = make.make_claim()
    part_of(whole, SUPPORTED)
    hidden = part_of(whole, **HIDDEN)
    make.make_verdict(claim=hidden, status="refuted")
    desk = client_of(reviewer("anna"))
    assert (together(whole)["together"], together(whole, desk)["together"]) == ("supported", "refuted")
    assert hidden.slug not in str(together(whole))
    problem(anonymous().get(url("claims", hidden.slug, "parts")), 404)


def test_many_parts_are_counted_and_some_are_listed(django_assert_max_num_queries: Any) -> None:
    whole = make.make_claim()
    texts = [f"The bridge has part {number}." for number in range(MOST + 5)]
    parts = Claim.objects.bulk_create([Claim(text=text, kind="fact", slug=f"part-{n}") for n, text in enumerate(texts)])
    ClaimRelation.objects.bulk_create(
        [ClaimRelation(from_claim=part, to_claim=whole, kind="part_of") for part in parts]
    )
    with django_assert_max_num_queries(4):
        found = together(whole)
    assert (len(found["parts"]), found["counts"]) == (MOST, {"unverified": MOST + 5})
