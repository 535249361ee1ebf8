"""Unpublished verdicts leave no trace for readers who can't see them, in any response.

Everything is asked twice: with the hidden verdicts there, and after they are deleted. The answers must be the same to
the last byte, and hold none of the hidden words.
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.db.models import ManyToManyField

from claims.api.urls import NESTED
from claims.models import Claim, Verdict, VerdictEvidence
from claims.models.visibility import HIDDEN, sight_of
from tests import factories as make
from tests.client import RESOURCES, VIEWS, url
from tests.hidden import WORD, World, answers, hidden_world
from tests.people import CHANGES, client_of

pytestmark = pytest.mark.django_db

#: readers who can't see them
BLIND = ("stranger", "reader")


@pytest.fixture
def world() -> World:
    return hidden_world()


def clients(world: World, who: str) -> Any:
    return client_of(world.users.get(who))


# Requests to the API


def lists(world: World) -> Iterator[tuple[str, Any]]:
    """Each list and each list inside a record, with its view."""
    for name, view in VIEWS.items():
        yield url(name), view
    for parent, name, view, *_ in NESTED:
        for record in world.keys[parent]:
            yield url(parent, record.pk, name), view


def expansions(serializer: Any, deep: int = 3) -> Iterator[str]:
    """The paths of `expand` that end at verdicts, no longer than `deep`."""
    for name, expand in serializer.expandable.items():
        other = expand.load()
        if other.Meta.model is Verdict:
            yield name
        if deep > 1:
            yield from (f"{name}.{below}" for below in expansions(other, deep - 1))


def filters(world: World) -> dict[str, list[dict[str, Any]]]:
    """For lists, the filters that would find the hidden verdicts, or records that depend on them."""
    draft, withdrawn = world.draft, world.withdrawn
    issuers = f"{draft.issuer.slug},{withdrawn.issuer.slug}"
    values: dict[str, list[Any]] = {
        "claim": [draft.claim.slug, world.claim.slug],
        "claim__in": [f"{draft.claim.slug},{world.claim.slug}"],
        "issuer": [draft.issuer.slug],
        "issuer__in": [issuers],
        "status": [draft.status],
        "status__in": [f"{draft.status},refuted"],
        "state": ["draft", "withdrawn"],
        "state__in": ["draft,withdrawn"],
        "of_record": ["false"],
        "second_reader": ["true", "false"],
        "on_earlier_words": ["true", "false"],
        "supersedes": [withdrawn.pk, world.shown.pk],
        "supersedes__in": [f"{withdrawn.pk},{world.shown.pk}"],
        "evidence": [world.evidence.pk],
        "evidence__in": [world.evidence.pk],
        "issued__gte": ["1987-01-01"],
        "issued__lte": ["1987-12-31"],
        "issued__isnull": ["false"],
        "id": [draft.pk, withdrawn.pk],
        "id__in": [f"{draft.pk},{withdrawn.pk}"],
        "updated_since": ["2000-01-01T00:00:00Z"],
        "created_at__gte": ["2000-01-01T00:00:00Z"],
        "created_at__lte": ["2100-01-01T00:00:00Z"],
        "updated_at__gte": ["2000-01-01T00:00:00Z"],
        "updated_at__lte": ["2100-01-01T00:00:00Z"],
    }
    of_claims = {
        "verdict__issuer": [draft.issuer.slug],
        "verdict__issuer__in": [issuers],
        "verdict__status": [draft.status],
        "verdict__status__in": [draft.status],
        "verdict__of_record": ["false"],
    }
    pairs = [{"verdict__issuer": draft.issuer.slug, "verdict__status": draft.status}]
    return {
        "verdicts": [{name: value} for name, found in values.items() for value in found],
        "claims": [{name: value} for name, found in of_claims.items() for value in found] + pairs,
    }


def test_all_filters_on_verdicts_are_tried(world: World) -> None:
    asked = {name: {key for query in found for key in query} for name, found in filters(world).items()}
    assert asked["verdicts"] == set(VIEWS["verdicts"].filterset_class.base_filters)
    for name, view in VIEWS.items():
        of_verdicts = {f for f, group in view.filterset_class.groups.items() if group[0] in (Verdict, VerdictEvidence)}
        assert of_verdicts <= asked.get(name, set()), name


def of_lists(world: World) -> Iterator[str]:
    for address, view in lists(world):
        queries: list[dict[str, Any]] = [{}, {"count": "exact"}]
        queries += [{"limit": 1, "order": order} for order in ("newest", "oldest", "updated", "-updated")]
        queries += [{"order": order} for order in view.orders]
        yield from (f"{address}?{urlencode(query)}" for query in queries)


def of_filters(world: World) -> Iterator[str]:
    for address, view in lists(world):
        name = next(name for name, its in VIEWS.items() if its is view)
        for query in filters(world).get(name, []):
            yield f"{address}?{urlencode(query | {'count': 'exact'})}"
            if address == url(name):
                yield f"{address}?{urlencode(query | {'limit': 1})}"


def of_records(world: World) -> Iterator[str]:
    for prefix, records in world.keys.items():
        serializer = VIEWS[prefix].serializer_class
        for record in records:
            address = url(prefix, record.pk)
            yield address
            for path in expansions(serializer):
                yield f"{address}?{urlencode({'expand': path})}"
                yield f"{address}?{urlencode({'expand': path, 'fields': path})}"
            if type(record) is Verdict:
                yield from (f"{address}?{urlencode({'fields': name})}" for name in serializer.Meta.fields)
    for claim in world.keys["claims"]:
        yield from (url("claims", claim.pk, end) for end in ("origins", "parts"))


def of_embedded_lists(world: World) -> Iterator[str]:
    for name, view in VIEWS.items():
        for path in expansions(view.serializer_class):
            yield f"{url(name)}?{urlencode({'expand': path})}"


PROBES: dict[str, Callable[[World], Iterator[str]]] = {
    "lists": of_lists,
    "filters": of_filters,
    "records": of_records,
    "embedded": of_embedded_lists,
}


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("who", BLIND)
def test_the_api_shows_nothing_of_them(world: World, who: str, probe: str) -> None:
    client = clients(world, who)
    addresses = list(PROBES[probe](world))
    before = answers(client, addresses, limit=1)
    world.hide()
    after = answers(client, addresses, limit=1)
    assert {address for address in after if before.get(address) != after[address]} == set()
    assert before.keys() == after.keys()
    assert len(before) > 20
    assert [address for address, (*_, body) in before.items() if WORD in body] == []
    assert [a for a, (*_, body) in before.items() if f'"supersedes":{world.withdrawn.pk}' in body] == []
    # requested by id, they don't exist
    assert before.get(url("verdicts", world.withdrawn.pk), (404,))[0] == 404


@pytest.mark.parametrize("probe", PROBES)
def test_contributors_see_them_there(world: World, probe: str) -> None:
    client = clients(world, "contributor")
    found = answers(client, PROBES[probe](world), limit=1)
    assert sum(WORD in body for *_, body in found.values()) > 5


@pytest.mark.parametrize("who", BLIND)
def test_hidden_verdicts_look_absent(world: World, who: str) -> None:
    client = clients(world, who)
    absent = 10**9
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "POST"):
        for headers in ({}, {"If-Match": "*"}, {"If-None-Match": "*"}, {"If-Match": '"0"'}):
            heard = []
            for pk in (world.draft.pk, world.withdrawn.pk, world.following.pk, absent):
                body = {} if method in ("GET", "HEAD") else {"data": CHANGES["verdicts"], "format": "json"}
                call = getattr(client, method.lower())
                response = call(url("verdicts", pk), headers=headers, **body)
                heard.append((response.status_code, response.content.decode().replace(str(pk), "#")))
            assert len(set(heard)) == 1, (method, headers, heard)


def test_a_hidden_verdict_in_a_body_reveals_nothing(world: World) -> None:
    for who in (*BLIND, "contributor"):
        client = clients(world, who)
        for pk in (world.draft.pk, 10**9):
            body = RESOURCES["verdicts"].body() | {"supersedes": pk, "reason": "News."}
            response = client.post(url("verdicts"), body, format="json")
            assert response.status_code == (401 if who == "stranger" else 403)
            assert "supersedes" not in response.json()["detail"]


def test_etags_differ_between_readers_who_see_different_verdicts(world: World) -> None:
    address = url("claims", world.claim.pk)
    tags = {who: clients(world, who).get(address)["ETag"] for who in (*BLIND, "contributor")}
    assert len(set(tags.values())) > 1
    again = clients(world, "contributor").get(address, headers={"If-None-Match": tags["stranger"]})
    assert again.status_code == 200


@pytest.mark.parametrize("who", [*BLIND, "contributor"])
def test_estimates_leave_them_out(world: World, who: str) -> None:
    values = {"claim": world.claim, "issuer": world.shown.issuer, "status": "refuted", "rationale": "Not yet."}
    Verdict.objects.bulk_create(Verdict(**values, revision=n) for n in range(10, 310))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE claims_verdict")
    for address in (url("verdicts"), url("claims", world.claim.pk, "verdicts")):
        number = clients(world, who).get(address, {"count": "estimate"}).json()["count"]
        assert (number > 100) == (who == "contributor"), number


# Usernames


@pytest.mark.parametrize("path", ["verdicts", "claims"])
def test_usernames_are_for_signed_in_users(world: World, path: str) -> None:
    claim = make.make_claim()
    people = {"drafted_by": world.users["contributor"], "published_by": world.users["reviewer"]}
    verdict = make.make_verdict(claim=claim, **people)
    record = verdict if path == "verdicts" else claim
    for who, names in (("stranger", [None, None]), ("reader", ["contributor", "reviewer"])):
        client = clients(world, who)
        body = client.get(url(path, record.pk)).json()
        shown = body if path == "verdicts" else body["verdicts"][0]
        assert [shown["drafted_by"], shown["published_by"]] == names
        listed = client.get(url("claims", claim.pk, "verdicts"), {"fields": "drafted_by,published_by"}).json()
        assert list(listed["results"][0].values()) == names


def test_comments_are_for_the_desk_alone(world: World) -> None:
    for who in (*BLIND, "contributor"):
        verdict = clients(world, who).get(url("verdicts", world.shown.pk)).json()
        assert ("comment" in verdict) == (who == "contributor"), who
    assert clients(world, "contributor").get(url("verdicts", world.following.pk)).json()["comment"]


def test_who_reworded_is_for_signed_in_users(world: World) -> None:
    row = make.make_rewording(claim=world.claim, created_by=world.users["reviewer"])
    for who, name in (("stranger", None), ("reader", "reviewer")):
        assert clients(world, who).get(url("rewordings", row.pk)).json()["created_by"] == name


# Query sets


def test_the_query_sets_follow_the_same_rule(world: World) -> None:
    shown = Verdict.objects.visible_to(world.users["reader"])
    assert not shown.filter(pk__in=[world.draft.pk, world.withdrawn.pk]).exists()
    assert shown.filter(pk=world.shown.pk).exists()
    assert Verdict.objects.visible_to(world.users["contributor"]).filter(pk=world.draft.pk).exists()
    links = VerdictEvidence.objects.visible_to(world.users["reader"])
    assert set(links.values_list("verdict", flat=True)) == {world.shown.pk}
    assert Claim.objects.visible_to(world.users["reader"]).count() == Claim.objects.count()


def test_every_relation_of_verdicts_has_a_rule() -> None:
    """A new relation of verdicts needs a rule, too."""
    hanging = {
        relation.related_model._meta.label_lower
        for relation in Verdict._meta.related_objects
        if not hasattr(relation.related_model, "pgh_tracked_model") and not isinstance(relation.field, ManyToManyField)
    }
    assert hanging <= HIDDEN.keys()


def test_lists_that_are_read_from_a_link_table_leave_them_out(world: World) -> None:
    values = {"evidence": [world.evidence.pk]}
    for who, count in (("reader", 0), ("contributor", 1)):
        rows, _ = VIEWS["verdicts"].link_rows(values | {"sight": sight_of(world.users[who])})
        assert rows.filter(verdict=world.draft).count() == count
