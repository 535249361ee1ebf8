"""Several writers at once, over HTTP: one wins, the others hear of it, and nothing is half saved."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.contrib.auth.models import User
from django.db import DatabaseError, OperationalError, connection

from claims.models import Actor, Claim, Token, Topic, Verdict
from claims.rest.writing import WriteBatch
from tests import factories as make
from tests.client import anonymous, problem, url

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def call(live_server):
    """Sends a request as the administrator; gives (status, body)."""
    user = User.objects.create_superuser("admin")
    token = Token.objects.create(user, name="tests")[1]

    def send(method, path, body=None):
        headers = {"Authorization": f"Token {token}", "If-Match": "*"}
        answer = requests.request(method, live_server.url + path, json=body, headers=headers, timeout=20)
        assert answer.status_code < 400 or answer.headers["Content-Type"] == "application/problem+json"
        return answer.status_code, answer.json() if answer.content else None

    return send


def at_once(call, *requests):
    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(lambda request: call(*request), requests))


def together(monkeypatch, count=2):
    """Lets those who create wait for each other after they were found valid."""
    barrier, original = threading.Barrier(count), WriteBatch.create

    def wait(self, user):
        barrier.wait(10)
        original(self, user)

    monkeypatch.setattr(WriteBatch, "create", wait)


def test_a_slug_taken_meanwhile(call, monkeypatch):
    together(monkeypatch)
    body = {"name": "Bridges", "slug": "bridges"}
    answers = at_once(call, *[("POST", url("topics"), body)] * 2)
    assert sorted(status for status, _ in answers) == [201, 409]
    problem_body = next(body for status, body in answers if status == 409)
    assert problem_body["type"].endswith("conflict")
    assert problem_body["errors"][0]["field"] == "slug"
    assert Topic.objects.count() == 1


def test_two_positions_of_record(call):
    claim = make.make_claim()
    submitted = {"claim": claim, "state": "submitted", "of_record": False}
    verdicts = [make.make_verdict(**submitted, status=status) for status in ("not_checkable", "not_enough_evidence")]
    answers = at_once(call, *[("POST", url("verdicts", each.pk, "publish"), {"of_record": True}) for each in verdicts])
    assert sorted(status for status, _ in answers) == [200, 400]
    (refused,) = (body for status, body in answers if status == 400)
    assert [error["field"] for error in refused["errors"]] == ["of_record"]
    claim.refresh_from_db()
    assert claim.status == Verdict.objects.published().get().status


def test_a_parent_deleted_while_a_child_is_made(call, monkeypatch):
    topic, original = make.make_topic(), WriteBatch.create

    def after_deletion(self, user):
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(call, "DELETE", url("topics", topic.slug)).result()[0] == 204
        original(self, user)

    monkeypatch.setattr(WriteBatch, "create", after_deletion)
    claim = {"text": "The bridge fell.", "kind": "fact", "topics": [topic.slug]}
    assert call("POST", url("claims"), claim)[0] == 409
    assert not Claim.objects.exists()
    topic = make.make_topic()
    assert call("POST", url("topics"), {"name": "Child", "parent": topic.slug})[0] == 409
    assert not Topic.objects.exists()


def test_deletion_and_change_at_once_leave_no_ghost(call):
    for _ in range(5):
        topic = make.make_topic()
        answers = at_once(
            call,
            ("DELETE", url("topics", topic.pk)),
            *[("PATCH", url("topics", topic.pk), {"description": str(n)}) for n in range(3)],
        )
        statuses = [status for status, _ in answers]
        assert statuses[0] == 204
        assert set(statuses[1:]) <= {200, 410}
        assert not Topic.objects.filter(pk=topic.pk).exists()


def test_two_writers_close_no_circle(call):
    one, two = make.make_actor(), make.make_actor()
    answers = at_once(
        call,
        ("PATCH", url("actors", one.pk), {"part_of": two.slug}),
        ("PATCH", url("actors", two.pk), {"part_of": one.slug}),
    )
    assert sorted(status for status, _ in answers) in ([200, 400], [200, 409])
    assert Actor.objects.filter(part_of__isnull=False).count() == 1


def test_opposite_merges(call):
    one, two = make.make_actor(), make.make_actor()
    answers = at_once(
        call,
        ("POST", url("actors", one.pk, "merge"), {"into": two.slug}),
        ("POST", url("actors", two.pk, "merge"), {"into": one.slug}),
    )
    assert sorted(status for status, _ in answers)[0] == 200
    assert {status for status, _ in answers} <= {200, 400, 409}
    assert Actor.objects.filter(merged_into__isnull=True).count() == 1


def test_a_rule_held_at_commit_is_a_problem_too(call, monkeypatch):
    monkeypatch.setattr(Verdict, "clean", lambda self: None)
    first = make.make_verdict(of_record=False)
    body = {"claim": make.make_claim().slug, "issuer": first.issuer.slug, "status": "refuted", "rationale": "No."}
    status, answer = call("POST", url("verdicts"), body | {"supersedes": first.pk, "reason": "News."})
    assert (status, answer["errors"][0]["field"]) == (400, "supersedes")
    assert Verdict.objects.count() == 1


def test_a_rule_of_the_database_names_its_field(call, monkeypatch):
    monkeypatch.setattr("claims.models.batches.broken_rules", lambda model, records: [{} for _ in records])
    status, answer = call("POST", url("topics"), {"name": "Bridges", "slug": "bridges", "occurred": "2017"})
    assert (status, answer["errors"][0]["field"]) == (400, "occurred")
    assert answer["detail"] == answer["errors"][0]["detail"] == "Only an event can have a date and a place."


@pytest.mark.parametrize(("sqlstate", "status"), [("40P01", 409), ("40001", 409), ("55P03", 409), ("57P01", 503)])
def test_a_database_in_trouble(monkeypatch, sqlstate, status):
    def fail(self):
        error = OperationalError("gone")
        error.__cause__ = type("Error", (DatabaseError,), {"sqlstate": sqlstate})()
        raise error

    monkeypatch.setattr("claims.rest.views.RecordViewSet.list_values", fail)
    response = anonymous().get(url("topics"))
    problem(response, status)
    assert ("Retry-After" in response) == (status == 503)
    connection.close()
