"""Writing over HTTP: each resource is created, read, changed, replaced and deleted; a write is saved whole or not."""

import pytest
from django.contrib.auth.models import User

from claims.models import Actor, ActorName, Assertion, Claim, ClaimTopic, Snapshot, Source, Topic, Verdict
from tests import factories as make
from tests.client import RESOURCES, administrator, anonymous, bridge, problem, send, url
from tests.people import client_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", RESOURCES)
def test_life_of_a_record(name):
    resource, client = RESOURCES[name], administrator()
    body = resource.body()

    made = client.post(url(name), body, format="json")
    assert made.status_code == 201, made.content
    shown = {member: value for member, value in body.items() if member != "text" or name != "snapshots"}
    assert shown.items() <= made.json().items()
    address = made["Location"].removeprefix("http://testserver")
    assert client.get(address).json() == made.json()

    changed = client.patch(address, resource.change, format="json")
    assert changed.status_code == 200, changed.content
    assert resource.change.items() <= changed.json().items()
    assert changed.json()["version"] == 2
    same = made.json().keys() - resource.change.keys() - {"version", "updated_at"}
    assert {member: made.json()[member] for member in same} == {member: changed.json()[member] for member in same}

    replaced = client.put(address, body, format="json")
    assert replaced.status_code == 200, replaced.content
    assert replaced.json() == made.json() | {key: replaced.json()[key] for key in ("version", "updated_at")}

    assert client.delete(address).status_code == 204
    problem(client.get(address), 410 if "slug" in made.json() else 404)


@pytest.mark.parametrize("name", RESOURCES)
def test_ids_and_slugs_address_a_record(name):
    row = RESOURCES[name].make()
    by_id = anonymous().get(url(name, row.pk))
    assert by_id.status_code == 200
    assert by_id.json()["id"] == row.pk
    if hasattr(row, "slug"):
        assert anonymous().get(url(name, row.slug)).json() == by_id.json()
        assert by_id.json()["slug"] == row.slug


@pytest.mark.parametrize("name", RESOURCES)
def test_strangers_read_and_do_not_write(name):
    row = RESOURCES[name].make()
    client = anonymous()
    assert client.get(url(name)).status_code == 200
    for response in (
        client.post(url(name), RESOURCES[name].body(), format="json"),
        client.patch(url(name, row.pk), {}, format="json"),
        client.put(url(name, row.pk), {}, format="json"),
        client.delete(url(name, row.pk)),
    ):
        problem(response, 401)
        assert "WWW-Authenticate" in response
    assert type(row).objects.filter(pk=row.pk).exists()


def test_claim_with_assertions_is_made_whole():
    topic, actor, snapshot = make.make_topic(), make.make_actor(), make.make_snapshot()
    body = {
        "text": "The bridge fell.",
        "kind": "fact",
        "topics": [topic.slug],
        "about": [actor.pk],
        "assertions": [
            {"source": snapshot.source.slug, "snapshot": snapshot.pk, "start": 18, "end": 33, "speaker": actor.slug},
            {"source": make.make_source().slug, "speaker": actor.slug, "stance": "denies"},
        ],
    }
    made = administrator().post(url("claims"), body, format="json")
    assert made.status_code == 201, made.content
    claim = Claim.objects.get()
    assert made.json()["topics"] == [topic.slug]
    assert made.json()["about"] == [actor.slug]
    shown = made.json()["assertions"]
    assert [a["stance"] for a in shown] == ["asserts", "denies"]
    assert shown[0]["quote"] == {
        "exact": "the bridge fell",
        "prefix": "The minister said ",
        "suffix": ". Nobody was hurt, he added. Was it old? It stood for 60 yea",
    }
    assert {a.claim for a in Assertion.objects.all()} == {claim}


