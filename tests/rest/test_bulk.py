"""Many records in one request: all of them, or none; each error at its item; as many queries for two as for nine."""

import json

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.models import Assertion, Claim, ClaimTopic, Evidence
from claims.rest.bulk import MAX_ITEMS
from tests import factories as make
from tests.client import administrator, problem, send, url

pytestmark = pytest.mark.django_db

BULK = {name: url(name, "bulk") for name in ("claims", "assertions", "evidence")}


def claims(count):
    return [{"text": f"Bridge {n} fell.", "kind": "fact"} for n in range(count)]


def post(name, items):
    return send("POST", BULK[name], {"items": items})


def patch(name, items):
    return send("PATCH", BULK[name], {"items": items})


def delete(name, items):
    return send("DELETE", BULK[name], {"items": items})


def events(model, label):
    return apps.get_model("claims", f"{model.__name__}Event").objects.filter(pgh_label=label).count()


def test_claims_with_all_that_belongs_to_them():
    topic, actor, source = make.make_topic(), make.make_actor(), make.make_source()
    said = {"source": source.slug, "speaker": actor.pk}
    items = [
        {"text": "The bridge fell.", "kind": "fact", "topics": [topic.slug], "about": [actor.slug]},
        {"text": "The bridge fell.", "kind": "fact", "assertions": [said, said | {"stance": "denies"}]},
        {"text": "The bridge fell.", "kind": "fact", "slug": "the-bridge-fell-3"},
    ]
    made = post("claims", items)
    assert made.status_code == 201, made.content
    results = made.json()["results"]
    assert [row["slug"] for row in results] == ["the-bridge-fell", "the-bridge-fell-2", "the-bridge-fell-3"]
    assert (results[0]["topics"], results[0]["about"]) == ([topic.slug], [actor.slug])
    assert [a.claim.slug for a in Assertion.objects.order_by("id")] == ["the-bridge-fell-2"] * 2
    for row in results:
        shown = administrator().get(url("claims", row["id"])).json()
        assert row.items() <= shown.items()


@pytest.mark.parametrize("name", ["assertions", "evidence"])
def test_what_belongs_to_claims(name):
    claim, source, actor = make.make_claim(), make.make_source(), make.make_actor()
    said = {"speaker": actor.slug} if name == "assertions" else {"stance": "supports", "summary": "It fell."}
    items = [{"claim": claim.slug, "source": source.slug, "locator": f"page {n}"} | said for n in range(3)]
    rows = post(name, items).json()["results"]
    assert [row["locator"] for row in rows] == ["page 0", "page 1", "page 2"]
    changed = patch(name, [{"id": row["id"], "version": 1, "locator": f"p. {row['id']}"} for row in reversed(rows)])
    assert [row["locator"] for row in changed.json()["results"]] == [f"p. {row['id']}" for row in reversed(rows)]
    assert {row["version"] for row in changed.json()["results"]} == {2}
    gone = delete(name, [{"id": row["id"], "version": 2} for row in rows])
    assert gone.status_code == 204, gone.content
    assert not Assertion.objects.exists()
    assert not Evidence.objects.exists()


def test_all_or_none_and_every_item_at_fault_is_named():
    make.make_claim(slug="taken")
    items = [
        {"text": "The bridge fell.", "kind": "fact"},
        {"text": " ", "kind": "fact"},
        {"text": "It fell.", "kind": "rumour"},
        {"text": "It fell.", "kind": "fact", "topics": ["nowhere"]},
        "not even an object",
        {"text": "It fell.", "kind": "fact", "colour": "red"},
    ]
    fields = {"items.1.text", "items.2.kind", "items.3.topics.0", "items.4", "items.5.colour"}
    assert {e["field"] for e in problem(post("claims", items), 400)["errors"]} == fields
    items = [
        {"text": "The bridge fell.", "kind": "fact", "slug": "taken"},
        {"text": "The bridge fell.", "kind": "fact", "slug": "same"},
        {"text": "The bridge fell.", "kind": "fact", "slug": "same"},
        {"text": "The bridge fell.", "kind": "fact", "slug": "Not A Slug"},
        {"text": "The bridge fell.", "kind": "fact", "occurred": "yesterday"},
    ]
    fields = {"items.0.slug", "items.2.slug", "items.3.slug", "items.4.occurred"}
    assert {e["field"] for e in problem(post("claims", items), 400)["errors"]} == fields
    assert Claim.objects.count() == 1


def test_what_only_the_database_finds_names_its_item_too():
    items = [*claims(2), {"text": "The bridge fell.", "kind": "fact", "occurred": "on Monday"}]
    problem(post("claims", items), 400, "items.2.occurred")
    assert not Claim.objects.exists()


def test_a_place_that_stands_there_already():
    stored = make.make_assertion(locator="page 1")
    place = {"claim": stored.claim.slug, "source": stored.source.slug, "speaker": stored.speaker.slug}
    items = [place | {"locator": locator} for locator in ("page 1", "page 2", "page 2")]
    found = problem(post("assertions", items), 400)["errors"]
    assert [error["field"] for error in found] == ["items.0", "items.2"]
    assert Assertion.objects.count() == 1


