"""`Idempotency-Key`: what was asked for once and asked for again is done once, and answered alike."""

import json
from datetime import timedelta
from threading import Thread

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F

from claims.models import Actor, Claim, Topic
from claims.models.idempotency import KEY_LENGTH, IdempotencyKey
from claims.rest.writing import WriteBatch
from tests import factories as make
from tests.client import RESOURCES, administrator, anonymous, problem, url

pytestmark = pytest.mark.django_db

BRIDGES = {"name": "Bridges", "description": "Over water."}


def ask(path, body, key="one", client=None):
    """A POST under a key, the body as it stands or as JSON of it."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {} if key is None else {"Idempotency-Key": key}
    return (client or administrator()).generic("POST", path, raw, content_type="application/json", headers=headers)


def colleague(name="colleague"):
    client = anonymous()
    client.force_authenticate(User.objects.create_superuser(name))
    return client


def same_answer(first, again):
    """Whether the second answer is the first, with a word that says so."""
    assert "Idempotency-Replayed" not in first
    assert again.get("Idempotency-Replayed") == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    for name in ("Location", "ETag", "Content-Type"):
        assert again.get(name) == first.get(name)
    return True


def age(**by):
    """Lets the keys that there are grow older."""
    IdempotencyKey.objects.update(created_at=F("created_at") - timedelta(**by))


@pytest.mark.parametrize("name", RESOURCES)
def test_asked_twice_done_once(name):
    body = RESOURCES[name].body()
    count = RESOURCES[name].make().__class__.objects.count
    before = count()
    first, again = ask(url(name), body), ask(url(name), body)
    assert first.status_code == 201, first.content
    assert first["Location"]
    assert first["ETag"]
    assert same_answer(first, again)
    assert count() == before + 1


def test_the_same_body_written_otherwise_is_the_same():
    first = ask(url("topics"), b'{"name": "Bridges", "description": "Over w\\u0061ter."}')
    again = ask(url("topics"), b'{ "description":"Over water.",\n "name":"Bridges" }')
    assert same_answer(first, again)
    assert Topic.objects.count() == 1


def test_without_a_key_each_is_carried_out():
    slugs = [ask(url("topics"), BRIDGES, key=None).json()["slug"] for _ in range(2)]
    assert slugs == ["bridges", "bridges-2"]
    assert not IdempotencyKey.objects.exists()


def test_the_answer_is_that_of_the_time():
    first = ask(url("topics"), BRIDGES)
    Topic.objects.update(description="Over land, too.")
    assert same_answer(first, ask(url("topics"), BRIDGES))
    Topic.objects.all().delete()
    assert same_answer(first, ask(url("topics"), BRIDGES))
    assert not Topic.objects.exists()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (url("topics"), {"name": "Roads"}),
        (url("topics"), BRIDGES | {"description": ""}),
        (url("topics"), {}),
        (url("topics") + "?fields=slug", BRIDGES),
        (url("actors"), BRIDGES),
        (url("claims", "bulk"), BRIDGES),
    ],
)
def test_another_request_under_the_key_is_refused(path, body):
    first = ask(url("topics"), BRIDGES)
    problem(ask(path, body), 422)
    assert (Topic.objects.count(), Actor.objects.count()) == (1, 0)
    # which costs the first nothing
    assert same_answer(first, ask(url("topics"), BRIDGES))


def test_what_was_refused_is_not_kept():
    claim = {"text": "The bridge fell.", "kind": "fact"}
    for _ in range(2):
        refused = ask(url("claims"), claim | {"occurred": "on Monday"})
        problem(refused, 400, "occurred")
        assert "Idempotency-Replayed" not in refused
        problem(ask(url("claims"), claim | {"topics": ["bridges"]}), 400, "topics.0")
        problem(ask(url("claims"), b"{"), 400)
    make.make_topic(slug="bridges")
    assert not IdempotencyKey.objects.exists()
    # the same words are good once the topic is there
    first = ask(url("claims"), claim | {"topics": ["bridges"]})
    assert first.status_code == 201
    assert same_answer(first, ask(url("claims"), claim | {"topics": ["bridges"]}))
    problem(ask(url("claims"), claim), 422)
    assert Claim.objects.count() == 1


def test_each_user_has_their_own_keys():
    client = colleague()
    mine, theirs = ask(url("topics"), BRIDGES), ask(url("topics"), {"name": "Roads"}, client=client)
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert same_answer(mine, ask(url("topics"), BRIDGES))
    assert same_answer(theirs, ask(url("topics"), {"name": "Roads"}, client=client))
    problem(ask(url("topics"), BRIDGES, client=client), 422)
    assert Topic.objects.count() == 2


def test_a_key_opens_nothing():
    first = ask(url("topics"), BRIDGES)
    problem(ask(url("topics"), BRIDGES, client=anonymous()), 401)
    reader = anonymous()
    reader.force_authenticate(User.objects.create(username="reader"))
    problem(ask(url("topics"), BRIDGES, client=reader), 403)
    # nor does one's own, when one may no longer write
    client = colleague()
    assert ask(url("topics"), BRIDGES, client=client).status_code == 201
    User.objects.filter(username="colleague").update(is_superuser=False)
    client.force_authenticate(User.objects.get(username="colleague"))
    problem(ask(url("topics"), BRIDGES, client=client), 403)
    assert first.status_code == 201


@pytest.mark.parametrize("key", ["", "x" * (KEY_LENGTH + 1), "ключ", "é", "a\tb", "\x7f", "a\0"])
def test_bad_keys(key):
    problem(ask(url("topics"), BRIDGES, key), 400, "Idempotency-Key")
    # the key is looked at first, whatever the body
    problem(ask(url("topics"), {}, key), 400, "Idempotency-Key")
    assert not Topic.objects.exists()


@pytest.mark.parametrize("key", ["x", "x" * KEY_LENGTH, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "~! {}"])
def test_good_keys(key):
    assert same_answer(ask(url("topics"), BRIDGES, key), ask(url("topics"), BRIDGES, key))
    assert ask(url("topics"), {"name": "Roads"}, key + "." if len(key) < KEY_LENGTH else key[1:]).status_code == 201


def test_a_key_is_good_for_a_day():
    first = ask(url("topics"), BRIDGES)
    age(hours=23, minutes=59)
    assert same_answer(first, ask(url("topics"), BRIDGES))
    problem(ask(url("topics"), {"name": "Roads"}), 422)
    age(minutes=2)
    anew = ask(url("topics"), BRIDGES)
    assert (anew.status_code, anew.json()["slug"]) == (201, "bridges-2")
    assert "Idempotency-Replayed" not in anew
    assert same_answer(anew, ask(url("topics"), BRIDGES))
    age(hours=25)
    assert ask(url("topics"), {"name": "Roads"}).status_code == 201


def test_bulk_writes_under_a_key():
    items = [{"text": f"Bridge {n} fell.", "kind": "fact"} for n in range(3)]
    first = ask(url("claims", "bulk"), {"items": items})
    assert first.status_code == 201, first.content
    assert same_answer(first, ask(url("claims", "bulk"), {"items": items}))
    # the order of items is part of what they say
    problem(ask(url("claims", "bulk"), {"items": items[::-1]}), 422)
    assert Claim.objects.count() == 3
    bad = {"items": [*items, {"text": "The bridge fell.", "kind": "lie"}]}
    problem(ask(url("claims", "bulk"), bad, "two"), 400, "items.3.kind")
    bad["items"][3]["kind"] = "fact"
    assert ask(url("claims", "bulk"), bad, "two").status_code == 201
    assert Claim.objects.count() == 7


def test_merging_under_a_key():
    old, new = make.make_actor(slug="old"), make.make_actor(slug="new")
    make.make_assertion(speaker=old)
    first = ask(url("actors", "old", "merge"), {"into": "new"})
    assert first.status_code == 200, first.content
    # without the key this would be a 409, for the actor is merged already
    assert same_answer(first, ask(url("actors", "old", "merge"), {"into": "new"}))
    problem(ask(url("actors", "old", "merge"), {"into": "new"}, "two"), 409)
    problem(ask(url("actors", "new", "merge"), {"into": "new"}), 422)
    new.refresh_from_db()
    assert new.names.count() == 1


def test_the_key_is_kept_with_the_write_or_neither_is(monkeypatch):
    def fail(**values):
        assert Claim.objects.count() == 1  # it has been written, and is taken back
        raise RuntimeError("no room for the key")

    with monkeypatch.context() as patched:
        patched.setattr(IdempotencyKey.objects, "create", fail)
        problem(ask(url("claims"), {"text": "The bridge fell.", "kind": "fact"}), 500)
    assert not Claim.objects.exists()
    assert ask(url("claims"), {"text": "The bridge fell.", "kind": "fact"}).status_code == 201


def test_what_the_database_refuses_at_the_end_leaves_no_key(monkeypatch):
    def fail():
        assert Claim.objects.count() == 1
        raise RuntimeError("no")

    with monkeypatch.context() as patched:
        patched.setattr(connection, "check_constraints", fail)
        problem(ask(url("claims"), {"text": "The bridge fell.", "kind": "fact"}), 500)
    assert (Claim.objects.count(), IdempotencyKey.objects.count()) == (0, 0)


@pytest.mark.parametrize("off", [(), ("hashjoin", "mergejoin", "hashagg", "material", "sort")])
def test_old_keys_go_bit_by_bit_however_the_database_plans_it(monkeypatch, off):
    with connection.cursor() as cursor:
        for way in off:
            cursor.execute(f"SET LOCAL enable_{way} = off")
    monkeypatch.setattr("claims.models.idempotency.REMOVED", 3)
    user = administrator().handler._force_user
    for n in range(8):
        IdempotencyKey.objects.create(
            user_id=user.pk, key=f"old {n}", request="0" * 64, status=201, headers={}, body=b"{}"
        )
    age(hours=25)
    left = []
    for n in range(4):
        assert ask(url("topics"), BRIDGES, f"new {n}").status_code == 201
        left.append(IdempotencyKey.objects.filter(key__startswith="old").count())
    assert left == [5, 2, 0, 0]
    assert IdempotencyKey.objects.filter(key__startswith="new").count() == 4
    # asking again removes nothing, and neither does a write without a key
    age(hours=23)
    ask(url("topics"), BRIDGES, "new 0")
    age(hours=2)
    ask(url("topics"), BRIDGES, None)
    assert IdempotencyKey.objects.count() == 4


def test_keys_count_for_posts_only():
    topic = make.make_topic()
    client = administrator()
    for description in ("First.", "Second."):
        changed = client.patch(
            url("topics", topic.pk), {"description": description}, format="json", headers={"Idempotency-Key": "one"}
        )
        assert changed.json()["description"] == description
    assert not IdempotencyKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_key_that_another_user_is_using_holds_up_nobody(monkeypatch):
    """While the first request under it is still being carried out, the same user waits, and others don't."""
    first, second = colleague("first"), colleague("second")
    User.objects.create_superuser("admin")
    answers = []

    def meanwhile(self, user, create=WriteBatch.create):
        """Another request under the same key, over a connection of its own."""

        def send(client, name):
            answers.append(ask(url("topics"), {"name": name}, client=client).status_code)
            connection.close()

        monkeypatch.setattr(WriteBatch, "create", create)
        for client, name in ((second, "Roads"), (first, "Bridges")):
            thread = Thread(target=send, args=(client, name))
            thread.start()
            thread.join()
        return create(self, user)

    monkeypatch.setattr(WriteBatch, "create", meanwhile)
    assert ask(url("topics"), {"name": "Bridges"}, client=first).status_code == 201
    assert answers == [201, 409]