@pytest.mark.parametrize(
    ("second", "field"),
    [
        ({"speaker": "nobody"}, "assertions.1.speaker"),
        ({"stance": "shouts"}, "assertions.1.stance"),
        ({"start": 1}, "assertions.1.start"),
        ({"said": "yesterday", "locator": "page 2"}, "assertions.1.said"),
        ({"colour": "red"}, "assertions.1.colour"),
        ({"claim": 1}, "assertions.1.claim"),
        ({}, "assertions.1"),  # the first once more
    ],
)
def test_claim_with_a_bad_assertion_is_not_made(second, field):
    first = {"source": make.make_source().slug, "speaker": make.make_actor().slug}
    body = {"text": "The bridge fell.", "kind": "fact", "assertions": [first, first | second]}
    problem(administrator().post(url("claims"), body, format="json"), 400, field)
    assert not Claim.objects.exists()
    assert not Assertion.objects.exists()


def test_lists_are_replaced():
    one, two, three = (make.make_topic() for _ in range(3))
    claim = make.make_claim(topics=[one, two])
    kept = ClaimTopic.objects.get(topic=two).pk
    client = administrator()
    changed = client.patch(url("claims", claim.pk), {"topics": [two.slug, three.slug]}, format="json")
    assert sorted(changed.json()["topics"]) == [two.slug, three.slug]
    assert changed.json()["version"] == 2
    assert ClaimTopic.objects.get(topic=two).pk == kept
    same = client.patch(url("claims", claim.pk), {"topics": [three.slug, two.slug]}, format="json")
    assert same.json()["version"] == 2
    assert client.patch(url("claims", claim.pk), {"topics": []}, format="json").json()["topics"] == []
    problem(client.patch(url("claims", claim.pk), {"topics": None}, format="json"), 400, "topics")


@pytest.mark.parametrize(
    ("topics", "field"),
    [
        (["nowhere"], "topics.0"),
        ([1.5], "topics.0"),
        ([True], "topics.0"),
        ([[]], "topics.0"),
        ([{}], "topics.0"),
        ([None], "topics.0"),
        ({"a": 1}, "topics"),
        ("bridges", "topics"),
        (["bridges", "bridges"], "topics.1"),
        (["bridges", "roads", "bridges"], "topics.2"),
        (["bridges"] * 201, "topics"),
        ([10**30], "topics.0"),
    ],
)
def test_bad_lists(topics, field):
    make.make_topic(slug="bridges")
    make.make_topic(slug="roads")
    body = {"text": "The bridge fell.", "kind": "fact", "topics": topics}
    problem(administrator().post(url("claims"), body, format="json"), 400, field)


def test_authors_keep_their_order():
    last, first = make.make_actor(name="Aaron"), make.make_actor(name="Zoe")
    body = {"title": "A report", "kind": "report", "authors": [first.slug, last.slug]}
    client = administrator()
    made = client.post(url("sources"), body, format="json").json()
    assert made["authors"] == [first.slug, last.slug]
    whole = client.get(url("sources", made["id"]), {"expand": "authors"}).json()
    assert [author["name"] for author in whole["authors"]] == ["Zoe", "Aaron"]
    turned = client.patch(url("sources", made["id"]), {"authors": [last.slug, first.slug]}, format="json").json()
    assert turned["authors"] == [last.slug, first.slug]
    assert turned["version"] == 2


def test_names_of_an_actor():
    names = [
        {"language": "ru", "name": "ФСБ", "kind": "acronym"},
        {"language": "en", "name": "Federal Security Service"},
    ]
    client = administrator()
    made = client.post(url("actors"), {"name": "FSB", "kind": "public_body", "names": names}, format="json").json()
    assert [n["name"] for n in made["names"]] == ["Federal Security Service", "ФСБ"]
    kept = ActorName.objects.get(language="ru").pk
    changed = client.patch(url("actors", "fsb"), {"names": [names[0] | {"kind": "alias"}]}, format="json").json()
    assert changed["names"] == [{"language": "ru", "name": "ФСБ", "kind": "alias"}]
    assert ActorName.objects.get().pk == kept
    assert changed["version"] == 2


