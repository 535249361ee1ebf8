"""Lists say whose turn it is to do something about a verdict, and lead from one claim to the next."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from claims.models import Claim, Verdict
from tests.admin.pressing import page_of, submitted_by, text_of
from tests.admin.test_pages import ids
from tests.adminpages import form_of, queries, url
from tests.factories import make_claim, make_verdict
from tests.people import people
from tests.reviewers import draft_of, published

pytestmark = pytest.mark.django_db


def turns_of(client: Client, listed: str) -> list[str]:
    """What the column says, by row."""
    return re.findall(r'class="field-turn">([^<]*)<', text_of(client, listed))


def test_lists_say_whose_turn_it_is(hands: Any, users: Any) -> None:
    anna, boris = hands
    draft, waiting = draft_of(users[0]), submitted_by(users[0])
    returned = draft_of(users[1])
    Verdict.objects.filter(pk=returned.pk).update(state="submitted")
    Verdict.objects.filter(pk=returned.pk).update(state="returned", comment="Say how often.")
    imported, decided = make_verdict(state="submitted", of_record=False), published()
    verdicts, claims = url(Verdict, "changelist"), url(Claim, "changelist")
    expected = {
        anna: {"read": {imported}, "finish": {draft}, "wait": {waiting}},
        boris: {"read": {imported, waiting}, "finish": {returned}, "wait": set()},
    }
    for client, turns in expected.items():
        for turn, found in turns.items():
            assert ids(client.get(verdicts, {"turn": turn})) == {each.pk for each in found}, turn
            assert ids(client.get(claims, {"turn": turn})) == {each.claim_id for each in found}, turn
    assert ids(anna.get(verdicts)) >= {decided.pk, imported.pk}
    # newest first
    assert turns_of(anna, verdicts) == ["–", "a second reader", "boris", "another reader", "you"]
    assert turns_of(boris, verdicts) == ["–", "a second reader", "you", "a second reader", "anna"]


def test_readers_see_nothing_of_turns() -> None:
    reader = Client()
    reader.force_login(people()["reader"])
    User.objects.update(is_staff=True)
    published()
    submitted_by(User.objects.get(username="reviewer"))
    for model in (Verdict, Claim):
        address = url(model, "changelist")
        assert "whose turn" not in text_of(reader, address)
        for turn in ("read", "finish", "wait"):
            assert ids(reader.get(address, {"turn": turn})) == ids(reader.get(address))


def test_the_next_open_claim_is_none_that_waits_for_another(hands: Any, users: Any) -> None:
    anna, boris = hands
    first, waiting, last = (make_claim() for _ in range(3))
    submitted_by(users[0], claim=waiting)
    following = url(Claim, "next", last.pk)
    assert anna.get(following).url == page_of(first)
    assert boris.get(following).url == page_of(waiting)
    # what was returned is open again
    Verdict.objects.update(state="returned", comment="Say how often.")
    assert anna.get(following).url == page_of(waiting)


def test_who_reads_what_others_submitted_goes_from_one_to_the_next(hands: Any, users: Any) -> None:
    _, boris = hands
    # also where the claim has been decided, and a verdict is to be superseded
    first = published()
    reasons = {"supersedes": first, "reason": "New figures.", "reason_kind": "error"}
    submitted_by(users[0], claim=first.claim, issuer=first.issuer, **reasons)
    make_claim()
    second = submitted_by(users[0])
    filters = "?_changelist_filters=turn%3Dread"
    address = page_of(second.claim, filters)
    data = form_of(boris, address) | {"_next": "1"}
    assert boris.post(address, data).url == page_of(first.claim, filters)


def test_a_list_takes_as_many_queries_for_many_rows(hands: Any, users: Any) -> None:
    anna, _ = hands
    address = url(Verdict, "changelist") + "?turn=wait"
    submitted_by(users[0])
    queries(anna, address)
    before = queries(anna, address)
    for _ in range(5):
        submitted_by(users[0])
    assert queries(anna, address) == before
