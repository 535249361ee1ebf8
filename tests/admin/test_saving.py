"""Saving in the admin: what is stored, what is refused and with which message; history, merging."""

from typing import Any

import pytest
from django.test import Client

from claims.models import Actor, Assertion, Claim, Evidence, Snapshot, Topic
from claims.models.choices import Status
from tests.adminpages import delete, form_of, queries, url
from tests.factories import (
    TEXT,
    make_actor,
    make_actor_name,
    make_assertion,
    make_claim,
    make_evidence,
    make_relation,
    make_snapshot,
    make_topic,
    make_verdict,
)

pytestmark = pytest.mark.django_db


def test_a_claim_is_added_with_what_belongs_to_it(admin_client: Client) -> None:
    snapshot, speaker, topic = make_snapshot(), make_actor(), make_topic()
    data = form_of(admin_client, url(Claim, "add")) | {
        "text": "The bridge fell.",
        "kind": "fact",
        "topic_list": [topic.pk],
        "assertions-TOTAL_FORMS": "1",
        "assertions-0-snapshot": snapshot.pk,
        "assertions-0-speaker": speaker.pk,
        "assertions-0-words": "the bridge fell",
        "assertions-0-voice": "own",
        "assertions-0-stance": "asserts",
    }
    response = admin_client.post(url(Claim, "add"), data)
    assert response.status_code == 302, response.context["errors"]
    claim = Claim.objects.get()
    assertion = claim.assertions.get()
    assert (assertion.start, assertion.end, assertion.source) == (18, 33, snapshot.source)
    assert list(claim.topics.all()) == [topic]


@pytest.mark.parametrize(
    ("words", "start", "message"),
    [
        ("no such words", "", "do not appear in the snapshot"),
        ("a", "", "times in the text"),
    ],
)
def test_words_that_do_not_name_one_place_are_refused(
    admin_client: Client, words: str, start: str, message: str
) -> None:
    assertion = make_assertion(snapshot=make_snapshot(), start=0, end=12)
    address = url(Assertion, "change", assertion.pk)
    response = admin_client.post(address, form_of(admin_client, address) | {"words": words, "start": start})
    assert message in response.content.decode()


def test_the_start_tells_which_of_several_places(admin_client: Client) -> None:
    assertion = make_assertion(snapshot=make_snapshot(text="no. no. no."), start=0, end=2)
    address = url(Assertion, "change", assertion.pk)
    response = admin_client.post(address, form_of(admin_client, address) | {"words": "no", "start": "4"})
    assert response.status_code == 302
    assertion.refresh_from_db()
    assert (assertion.start, assertion.end) == (4, 6)


def test_saving_leads_back_to_where_one_came_from_but_never_elsewhere(admin_client: Client) -> None:
    evidence = make_evidence()
    back = url(Claim, "change", evidence.claim_id)
    for asked, expected in ((back, back), ("https://evil.example/", url(Evidence, "changelist"))):
        address = f"{url(Evidence, 'change', evidence.pk)}?_return={asked}"
        assert admin_client.post(address, form_of(admin_client, address)).url == expected


def test_an_overtaken_form_is_not_saved_until_one_insists(admin_client: Client) -> None:
    claim = make_claim(text="First words.")
    address = url(Claim, "change", claim.pk)
    data = form_of(admin_client, address) | {"text": "Mine."}
    Claim.objects.filter(pk=claim.pk).update(text="Theirs.")
    response = admin_client.post(address, data)
    page = response.content.decode()
    assert "Somebody changed this claim while you had it open" in page
    assert "Text: “Theirs.”" in page
    assert ">\nMine.</textarea>" in page
    assert Claim.objects.get().text == "Theirs."
    again = admin_client.post(address, data | {"_version": str(response.context["original"].version)})
    assert again.status_code == 302
    assert Claim.objects.get().text == "Mine."


def test_a_form_that_does_not_say_what_it_shows_is_not_saved(admin_client: Client) -> None:
    claim = make_claim(text="First words.")
    address = url(Claim, "change", claim.pk)
    data = form_of(admin_client, address) | {"text": "Mine."}
    del data["_version"]
    assert admin_client.post(address, data).status_code == 200
    assert Claim.objects.get().text == "First words."


