"""A verdict that was ever published keeps its word against every way of writing."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import RestrictedError
from django.test import Client

from claims.models import Claim, Evidence, Verdict, VerdictEvidence
from tests import factories as make
from tests.adminpages import form_of
from tests.adminpages import url as page
from tests.client import administrator, problem, url
from tests.reviewers import (
    ONCE_PUBLISHED,
    WORDS,
    at_commit,
    desk,
    draft_of,
    once_published,
    published,
    relied_on,
    reviewers,
    seal,
    stored,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(params=ONCE_PUBLISHED)
def verdict(request: Any) -> Verdict:
    return once_published(request.param)


def another(field: str, verdict: Verdict) -> Any:
    """Another value for a field."""
    if field == "claim":
        return make.make_claim()
    if field == "issuer":
        return make.make_actor()
    if field == "supersedes":
        return None
    if field in ("drafted_by", "published_by"):
        return User.objects.create(username="carol")
    return {
        "status": "conflicting",
        "rationale": WORDS[3],
        "label": "False",
        "reason": "Other figures.",
        "reason_kind": "error",
        "second_reader": True,
        "published_at": datetime(2020, 1, 1, tzinfo=UTC),
        "revision": 7,
        "state": "draft",
        "of_record": not verdict.of_record,
        "withdrawal": "It was right.",
        "withdrawal_kind": "context",
    }[field]


WRITTEN = ("claim", "issuer", "status", "rationale", "label", "supersedes", "reason", "reason_kind")
SET_BY_US = ("drafted_by", "published_by", "second_reader", "published_at", "revision", "state", "of_record")
FIELDS = (*WRITTEN, *SET_BY_US, "withdrawal", "withdrawal_kind")


def by_patch(verdict: Verdict, field: str, value: Any) -> None:
    body = {field: getattr(value, "pk", value.isoformat() if isinstance(value, datetime) else value)}
    problem(administrator().patch(url("verdicts", verdict.pk), body, format="json"), 400, field)


def by_put(verdict: Verdict, field: str, value: Any) -> None:
    client = administrator()
    shown = client.get(url("verdicts", verdict.pk)).json()
    body = {name: shown[name] for name in (*WRITTEN, "url", "issued", "evidence")} | {"claim": verdict.claim_id}
    body[field] = getattr(value, "pk", value.isoformat() if isinstance(value, datetime) else value)
    if field == "claim":
        body["evidence"] = []
    problem(client.put(url("verdicts", verdict.pk), body, format="json"), 400, field)


def by_form(verdict: Verdict, field: str, value: Any) -> None:
    """The form shows the field as it is and takes no other value."""
    client = Client()
    client.force_login(User.objects.get_or_create(username="root", is_superuser=True, is_staff=True)[0])
    address = page(Verdict, "change", verdict.pk)
    data = form_of(client, address) | {field: getattr(value, "pk", value) or ""}
    client.post(address, data)


def by_update(verdict: Verdict, field: str, value: Any) -> None:
    Verdict.objects.filter(pk=verdict.pk).update(**{field: value})


def by_bulk_update(verdict: Verdict, field: str, value: Any) -> None:
    setattr(verdict, field, value)
    Verdict.objects.bulk_update([verdict], [field])


def by_save(verdict: Verdict, field: str, value: Any) -> None:
    setattr(verdict, field, value)
    verdict.save()


def by_sql(verdict: Verdict, field: str, value: Any) -> None:
    column = Verdict._meta.get_field(field).column  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE claims_verdict SET {column} = %s WHERE id = %s", [getattr(value, "pk", value), verdict.pk]
        )


def by_upsert(verdict: Verdict, field: str, value: Any) -> None:
    setattr(verdict, field, value)
    Verdict.objects.bulk_create([verdict], update_conflicts=True, update_fields=[field], unique_fields=["id"])


BY_DOORS = (by_patch, by_put, by_form)
BY_DATABASE = (by_update, by_bulk_update, by_save, by_sql, by_upsert)


@pytest.mark.parametrize("way", [*BY_DOORS, *BY_DATABASE], ids=lambda way: way.__name__)
def test_no_field_changes(verdict: Verdict, way: Any) -> None:
    for field in FIELDS:
        if field.startswith("withdrawal") and verdict.state != "withdrawn":
            continue
        before, value = stored(verdict), another(field, verdict)
        if way in BY_DOORS:
            way(verdict, field, value)
        else:
            with pytest.raises(IntegrityError) as refusal:
                at_commit(lambda v=verdict, f=field, to=value: way(v, f, to))  # type: ignore[misc]
            assert refusal.value.__cause__.sqlstate == "23514"  # type: ignore[union-attr]
        User.objects.filter(username="carol").delete()
        verdict = Verdict.objects.get(pk=verdict.pk)
        assert stored(verdict) == before, field
    seal()


def test_the_refusal_names_the_field_and_says_what_to_do(verdict: Verdict) -> None:
    found = problem(
        administrator().patch(url("verdicts", verdict.pk), {"rationale": WORDS[3]}, format="json"), 400, "rationale"
    )
    assert found["detail"] == "A verdict that has been published keeps its word; supersede it instead."
    moved = make.make_claim()
    found = problem(administrator().patch(url("verdicts", verdict.pk), {"claim": moved.slug}, format="json"), 400)
    assert "add a new verdict on that claim" in found["detail"]


def test_it_keeps_its_word_within_the_transaction_that_published_it() -> None:
    anna, boris = reviewers()
    verdict = draft_of(anna)
    Verdict.objects.filter(pk=verdict.pk).update(state="submitted")
    for also in ({"rationale": WORDS[1]}, {"status": "conflicting"}, {"supersedes": None, "label": "False"}):
        with pytest.raises(IntegrityError, match="only after it has been returned"), transaction.atomic():
            Verdict.objects.filter(pk=verdict.pk).update(state="published", published_by=boris, **also)
    Verdict.objects.filter(pk=verdict.pk).update(state="published", published_by=boris)
    with pytest.raises(IntegrityError, match="keeps its word"), transaction.atomic():
        by_update(verdict, "rationale", WORDS[1])


# Equal values are no change


def test_equal_values_are_no_change(verdict: Verdict) -> None:
    before, client, address = stored(verdict), administrator(), url("verdicts", verdict.pk)
    shown = client.get(address).json()
    body = {name: shown[name] for name in (*WRITTEN, "url", "issued", "evidence")}
    for response in (client.patch(address, body, format="json"), client.put(address, body, format="json")):
        assert (response.status_code, response.json()) == (200, shown)
    for field in FIELDS:
        for way in BY_DATABASE:
            way(verdict, field, getattr(Verdict.objects.get(pk=verdict.pk), field))
    form = Client()
    form.force_login(User.objects.create(username="root", is_superuser=True, is_staff=True))
    change = page(Verdict, "change", verdict.pk)
    assert form.post(change, form_of(form, change)).status_code == 302
    seal()
    assert stored(verdict) == before


def test_the_same_links_written_again_are_no_change(verdict: Verdict) -> None:
    (evidence,) = verdict.evidence.all()
    with transaction.atomic():
        VerdictEvidence.objects.filter(verdict=verdict).delete()
        make.make_verdict_evidence(verdict=verdict, evidence=evidence)
        seal()
    assert relied_on(verdict) == [evidence.pk]


def test_url_and_day_can_be_corrected(verdict: Verdict) -> None:
    body = {"url": "https://example.org/", "issued": "2026-01"}
    response = administrator().patch(url("verdicts", verdict.pk), body, format="json")
    assert response.status_code == 200
    assert body.items() <= response.json().items()


# Deletion


def delete_by_sql(record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {record._meta.db_table} WHERE id = %s", [record.pk])


@pytest.mark.parametrize("which", ["verdict", "claim", "evidence", "issuer"])
def test_nothing_of_it_is_deleted(verdict: Verdict, which: str) -> None:
    record = (
        verdict.evidence.get() if which == "evidence" else verdict if which == "verdict" else getattr(verdict, which)
    )
    before, prefix = stored(verdict), {"issuer": "actors", "evidence": "evidence"}.get(which, f"{which}s")
    for attempt in (record.delete, lambda: type(record).objects.filter(pk=record.pk).delete()):
        with pytest.raises((IntegrityError, RestrictedError)):
            at_commit(attempt)
    with pytest.raises(IntegrityError):
        at_commit(lambda: delete_by_sql(record))
    # as a superuser, whom no role keeps from it
    response = administrator().delete(url(prefix, record.pk))
    problem(response, response.status_code)
    assert response.status_code in (400, 409)
    client = Client()
    client.force_login(User.objects.create(username="root", is_superuser=True, is_staff=True))
    address = page(type(record), "delete", record.pk)
    shown = client.get(address)
    client.post(address, {"post": "yes", "_shown": getattr(shown.wsgi_request, "shown", "")})
    assert stored(verdict) == before
    assert type(record).objects.filter(pk=record.pk).exists()


def test_the_refusal_of_a_deletion_says_what_to_do() -> None:
    verdict = published()
    for record in (("verdicts", verdict.pk), ("claims", verdict.claim_id)):
        found = problem(administrator().delete(url(*record)), 400)
        assert found["detail"] == "A verdict that has been published cannot be deleted; withdraw or supersede it."


def test_evidence_stays_with_its_claim(verdict: Verdict) -> None:
    (evidence,), other = verdict.evidence.all(), make.make_claim()
    with pytest.raises(IntegrityError, match="must stay with its claim"), transaction.atomic():
        Evidence.objects.filter(pk=evidence.pk).update(claim=other)
    body = {"claim": other.slug}
    problem(administrator().patch(url("evidence", evidence.pk), body, format="json"), 400, "claim")


def test_a_claim_of_a_published_verdict_can_be_released_and_sorted() -> None:
    """Only what the verdict is about is held."""
    verdict = published(issuer=desk())
    body = {"occurred": "2020", "kind": "prediction", "topics": [make.make_topic().slug]}
    response = administrator().patch(url("claims", verdict.claim_id), body, format="json")
    assert response.status_code == 200
    (evidence,) = verdict.evidence.all()
    response = administrator().patch(url("evidence", evidence.pk), {"credibility": 1}, format="json")
    assert response.status_code == 200
    assert Claim.objects.get().occurred == "2020"
