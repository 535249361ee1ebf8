"""What verdicts were given on, in the admin: rewordings, the earlier words, and what the parts of a claim say."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.html import strip_tags

from claims.models import Claim, Evidence, Rewording
from tests.admin.pressing import page_of, text_of
from tests.adminpages import form_of, queries, url
from tests.factories import (
    make_claim,
    make_evidence,
    make_relation,
    make_rewording,
    make_snapshot,
    make_source,
    make_verdict,
)
from tests.people import people
from tests.reviewers import published

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> Client:
    user = people()["reader"]
    User.objects.update(is_staff=True)
    client = Client()
    client.force_login(user)
    return client


def change(client: Client, record: Any, **values: Any) -> Any:
    return client.post(page_of(record), form_of(client, page_of(record)) | values)


REASON = {"rewording_kind": "clarification", "rewording_reason": "There are two bridges."}


def test_words_on_which_a_verdict_was_published_change_with_a_reason(hands: Any, users: Any) -> None:
    anna, _ = hands
    claim = make_claim(text="The bridge fell.")
    evidence = make_evidence(claim=claim, summary="It lies in the river.")
    verdict = published(claim=claim, evidence=[evidence])
    for record, values in ((claim, {"text": "The old bridge fell."}), (evidence, {"summary": "It lies there."})):
        response = change(anna, record, **values)
        assert response.context["adminform"].form.errors.keys() == {"rewording_kind", "rewording_reason"}
        assert next(iter(values.values())) in response.content.decode()
        # a reason of the wrong kind is reported, too, and a blank one is none
        response = change(anna, record, **values, rewording_kind="error", rewording_reason=" \u200b")
        assert response.context["adminform"].form.errors.keys() == {"rewording_reason"}
        assert change(anna, record, **values, **REASON).status_code == 302
    verdict.refresh_from_db()
    assert verdict.on_earlier_words
    found = [(each.evidence, each.earlier.get("text") or each.earlier["summary"]) for each in Rewording.objects.all()]
    assert found == [(evidence, "It lies in the river."), (None, "The bridge fell.")]
    assert set(Rewording.objects.values_list("kind", "created_by")) == {("clarification", users[0].pk)}


def test_contributors_change_no_words_on_which_a_verdict_was_published() -> None:
    """Not even what they added themselves, on a claim without a position of record."""
    user = people()["contributor"]
    User.objects.update(is_staff=True)
    client = Client()
    client.force_login(user)
    claim = make_claim(text="The bridge fell.", created_by=user)
    evidence = make_evidence(claim=claim, summary="It lies in the river.", created_by=user)
    published(claim=claim, evidence=[evidence], of_record=False)
    for record, values in ((claim, {"text": "The old bridge fell."}), (evidence, {"summary": "It lies there."})):
        assert "rewording_reason" not in client.get(page_of(record)).content.decode()
        said = change(client, record, **values, **REASON).content.decode()
        assert "You need the role of reviewer to add rewordings" in said
    assert change(client, evidence, credibility="2").status_code == 302
    assert not Rewording.objects.exists()


def test_other_changes_need_none(hands: Any) -> None:
    anna, _ = hands
    verdict, free = published(), make_claim()
    assert change(anna, verdict.claim, kind="number").status_code == 302
    assert "rewording_reason" not in anna.get(page_of(free)).context["adminform"].form.fields
    assert change(anna, free, text="Other words.").status_code == 302
    assert not Rewording.objects.exists()


def test_pages_show_the_earlier_words(hands: Any) -> None:
    anna, _ = hands
    old, new = make_source(title="The Gazette"), make_source(title="The Herald")
    claim = make_claim(text="The bridge fell.", context="By 1990.")
    evidence = make_evidence(claim=claim, source=old, stance="supports", summary="It lies in the river.")
    verdict = published(claim=claim, evidence=[evidence])
    assert "earlier-words" not in text_of(anna, page_of(claim))
    make_rewording(claim=claim, changes={"text": "The old bridge fell."})
    make_rewording(claim=claim, changes={"context": "By 1991."})
    make_rewording(claim=claim, changes={"text": "The old bridge fell down."}, reason="It was not clear where.")
    make_rewording(evidence=evidence, changes={"stance": "refutes", "source": new})

    def listed(record: Any) -> list[list[tuple[str, str]]]:
        response = anna.get(page_of(record))
        assert 'id="earlier-words"' in response.content.decode()
        shown = response.context["earlier_words"]
        return [[(each.field, strip_tags(each.before)) for each in earlier.changes] for earlier in shown]

    on_evidence = [("stance", "Supports"), ("source", "The Gazette")]
    # newest first, and of each only what has changed
    assert listed(claim) == [
        on_evidence,
        [("text", "The old bridge fell.")],
        [("context", "By 1990.")],
        [("text", "The bridge fell.")],
    ]
    assert listed(evidence) == [on_evidence]
    assert "It was not clear where." in text_of(anna, page_of(claim))
    for address in (page_of(claim), page_of(verdict)):
        assert "Given on earlier words" in text_of(anna, address)
        assert '#earlier-words">What they were</a>' in text_of(anna, address)


def test_the_register_shows_all_that_was_said(hands: Any, reader: Client) -> None:
    anna, _ = hands
    snapshot = make_snapshot(source=make_source(title="The Gazette"))
    evidence = make_evidence(snapshot=snapshot, start=18, end=33, summary="It lies in the river.")
    published(claim=evidence.claim, evidence=[evidence])
    rewording = make_rewording(evidence=evidence, changes={"summary": "It lies there."})
    for client in (anna, reader):
        page = text_of(client, page_of(rewording))
        for words in ("It lies in the river.", "code points 18–33", "The Gazette", "Clarification"):
            assert words in page, words
        assert "It was not clear." in text_of(client, url(Rewording, "changelist"))
        assert client.post(page_of(rewording), {"reason": "Forged."}).status_code == 403
        assert client.get(url(Rewording, "add")).status_code == 403
        assert client.get(url(Rewording, "delete", rewording.pk)).status_code == 403


def test_readers_see_no_words_from_before_they_were_public(hands: Any, reader: Client) -> None:
    anna, _ = hands
    claim = make_claim(text="The zebra fell.", public_from=None)
    evidence = make_evidence(claim=claim, source=make_source(), public_from=None)
    published(claim=claim, evidence=[evidence])
    rewording = make_rewording(claim=claim, changes={"text": "The bridge fell."})
    Claim.objects.filter(pk=claim.pk).update(public_from="2020-01-01T00:00Z")
    Evidence.objects.filter(pk=evidence.pk).update(public_from="2020-01-01T00:00Z")
    for address in (page_of(claim), url(Rewording, "changelist"), page_of(rewording)):
        assert "The zebra fell." not in text_of(reader, address)
    assert "earlier-words" not in text_of(reader, page_of(claim))
    assert "What they were" not in text_of(reader, page_of(claim))
    assert "The zebra fell." in text_of(anna, page_of(claim))


def test_a_compound_claim_says_what_its_parts_say_together(hands: Any, reader: Client) -> None:
    anna, _ = hands
    claim = make_claim()
    assert 'id="parts"' not in text_of(anna, page_of(claim))
    parts = [make_claim(text="It stood."), make_claim(text="It fell."), make_claim(text="It zebras.", public_from=None)]
    for part in parts:
        make_relation(from_claim=part, to_claim=claim, kind="part_of")
    make_relation(from_claim=make_claim(), to_claim=claim, kind="refines")
    before = queries(anna, page_of(claim))
    make_verdict(claim=parts[0])
    make_verdict(claim=parts[1], status="refuted")
    assert queries(anna, page_of(claim)) == before
    page = text_of(anna, page_of(claim))
    assert "At least one part is refuted" in page
    assert "1 of 3 is refuted" in page
    section = page[page.index('id="parts"') :].split("</section>")[0]
    assert [part.text in section for part in parts] == [True] * 3
    page = text_of(reader, page_of(claim))
    assert "1 of 2 is refuted" in page
    assert "It zebras." not in page
