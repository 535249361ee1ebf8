"""What a published verdict was about changes only as a rewording, with a reason beside the earlier words."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from claims.models import Claim, Evidence, Rewording, Verdict
from tests import factories as make
from tests.client import anonymous, problem, url
from tests.reviewers import (
    ONCE_PUBLISHED,
    WAYS,
    ByAdmin,
    ByApi,
    at_commit,
    done,
    evidence_on,
    published,
    refused,
    reviewer,
    seal,
)

pytestmark = pytest.mark.django_db

REASON = {"kind": "clarification", "reason": "It was not clear which one."}
HELD = "A verdict was published on this, so it changes only as a rewording: give the kind of reason and the reason."


@pytest.fixture
def anna() -> User:
    return reviewer("anna")


@pytest.fixture(params=WAYS)
def hand(request: Any, anna: User) -> Any:
    return request.param(anna)


def about(verdict: Verdict, what: str) -> Any:
    """The claim of a verdict, or the evidence that it relies on."""
    return verdict.claim if what == "claim" else verdict.evidence.get()


def placed(**kw: Any) -> Verdict:
    """A published verdict on evidence at a place in a snapshot."""
    claim = make.make_claim()
    evidence = make.make_evidence(claim=claim, snapshot=make.make_snapshot(), start=0, end=12)
    return published(claim=claim, evidence=[evidence], **kw)


CHANGES: dict[str, dict[str, Any]] = {
    "claim": {"text": "The old bridge fell.", "context": "By 2020."},
    "evidence": {"summary": "It fell.", "stance": "refutes", "locator": "page 3"},
}
#: each field, with another value
FIELDS = [(what, name) for what, values in CHANGES.items() for name in values]


# Without a reason


@pytest.mark.parametrize(("what", "name"), FIELDS)
def test_without_a_reason_it_is_refused_at_the_field(what: str, name: str, anna: User) -> None:
    record = about(published(), what)
    record.refresh_from_db()
    answer = ByApi(anna).reword(record, **{name: CHANGES[what][name]})
    found = problem(answer.response, 400, name)
    assert found["detail"] == f"{name}: {HELD}"
    assert record.version == type(record).objects.get(pk=record.pk).version


@pytest.mark.parametrize("how", ONCE_PUBLISHED)
@pytest.mark.parametrize("what", CHANGES)
def test_whatever_became_of_the_verdict(how: str, what: str, hand: Any) -> None:
    record = about(ONCE_PUBLISHED[how](), what)
    assert not hand.reword(record, **CHANGES[what])
    done(hand.reword(record, **CHANGES[what], **REASON))


def test_the_place_of_evidence_is_held(anna: User) -> None:
    hand = ByApi(anna)
    evidence = placed().evidence.get()
    source, other = make.make_source(), make.make_snapshot(source=evidence.source, text="A very different text.")
    for fields, values in {
        ("start",): {"start": 4, "quote_sha256": ""},
        ("source", "snapshot"): {"source": source.slug, "snapshot": None, "start": None, "end": None},
        ("snapshot",): {"snapshot": other.pk, "quote_sha256": ""},
    }.items():
        answer = hand.reword(evidence, **{"quote_sha256": ""} | values)
        named = {error["field"] for error in problem(answer.response, 400)["errors"]}
        assert {*fields} <= named
        assert HELD in answer.words
    done(hand.reword(evidence, source=source.slug, snapshot=None, start=None, end=None, quote_sha256="", **REASON))
    evidence.refresh_from_db()
    assert (evidence.source, evidence.snapshot, evidence.start) == (source, None, None)


def test_so_is_the_hash_of_words_that_are_not_held(anna: User) -> None:
    claim = make.make_claim()
    snapshot = make.make_snapshot(text=None, sha256="0" * 64, length=100)
    evidence = make.make_evidence(claim=claim, snapshot=snapshot, start=0, end=5, quote_sha256="1" * 64)
    published(claim=claim, evidence=[evidence])
    answer = ByApi(anna).reword(evidence, quote_sha256="2" * 64)
    assert HELD in problem(answer.response, 400, "quote_sha256")["detail"]
    done(ByApi(anna).reword(evidence, quote_sha256="2" * 64, **REASON))
    assert Rewording.objects.get().earlier["quote_sha256"] == "1" * 64


def test_other_fields_are_free(hand: Any) -> None:
    verdict = published()
    done(hand.reword(verdict.claim, occurred="2020"))
    done(hand.reword(verdict.evidence.get(), credibility=1))
    assert not Rewording.objects.exists()
    assert Verdict.objects.get().version == 1


def test_evidence_that_no_verdict_relies_on_is_free(hand: Any) -> None:
    verdict = published()
    (other,) = evidence_on(verdict.claim)
    done(hand.reword(other, summary="It fell."))
    draft = make.make_verdict(claim=verdict.claim, state="draft", of_record=False, evidence=[other])
    done(hand.reword(other, summary="It fell down."))
    Verdict.objects.filter(pk=draft.pk).update(state="submitted")
    done(hand.reword(other, summary="It fell over."))
    claim = make.make_verdict(state="draft", of_record=False).claim
    done(hand.reword(claim, text="The old bridge fell."))


@pytest.mark.parametrize("what", CHANGES)
def test_the_database_refuses_it(what: str) -> None:
    record = about(placed(), what)
    columns = {"claim": ("text", "context"), "evidence": ("stance", "summary", "locator")}[what]
    rows: Any = type(record).objects.filter(pk=record.pk)
    before = rows.values().get()

    def by_sql(name: str, value: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {record._meta.db_table} SET {name} = %s WHERE id = %s", [value, record.pk])

    def by_bulk_update(name: str, value: Any) -> None:
        setattr(record, name, value)
        type(record).objects.bulk_update([record], [name])

    for name in columns:
        for write in (lambda name, value: rows.update(**{name: value}), by_bulk_update, by_sql):
            with pytest.raises(IntegrityError, match="only as a rewording"), transaction.atomic():
                write(name, CHANGES[what][name])
        by_sql(name, before[name])  # the same words
    assert rows.values().get() == before


def test_a_verdict_and_other_words_do_not_come_together(anna: User) -> None:
    """The words are held from the moment of publication; in one transaction, whoever publishes sees the new ones."""
    draft = make.make_verdict(state="draft", of_record=False, status="not_checkable")

    def publish_and_change() -> None:
        Verdict.objects.filter(pk=draft.pk).update(state="published", second_reader=False)
        seal()
        Claim.objects.filter(pk=draft.claim_id).update(text="The old bridge fell.")

    with pytest.raises(IntegrityError, match="only as a rewording"):
        at_commit(publish_and_change)


# With a reason


@pytest.mark.parametrize("what", CHANGES)
def test_the_earlier_words_are_kept_and_verdicts_marked(what: str, hand: Any) -> None:
    verdict = placed()
    record = about(verdict, what)
    earlier = {name: getattr(record, name) for name in CHANGES[what]}
    reader = anonymous()
    addresses = url("verdicts", verdict.pk), url("claims", verdict.claim_id)
    tags = [reader.get(address)["ETag"] for address in addresses]
    done(hand.reword(record, **CHANGES[what], **REASON))
    record.refresh_from_db()
    verdict.refresh_from_db()
    assert verdict.on_earlier_words
    assert (verdict.version, verdict.claim.status) == (2, verdict.status)
    kept = Rewording.objects.get()
    assert (kept.kind, kept.reason, kept.created_by) == (REASON["kind"], REASON["reason"], hand.user)
    assert earlier.items() <= kept.earlier.items()
    assert (kept.new_version, kept.claim, kept.evidence) == (
        record.version,
        verdict.claim,
        None if what == "claim" else record,
    )
    if what == "evidence":
        assert (kept.source, kept.snapshot) == (record.source, record.snapshot)
        assert (kept.earlier["start"], kept.earlier["end"], kept.earlier["quote_sha256"]) == (
            0,
            12,
            record.quote_sha256,
        )
    assert {name: getattr(record, name) for name in CHANGES[what]} == CHANGES[what]
    (shown,) = reader.get(url("claims", verdict.claim_id, "rewordings")).json()["results"]
    assert (shown["reason"], shown["created_by"]) == (REASON["reason"], None)
    assert shown["earlier"] == kept.earlier
    for address, tag in zip(addresses, tags, strict=True):
        assert reader.get(address)["ETag"] != tag
    assert reader.get(url("verdicts", verdict.pk)).json()["on_earlier_words"] is True
    seal()


def test_only_verdicts_that_were_given_on_the_earlier_words_are_marked(hand: Any) -> None:
    claim = make.make_claim()
    one, two = evidence_on(claim, 2)
    on_one = published(claim=claim, evidence=[one])
    on_both = published(claim=claim, evidence=[one, two], of_record=False)
    on_two = published(claim=claim, evidence=[two], of_record=False)
    draft = make.make_verdict(claim=claim, evidence=[one], state="draft", of_record=False)
    elsewhere = published()

    def marked() -> set[int]:
        return {*Verdict.objects.filter(on_earlier_words=True).values_list("pk", flat=True)}

    done(hand.reword(one, summary="It fell.", **REASON))
    assert marked() == {on_one.pk, on_both.pk}
    done(hand.reword(claim, text="The old bridge fell.", **REASON))
    assert marked() == {on_one.pk, on_both.pk, on_two.pk}
    later = published(claim=claim, issuer=on_one.issuer, supersedes=on_one, reason="New words.", evidence=[one])
    assert later.pk not in marked()
    assert not {draft.pk, elsewhere.pk} & marked()
    shown = anonymous().get(url("verdicts"), {"on_earlier_words": "true"}).json()["results"]
    assert {row["id"] for row in shown} == marked()


def test_each_rewording_is_kept(hand: Any) -> None:
    claim = published().claim
    words = [claim.text, "The old bridge fell.", "The oldest bridge fell."]
    for text in words[1:]:
        done(hand.reword(claim, text=text, **REASON))
    done(hand.reword(claim, text=words[0], **REASON))
    found = [kept.earlier["text"] for kept in Rewording.objects.order_by("pk")]
    assert found == words


# A reason for nothing


@pytest.mark.parametrize("what", CHANGES)
def test_equal_words_are_refused(what: str, anna: User) -> None:
    record = about(published(), what)
    same = {name: getattr(record, name) for name in CHANGES[what]}
    for values in ({}, same, {"occurred": "2020"} if what == "claim" else {"credibility": 1}):
        answer = ByApi(anna).reword(record, **values, **REASON)
        assert "These are the same words as before" in problem(answer.response, 400, "rewording")["detail"]
    assert not Rewording.objects.exists()


def test_the_database_refuses_that_too() -> None:
    verdict = placed()
    evidence = verdict.evidence.get()
    for values, act in (
        ({"claim": verdict.claim}, lambda: None),
        ({"claim": verdict.claim}, lambda: Claim.objects.filter(pk=verdict.claim_id).update(kind="prediction")),
        ({"claim": verdict.claim, "evidence": evidence}, lambda: None),
        ({"claim": verdict.claim, "evidence": evidence}, lambda: Evidence.objects.update(credibility=1)),
    ):

        def reword(values: Any = values, act: Any = act) -> None:
            Rewording.objects.create(**values, **REASON)
            act()

        with pytest.raises(IntegrityError, match="These are the same words as before"):
            at_commit(reword)
    assert not Rewording.objects.exists()
    assert Verdict.objects.get().on_earlier_words is False


@pytest.mark.parametrize("what", CHANGES)
def test_without_a_published_verdict_there_is_nothing_to_reword(what: str, anna: User) -> None:
    claim = make.make_claim()
    evidence = evidence_on(claim)
    verdict = make.make_verdict(claim=claim, evidence=evidence, state="draft", of_record=False)
    record = about(verdict, what)
    answer = ByApi(anna).reword(record, **CHANGES[what], **REASON)
    assert "No verdict was published on these words" in problem(answer.response, 400, "rewording")["detail"]
    about_it = {"claim": claim} | ({"evidence": record} if what == "evidence" else {})
    with pytest.raises(IntegrityError, match="No verdict was published on these words"), transaction.atomic():
        Rewording.objects.create(**about_it, **REASON)


@pytest.mark.parametrize(
    ("reason", "field"),
    [
        ({"kind": "error"}, "rewording.reason"),
        ({"kind": "error", "reason": ""}, "rewording.reason"),
        ({"kind": "error", "reason": " \u200b"}, "rewording.reason"),
        ({"kind": "mood", "reason": "So."}, "rewording.kind"),
        ({"reason": "So."}, "rewording.kind"),
        ({"kind": "error", "reason": "So.", "by": "me"}, "rewording.by"),
        ("So.", "rewording"),
        (None, "rewording"),
    ],
)
def test_a_reason_has_a_kind_and_words(reason: Any, field: str, anna: User) -> None:
    claim = published().claim
    body = {"text": "The old bridge fell.", "rewording": reason}
    problem(ByApi(anna).client.patch(url("claims", claim.pk), body, format="json"), 400, field)
    assert Claim.objects.get().text == claim.text


def test_a_new_record_has_no_earlier_words(anna: User) -> None:
    client, claim = ByApi(anna).client, make.make_claim()
    body = {"text": "The bridge fell.", "kind": "fact", "rewording": REASON}
    problem(client.post(url("claims"), body, format="json"), 400, "rewording")
    body = {"claim": claim.slug, "source": make.make_source().slug, "stance": "refutes", "summary": "No."}
    problem(client.post(url("evidence"), body | {"rewording": REASON}, format="json"), 400, "rewording")


# Many at once


def test_bulk_changes_name_the_items(anna: User) -> None:
    client = ByApi(anna).client
    claims = [published().claim, make.make_claim(), published().claim, published().claim]
    items: list[dict[str, Any]] = []
    for claim in claims:
        claim.refresh_from_db()
        items.append({"id": claim.pk, "version": claim.version, "text": f"It is as claim {claim.pk} says."})

    def send() -> Any:
        return client.patch(url("claims", "bulk"), {"items": items}, format="json")

    items[0]["rewording"] = REASON
    assert HELD in problem(send(), 400, "items.2.text", "items.3.text")["detail"]
    items[1]["rewording"] = items[2]["rewording"] = REASON
    items[3] |= {"text": claims[3].text, "rewording": REASON}
    problem(send(), 400, "items.1.rewording", "items.3.rewording")
    assert not Rewording.objects.exists()
    del items[1]["rewording"], items[3]["rewording"]
    assert send().status_code == 200
    assert {kept.claim for kept in Rewording.objects.all()} == {claims[0], claims[2]}


# In the admin


@pytest.mark.parametrize("what", CHANGES)
def test_the_form_asks_for_a_reason(what: str, anna: User) -> None:
    hand, record = ByAdmin(anna), about(published(), what)
    refused(hand.reword(record, **CHANGES[what]), "A verdict was published on these words: say why they change.")
    refused(hand.reword(record, **CHANGES[what], kind="error", reason=" "), "say why they change")
    assert not Rewording.objects.exists()
    done(hand.reword(record, **CHANGES[what], **REASON))
    assert Rewording.objects.count() == 1
    # nobody has to give a reason where there is nothing to reword
    done(hand.reword(record, **REASON))
    assert Rewording.objects.count() == 1


def test_the_form_does_not_ask_where_no_verdict_was_published(anna: User) -> None:
    claim = make.make_claim()
    for record in (claim, *evidence_on(claim)):
        page = ByAdmin(anna).client.get(f"/admin/claims/{record._meta.model_name}/{record.pk}/change/")
        assert "rewording_kind" not in page.content.decode()


def test_a_mistake_elsewhere_in_the_form_is_the_only_one_shown(anna: User) -> None:
    """Nothing is reworded before the whole form is right."""
    hand, verdict = ByAdmin(anna), published()
    wrong = {"evidence-TOTAL_FORMS": "1", "evidence-0-summary": "It fell.", "evidence-0-stance": "refutes"}
    address = f"/admin/claims/claim/{verdict.claim_id}/change/"
    values = {"text": "The old bridge fell.", "rewording_kind": "error", "rewording_reason": "So.", **wrong}
    answer = hand._save(address, **values)
    assert not answer
    assert "same words" not in answer.words
    assert not Rewording.objects.exists()