@pytest.mark.parametrize(
    ("names", "field"),
    [
        ([{"language": "en", "name": "A"}, {"language": "en", "name": "A"}], "names.1"),
        ([{"language": "xx-12345", "name": "A"}], "names.0.language"),
        ([{"language": "i-klingon", "name": "A"}], "names.0.language"),
        ([{"language": "en"}], "names.0.name"),
        ([{"language": "en", "name": " "}], "names.0.name"),
        ([{"language": "en", "name": "A", "colour": 1}], "names.0.colour"),
        (["A"], "names.0"),
        ("A", "names"),
        (None, "names"),
    ],
)
def test_bad_names(names, field):
    body = {"name": "FSB", "kind": "public_body", "names": names}
    problem(administrator().post(url("actors"), body, format="json"), 400, field)
    assert not Actor.objects.exists()


def test_put_replaces_the_whole_record():
    claim = bridge(context="By 2020.", language="de", topics=[make.make_topic()], occurred="2019", slug="the-bridge")
    replaced = administrator().put(url("claims", claim.pk), {"text": "It fell.", "kind": "fact"}, format="json").json()
    assert (replaced["context"], replaced["language"], replaced["topics"], replaced["occurred"]) == ("", "en", [], "")
    assert replaced["slug"] == "the-bridge"


def test_slugs_are_made_from_the_words_and_unique():
    client = administrator()
    first = client.post(url("topics"), {"name": "Old bridges"}, format="json").json()
    second = client.post(url("topics"), {"name": "Old bridges"}, format="json").json()
    assert (first["slug"], second["slug"]) == ("old-bridges", "old-bridges-2")
    taken = client.post(url("topics"), {"name": "Other", "slug": "old-bridges"}, format="json")
    assert problem(taken, 400, "slug")["errors"][0]["detail"] == "This slug is taken."
    problem(client.patch(url("topics", "old-bridges-2"), {"slug": "old-bridges"}, format="json"), 400, "slug")
    for bad in ("Old", "a b", "-a", "1", "a--b", "ä", "a" * 81):
        problem(client.post(url("topics"), {"name": "Other", "slug": bad}, format="json"), 400, "slug")
    assert Topic.objects.count() == 2


@pytest.mark.parametrize("name", ["claims", "sources", "actors", "topics"])
def test_unique_slug_everywhere(name):
    taken = RESOURCES[name].make().slug
    problem(administrator().post(url(name), RESOURCES[name].body() | {"slug": taken}, format="json"), 400, "slug")


def test_what_is_in_use_stays():
    client = administrator()
    assertion = make.make_assertion()
    for address in (url("sources", assertion.source_id), url("actors", assertion.speaker_id)):
        assert "assertion" in problem(client.delete(address), 409)["detail"]
    topic = make.make_topic(parent=make.make_topic())
    problem(client.delete(url("topics", topic.parent_id)), 409)
    problem(client.delete(url("snapshots", make.make_erratum().snapshot_id)), 409)
    assert Source.objects.filter(pk=assertion.source_id).exists()


def second_reader():
    """A client of another administrator."""
    user, _ = User.objects.get_or_create(username="second", is_superuser=True)
    client = client_of(user)
    client.credentials(HTTP_IF_MATCH="*")
    return client


def published(body, **options):
    """The response to the publication of a draft by a second reader."""
    client = administrator()
    draft = client.post(url("verdicts"), body, format="json")
    assert draft.status_code == 201, draft.content
    shown = draft.json()
    assert (shown["state"], shown["revision"], shown["published_by"]) == ("draft", 0, None)
    assert client.post(url("verdicts", shown["id"], "submit")).status_code == 200
    return second_reader().post(url("verdicts", shown["id"], "publish"), options, format="json")


