"""Conditional requests: an ETag tells of every change that shows, and nobody writes over what they have not read."""

import json
import re

import pytest
from django.contrib.auth.models import User

from claims.models import Actor, Assertion, Claim, Topic
from claims.models.snapshot import digest
from tests import factories as make
from tests.api import RESOURCES, administrator, anonymous, problem, url

pytestmark = pytest.mark.django_db

STRONG = re.compile(r'"[!#-~]+"')
OTHER = '"of-another-state"'


def writer():
    """A client that may do everything, and makes no condition of its own."""
    client = administrator()
    client.credentials()
    return client


def tag(address, client=None, **params):
    """The ETag of a successful GET, which is a strong one."""
    response = (client or writer()).get(address, params)
    assert response.status_code == 200, response.content
    assert STRONG.fullmatch(response["ETag"])
    return response["ETag"]


def change(address, body, method="PATCH", **headers):
    """A write by somebody who may do everything; `body` None is no body at all."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    raw = "" if body is None else json.dumps(body)
    return writer().generic(method, address, raw, content_type="application/json", headers=names)


@pytest.mark.parametrize("name", RESOURCES)
def test_the_etag_follows_the_record(name):
    resource = RESOURCES[name]
    row = resource.make()
    one, many = url(name, row.pk), url(name)
    shown, first = writer().get(one).json(), (tag(one), tag(many))
    assert (tag(one), tag(many)) == first

    same = change(one, {member: shown[member] for member in resource.change}, If_Match=first[0])
    assert (same.status_code, same["ETag"], same.json()["version"]) == (200, first[0], 1)
    assert (tag(one), tag(many)) == first

    changed = change(one, resource.change, If_Match=first[0])
    assert changed.status_code == 200, changed.content
    assert changed["ETag"] == tag(one) != first[0]
    assert tag(many) != first[1]
    second = (tag(one), tag(many))
    other = resource.make()
    assert tag(one) == second[0]
    assert tag(many) != second[1]
    type(row).objects.filter(pk=other.pk).delete()
    assert tag(many) == second[1]


@pytest.mark.parametrize("name", RESOURCES)
@pytest.mark.parametrize("query", ["", "?fields=id,version"])
def test_what_is_made_has_the_etag_that_reading_it_gives(name, query):
    made = writer().post(url(name) + query, RESOURCES[name].body(), format="json")
    assert made.status_code == 201, made.content
    assert made["ETag"] == tag(made["Location"] + query)
    assert change(made["Location"] + query, RESOURCES[name].change, If_Match=made["ETag"]).status_code == 200


class Web:
    """A claim with one of everything that its representation shows."""

    def __init__(self):
        self.words = "The bridge fell."
        self.user = User.objects.create(username="somebody")
        self.topic, self.subject, self.speaker, self.issuer = (
            make.make_topic(),
            *(make.make_actor() for _ in range(3)),
        )
        self.claim = make.make_claim(topics=[self.topic], about=[self.subject])
        self.snapshot = make.make_snapshot(text=None, sha256=digest(self.words), length=len(self.words))
        self.source = self.snapshot.source
        span = {"start": 4, "end": 10, "quote_sha256": digest("bridge")}
        self.assertion = make.make_assertion(
            claim=self.claim, snapshot=self.snapshot, speaker=self.speaker, **span, source=self.source
        )
        self.evidence, self.spare = (make.make_evidence(claim=self.claim) for _ in range(2))
        self.verdict = make.make_verdict(
            claim=self.claim, issuer=self.issuer, evidence=[self.evidence], drafted_by=self.user
        )
        self.onward, self.back = make.make_relation(from_claim=self.claim), make.make_relation(to_claim=self.claim)


def save(record, **values):
    """A change by somebody else, who need not come by way of the API."""
    type(record).objects.filter(pk=record.pk).update(**values)


SHOWN = {
    "its text": lambda web: save(web.claim, text="The bridge stood."),
    "a topic added": lambda web: make.make_claim_topic(claim=web.claim),
    "a topic taken away": lambda web: web.claim.topic_links.all().delete(),
    "a topic's slug": lambda web: save(web.topic, slug="another"),
    "an actor added that it is about": lambda web: make.make_claim_actor(claim=web.claim),
    "an actor taken away": lambda web: web.claim.actor_links.all().delete(),
    "the slug of whom it is about": lambda web: save(web.subject, slug="another"),
    "an assertion added": lambda web: make.make_assertion(claim=web.claim),
    "an assertion changed": lambda web: save(web.assertion, note="See page 2."),
    "an assertion deleted": lambda web: web.assertion.delete(),
    "an assertion of another claim": lambda web: save(web.assertion, claim=make.make_claim()),
    "the speaker's slug": lambda web: save(web.speaker, slug="another"),
    "the source's slug": lambda web: save(web.source, slug="another"),
    "the words of its span, which arrive": lambda web: save(web.snapshot, text=web.words),
    "evidence added": lambda web: make.make_evidence(claim=web.claim),
    "evidence changed": lambda web: save(web.evidence, credibility=2),
    "evidence deleted": lambda web: web.spare.delete(),
    "the slug of a source of evidence": lambda web: save(web.evidence.source, slug="another"),
    "a verdict added": lambda web: make.make_verdict(claim=web.claim, of_record=False),
    "a verdict changed": lambda web: save(web.verdict, label="Mostly true"),
    "a verdict of record no more": lambda web: save(web.verdict, of_record=False),
    "a verdict deleted": lambda web: web.verdict.delete(),
    "a verdict that relies on more": lambda web: make.make_verdict_evidence(verdict=web.verdict, evidence=web.spare),
    "the issuer's slug": lambda web: save(web.issuer, slug="another"),
    "the name of who drafted a verdict": lambda web: save(web.user, username="another"),
    "a relation from it added": lambda web: make.make_relation(from_claim=web.claim),
    "a relation from it changed": lambda web: save(web.onward, note="In part."),
    "a relation from it deleted": lambda web: web.onward.delete(),
    "a relation to it added": lambda web: make.make_relation(to_claim=web.claim),
    "a relation to it changed": lambda web: save(web.back, note="In part."),
    "a relation to it deleted": lambda web: web.back.delete(),
    "the slug of a claim related to it": lambda web: save(web.back.from_claim, slug="another"),
}


@pytest.mark.parametrize("what", SHOWN)
def test_whatever_a_claim_shows_counts(what):
    web = Web()
    address = url("claims", web.claim.pk)
    before, shown = tag(address), writer().get(address).json()
    SHOWN[what](web)
    assert writer().get(address).json() != shown
    after = tag(address)
    assert after != before
    # who read it before that, and decides on what they read, is told
    stale = change(address, {"context": "As I read it."}, If_Match=before)
    problem(stale, 412)
    assert stale["ETag"] == after
    assert not Claim.objects.exclude(context="").exists()


def test_what_does_not_show_does_not_count():
    web = Web()
    address = url("claims", web.claim.pk)
    before = tag(address)
    save(web.speaker, description="A minister.")
    make.make_assertion(speaker=web.speaker, source=web.source)
    make.make_claim(topics=[web.topic])
    assert tag(address) == before
    few = tag(address, fields="slug,kind")
    save(web.claim, text="The bridge stood.")
    assert tag(address, fields="slug,kind") == few
    assert tag(address) != before


def test_a_draft_counts_for_who_sees_it():
    claim = make.make_claim()
    address = url("claims", claim.pk)
    before = tag(address), tag(address, anonymous())
    draft = make.make_verdict(claim=claim, state="draft", of_record=False)
    seen = tag(address)
    assert (seen != before[0], tag(address, anonymous())) == (True, before[1])
    save(draft, rationale="On second thoughts.")
    assert (tag(address) != seen, tag(address, anonymous())) == (True, before[1])
    save(draft, state="published")
    assert tag(address) == tag(address, anonymous()) != before[1]


def test_each_shape_has_its_own_etag():
    web = Web()
    shapes = [{}, {"fields": "slug"}, {"fields": "text"}, {"expand": "topics"}, {"expand": "topics,about"}]
    for address in (url("claims", web.claim.pk), url("claims"), url("topics", web.topic.slug, "claims")):
        assert len({tag(address, **shape) for shape in shapes}) == len(shapes)


def test_lists_inside_a_record_follow_their_rows():
    web = Web()
    address = url("claims", web.claim.slug, "assertions")
    before = tag(address)
    save(web.assertion, note="See page 2.")
    changed = tag(address)
    make.make_assertion(claim=web.claim)
    assert len({before, changed, tag(address)}) == 3
    counted = tag(address, count="exact")
    make.make_assertion(claim=web.claim, locator="page 9")
    assert tag(address, count="exact", limit=1) != counted


PLACES = {
    "a record": lambda web: url("claims", web.claim.slug),
    "a list": lambda web: url("claims"),
    "a list in a record": lambda web: url("claims", web.claim.slug, "evidence"),
    "what is derived": lambda web: url("claims", web.claim.slug, "origins"),
    "coverage": lambda web: url("snapshots", web.snapshot.pk, "coverage"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_known_is_not_sent_again(place, method):
    address = PLACES[place](Web())
    first = anonymous().get(address)
    for known in ("{}", "W/{}", '"other", {}', '"other",W/"more" , W/{}', "*"):
        again = anonymous().generic(method, address, headers={"If-None-Match": known.format(first["ETag"])})
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
        assert again["Cache-Control"] == first["Cache-Control"] == "no-cache"
        assert again.get("Vary") == first.get("Vary")
        assert "Content-Type" not in again
        # the length, where it is said, is that of the 200 (RFC 9110, section 8.6)
        assert again["Content-Length"] == first["Content-Length"]


@pytest.mark.parametrize("place", PLACES)
def test_the_head_is_that_of_the_whole(place):
    address = PLACES[place](Web())
    whole, head = anonymous().get(address), anonymous().head(address)
    assert (head.status_code, head.content) == (200, b"")
    of_each = {"RateLimit", "X-Request-ID"}
    assert {n: v for n, v in head.items() if n not in of_each} == {n: v for n, v in whole.items() if n not in of_each}


@pytest.mark.parametrize("known", [OTHER, 'W/"x"', "", "no quotes", '"half'])
def test_what_is_not_known_is_sent(known):
    address = url("claims", make.make_claim().pk)
    assert anonymous().get(address, headers={"If-None-Match": known}).status_code == 200
    problem(anonymous().get(url("claims", "nowhere"), headers={"If-None-Match": "*"}), 404)


def test_a_change_ends_what_was_known():
    claim = make.make_claim()
    address = url("claims", claim.pk)
    before = tag(address)
    save(claim, context="By 2020.")
    now = anonymous().get(address, headers={"If-None-Match": before})
    assert (now.status_code, now.json()["context"]) == (200, "By 2020.")


def put(row):
    return url("topics", row.pk), {"name": "Roads"}


def merge(row):
    return url("actors", row.pk, "merge"), {"into": make.make_actor().slug}


#: what changes a record: the method, what makes a row, the address and body, and what is there afterwards
WRITES = {
    "PUT": ("PUT", make.make_topic, put, 200),
    "PATCH": ("PATCH", make.make_topic, put, 200),
    "DELETE": ("DELETE", make.make_topic, lambda row: (url("topics", row.pk), None), 204),
    "merge": ("POST", make.make_actor, merge, 200),
}


def prepared(write):
    """A row, its address, the method and the address of the change, its body, and the status of success."""
    method, made, of, status = WRITES[write]
    row = made()
    target, body = of(row)
    return row, url("actors" if write == "merge" else "topics", row.pk), method, target, body, status


def untouched(row):
    row.refresh_from_db()
    return row.version == 1


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("meant", ["{}", '"other", {}', "*"])
def test_the_state_that_is_meant_is_changed(write, meant):
    _, address, method, target, body, status = prepared(write)
    done = change(target, body, method, If_Match=meant.format(tag(address)))
    assert done.status_code == status, done.content
    if status == 200:
        assert done["ETag"] == tag(url("actors", done.json()["id"]) if write == "merge" else address)
        assert done["ETag"] == tag(url("actors" if write == "merge" else "topics", done.json()["slug"]))
    else:
        problem(anonymous().get(address), 404)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("meant", [OTHER, "W/{}", '"other", W/{}', "{}x", "no quotes"])
def test_another_state_is_not_changed(write, meant):
    row, address, method, target, body, status = prepared(write)
    refused = change(target, body, method, If_Match=meant.format(tag(address)))
    problem(refused, 412)
    assert refused["ETag"] == tag(address)
    assert untouched(row)
    assert change(target, body, method, If_Match=refused["ETag"]).status_code == status


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("headers", [{}, {"If_Match": ""}, {"If_Match": " "}, {"If_None_Match": OTHER}])
def test_a_change_says_what_it_means(write, headers):
    row, _, method, target, body, _ = prepared(write)
    problem(change(target, body, method, **headers), 428)
    # nor is a body looked at before
    if body is not None:
        problem(change(target, {"name": 7, "colour": "red"}, method, **headers), 428)
    assert untouched(row)


@pytest.mark.parametrize("write", WRITES)
def test_the_version_will_do(write):
    row, address, method, target, body, status = prepared(write)
    save(row, description="Changed meanwhile.")
    for wrong in (1, 3, 0, -1, 10**30):
        stale = change(target, (body or {}) | {"version": wrong}, method)
        problem(stale, 412)
        assert stale["ETag"] == tag(address)
    for bad in ("2", "x", True, None, 2.0, [2], {}):
        problem(change(target, (body or {}) | {"version": bad}, method), 400, "version")
    row.refresh_from_db()
    assert row.version == 2
    done = change(target, (body or {}) | {"version": 2}, method)
    assert done.status_code == status, done.content
    if write in ("PUT", "PATCH"):
        assert (done.json()["version"], done["ETag"]) == (3, tag(address))


@pytest.mark.parametrize("write", WRITES)
def test_header_and_version_must_both_be_right(write):
    row, address, method, target, body, status = prepared(write)
    right = tag(address)
    for meant, version in ((OTHER, 1), (right, 2), ("*", 2)):
        refused = change(target, (body or {}) | {"version": version}, method, If_Match=meant)
        problem(refused, 412)
        assert refused["ETag"] == right
    assert untouched(row)
    assert change(target, (body or {}) | {"version": 1}, method, If_Match=right).status_code == status


@pytest.mark.parametrize("write", WRITES)
def test_the_state_that_is_not_meant_is_not_changed(write):
    row, address, method, target, body, status = prepared(write)
    right = tag(address)
    for unwanted in ("*", right, f"W/{right}"):
        problem(change(target, body, method, If_Match=right, If_None_Match=unwanted), 412)
        problem(change(target, (body or {}) | {"version": 1}, method, If_None_Match=unwanted), 412)
    assert untouched(row)
    assert change(target, body, method, If_Match=right, If_None_Match=OTHER).status_code == status


def test_an_etag_holds_for_the_address_that_gave_it():
    topic = make.make_topic()
    plain, shaped = url("topics", topic.slug), url("topics", topic.slug) + "?fields=slug,name"
    assert tag(plain) != tag(shaped)
    refused = change(plain, {"name": "Roads"}, If_Match=tag(shaped))
    problem(refused, 412)
    assert refused["ETag"] == tag(plain)
    refused = change(shaped, {"name": "Roads"}, If_Match=tag(plain))
    assert (refused.status_code, refused["ETag"]) == (412, tag(shaped))
    changed = change(shaped, {"name": "Roads"}, If_Match=tag(shaped))
    assert (changed.json(), changed["ETag"]) == ({"slug": topic.slug, "name": "Roads"}, tag(shaped))
    # by id or by slug it is one record
    assert change(url("topics", topic.pk), {"name": "Ways"}, If_Match=tag(plain)).status_code == 200


def test_who_may_not_write_hears_that_first():
    topic = make.make_topic()
    address, client = url("topics", topic.pk), anonymous()
    for body in ({}, {"version": 1, "name": "Roads"}, {"name": 7}):
        problem(client.patch(address, body, format="json"), 401)
    client.force_authenticate(User.objects.create(username="reader"))
    for body in ({}, {"version": 1, "name": "Roads"}, {"name": 7}):
        problem(client.patch(address, body, format="json"), 403)
        problem(client.delete(address, body, format="json"), 403)
    problem(change(url("topics", "nowhere"), {}), 404)
    assert untouched(topic)


def test_a_bad_body_under_a_good_condition_changes_nothing():
    claim = make.make_claim(topics=[make.make_topic()])
    address = url("claims", claim.pk)
    before = tag(address)
    for body in (
        {"context": "New.", "kind": "lie"},
        {"context": "New.", "occurred": "on Monday"},
        {"topics": [], "a": 1},
    ):
        problem(change(address, body, If_Match=before), 400)
        problem(change(address, body | {"version": 1}), 400)
        problem(change(address, body, If_Match=OTHER), 412)
    for body in ([], "x", 7, [{"version": 1}]):
        problem(change(address, body), 428)
        problem(change(address, body, If_Match=before), 400)
    assert tag(address) == before


def test_deleting_takes_no_changes_along():
    topic = make.make_topic()
    address = url("topics", topic.pk)
    problem(change(address, {"version": 1, "name": "Roads"}, "DELETE"), 400, "name")
    problem(change(address, {"name": "Roads"}, "DELETE", If_Match=tag(address)), 400, "name")
    problem(change(address, ["x"], "DELETE", If_Match=tag(address)), 400)
    assert untouched(topic)
    assert change(address, {}, "DELETE", If_Match=tag(address)).status_code == 204


def test_what_is_in_use_is_told_with_or_without_an_etag():
    speaker = make.make_assertion().speaker
    address = url("actors", speaker.pk)
    problem(change(address, None, "DELETE"), 428)
    problem(change(address, None, "DELETE", If_Match=tag(address)), 409)
    assert Actor.objects.filter(pk=speaker.pk).exists()
    assert Assertion.objects.count() == 1


def test_the_second_of_two_who_read_the_same_is_told():
    topic = make.make_topic()
    address = url("topics", topic.pk)
    read = tag(address)
    first = change(address, {"description": "First."}, If_Match=read)
    second = change(address, {"description": "Second."}, If_Match=read)
    assert first.status_code == 200
    problem(second, 412)
    assert second["ETag"] == first["ETag"] == tag(address)
    assert Topic.objects.get().description == "First."
    problem(change(address, None, "DELETE", If_Match=read), 412)
    assert change(address, None, "DELETE", If_Match=second["ETag"]).status_code == 204
    problem(change(address, None, "DELETE", If_Match=second["ETag"]), 404)
