"""Many reviewers at once: each step of a verdict is taken by one of them, and an outage leaves all of it or nothing."""

from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection

from claims.desk import verdicts
from claims.models import Claim, Evidence, Publication, Verdict
from claims.rest.views import RecordViewSet
from tests import factories as make
from tests.client import problem
from tests.racing import at_once, meanwhile
from tests.reviewers import WORDS, ByAdmin, ByApi, draft_of, evidence_on, published, reviewers, seal, statuses, stored

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 20


@pytest.fixture
def users() -> tuple[User, User]:
    return reviewers()


def codes(answers: Any) -> Counter[int]:
    return Counter(answer.response.status_code for answer in answers)


def steps_of(verdict: Verdict) -> list[str]:
    """The states that it has had."""
    found = [*verdict.events.order_by("pgh_id").values_list("state", flat=True)]  # type: ignore[attr-defined]
    return [*found, Verdict.objects.values_list("state", flat=True).get(pk=verdict.pk)]


BODIES = {"return": {"comment": "Say how often."}, "withdraw": {"kind": "error", "reason": "It was wrong."}}
BEFORE = {"submit": "draft", "return": "submitted", "publish": "submitted", "withdraw": "published"}
AFTER = {"submit": "submitted", "return": "returned", "publish": "published", "withdraw": "withdrawn"}
POSSIBLE = {"submit": ["return", "publish"], "return": ["submit"], "publish": ["withdraw"], "withdraw": []}


@pytest.mark.parametrize("verb", BEFORE)
def test_of_twenty_one_takes_the_step(verb: str, users: Any) -> None:
    anna, boris = users
    verdict = published() if verb == "withdraw" else draft_of(anna, state=BEFORE[verb])
    version = Verdict.objects.get(pk=verdict.pk).version
    hands = [ByApi(boris) for _ in range(THREADS)]
    for hand in hands[::2]:
        hand.client.credentials()  # every other one says which version they have read
    said = [{} if place % 2 else {"version": version} for place in range(THREADS)]
    body = BODIES.get(verb, {})
    answers = at_once(*(lambda h=h, v=v: h.step(verdict, verb, **body, **v) for h, v in zip(hands, said, strict=True)))
    assert codes(answers) == {200: 1, 409: THREADS - 1}
    for answer in answers:
        if not answer:
            found = problem(answer.response, 409)
            assert (found["state"], found["possible"]) == (AFTER[verb], POSSIBLE[verb])
    assert steps_of(verdict)[-2:] == [BEFORE[verb], AFTER[verb]]
    assert Verdict.objects.get().version == version + 1


@pytest.mark.parametrize("verb", BEFORE)
def test_in_the_admin_too(verb: str, users: Any) -> None:
    anna, boris = users
    verdict = published() if verb == "withdraw" else draft_of(anna, state=BEFORE[verb])
    hands = [ByAdmin(boris) if place % 2 else ByApi(boris) for place in range(8)]
    answers = at_once(*(lambda hand=hand: hand.step(verdict, verb, **BODIES.get(verb, {})) for hand in hands))
    assert [bool(answer) for answer in answers].count(True) == 1
    assert all(
        f"A verdict that is {AFTER[verb]} can’t be" in a.words or "boris changed this verdict" in a.words
        for a in answers
        if not a
    )
    assert steps_of(verdict)[-2:] == [BEFORE[verb], AFTER[verb]]


def test_of_two_steps_at_once_one_is_taken(users: Any) -> None:
    anna, boris = users
    for _ in range(5):
        verdict = draft_of(anna, state="submitted")
        answers = at_once(
            lambda v=verdict: ByApi(boris).step(v, "publish"),
            lambda v=verdict: ByApi(boris).step(v, "return", comment="Say how often."),
        )
        assert codes(answers) == {200: 1, 409: 1}
        assert steps_of(verdict)[-1] == ("published" if answers[0] else "returned")


