"""Former addresses over HTTP: what was renamed, merged or deleted is found, or said to be gone, under its old names."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.models import Actor, Claim, Topic
from tests import factories as make
from tests.client import anonymous, change, get, ids, problem, send, url

pytestmark = pytest.mark.django_db

HOST = "http://testserver"


def renamed(make_row, slug="new", **kw):
    """A record that was renamed over the API, from “old”."""
    record = make_row(slug="old", **kw)
    response = change(url(f"{record._meta.model_name}s", "old"), {"slug": slug}, IF_MATCH="*")
    assert response.status_code == 200, response.content
    record.refresh_from_db()
    assert record.slug == slug
    return record


def moved(response, target):
    assert response.status_code == 308, response.content
    assert response["Location"] == HOST + target
    assert response.json() == {"moved_to": HOST + target}
    assert response["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("noun", "make_row"),
    [
        ("claims", make.make_claim),
        ("sources", make.make_source),
        ("actors", make.make_actor),
        ("topics", make.make_topic),
    ],
)
def test_a_renamed_record_is_found_at_its_old_address(noun, make_row):
    record = renamed(make_row)
    for method in ("get", "head"):
        response = getattr(anonymous(), method)(url(noun, "old") + "?fields=slug,id&expand=")
        assert response.status_code == 400  # what is wrong is said first
        response = getattr(anonymous(), method)(url(noun, "old") + "?fields=slug%2Cid")
        assert response.status_code == 308
        assert response["Location"] == f"{HOST}{url(noun, 'new')}?fields=slug%2Cid"
    moved(anonymous().get(url(noun, "old")), url(noun, "new"))
    # through a chain of names at once, and back
    assert change(url(noun, "new"), {"slug": "newer"}, IF_MATCH="*").status_code == 200
    moved(anonymous().get(url(noun, "old")), url(noun, "newer"))
    moved(anonymous().get(url(noun, "new")), url(noun, "newer"))
    assert change(url(noun, "newer"), {"slug": "old"}, IF_MATCH="*").status_code == 200
    assert get(url(noun, "old"))["id"] == record.pk
    moved(anonymous().get(url(noun, "newer")), url(noun, "old"))


def test_a_change_at_the_old_address_is_led_on():
    record = renamed(make.make_claim)
    moved(change(url("claims", "old"), {"context": "x"}, IF_MATCH="*"), url("claims", "new"))
    moved(change(url("claims", "old"), None, "DELETE", IF_MATCH="*"), url("claims", "new"))
    moved(anonymous().get(url("claims", "old", "origins")), url("claims", "new", "origins"))
    assert Claim.objects.get(pk=record.pk).context == ""


def test_a_merged_actor_is_read_under_its_names_but_not_written():
    old, new = make.make_actor(slug="old", wikidata_id="Q1"), make.make_actor(slug="new")
    assert send("POST", url("actors", "old", "merge"), {"into": "new"}).status_code == 200
    for name in ("old", old.pk, "Q1"):
        moved(anonymous().get(url("actors", name)), url("actors", "new"))
    for name in ("old", old.pk):
        assert "“new”" in problem(change(url("actors", name), {"country": "US"}, IF_MATCH="*"), 409)["detail"]
    problem(change(url("actors", "Q1"), {"country": "US"}, IF_MATCH="*"), 409)
    Actor.objects.filter(pk=old.pk).delete()
    for name in ("old", old.pk, "Q1"):
        moved(anonymous().get(url("actors", name)), url("actors", "new"))
        problem(change(url("actors", name), {"country": "US"}, IF_MATCH="*"), 409)
    assert ids(url("actors"), slug="old") == ids(url("actors"), wikidata_id="Q1") == [new.pk]


def test_what_was_deleted_is_gone():
    record = renamed(make.make_topic, wikidata_id="Q1")
    assert change(url("topics", "new"), None, "DELETE", IF_MATCH="*").status_code == 204
    for name in ("old", "new", record.pk, "Q1"):
        assert "was deleted" in problem(anonymous().get(url("topics", name)), 410)["detail"]
        problem(change(url("topics", name), {"country": "US"}, IF_MATCH="*"), 410)
        problem(anonymous().get(url("topics", name, "claims")), 410)
        body = problem(anonymous().get(url("claims"), {"topic": name}), 400, "topic")
        assert "was deleted" in body["errors"][0]["detail"]
        body = problem(send("POST", url("claims"), {"text": "It fell.", "kind": "fact", "topics": [name]}), 400)
        assert "was deleted" in body["detail"]
    for name in ("never", 10**12, "Q2", "Q0"):
        problem(anonymous().get(url("topics", name)), 404)
    assert ids(url("topics"), slug="old") == []


def test_filters_and_bodies_take_former_names():
    actor, topic = renamed(make.make_actor, wikidata_id="Q1"), renamed(make.make_topic)
    claim = renamed(make.make_claim)
    make.make_claim_topic(claim=claim, topic=topic)
    source = renamed(make.make_source)
    assertion = make.make_assertion(claim=claim, speaker=actor, source=source)
    Actor.objects.filter(pk=actor.pk).update(wikidata_id="Q2")
    for name in ("old", "new", "Q1", "Q2"):
        assert ids(url("assertions"), speaker=name) == [assertion.pk]
        assert ids(url("claims"), speaker__in=f"{name},{make.make_actor().slug}") == [claim.pk]
        assert ids(url("actors", name, "assertions")) == [assertion.pk]
    assert ids(url("claims"), topic__in="old") == ids(url("topics", "old", "claims")) == [claim.pk]
    assert ids(url("assertions"), claim="old", source="old") == ids(url("sources", "old", "assertions"))
    body = {"claim": "old", "source": "old", "speaker": "old", "locator": "p. 2"}
    response = send("POST", url("assertions"), body)
    assert response.status_code == 201, response.content
    assert {response.json()[name] for name in ("claim", "source", "speaker")} == {"new"}
    response = send("POST", url("assertions", "bulk"), {"items": [body | {"speaker": "Q1", "locator": "p. 3"}]})
    assert response.json()["results"][0]["speaker"] == "new"
    twice = {"text": "It stood.", "kind": "fact", "topics": ["old", "new"]}
    problem(send("POST", url("claims"), twice), 400, "topics.1")


def test_many_changes_take_former_names():
    claim = renamed(make.make_claim)
    item = {"id": "old", "version": claim.version, "context": "x"}
    answer = send("PATCH", url("claims", "bulk"), {"items": [item]})
    assert answer.status_code == 200, answer.content
    item |= {"version": claim.version + 1}
    problem(send("PATCH", url("claims", "bulk"), {"items": [item, item | {"id": "new"}]}), 400, "items.1.id")
    Claim.objects.filter(pk=claim.pk).delete()
    body = problem(send("PATCH", url("claims", "bulk"), {"items": [item]}), 400, "items.0.id")
    assert "was deleted" in body["errors"][0]["detail"]


def test_lists_by_slug_and_wikidata_id_remember():
    for noun, make_row, model in (("actors", make.make_actor, Actor), ("topics", make.make_topic, Topic)):
        record, other = renamed(make_row, wikidata_id="Q1"), make_row(slug="other", wikidata_id="Q3")
        model.objects.filter(pk=record.pk).update(wikidata_id="Q2")
        for name in ("slug", "slug__in"):
            assert ids(url(noun), **{name: "old"}) == ids(url(noun), **{name: "new"}) == [record.pk]
        for name in ("wikidata_id", "wikidata_id__in"):
            assert ids(url(noun), **{name: "Q1"}) == ids(url(noun), **{name: "Q2"}) == [record.pk]
        assert set(ids(url(noun), slug__in="old,other,new,never")) == {record.pk, other.pk}
        assert set(ids(url(noun), wikidata_id__in="Q1,Q3,Q9")) == {record.pk, other.pk}
        assert ids(url(noun), wikidata_id="https://www.wikidata.org/wiki/Q1") == [record.pk]
        page = get(url(noun), slug__in="old,other", limit=1)
        assert [row["id"] for row in page["results"] + get(page["next"])["results"]] == sorted(
            [record.pk, other.pk], key=lambda pk: model.objects.get(pk=pk).name
        )


def test_a_wikidata_id_is_an_address():
    actor, topic = make.make_actor(wikidata_id="Q42"), make.make_topic(wikidata_id="Q42")
    moved(anonymous().get(url("actors", "Q42")), url("actors", actor.slug))
    moved(anonymous().get(url("topics", "Q42") + "?fields=id"), url("topics", topic.slug) + "?fields=id")
    moved(change(url("actors", "Q42"), {"country": "US"}, IF_MATCH="*"), url("actors", actor.slug))
    assert ids(url("actors", "Q42", "claims")) == []
    problem(anonymous().get(url("claims", "Q42")), 404)
    make.make_topic(wikidata_id="Q42")
    assert "Several topics" in problem(anonymous().get(url("topics", "Q42")), 404)["detail"]
    problem(anonymous().get(url("claims"), {"topic": "Q42"}), 400, "topic")


@pytest.mark.parametrize(
    "address",
    [
        "https://www.wikidata.org/wiki/Q7747",
        "http://www.wikidata.org/entity/Q7747",
        "https://m.wikidata.org/wiki/Q7747?uselang=ru#sitelinks",
        "wikidata.org/wiki/Special:EntityPage/Q7747",
    ],
)
def test_the_address_of_an_item_is_taken_for_its_id(address):
    for noun, kind in (("actors", "person"), ("topics", "subject")):
        body = {"name": "Somebody", "kind": kind, "wikidata_id": address}
        answer = send("POST", url(noun), body)
        assert (answer.status_code, answer.json()["wikidata_id"]) == (201, "Q7747")
        assert len(ids(url(noun), wikidata_id=address)) == 1
        wrong = body | {"wikidata_id": "https://example.org/wiki/Q7747", "slug": "x"}
        said = problem(send("POST", url(noun), wrong), 400, "wikidata_id")["errors"]
        assert [one["detail"] for one in said] == ["A Wikidata id is the letter Q followed by a number, such as Q7747."]


def test_a_former_slug_is_for_no_other_record():
    renamed(make.make_claim)
    body = {"text": "The bridge fell.", "kind": "fact", "slug": "old"}
    said = problem(send("POST", url("claims"), body), 400, "slug")["errors"][0]
    assert said["detail"].startswith("This slug once belonged to another claim")
    problem(send("POST", url("claims", "bulk"), {"items": [body | {"slug": "fine"}, body]}), 400, "items.1.slug")
    other = make.make_claim()
    problem(change(url("claims", other.slug), {"slug": "old"}, IF_MATCH="*"), 400, "slug")
    assert Claim.objects.count() == 2
    # a slug that is made is another one
    answer = send("POST", url("claims"), {"text": "Old.", "kind": "fact"})
    assert (answer.status_code, answer.json()["slug"]) == (201, "old-2")
    answer = send("POST", url("claims", "bulk"), {"items": [{"text": "Old!", "kind": "fact"}]})
    assert answer.json()["results"][0]["slug"] == "old-3"


def test_present_names_cost_no_more_queries():
    actor = make.make_actor(wikidata_id="Q1")
    for number, asked in (
        (1, lambda: get(url("actors", actor.slug))),
        (2, lambda: get(url("actors"), slug=actor.slug)),
    ):
        asked()
        with CaptureQueriesContext(connection) as queries:
            asked()
        assert len(queries) == number, [query["sql"] for query in queries]
    with CaptureQueriesContext(connection) as queries:
        get(url("assertions"), speaker=actor.slug)
    assert not [query for query in queries if "formeraddress" in query["sql"]]
