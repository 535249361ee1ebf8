"""Many hands at once, against the site as it really runs: nothing is lost, done twice or half done, and nobody is
answered with a fault of ours."""

import threading
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from io import StringIO

import pytest
import requests
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction

from claims.models import Assertion, Claim, ClaimEvent, ClaimTopic, Evidence, Topic
from claims.models.idempotency import IdempotencyKey
from tests import factories as make
from tests.client import url
from tests.running import serving, test_database

pytestmark = pytest.mark.django_db(transaction=True)

HANDS = 16
#: seconds
PATIENCE = 30


@pytest.fixture(scope="module")
def site(tmp_path_factory, django_db_setup, django_db_blocker):
    """gunicorn with two workers, on the database of this run."""
    with django_db_blocker.unblock():
        database = test_database()
    with serving(tmp_path_factory.mktemp("site"), database=database) as server:
        yield server


class Hands:
    """Those who write, all with the same token, each over a connection of their own."""

    def __init__(self, site, token):
        self.site, self.token, self.own = site, token, threading.local()

    def send(self, method, path, body=None, **headers):
        """The answer, which is never a fault of ours."""
        if not hasattr(self.own, "session"):
            self.own.session = requests.Session()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["Authorization"] = f"Token {self.token}"
        answer = self.own.session.request(method, self.site.url + path, json=body, headers=named, timeout=PATIENCE)
        assert answer.status_code < 500, answer.text
        assert answer.status_code < 400 or answer.headers["Content-Type"] == "application/problem+json"
        return answer

    def at_once(self, *acts):
        """What each of `acts` gives, begun together, each in a thread."""
        barrier = threading.Barrier(len(acts))

        def begin(act):
            barrier.wait(PATIENCE)
            return act()

        with ThreadPoolExecutor(len(acts)) as pool:
            return list(pool.map(begin, acts))


@pytest.fixture
def hands(site):
    User.objects.create_superuser("admin")
    out = StringIO()
    call_command("create_token", "admin", stdout=out)
    return Hands(site, out.getvalue().strip())


def statuses(answers):
    return Counter(answer.status_code for answer in answers)


def updates(claim):
    """The versions that were replaced, from the history, in their order."""
    found = ClaimEvent.objects.filter(pgh_obj_id=claim.pk, pgh_label="update").order_by("pgh_id")
    return list(found.values_list("version", flat=True))


def test_no_line_is_lost(hands):
    claim = make.make_claim()
    address, refused = url("claims", claim.pk), []

    def add(number):
        while True:
            read = hands.send("GET", address)
            body = {"context": f"{read.json()['context']}\n{number} was here."}
            if number % 2:
                answer = hands.send("PATCH", address, body, If_Match=read.headers["ETag"])
            else:
                answer = hands.send("PATCH", address, body | {"version": read.json()["version"]})
            if answer.status_code == 200:
                return answer.json()["version"]
            assert answer.status_code == 412
            assert answer.headers["ETag"] != read.headers["ETag"]
            refused.append(number)

    versions = hands.at_once(*[lambda n=n: add(n) for n in range(HANDS)])
    assert refused, "nobody met anybody: this test has shown nothing"
    assert sorted(versions) == list(range(2, HANDS + 2))
    claim.refresh_from_db()
    assert sorted(claim.context.splitlines()) == sorted(f"{n} was here." for n in range(HANDS))
    assert claim.version == HANDS + 1
    assert updates(claim) == list(range(1, HANDS + 1))


def test_one_key_one_claim(hands):
    body = {"text": "The bridge fell.", "kind": "fact"}

    def ask():
        while True:
            answer = hands.send("POST", url("claims"), body, Idempotency_Key="one")
            if answer.status_code != 409:
                return answer

    answers = hands.at_once(*[ask] * HANDS)
    assert statuses(answers) == {201: HANDS}
    assert len({(a.content, a.headers["Location"], a.headers["ETag"]) for a in answers}) == 1
    assert [a.headers.get("Idempotency-Replayed") for a in answers].count("true") == HANDS - 1
    assert (Claim.objects.count(), IdempotencyKey.objects.count()) == (1, 1)


