"""Conditional writes: nobody writes over what they have not read."""

import pytest
from django.contrib.auth.models import User

from claims.models import Actor, Assertion, Topic
from tests import factories as make
from tests.client import anonymous, change, problem, save, tag, url

pytestmark = pytest.mark.django_db

OTHER = '"of-another-state"'


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
        problem(anonymous().get(address), 410)


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
    problem(change(address, None, "DELETE", If_Match=second["ETag"]), 410)