def test_rows_and_lists_of_a_record_are_not_overwritten_unseen(admin_client: Client) -> None:
    actor, claim, topics = make_actor(), make_claim(), [make_topic(), make_topic()]
    name = make_actor_name(actor=actor, name="First")
    for record, first, second in (
        (actor, {"names-0-name": "Theirs"}, {"names-0-name": "Mine"}),
        (claim, {"topic_list": [topics[0].pk]}, {"topic_list": [topics[1].pk]}),
    ):
        address = url(type(record), "change", record.pk)
        data = form_of(admin_client, address)
        assert admin_client.post(address, data | first).status_code == 302
        assert "admin changed this" in admin_client.post(address, data | second).content.decode()
    name.refresh_from_db()
    assert name.name == "Theirs"
    assert list(claim.topics.all()) == topics[:1]


# Deleting


def test_what_changed_since_one_was_asked_is_not_deleted(admin_client: Client) -> None:
    claim = make_claim()
    address = url(Claim, "delete", claim.pk)
    for change in (
        lambda: Claim.objects.filter(pk=claim.pk).update(context="By 2020."),  # which the page doesn't show
        lambda: make_evidence(claim=claim),
    ):
        shown = admin_client.get(address).wsgi_request.shown
        change()
        response = admin_client.post(address, {"post": "yes", "_shown": shown}, follow=True)
        assert response.redirect_chain == [(url(Claim, "change", claim.pk), 302)]
        assert "Not deleted. The record or something" in response.content.decode()
    admin_client.post(address, {"post": "yes"})
    assert Claim.objects.exists()
    delete(admin_client, claim)
    assert not Claim.objects.exists()


def test_several_are_deleted_as_shown_or_not_at_all(admin_client: Client) -> None:
    claims = [make_claim() for _ in range(3)]
    address = url(Claim, "changelist")
    data = {"action": "delete_selected", "_selected_action": [claim.pk for claim in claims[:2]]}
    page = admin_client.post(address, data)
    assert f'name="_shown" value="{page.wsgi_request.shown}"' in page.content.decode()
    Claim.objects.filter(pk=claims[0].pk).update(context="By 2020.")
    response = admin_client.post(address, data | {"post": "yes", "_shown": page.wsgi_request.shown}, follow=True)
    assert "Not deleted. The record or something" in response.content.decode()
    admin_client.post(address, data | {"post": "yes"})
    assert Claim.objects.count() == 3
    shown = admin_client.post(address, data).wsgi_request.shown
    admin_client.post(address, data | {"post": "yes", "_shown": shown})
    assert list(Claim.objects.all()) == claims[2:]