def test_a_key_whose_request_still_runs(hands):
    topic = make.make_topic()
    body = {"text": "The bridge fell.", "kind": "fact", "topics": [topic.slug]}

    def ask():
        return hands.send("POST", url("claims"), body, Idempotency_Key="one")

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            # whoever refers to the topic waits for this transaction
            Topic.objects.select_for_update().get()
            asked = [pool.submit(ask) for _ in range(2)]
            done, waiting = wait(asked, PATIENCE, FIRST_COMPLETED)
            (second,), (first,) = done, waiting
            assert second.result().status_code == 409
            assert "still in progress" in second.result().json()["detail"]
        first = first.result(PATIENCE)
    assert first.status_code == 201
    again = ask()
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Claim.objects.count() == 1


def test_a_slug_is_given_to_one(hands):
    body = {"text": "The bridge fell.", "kind": "fact", "slug": "the-bridge"}
    answers = hands.at_once(*[lambda: hands.send("POST", url("claims"), body)] * HANDS)
    found = statuses(answers)
    assert found[201] == 1
    assert found[409] + found[400] == HANDS - 1
    assert {e["field"] for a in answers if a.status_code != 201 for e in a.json()["errors"]} == {"slug"}
    assert Claim.objects.count() == 1


def test_slugs_made_here_make_room_for_each_other(hands):
    body = {"text": "The bridge fell.", "kind": "fact"}
    made = hands.at_once(*[lambda: hands.send("POST", url("claims"), body)] * HANDS)
    assert statuses(made) == {201: HANDS}
    numbers = ["", *(f"-{n}" for n in range(2, HANDS + 1))]
    assert {answer.json()["slug"] for answer in made} == {f"the-bridge-fell{number}" for number in numbers}

    # so do those of bulk writes, and of requests under a key
    def bulk(number):
        return hands.send("POST", url("claims", "bulk"), {"items": [body] * 4}, Idempotency_Key=str(number))

    made = hands.at_once(*[lambda n=n: bulk(n) for n in range(8)])
    assert statuses(made) == {201: 8}
    assert Claim.objects.count() == HANDS + 8 * 4
    assert IdempotencyKey.objects.count() == 8


def test_no_child_without_its_parent(hands):
    for _ in range(3):
        claim, source, speaker = make.make_claim(), make.make_source(), make.make_actor()
        begun = threading.Event()

        def add(number, claim=claim, source=source, speaker=speaker, begun=begun):
            body = {"claim": claim.pk, "source": source.pk, "speaker": speaker.pk}
            answers = []
            for page in range(6):
                answers.append(hands.send("POST", url("assertions"), body | {"locator": f"{number}, {page}"}))
                begun.set()
            return answers

        def delete(claim=claim, begun=begun):
            begun.wait(PATIENCE)
            return [hands.send("DELETE", url("claims", claim.pk), If_Match="*")]

        *added, (deleted,) = hands.at_once(*[lambda n=n: add(n) for n in range(7)], delete)
        found = statuses(answer for answers in added for answer in answers)
        assert found.keys() <= {201, 400, 409}
        assert found[201], "no assertion came before the deletion"
        assert deleted.status_code == 204
        assert not Claim.objects.filter(pk=claim.pk).exists()
        assert not Assertion.objects.filter(claim_id=claim.pk).exists()
        # each that was acknowledged is in the history, with the moment it went
        gone = Assertion.pgh_event_models["delete"].objects.filter(claim_id=claim.pk, pgh_label="delete")
        assert gone.count() == found[201]


def test_what_is_referred_to_stays_or_is_not_referred_to(hands):
    for round_ in range(5):
        topic = make.make_topic()
        body = {"text": f"Bridge {round_} fell.", "kind": "fact", "topics": [topic.pk]}
        acts = [lambda body=body: hands.send("POST", url("claims"), body)] * 5
        *made, deleted = hands.at_once(
            *acts, lambda topic=topic: hands.send("DELETE", url("topics", topic.pk), If_Match="*")
        )
        found = statuses(made)
        assert found.keys() <= {201, 400, 409}
        assert deleted.status_code in (204, 409)
        assert (deleted.status_code == 409) == bool(found[201])
        assert ClaimTopic.objects.filter(topic_id=topic.pk).count() == found[201]
        assert Topic.objects.filter(pk=topic.pk).exists() == (deleted.status_code == 409)