def test_no_change_comes_between_submission_and_publication(users: Any) -> None:
    anna, boris = users
    for _ in range(5):
        verdict = draft_of(anna)
        changed, _, published_ = at_once(
            lambda v=verdict: ByApi(anna).change(v, rationale=WORDS[1], evidence=evidence_on(v.claim)),
            lambda v=verdict: ByApi(anna).step(v, "submit"),
            lambda v=verdict: ByApi(boris).step(v, "publish"),
        )
        verdict.refresh_from_db()
        assert changed.response.status_code in (200, 400)
        assert (verdict.rationale == WORDS[1]) == bool(changed)
        assert (verdict.state == "published") == bool(published_)
        # what was written last was written before it was submitted
        states = [*verdict.events.filter(rationale=WORDS[1]).values_list("state", flat=True)]  # type: ignore[attr-defined]
        assert not changed or states[:1] in (["draft"], [])


# Which verdict is current, and which is of record


def test_of_two_that_supersede_the_same_one_one_wins(users: Any) -> None:
    anna, boris = users
    for _ in range(4):
        first = published(status="supported")
        values = {"claim": first.claim, "issuer": first.issuer, "supersedes": first, "reason": "Figures."}
        drafts = [draft_of(anna, status="refuted", state="submitted", **values) for _ in range(2)]
        answers = at_once(*(lambda d=d: ByApi(boris).step(d, "publish") for d in drafts))
        assert codes(answers) == {200: 1, 400: 1}
        (late,) = (answer for answer in answers if not answer)
        winner = drafts[0] if answers[0] else drafts[1]
        assert f"has been superseded by verdict {winner.pk}" in problem(late.response, 400, "supersedes")["detail"]
        assert Verdict.objects.of_record().filter(claim=first.claim).get() == winner
        assert statuses(first.claim) == ["unverified", "supported", "refuted"]


def test_of_two_first_verdicts_of_an_issuer_one_wins(users: Any) -> None:
    anna, boris = users
    for _ in range(4):
        claim, issuer = make.make_claim(), make.make_actor()
        drafts = [draft_of(anna, claim=claim, issuer=issuer, state="submitted") for _ in range(2)]
        answers = at_once(*(lambda d=d: ByApi(boris).step(d, "publish") for d in drafts))
        assert codes(answers) == {200: 1, 400: 1}
        (late,) = (answer for answer in answers if not answer)
        assert "supersede that one" in problem(late.response, 400, "supersedes")["detail"]
        assert Verdict.objects.filter(claim=claim).published().get().revision == 1


def test_the_database_alone_lets_one_win(users: Any) -> None:
    """Statements that ask nobody."""
    anna, boris = users
    claim, issuer = make.make_claim(), make.make_actor()
    one, two = (draft_of(anna, claim=claim, issuer=issuer, state="submitted") for _ in range(2))

    def publish(verdict: Verdict) -> None:
        values = {"state": "published", "published_by": boris, "revision": verdict.pk}
        Verdict.objects.filter(pk=verdict.pk).update(**values)

    def publish_and_seal(verdict: Verdict) -> None:
        publish(verdict)
        seal()

    refusal = meanwhile(lambda: publish_and_seal(one), lambda: publish(two))
    assert "supersede that one, or withdraw it first" in str(refusal)
    assert Verdict.objects.published().get() == one
    # until its commit, a statement alone asks nothing of the claim, and another one comes first
    claim, issuer = make.make_claim(), make.make_actor()
    one, two = (draft_of(anna, claim=claim, issuer=issuer, state="submitted") for _ in range(2))
    with pytest.raises(IntegrityError, match="supersede that one, or withdraw it first"):
        meanwhile(lambda: publish(one), lambda: publish(two))
    assert Verdict.objects.published().get(claim=claim) == two


