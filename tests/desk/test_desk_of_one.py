"""A desk of one switches four eyes off, and each verdict that it publishes says so for ever."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError

from claims.models import Verdict
from tests import factories as make
from tests.client import problem
from tests.reviewers import (
    WAYS,
    ByApi,
    at_commit,
    done,
    draft_of,
    evidence_on,
    named,
    newest,
    refused,
    reviewers,
    submitted,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def users() -> tuple[User, User]:
    return reviewers()


@pytest.fixture
def anna(users: tuple[User, User]) -> User:
    return users[0]


def change(user: User, verdict: Verdict, **values: Any) -> None:
    """A change that the database sees the user make."""
    with named(user):
        Verdict.objects.filter(pk=verdict.pk).update(**values)


@pytest.mark.parametrize("way", WAYS)
def test_a_desk_of_one_publishes_at_once_and_says_so_for_ever(way: Any, settings: Any, users: Any) -> None:
    settings.FOUR_EYES = False
    anna = way(users[0])
    claim = make.make_claim()
    done(anna.draft(claim, make.make_actor(), evidence=evidence_on(claim)))
    verdict = newest()
    done(anna.step(verdict, "publish"))
    verdict.refresh_from_db()
    assert (verdict.state, verdict.second_reader, verdict.published_by) == ("published", False, users[0])
    # also after the setting was changed
    settings.FOUR_EYES = True
    for attempt in ({"second_reader": True}, {"second_reader": True, "published_by": users[1]}):
        with pytest.raises(IntegrityError, match="keeps its word"):
            at_commit(lambda values=attempt: change(users[1], verdict, **values))  # type: ignore[misc]
    done(anna.step(verdict, "withdraw", kind="error", reason="It was wrong."))
    with pytest.raises(IntegrityError, match="keeps its word"):
        at_commit(lambda: change(users[1], verdict, second_reader=True))
    shown = ByApi(users[1]).client.get("/api/v1/verdicts/", {"second_reader": "false"}).json()["results"]
    assert [row["id"] for row in shown] == [verdict.pk]


def test_it_too_needs_evidence(settings: Any, anna: User) -> None:
    settings.FOUR_EYES = False
    alone = ByApi(anna)
    done(alone.draft(make.make_claim(), make.make_actor()))
    refused(alone.step(newest(), "publish"), "Choose the evidence that it relies on.")
    with pytest.raises(IntegrityError, match="without evidence"):
        at_commit(lambda: change(anna, newest(), state="published", second_reader=False))
    verdict = submitted(alone, make.make_claim(), make.make_actor())
    done(alone.step(verdict, "publish"))
    verdict.refresh_from_db()
    assert verdict.second_reader is False


def test_a_draft_says_what_it_can_do(settings: Any, anna: User) -> None:
    verdict = draft_of(anna)
    for four_eyes, possible in ((True, ["submit"]), (False, ["submit", "publish"])):
        settings.FOUR_EYES = four_eyes
        found = problem(ByApi(anna).step(verdict, "withdraw", kind="error", reason="So.").response, 409)
        assert found["possible"] == possible