def test_a_refusal_of_the_database_is_shown_at_the_form(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a race: the form's validation passes, but the database refuses."""
    snapshot = make_snapshot()
    assertion = make_assertion(snapshot=snapshot, start=0, end=12)
    address = url(Assertion, "change", assertion.pk)
    data = form_of(admin_client, address) | {"end": "5000", "note": "Typed with care.", "quote_sha256": "0" * 64}
    monkeypatch.setattr(Snapshot, "span_problem", lambda *args: None)
    response = admin_client.post(address, data)
    assert response.status_code == 200
    assert response.context["adminform"].form.errors["end"] == [
        f"The span ends at 5000, but the snapshot has {len(TEXT)} code points."
    ]
    assert "Typed with care." in response.content.decode()


def test_a_declared_constraint_speaks_in_its_own_words(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = make_claim(), make_claim()
    make_relation(from_claim=one, to_claim=other)
    monkeypatch.setattr("claims.models.base.Record.validate_constraints", lambda *args, **kwargs: None)
    address = url(Claim, "change", other.pk)
    data = form_of(admin_client, address) | {
        "relations_out-TOTAL_FORMS": "1",
        "relations_out-0-kind": "contradicts",
        "relations_out-0-to_claim": one.pk,
    }
    response = admin_client.post(address, data)
    assert response.status_code == 200
    assert "The two claims already have this relation, in one direction or the other." in response.content.decode()


def test_the_deferred_check_of_the_status_is_shown_too(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = make_claim()
    address = url(Claim, "change", claim.pk)
    data = form_of(admin_client, address)
    saving = Claim.save

    def save(self: Claim, *args: Any, **kwargs: Any) -> None:
        self.status = Status.SUPPORTED
        saving(self, *args, **kwargs)

    monkeypatch.setattr(Claim, "save", save)
    response = admin_client.post(address, data)
    assert response.status_code == 200
    assert "The status follows the verdict of record" in response.content.decode()


def test_a_taken_slug_is_refused_with_its_field(admin_client: Client) -> None:
    taken, claim = make_claim(), make_claim()
    address = url(Claim, "change", claim.pk)
    response = admin_client.post(address, form_of(admin_client, address) | {"slug": taken.slug})
    assert "This slug is taken." in response.content.decode()


def test_what_is_in_use_is_not_deleted(admin_client: Client) -> None:
    assertion = make_assertion()
    page = admin_client.get(url(Actor, "delete", assertion.speaker_id)).content.decode()
    assert "1 assertion (speaker)" in page
    delete(admin_client, assertion.speaker)
    assert Actor.objects.filter(pk=assertion.speaker_id).exists()


def test_what_is_deleted_with_a_claim_is_counted_first(admin_client: Client) -> None:
    claim = make_claim(topics=[make_topic()])
    make_assertion(claim=claim)
    page = admin_client.get(url(Claim, "delete", claim.pk)).content.decode()
    assert "1 assertion" in page
    delete(admin_client, claim)
    assert not Claim.objects.exists()
    assert Topic.objects.exists()


def test_a_captured_text_is_never_editable(admin_client: Client) -> None:
    held, missing = make_snapshot(), make_snapshot(text=None, sha256="a" * 64, length=5)
    fields = admin_client.get(url(Snapshot, "change", held.pk)).context["adminform"].form.fields
    assert set(fields) == {"captured_at", "media_type"}
    assert "text" in admin_client.get(url(Snapshot, "change", missing.pk)).context["adminform"].form.fields
    address = url(Snapshot, "change", missing.pk)
    response = admin_client.post(address, form_of(admin_client, address) | {"text": "other"})
    assert response.status_code == 200
    assert Snapshot.objects.get(pk=missing.pk).text is None


# From claim to claim


def test_saving_goes_to_the_next_open_claim_of_the_list(admin_client: Client) -> None:
    speaker = make_actor()
    first, other, second, third = (make_claim() for _ in range(4))
    for claim in (first, second, third):
        make_assertion(claim=claim, speaker=speaker)
    make_verdict(claim=second)
    filters = f"?_changelist_filters=speaker%3D{speaker.pk}"
    address = url(Claim, "change", third.pk) + filters
    response = admin_client.post(address, form_of(admin_client, address) | {"_next": "1"})
    assert response.url == url(Claim, "change", first.pk) + filters
    assert admin_client.get(url(Claim, "next", third.pk)).url == url(Claim, "change", other.pk)
    Claim.objects.filter(pk=first.pk).delete()
    finished = admin_client.get(url(Claim, "next", third.pk) + filters)
    assert finished.url == f"{url(Claim, 'changelist')}?speaker={speaker.pk}"


# History and merging


def test_history_tells_who_changed_what(admin_client: Client) -> None:
    part = make_actor(name="FSB")
    address = url(Actor, "change", part.pk)
    whole = make_actor(name="Russia")
    admin_client.post(address, form_of(admin_client, address) | {"part_of": whole.pk, "description": "A & B"})
    page = admin_client.get(url(Actor, "history", part.pk)).content.decode()
    assert '<del dir="auto">–</del> <span aria-hidden="true">→</span> <ins dir="auto">Russia</ins>' in page
    assert '<ins dir="auto">A &amp; B</ins>' in page
    assert "<td>admin</td>" in page
    Actor.objects.filter(pk=part.pk).update(part_of=None)
    Actor.objects.filter(pk=whole.pk).delete()
    assert "(deleted)" in admin_client.get(url(Actor, "history", part.pk)).content.decode()


def test_history_takes_as_many_queries_for_ten_changes_as_for_one(admin_client: Client) -> None:
    actor = make_actor(part_of=make_actor())

    def change() -> None:
        Actor.objects.filter(pk=actor.pk).update(part_of=make_actor())

    change()
    queries(admin_client, url(Actor, "history", actor.pk))
    before = queries(admin_client, url(Actor, "history", actor.pk))
    for _ in range(10):
        change()
    assert queries(admin_client, url(Actor, "history", actor.pk)) == before


def test_actors_are_merged(admin_client: Client) -> None:
    assertion, into = make_assertion(), make_actor()
    double = assertion.speaker
    address = url(Actor, "merge", double.pk)
    assert "Merge" in admin_client.get(address).content.decode()
    assert "Select a valid choice" in admin_client.post(address, {"into": double.pk}).content.decode()
    assert admin_client.post(address, {"into": into.pk}).url == url(Actor, "change", into.pk)
    assertion.refresh_from_db()
    assert assertion.speaker == into
    assert admin_client.get(address).url == url(Actor, "change", into.pk)
    assert "merged into" in admin_client.get(url(Actor, "change", double.pk)).content.decode().lower()
