"""Publishing, superseding and withdrawing: the same rules through the API, the admin and plain SQL."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client

from claims.models import Claim, Verdict
from claims.models.choices import VerdictState
from tests import factories as make
from tests.adminpages import form_of
from tests.adminpages import url as page
from tests.client import administrator, problem, url
from tests.people import client_of, people, write

pytestmark = pytest.mark.django_db

DECISION = {"status": "refuted", "rationale": "Counted.", "state": "published"}


def status(claim: Claim) -> str:
    return Claim.objects.values_list("status", flat=True).get(pk=claim.pk)


def statuses(claim: Claim) -> list[str]:
    """All statuses that the claim ever had, oldest first."""
    return [*claim.events.order_by("pgh_id").values_list("status", flat=True), status(claim)]  # type: ignore[attr-defined]


class ByApi:
    def __init__(self, admin: User) -> None:
        self.client = administrator()

    def add(self, claim: Claim, issuer: Any, **values: Any) -> Any:
        body = DECISION | {"claim": claim.slug, "issuer": issuer.slug} | values
        return self.client.post(url("verdicts"), body, format="json")

    def change(self, verdict: Verdict, **values: Any) -> Any:
        return self.client.patch(url("verdicts", verdict.pk), values, format="json")

    def refused(self, response: Any, field: str, words: str) -> None:
        assert words in problem(response, 400, field)["detail"]


class ByAdmin:
    def __init__(self, admin: User) -> None:
        self.client = Client()
        self.client.force_login(admin)

    def _send(self, address: str, values: dict[str, Any]) -> Any:
        said = {True: "True", False: "False"}
        data = form_of(self.client, address) | {n: said.get(v, v) for n, v in values.items()}
        return self.client.post(address, data)

    def add(self, claim: Claim, issuer: Any, **values: Any) -> Any:
        return self._send(page(Verdict, "add"), DECISION | {"claim": claim.pk, "issuer": issuer.pk} | values)

    def change(self, verdict: Verdict, **values: Any) -> Any:
        if "claim" in values:
            values["claim"] = Claim.objects.get(slug=values["claim"]).pk
        return self._send(page(Verdict, "change", verdict.pk), values)

    def refused(self, response: Any, field: str, words: str) -> None:
        assert response.status_code == 200
        assert any(words in error for error in response.context["adminform"].form.errors[field])


@pytest.fixture(params=[ByApi, ByAdmin])
def way(request: Any, admin_user: User) -> Any:
    return request.param(admin_user)


def done(response: Any) -> None:
    assert response.status_code in (200, 201, 302), getattr(response, "content", b"")[:500]


def test_the_first_published_verdict_becomes_the_position_of_record(way: Any) -> None:
    claim, others = make.make_claim(), make.make_actor()
    done(way.add(claim, others))
    first = Verdict.objects.get()
    assert (first.of_record, first.published_by.username) == (True, "admin")  # type: ignore[union-attr]
    done(way.add(claim, make.make_actor(), status="supported"))
    assert [v.of_record for v in Verdict.objects.order_by("pk")] == [True, False]
    assert statuses(claim) == ["unverified", "refuted"]


def test_unless_the_request_says_otherwise(way: Any) -> None:
    claim = make.make_claim()
    done(way.add(claim, make.make_actor(), of_record=False))
    assert (Verdict.objects.get().of_record, status(claim)) == (False, "unverified")
    done(way.change(Verdict.objects.get(), of_record=True))
    assert status(claim) == "refuted"
    way.refused(way.add(claim, make.make_actor(), of_record=True), "of_record", "supersede that one")


def test_a_draft_becomes_it_when_it_is_published(way: Any) -> None:
    claim = make.make_claim()
    done(way.add(claim, make.make_actor(), state="draft"))
    draft = Verdict.objects.get()
    assert (draft.of_record, draft.published_by, status(claim)) == (False, None, "unverified")
    done(way.change(draft, state="published"))
    draft.refresh_from_db()
    assert (draft.of_record, draft.published_by.username) == (True, "admin")  # type: ignore[union-attr]
    way.refused(
        way.add(claim, make.make_actor(), state="draft", of_record=True), "of_record", "Only a published verdict"
    )


@pytest.mark.parametrize("said", [{}, {"of_record": True}])
@pytest.mark.parametrize("first_as", ["published", "draft"])
def test_the_verdict_of_record_gives_way_to_the_one_that_supersedes_it(way: Any, said: Any, first_as: str) -> None:
    first = make.make_verdict(status="refuted")
    claim, more = first.claim, {"supersedes": first.pk, "reason": "New figures.", "status": "supported"}
    if first_as == "draft":
        done(way.add(claim, first.issuer, state="draft", **more))
        assert Verdict.objects.of_record().get() == first
        done(way.change(Verdict.objects.get(state="draft"), state="published", **said))
    else:
        done(way.add(claim, first.issuer, **more, **said))
    first.refresh_from_db()
    newest = Verdict.objects.of_record().get()
    assert (newest.supersedes, newest.revision) == (first, 2)
    assert (first.of_record, first.state, first.version) == (False, "published", 2)
    # the claim is never without a decision, not even in its history
    assert statuses(claim) == ["unverified", "refuted", "supported"]
    connection.check_constraints()


def test_a_superseded_verdict_is_not_the_position_of_record(way: Any) -> None:
    first = make.make_verdict()
    more = {"supersedes": first.pk, "reason": "New figures."}
    way.refused(way.add(first.claim, first.issuer, of_record=False, **more), "of_record", "takes its place")
    done(way.add(first.claim, first.issuer, **more))
    newest = Verdict.objects.of_record().get()
    done(way.change(newest, of_record=False))
    way.refused(way.change(first, of_record=True), "of_record", "supersedes this one")
    done(way.change(newest, state="withdrawn"))
    done(way.change(first, of_record=True))


def test_a_verdict_that_is_withdrawn_is_not_the_position_of_record(way: Any) -> None:
    verdict = make.make_verdict()
    done(way.change(verdict, state="withdrawn"))
    verdict.refresh_from_db()
    assert (verdict.state, verdict.of_record, status(verdict.claim)) == ("withdrawn", False, "unverified")
    done(way.change(verdict, state="published"))
    assert Verdict.objects.of_record().get() == verdict


def test_editing_a_published_verdict_does_not_change_of_record(way: Any) -> None:
    of_record, beside = make.make_verdict(), make.make_verdict(of_record=False)
    for verdict in (of_record, beside):
        done(way.change(verdict, rationale="Counted twice."))
        assert Verdict.objects.get(pk=verdict.pk).of_record == (verdict == of_record)


def test_a_put_without_of_record_does_not_change_it() -> None:
    verdict = make.make_verdict()
    body = DECISION | {"claim": verdict.claim.slug, "issuer": verdict.issuer.slug}
    assert administrator().put(url("verdicts", verdict.pk), body, format="json").json()["of_record"] is True


def test_a_refusal_reports_only_the_other_errors() -> None:
    first = make.make_verdict()
    body = DECISION | {"claim": first.claim.slug, "issuer": first.issuer.slug, "supersedes": first.pk}
    problem(administrator().post(url("verdicts"), body | {"url": "ftp://x.org/"}, format="json"), 400, "reason", "url")
    assert Verdict.objects.of_record().get() == first


def test_bulk_inserts_unset_the_superseded_verdict_too() -> None:
    first = make.make_verdict(status="refuted")
    values = {"claim": first.claim, "issuer": first.issuer, "revision": 2, "supersedes": first, "reason": "News."}
    decided = {"status": "supported", "rationale": "It stood.", "state": VerdictState.PUBLISHED, "of_record": True}
    Verdict.objects.bulk_create([Verdict(**values, **decided)])
    assert statuses(first.claim) == ["unverified", "refuted", "supported"]


# A published verdict cannot move to another claim


def once_published(how: str) -> Verdict:
    """A verdict that is or has been published, without evidence."""
    verdict = make.make_verdict(of_record=False)
    if how != "published":
        Verdict.objects.filter(pk=verdict.pk).update(state=how)
    verdict.refresh_from_db()
    return verdict


@pytest.mark.parametrize("how", VerdictState.values)
def test_a_verdict_that_has_been_published_can_not_move(way: Any, how: str) -> None:
    verdict, other = once_published(how), make.make_claim()
    way.refused(way.change(verdict, claim=other.slug), "claim", "cannot move to another claim")
    verdict.claim = other
    with pytest.raises(ValidationError, match="cannot move to another claim"):
        verdict.full_clean()
    for attempt in (
        lambda: Verdict.objects.filter(pk=verdict.pk).update(claim=other),
        lambda: Verdict.objects.filter(pk=verdict.pk).update(claim=other, state="draft", published_by=None),
        lambda: Verdict.objects.bulk_update([verdict], ["claim"]),
        lambda: connection.cursor().execute(
            "UPDATE claims_verdict SET claim_id = %s WHERE id = %s", [other.pk, verdict.pk]
        ),
    ):
        with pytest.raises(IntegrityError, match="cannot move to another claim"), transaction.atomic():
            attempt()


def test_a_draft_may_move_and_be_published_there(way: Any) -> None:
    draft, other = make.make_verdict(state="draft", of_record=False), make.make_claim()
    done(way.change(draft, claim=other.slug))
    draft.refresh_from_db()
    assert draft.claim == other
    third = make.make_claim()
    done(way.change(draft, claim=third.slug, state="published"))
    assert (status(other), status(third)) == ("unverified", "supported")


# Only an administrator deletes a verdict that has been published


HIDE = {"state": "withdrawn", "evidence": []}
#: what a reviewer might do to the verdict first; the claim that it could be moved to is “elsewhere”
FIRST: dict[str, list[dict[str, Any]]] = {
    "nothing": [],
    "withdraw": [{"state": "withdrawn"}],
    "draft again": [{"state": "draft"}],
    "move": [{"claim": "elsewhere", "evidence": []}],
    "withdraw, move": [HIDE, {"claim": "elsewhere"}],
    "draft again, move": [HIDE | {"state": "draft"}, {"claim": "elsewhere"}],
    "withdraw and move": [HIDE | {"claim": "elsewhere"}],
}


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_reviewer_deletes_no_verdict_that_was_published(first: str, method: str) -> None:
    reviewer = client_of(people()["reviewer"])
    make.make_claim(slug="elsewhere")
    verdict = make.make_verdict()
    claim, evidence = verdict.claim, make.make_evidence(claim=verdict.claim)
    make.make_verdict_evidence(verdict=verdict, evidence=evidence)
    whole = DECISION | {"claim": claim.slug, "issuer": verdict.issuer.slug} if method == "PUT" else {}
    for body in FIRST[first]:
        write(reviewer, method, url("verdicts", verdict.pk), whole | body, verdict)
    write(reviewer, "PATCH", url("evidence", evidence.pk), {"claim": "elsewhere"}, evidence)

    assert Verdict.objects.get().claim == claim
    problem(write(reviewer, "DELETE", url("verdicts", verdict.pk), None, verdict), 403)
    problem(write(reviewer, "DELETE", url("claims", claim.pk), None, claim), 403)
    claim.refresh_from_db()
    named = [{"id": claim.pk, "version": claim.version}]
    problem(write(reviewer, "DELETE", url("claims", "bulk"), {"items": named}), 403, "items.0")
    others = make.make_claim()
    named.insert(0, {"id": others.pk, "version": others.version})
    problem(write(reviewer, "DELETE", url("claims", "bulk"), {"items": named}), 403, "items.1")
    assert Verdict.objects.filter(pk=verdict.pk, claim=claim).exists()
    assert Claim.objects.filter(pk=others.pk).exists()


@pytest.mark.parametrize("how", VerdictState.values)
def test_nor_in_the_admin(how: str) -> None:
    reviewer = people()["reviewer"]
    User.objects.filter(pk=reviewer.pk).update(is_staff=True)
    client = Client()
    client.force_login(reviewer)
    verdict = once_published(how)
    for record in (verdict, verdict.claim):
        assert client.post(page(type(record), "delete", record.pk), {"post": "yes"}).status_code == 403
        data = {"action": "delete_selected", "_selected_action": [record.pk]}
        shown = client.post(page(type(record), "changelist"), data)
        assert "Only an administrator can delete it" in shown.content.decode()
        forged = data | {"post": "yes", "_shown": shown.wsgi_request.shown}
        assert client.post(page(type(record), "changelist"), forged).status_code == 403
    assert Verdict.objects.get().claim_id == verdict.claim_id


def test_a_draft_holds_the_claim_of_a_contributor() -> None:
    users = people()
    claim = make.make_claim(created_by=users["contributor"])
    make.make_verdict(claim=claim, state="draft", of_record=False, created_by=users["contributor"])
    contributor = client_of(users["contributor"])
    why = problem(write(contributor, "DELETE", url("claims", claim.pk), None, claim), 403)["detail"]
    assert "ask a reviewer" in why
    assert Verdict.objects.exists()