def test_of_two_issuers_one_becomes_the_position_of_record(users: Any, settings: Any) -> None:
    anna, boris = users
    settings.DESK = ""
    for _ in range(4):
        claim = make.make_claim()
        drafts = [draft_of(anna, claim=claim, state="submitted") for _ in range(2)]
        answers = at_once(*(lambda d=d: ByApi(boris).step(d, "publish") for d in drafts))
        assert codes(answers) == {200: 2}
        assert Verdict.objects.of_record().filter(claim=claim).count() == 1


def test_a_merge_at_the_same_time_leaves_one_current_verdict(users: Any) -> None:
    anna, boris = users
    for _ in range(2):
        claim, one, two = make.make_claim(), make.make_actor(), make.make_actor()
        make.make_verdict(claim=claim, issuer=two)
        draft = draft_of(anna, claim=claim, issuer=one, state="submitted")
        published_, merged = at_once(
            lambda d=draft: ByApi(boris).step(d, "publish"),
            lambda o=one, t=two: ByApi(anna).client.post(
                f"/api/v1/actors/{o.pk}/merge/", {"into": t.slug}, format="json"
            ),
        )
        assert published_.response.status_code in (200, 400, 409)
        assert merged.status_code in (200, 400, 409)
        assert not (published_ and merged.status_code == 200)
        current = Verdict.objects.current().filter(claim=claim).values_list("issuer", flat=True)
        assert len({*current}) == len(current)


# What a verdict is about


def desk_publishes(verdict: Verdict, user: User) -> None:
    """Up to the last moment of its commit."""
    verdicts.publish(Verdict.objects.select_for_update().get(pk=verdict.pk), user)
    seal()


def texts() -> dict[str, Any]:
    return {"claim": {"text": "The bridge was closed."}, "evidence": {"summary": "It says that it was closed."}}


def about(verdict: Verdict, what: str) -> Any:
    return verdict.claim if what == "claim" else verdict.evidence.get()


@pytest.mark.parametrize("what", ["claim", "evidence"])
def test_what_it_is_about_can_not_change_while_it_is_published(what: str, users: Any) -> None:
    anna, boris = users
    verdict = draft_of(anna, state="submitted")
    record = about(verdict, what)
    answer = meanwhile(lambda: desk_publishes(verdict, boris), lambda: ByApi(anna).reword(record, **texts()[what]))
    assert "changes only as a rewording" in problem(answer.response, 400, *texts()[what])["detail"]
    assert Publication.objects.get().verdict == verdict
    # nor by a statement, which locks the row less
    verdict = draft_of(anna, state="submitted")
    rows = type(record).objects.filter(pk=about(verdict, what).pk)
    refusal = meanwhile(lambda: desk_publishes(verdict, boris), lambda: rows.update(**texts()[what]))
    assert "changes only as a rewording" in str(refusal)
    assert rows.get().version == about(verdict, what).version


@pytest.mark.parametrize("what", ["claim", "evidence"])
def test_publication_waits_for_a_change_of_what_it_is_about(what: str, users: Any) -> None:
    anna, boris = users
    verdict = draft_of(anna, state="submitted")
    record = about(verdict, what)

    def change() -> None:
        type(record).objects.filter(pk=record.pk).update(**texts()[what])

    answer = meanwhile(change, lambda: ByApi(boris).step(verdict, "publish"))
    assert answer, answer.words
    record.refresh_from_db()
    assert record.updated_at < Publication.objects.get().sealed_at
    # it was given on the new words
    assert Verdict.objects.get().on_earlier_words is False