def test_status_follows_the_verdict_of_record():
    client = administrator()
    claim = make.make_claim()
    problem(client.patch(url("claims", claim.pk), {"status": "refuted"}, format="json"), 400, "status")
    body = RESOURCES["verdicts"].body() | {"claim": claim.slug, "status": "not_checkable"}
    problem(client.post(url("verdicts"), body | {"state": "published"}, format="json"), 400, "state")
    made = published(body, of_record=True).json()
    assert (made["revision"], made["drafted_by"], made["published_by"]) == (1, "admin", "second")
    assert (made["of_record"], made["second_reader"]) == (True, True)
    assert client.get(url("claims", claim.pk)).json()["status"] == "not_checkable"
    problem(published(body | {"issuer": make.make_actor().slug}, of_record=True), 400, "of_record")
    reason = {"kind": "error", "reason": "It was wrong."}
    gone = client.post(url("verdicts", made["id"], "withdraw"), reason, format="json").json()
    assert (gone["withdrawal_kind"], gone["withdrawal"], gone["of_record"]) == ("error", "It was wrong.", False)
    assert client.get(url("claims", claim.pk)).json()["status"] == "unverified"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"of_record": True}, "of_record"),
        ({"status": "unverified"}, "status"),
        ({"rationale": " "}, "rationale"),
        ({"issued": "soon"}, "issued"),
        ({"revision": 3}, "revision"),
        ({"drafted_by": "admin"}, "drafted_by"),
        ({"url": "ftp://example.org/"}, "url"),
        ({"state": "submitted"}, "state"),
        ({"comment": "Who said so?"}, "comment"),
        ({"reason_kind": "news"}, "reason_kind"),
        ({"withdrawal": "It was wrong."}, "withdrawal"),
        ({"second_reader": False}, "second_reader"),
        ({"on_earlier_words": True}, "on_earlier_words"),
        ({"published_at": "2026-01-02T03:04:05Z"}, "published_at"),
    ],
)
def test_bad_verdicts(more, field):
    problem(administrator().post(url("verdicts"), RESOURCES["verdicts"].body() | more, format="json"), 400, field)


def test_a_verdict_relies_on_evidence_of_its_own_claim_and_supersedes_its_own():
    client = administrator()
    verdict, foreign = make.make_verdict(), make.make_evidence()
    own = make.make_evidence(claim=verdict.claim)
    other = RESOURCES["verdicts"].body() | {"supersedes": verdict.pk, "reason": "News."}
    problem(client.post(url("verdicts"), other, format="json"), 400, "supersedes")
    next_one = other | {"claim": verdict.claim.slug, "issuer": verdict.issuer.slug}
    problem(client.post(url("verdicts"), next_one | {"reason": ""}, format="json"), 400, "reason")
    made = client.post(url("verdicts"), next_one, format="json")
    assert made.status_code == 201, made.content
    address = url("verdicts", made.json()["id"])
    problem(client.patch(address, {"evidence": [foreign.pk]}, format="json"), 400, "evidence")
    assert client.patch(address, {"evidence": [own.pk]}, format="json").json()["evidence"] == [own.pk]
    problem(client.patch(address, {"claim": foreign.claim.slug}, format="json"), 400, "supersedes")
    alone = {"supersedes": None, "reason": ""}
    assert client.patch(address, alone, format="json").json()["evidence"] == [own.pk]
    problem(client.patch(address, {"claim": foreign.claim.slug}, format="json"), 400, "claim")
    problem(client.patch(url("evidence", own.pk), {"claim": foreign.claim.slug}, format="json"), 400, "claim")
    problem(client.delete(url("evidence", own.pk)), 409)
    assert client.patch(address, {"supersedes": verdict.pk, "reason": "News."}, format="json").status_code == 200
    problem(client.delete(url("verdicts", verdict.pk)), 409)


def test_numbers_are_given_on_publication_and_leave_no_gaps():
    verdict = make.make_verdict(of_record=False)
    body = {"claim": verdict.claim.slug, "issuer": verdict.issuer.slug, "status": "not_checkable"}
    body |= {"rationale": "Nobody can know.", "reason_kind": "error", "reason": "It was wrong."}
    client = administrator()
    gone = client.post(url("verdicts"), body, format="json").json()
    second = published(body | {"supersedes": verdict.pk}).json()
    assert client.delete(url("verdicts", gone["id"])).status_code == 204
    third = published(body | {"supersedes": second["id"]}).json()
    assert [verdict.revision, gone["revision"], second["revision"], third["revision"]] == [1, 0, 2, 3]