def test_a_change_is_one_event_and_one_version_an_item():
    one, two, three = (make.make_claim() for _ in range(3))
    topic = make.make_topic()
    items = [
        {"id": one.pk, "version": 1, "context": "By 2020."},
        {"id": two.slug, "version": 1, "context": "By 2020.", "topics": [topic.slug]},
        {"id": str(three.pk), "version": 1, "topics": [topic.slug]},
    ]
    changed = patch("claims", items)
    assert changed.status_code == 200, changed.content
    assert [row["version"] for row in changed.json()["results"]] == [2, 2, 2]
    assert events(Claim, "update") == 3
    nothing_new = [{"id": c.pk, "version": 2, "topics": [topic.slug]} for c in (two, three)]
    assert [row["version"] for row in patch("claims", nothing_new).json()["results"]] == [2, 2]
    assert (events(Claim, "update"), ClaimTopic.objects.count()) == (3, 2)
    assert delete("claims", [{"id": c.slug, "version": 2} for c in (one, two)]).status_code == 204
    assert events(Claim, "delete") == 2
    assert list(Claim.objects.all()) == [three]


def test_nobody_is_overwritten():
    one, two = make.make_claim(), make.make_claim()
    Claim.objects.filter(pk=two.pk).update(context="Changed meanwhile.")
    items = [{"id": one.pk, "version": 1, "context": "Mine."}, {"id": two.pk, "version": 1, "context": "Mine."}]
    assert "items.1 (now version 2)" in problem(patch("claims", items), 412)["detail"]
    assert "items.1" in problem(delete("claims", [{k: i[k] for k in ("id", "version")} for i in items]), 412)["detail"]
    del items[1]["version"]
    assert "items.1" in problem(patch("claims", items), 428)["detail"]
    assert set(Claim.objects.values_list("context", flat=True)) == {"", "Changed meanwhile."}


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"version": 1}, "items.1.id"),
        ({"id": None, "version": 1}, "items.1.id"),
        ({"id": True, "version": 1}, "items.1.id"),
        ({"id": [], "version": 1}, "items.1.id"),
        ({"id": 10**30, "version": 1}, "items.1.id"),
        ({"id": "nowhere", "version": 1}, "items.1.id"),
        ({"id": "\ud800", "version": 1}, "items.1.id"),
        ({"id": "first", "version": 1}, "items.1.id"),
        ({"id": "second", "version": "1"}, "items.1.version"),
        (7, "items.1.id"),
        ({"id": "second", "version": 1, "status": "refuted"}, "items.1.status"),
    ],
)
def test_bad_changes(item, field):
    make.make_claim(slug="first")
    make.make_claim(slug="second")
    problem(patch("claims", [{"id": "first", "version": 1, "context": "New."}, item]), 400, field)
    assert not Claim.objects.exclude(context="").exists()


@pytest.mark.parametrize("body", [{}, [], {"items": {}}, {"items": []}, {"items": [], "more": 1}, "items", None])
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_bad_bodies(method, body):
    problem(send(method, BULK["claims"], body), 400, "items")


def test_no_more_than_a_thousand():
    assert post("claims", claims(MAX_ITEMS)).status_code == 201
    problem(post("claims", claims(MAX_ITEMS + 1)), 400, "items")
    assert Claim.objects.count() == MAX_ITEMS


def test_what_is_in_use_stays():
    free, used = make.make_evidence(), make.make_evidence()
    make.make_verdict(claim=used.claim, evidence=[used])
    items = [{"id": evidence.pk, "version": 1} for evidence in (free, used)]
    assert "items.1" in problem(delete("evidence", items), 409)["detail"]
    assert Evidence.objects.count() == 2


def test_deleting_takes_no_changes_along():
    claim = make.make_claim()
    problem(delete("claims", [{"id": claim.pk, "version": 1, "context": "x"}]), 400, "items.0.context")
    assert Claim.objects.exists()


def test_no_claim_takes_the_address_of_bulk_writes():
    problem(send("POST", url("claims"), {"text": "x y", "kind": "fact", "slug": "bulk"}), 400, "slug")
    assert send("POST", url("claims"), {"text": "Bulk", "kind": "fact"}).json()["slug"] == "bulk-2"


def _queries(act):
    with CaptureQueriesContext(connection) as found:
        response = act()
    assert response.status_code < 300, response.content
    return [query["sql"] for query in found.captured_queries]


@pytest.mark.parametrize("name", BULK)
def test_the_number_of_queries_is_fixed(name):
    def places(count):
        if name == "claims":
            topics = [make.make_topic().slug for _ in range(count)]
            said = {"source": make.make_source().slug, "speaker": make.make_actor().slug}
            more = zip(claims(count), topics, strict=True)
            return [claim | {"topics": [topic], "assertions": [said]} for claim, topic in more]
        said = {"speaker": make.make_actor().slug} if name == "assertions" else {"stance": "context", "summary": "So."}
        snapshots = [make.make_snapshot() for _ in range(count)]
        found = []
        for snapshot in snapshots:
            place = {"claim": make.make_claim().slug, "source": snapshot.source.slug, "snapshot": snapshot.pk}
            found.append(place | {"start": 18, "end": 33} | said)
        return found

    administrator()  # is made with the first request
    counts = []
    for count in (2, 9):
        items = places(count)
        make_them = _queries(lambda items=items: post(name, items))
        rows = apps.get_model("claims", {"claims": "claim"}.get(name, name.rstrip("s"))).objects
        ids = rows.order_by("-id").values_list("pk", "version")[:count]
        own = {"context": "New."} if name == "claims" else {"locator": "page 3"}
        changes = [{"id": pk, "version": version} | own for pk, version in ids]
        change_them = _queries(lambda items=changes: patch(name, items))
        gone = [{"id": item["id"], "version": 2} for item in changes]
        delete_them = _queries(lambda items=gone: delete(name, items))
        counts.append([make_them, change_them, delete_them])
    for few, many in zip(*counts, strict=True):
        assert len(few) == len(many), json.dumps(many, indent=1)
