"""The database records who added a row, however it was written, and never changes it."""

import json
from io import StringIO
from typing import Any

import pghistory
import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, connection, models
from django.test import Client

from claims.models import Actor, ActorName, Assertion, Claim, ClaimActor, ClaimTopic, Topic, VerdictEvidence
from claims.models.base import Record
from claims.synthetic.tables import copy
from tests.adminpages import form_of, url
from tests.client import anonymous
from tests.client import url as address
from tests.factories import make_actor, make_claim, make_evidence, make_source, make_topic, make_verdict
from tests.people import token_of

pytestmark = pytest.mark.django_db

RECORDS = [m for m in apps.get_app_config("claims").get_models() if issubclass(m, Record)]


def superuser(name: str = "ada") -> User:
    return User.objects.create(username=name, is_superuser=True, is_staff=True)


def with_token(user: User) -> Any:
    client = anonymous()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token_of(user.username)}")
    return client


def with_session(user: User) -> Any:
    client = anonymous()
    client.force_login(user)
    return client


@pytest.mark.parametrize("signed_in", [with_token, with_session])
def test_by_the_api_with_lists_and_nested_records(signed_in: Any) -> None:
    topic, about, source, speaker = make_topic(), make_actor(), make_source(), make_actor()
    user = superuser()
    body = {
        "text": "The bridge fell.",
        "kind": "fact",
        "topics": [topic.slug],
        "about": [about.slug],
        "assertions": [
            {"source": source.slug, "speaker": speaker.slug},
            {"source": source.slug, "speaker": about.slug},
        ],
    }
    response = signed_in(user).post(address("claims"), body, format="json")
    assert response.status_code == 201
    for model in (Claim, ClaimTopic, ClaimActor, Assertion):
        assert set(model.objects.values_list("created_by", flat=True)) == {user.pk}, model
    assert Topic.objects.get().created_by is None
    body = {"name": "Jane Roe", "kind": "person", "names": [{"language": "ru", "name": "Джейн Роу"}]}
    assert signed_in(user).post(address("actors"), body, format="json").status_code == 201
    assert ActorName.objects.get().created_by == user


def test_by_the_admin_with_its_inlines_and_lists(client: Client) -> None:
    user, topic, speaker, source = superuser(), make_topic(), make_actor(), make_source()
    client.force_login(user)
    data = form_of(client, url(Claim, "add")) | {
        "text": "The bridge fell.",
        "kind": "fact",
        "topic_list": [topic.pk],
        "assertions-TOTAL_FORMS": "1",
        "assertions-0-source": source.pk,
        "assertions-0-speaker": speaker.pk,
        "assertions-0-voice": "own",
        "assertions-0-stance": "asserts",
        "created_by": "",
    }
    assert client.post(url(Claim, "add"), data).status_code == 302
    assert [m.objects.get().created_by for m in (Claim, ClaimTopic, Assertion)] == [user] * 3
    page = client.get(url(Claim, "history", Claim.objects.get().pk)).content.decode()
    assert "<td>ada</td>" in page


def test_by_bulk_writes_and_copy() -> None:
    user = superuser()
    with pghistory.context(user=user.pk):
        Topic.objects.bulk_create(Topic(name=f"Topic {n}", slug=f"topic-{n}") for n in range(3))
        copy(Actor, ("slug", "name", "kind", "description", "country", "wikidata_id"), _actors(), lambda *args: None)
    assert set(Topic.objects.values_list("created_by", flat=True)) == {user.pk}
    assert set(Actor.objects.values_list("created_by", flat=True)) == {user.pk}


def _actors() -> list[str]:
    return [f"actor-{n}\tActor {n}\tperson\t\t\t\n" for n in range(3)]


@pytest.mark.django_db(transaction=True)
def test_outside_requests_it_is_null() -> None:
    """Even on a connection that a request used before."""
    user = superuser()
    assert with_session(user).post(address("topics"), {"name": "Bridges"}, format="json").status_code == 201
    make_topic()
    copy(Actor, ("slug", "name", "kind", "description", "country", "wikidata_id"), _actors(), lambda *args: None)
    with pghistory.context(command="some"):
        make_claim()
    assert list(Topic.objects.order_by("pk").values_list("created_by", flat=True)) == [user.pk, None]
    assert set(Actor.objects.values_list("created_by", flat=True)) == {None}
    assert Claim.objects.get().created_by is None


@pytest.mark.parametrize("command", [["load_seeds"], ["generate", "20"]])
def test_it_is_null_for_commands(command: list[str]) -> None:
    call_command(*command, stdout=StringIO())
    for model in RECORDS:
        assert not model._default_manager.exclude(created_by=None).exists(), model


def test_it_is_not_in_fixtures() -> None:
    from claims.seeds.keys import FIELDS

    assert not [model for model, fields in FIELDS.items() if "created_by" in fields]


def test_it_stays_when_another_user_changes_the_row() -> None:
    ada, bob = superuser("ada"), superuser("bob")
    claim = make_claim(created_by=ada)
    with pghistory.context(user=bob.pk):
        Claim.objects.filter(pk=claim.pk).update(created_by=bob, context="By 2020.")
    with_session(bob).patch(address("claims", claim.pk), {"context": "By 2021.", "version": 2}, format="json")
    claim.refresh_from_db()
    assert (claim.created_by, claim.version) == (ada, 3)
    assert set(claim.events.values_list("created_by", flat=True)) == {ada.pk}  # type: ignore[attr-defined]


def test_history_keeps_it_after_deletion() -> None:
    ada = superuser()
    verdict = make_verdict(created_by=ada, state="draft", of_record=False)
    make_evidence(claim=verdict.claim)
    events = type(verdict).events.rel.related_model  # type: ignore[attr-defined]
    verdict.delete()
    assert events.objects.get().created_by == ada
    assert not VerdictEvidence.objects.exists()


@pytest.mark.parametrize("model", RECORDS, ids=lambda m: m.__name__)
def test_users_on_record_can_not_be_deleted(model: type[models.Model]) -> None:
    field: Any = model._meta.get_field("created_by")
    assert field.remote_field.on_delete is models.PROTECT
    assert not field.editable
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'"
            " AND confrelid = 'auth_user'::regclass AND pg_get_constraintdef(oid) LIKE '%%(created_by_id)%%'",
            [model._meta.db_table],
        )
        assert cursor.fetchone() == (1,)


def test_nor_by_plain_sql() -> None:
    ada = superuser()
    make_topic(created_by=ada)
    User.objects.filter(pk=ada.pk)._raw_delete("default")
    with pytest.raises(IntegrityError):
        connection.check_constraints()


def test_the_context_may_hold_anything() -> None:
    for context in ("", "{}", json.dumps({"user": None}), json.dumps({"command": "user"})):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('pghistory.context_metadata', %s, true), claims_writer()", [context])
        assert make_topic().created_by is None