def test_snapshot_text_arrives_once_and_is_never_shown():
    client = administrator()
    body = RESOURCES["snapshots"].body()
    made = client.post(url("snapshots"), body, format="json").json()
    assert "text" not in made
    assert (made["length"], made["text_held"]) == (8, True)
    problem(client.patch(url("snapshots", made["id"]), {"text": "It rose."}, format="json"), 400, "text")
    problem(client.post(url("snapshots"), body, format="json"), 400, None)
    for more, field in (
        ({"text": None, "sha256": "0" * 64}, "length"),
        ({"length": 9}, "length"),
        ({"sha256": "0" * 64}, "sha256"),
        ({"sha256": "x"}, "sha256"),
        ({"text": "It\0fell"}, "text"),
        ({"text": "\ud800"}, "text"),
        ({"media_type": "text"}, "media_type"),
        ({"captured_at": "yesterday"}, "captured_at"),
    ):
        body["source"] = make.make_source().slug
        problem(send("POST", url("snapshots"), body | more), 400, field)

    bare = {"text": None, "sha256": made["sha256"], "length": 8, "source": make.make_source().slug}
    held = client.post(url("snapshots"), body | bare, format="json").json()
    assert held["text_held"] is False
    problem(client.patch(url("snapshots", held["id"]), {"text": "It rose."}, format="json"), 400, "sha256")
    assert client.patch(url("snapshots", held["id"]), {"text": "It fell."}, format="json").json()["text_held"] is True
    assert Snapshot.objects.get(pk=held["id"]).text == "It fell."


def test_merged_actor_leads_to_the_other():
    client = administrator()
    old, new, later = make.make_actor(slug="old"), make.make_actor(slug="new"), make.make_actor()
    first = make.make_verdict(issuer=old, of_record=False)
    make.make_verdict(issuer=old, claim=first.claim, supersedes=first, reason="News.", of_record=False)
    # so that it is the last row of the table
    Verdict.objects.filter(pk=first.pk).update(url="https://verdicts.example/7")
    assertion = make.make_assertion(speaker=old)
    problem(client.post(url("actors", "old", "merge"), {"into": "old"}, format="json"), 400, "into")
    problem(client.post(url("actors", "old", "merge"), {"into": "nobody"}, format="json"), 400, "into")
    problem(client.post(url("actors", "old", "merge"), {}, format="json"), 400, "into")
    problem(client.post(url("actors", "old", "merge"), {"into": "new", "now": True}, format="json"), 400, "now")
    merged = client.post(url("actors", "old", "merge"), {"into": "new"}, format="json")
    assert merged.status_code == 200, merged.content
    assert merged.json()["slug"] == "new"
    assert [n["name"] for n in merged.json()["names"]] == [old.name]

    moved = anonymous().get(url("actors", "old"), {"fields": "slug"})
    assert moved.status_code == 308
    assert moved["Location"].endswith("/api/v1/actors/new/?fields=slug")
    assertion.refresh_from_db()
    assert assertion.speaker == new
    for response in (
        client.patch(url("actors", "old"), {"country": "US"}, format="json"),
        client.delete(url("actors", "old")),
        client.post(url("actors", "old", "merge"), {"into": later.slug}, format="json"),
    ):
        problem(response, 409)
    made = client.post(url("sources"), {"title": "A", "kind": "post", "publisher": "old"}, format="json")
    assert made.json()["publisher"] == "new"
    assert client.post(url("actors", "new", "merge"), {"into": later.pk}, format="json").status_code == 200
    assert anonymous().get(url("actors", "old"))["Location"].endswith(f"/actors/{later.slug}/")
    problem(anonymous().post(url("actors", later.slug, "merge"), {"into": "new"}, format="json"), 401)