def test_nothing_deleted_comes_back(hands):
    one, two = make.make_topic(), make.make_topic()
    for number in range(6):
        claim = make.make_claim()
        address, item = url("claims", claim.pk), {"id": claim.pk, "version": 1, "context": "Late."}
        whole = {"text": "The bridge fell.", "kind": "fact", "topics": [one.slug]}
        answers = hands.at_once(
            *[
                lambda a=address: hands.send("DELETE", a, If_Match="*"),
                lambda a=address, w=whole: hands.send("PUT", a, w, If_Match="*"),
                lambda a=address: hands.send("PATCH", a, {"topics": [two.slug]}, If_Match="*"),
                lambda a=address, n=number: hands.send("PATCH", a, {"slug": f"late-{n}"}, If_Match="*"),
                lambda i=item: hands.send("PATCH", url("claims", "bulk"), {"items": [i]}),
            ]
        )
        assert answers[0].status_code == 204
        assert {answer.status_code for answer in answers[1:4]} <= {200, 410}
        assert answers[4].status_code in (200, 400, 412)
        assert hands.send("GET", address).status_code == 410
        assert not Claim.objects.filter(pk=claim.pk).exists()
        assert not ClaimTopic.objects.filter(claim_id=claim.pk).exists()
        assert len(updates(claim)) == statuses(answers)[200]


def test_who_adds_to_claims_does_not_wait_for_who_changes_them(hands):
    ids, source = [make.make_claim().pk for _ in range(100)], make.make_source()
    place = {"source": source.pk, "stance": "context", "summary": "So it is."}

    def change(number):
        known = dict(Claim.objects.filter(pk__in=ids).values_list("pk", "version"))
        items = [{"id": pk, "version": known[pk], "context": f"{number}"} for pk in ids]
        return hands.send("PATCH", url("claims", "bulk"), {"items": items})

    def add(number):
        # in the opposite order, in which two who lock all that they touch would wait for each other
        items = [place | {"claim": pk, "locator": f"page {number}"} for pk in reversed(ids)]
        return hands.send("POST", url("evidence", "bulk"), {"items": items})

    def thrice(act, number):
        return [act(3 * number + turn) for turn in range(3)]

    answers = hands.at_once(*[lambda n=n, act=act: thrice(act, n) for n in range(3) for act in (change, add)])
    assert statuses(a for found in answers[1::2] for a in found) == {201: 9}
    assert statuses(a for found in answers[::2] for a in found).keys() <= {200, 412}
    assert Evidence.objects.count() == 9 * len(ids)


def test_overlapping_bulk_changes(hands):
    claims = [make.make_claim() for _ in range(200)]
    Claim.objects.filter(pk=claims[0].pk).update(context="Once more.")  # versions aren't all alike
    ids = [claim.pk for claim in claims]
    orders = [ids, ids[::-1], ids[100:] + ids[:100], ids[50:150], ids[150:] + ids[:120], ids[::2] + ids[1::2]]
    done = Counter()

    def change(number, order):
        for turn in range(2):
            while True:
                known = dict(Claim.objects.filter(pk__in=order).values_list("pk", "version"))
                items = [{"id": pk, "version": known[pk], "context": f"{number}.{turn}"} for pk in order]
                answer = hands.send("PATCH", url("claims", "bulk"), {"items": items})
                if answer.status_code == 200:
                    assert [row["version"] for row in answer.json()["results"]] == [known[pk] + 1 for pk in order]
                    done.update(order)
                    break
                assert answer.status_code in (409, 412)

    hands.at_once(*[lambda n=n, o=order: change(n, o) for n, order in enumerate(orders)])
    for claim in claims:
        claim.refresh_from_db()
        before = 2 if claim.pk == ids[0] else 1
        assert claim.version == before + done[claim.pk]
        assert updates(claim) == list(range(1, claim.version))
    # all or nothing: what one request changed together still stands together, or was changed by a later one
    assert {claim.context for claim in claims} <= {f"{n}.{turn}" for n in range(6) for turn in range(2)}


def test_no_verdict_rests_on_evidence_that_goes_to_another_claim(hands):
    for _ in range(25):
        verdict, other = make.make_verdict(), make.make_claim()
        piece = make.make_evidence(claim=verdict.claim)
        changes = [
            (url("verdicts", verdict.pk), {"evidence": [piece.pk], "version": 1}),
            (url("evidence", piece.pk), {"claim": other.slug, "version": 1}),
        ]
        answers = hands.at_once(*(lambda to=to, body=body: hands.send("PATCH", to, body) for to, body in changes))
        assert sorted(answer.status_code for answer in answers) in ([200, 400], [200, 409])
        piece.refresh_from_db()
        assert not verdict.evidence.exclude(claim=verdict.claim).exists()