@pytest.mark.parametrize("what", ["claim", "evidence"])
def test_a_rewording_marks_what_is_published_at_the_same_time(what: str, users: Any) -> None:
    """If the rewording comes second, the verdict is on earlier words; if it comes first, on the new ones."""
    anna, boris = users
    for _ in range(4):
        first = published()
        evidence = first.evidence.get()
        verdict = draft_of(anna, claim=first.claim, state="submitted", evidence=[evidence])
        record: Claim | Evidence = first.claim if what == "claim" else evidence
        values = texts()[what] | {"kind": "error", "reason": "It was closed."}
        published_, reworded = at_once(
            lambda v=verdict: ByApi(boris).step(v, "publish"),
            lambda r=record, v=values: ByApi(anna).reword(r, **v),
        )
        assert published_, published_.words
        assert reworded, reworded.words
        record.refresh_from_db()
        verdict.refresh_from_db()
        first.refresh_from_db()
        assert first.on_earlier_words
        is_second = record.updated_at > Publication.objects.get(verdict=verdict).sealed_at
        assert verdict.on_earlier_words == is_second


def test_a_withdrawal_and_a_rewording_at_once(users: Any) -> None:
    anna, boris = users
    for _ in range(2):
        verdict = published()
        withdrawn, reworded = at_once(
            lambda v=verdict: ByApi(boris).step(v, "withdraw", kind="error", reason="It was wrong."),
            lambda v=verdict: ByApi(anna).reword(v.claim, text="It was closed.", kind="error", reason="It was."),
        )
        assert {withdrawn.response.status_code, reworded.response.status_code} <= {200, 409}
        assert withdrawn or reworded
        verdict.refresh_from_db()
        verdict.claim.refresh_from_db()
        assert verdict.on_earlier_words == bool(reworded) == (verdict.claim.text == "It was closed.")
        assert (verdict.state == "withdrawn") == bool(withdrawn) == (verdict.claim.status == "unverified")


# An outage


def superseding(users: Any) -> tuple[Verdict, Verdict]:
    """A verdict of record, and a submitted one that supersedes it."""
    first = published(status="supported")
    values = {"claim": first.claim, "issuer": first.issuer, "supersedes": first, "reason": "Figures."}
    return first, draft_of(users[0], status="refuted", state="submitted", **values)


def check_nothing_has_happened(first: Verdict, verdict: Verdict, before: Any) -> None:
    assert [stored(first), stored(verdict)] == before
    assert not Publication.objects.filter(verdict=verdict).exists()
    assert statuses(first.claim) == ["unverified", "supported"]


def check_it_can_be_repeated(first: Verdict, verdict: Verdict, user: User) -> None:
    assert ByApi(user).step(verdict, "publish")
    assert statuses(first.claim) == ["unverified", "supported", "refuted"]
    assert Verdict.objects.of_record().get() == verdict


def test_an_outage_after_the_verdict_was_written(users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first, verdict = superseding(users)
    before = [stored(first), stored(verdict)]
    client = ByApi(users[1]).client

    def dies(self: Any, *args: Any, **kwargs: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT state, pg_terminate_backend(pg_backend_pid()) FROM claims_verdict WHERE id = %s", [verdict.pk]
            )

    with monkeypatch.context() as patch:
        patch.setattr(RecordViewSet, "shown", dies)
        (answer,) = at_once(lambda: client.post(f"/api/v1/verdicts/{verdict.pk}/publish/", {}, format="json"))
    problem(answer, 503)
    check_nothing_has_happened(first, verdict, before)
    check_it_can_be_repeated(first, verdict, users[1])


def test_an_outage_during_the_commit(users: Any) -> None:
    """The commit waits for the evidence, which another transaction holds."""
    first, verdict = superseding(users)
    before = [stored(first), stored(verdict)]
    client = ByApi(users[1]).client
    held = Evidence.objects.filter(verdicts=verdict).select_for_update(of=("self",))

    def kill(waiting: list[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid), query FROM pg_stat_activity WHERE pid = ANY(%s)", [waiting]
            )
            ((_, query),) = cursor.fetchall()
        assert query == "COMMIT"

    answer = meanwhile(
        lambda: list(held), lambda: client.post(f"/api/v1/verdicts/{verdict.pk}/publish/", {}, format="json"), kill
    )
    problem(answer, 503)
    check_nothing_has_happened(first, verdict, before)
    check_it_can_be_repeated(first, verdict, users[1])
