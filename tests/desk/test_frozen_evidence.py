"""A verdict that was ever published relies on the evidence that it relied on then."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from claims.models import Evidence, Publication, Verdict, VerdictEvidence
from tests import factories as make
from tests.client import administrator, problem, url
from tests.racing import meanwhile
from tests.reviewers import (
    ONCE_PUBLISHED,
    WORDS,
    ByAdmin,
    at_commit,
    draft_of,
    evidence_on,
    once_published,
    relied_on,
    reviewers,
    seal,
    stored,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(params=ONCE_PUBLISHED)
def verdict(request: Any) -> Verdict:
    return once_published(request.param)


def add_link(verdict: Verdict) -> None:
    make.make_verdict_evidence(verdict=verdict, evidence=evidence_on(verdict.claim)[0])


def add_link_by_sql(verdict: Verdict) -> None:
    (evidence,) = evidence_on(verdict.claim)
    with connection.cursor() as cursor:
        sql = "INSERT INTO claims_verdictevidence (verdict_id, evidence_id) VALUES (%s, %s)"
        cursor.execute(sql, [verdict.pk, evidence.pk])


def delete_link(verdict: Verdict) -> None:
    VerdictEvidence.objects.filter(verdict=verdict).delete()


def delete_link_by_sql(verdict: Verdict) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM claims_verdictevidence WHERE verdict_id = %s", [verdict.pk])


def lead_link_elsewhere(verdict: Verdict) -> None:
    VerdictEvidence.objects.filter(verdict=verdict).update(evidence=evidence_on(verdict.claim)[0])


def bulk_update_link(verdict: Verdict) -> None:
    link = VerdictEvidence.objects.get(verdict=verdict)
    link.evidence = evidence_on(verdict.claim)[0]
    VerdictEvidence.objects.bulk_update([link], ["evidence"])


def draft_beside(verdict: Verdict) -> Verdict:
    evidence = evidence_on(verdict.claim)
    return make.make_verdict(claim=verdict.claim, state="draft", of_record=False, evidence=evidence)


def move_link_away(verdict: Verdict) -> None:
    VerdictEvidence.objects.filter(verdict=verdict).update(verdict=draft_beside(verdict))


def move_link_there(verdict: Verdict) -> None:
    VerdictEvidence.objects.filter(verdict=draft_beside(verdict)).update(verdict=verdict)


def set_links(verdict: Verdict) -> None:
    verdict.evidence.set(evidence_on(verdict.claim, 2))


def replace_link(verdict: Verdict) -> None:
    """As many as before, but others."""
    delete_link(verdict)
    add_link(verdict)


def delete_evidence_with_link(verdict: Verdict) -> None:
    evidence = relied_on(verdict)
    delete_link(verdict)
    Evidence.objects.filter(pk__in=evidence).delete()


LINKS = (
    *(add_link, add_link_by_sql, delete_link, delete_link_by_sql, lead_link_elsewhere, bulk_update_link),
    *(move_link_away, move_link_there, set_links, replace_link, delete_evidence_with_link),
)


@pytest.mark.parametrize("act", LINKS, ids=lambda act: act.__name__)
def test_it_relies_on_the_same_evidence(verdict: Verdict, act: Any) -> None:
    before = stored(verdict)
    with pytest.raises(IntegrityError, match="keeps its word"):
        at_commit(lambda: act(verdict))
    assert stored(verdict) == before


def test_over_the_api_and_in_the_admin_too(verdict: Verdict) -> None:
    before, (more,) = stored(verdict), evidence_on(verdict.claim)
    in_admin = ByAdmin(User.objects.create(username="root", is_superuser=True, is_staff=True))
    for evidence in ([], [more.pk], [*before["evidence"], more.pk]):
        body = {"evidence": evidence}
        problem(administrator().patch(url("verdicts", verdict.pk), body, format="json"), 400, "evidence")
        in_admin.change(verdict, evidence=evidence)
        assert stored(verdict) == before


def test_what_it_relied_on_is_recorded_once(verdict: Verdict) -> None:
    sealed = Publication.objects.get(verdict=verdict)
    assert sealed.evidence == relied_on(verdict)
    for attempt in (
        lambda: Publication.objects.filter(verdict=verdict).update(evidence=[]),
        lambda: Publication.objects.filter(verdict=verdict).delete(),
    ):
        with pytest.raises(IntegrityError, match="is kept"), transaction.atomic():
            attempt()


def test_nobody_but_the_database_records_it() -> None:
    """Else the rules of publication could be passed by."""
    anna, _ = reviewers()
    verdict = draft_of(anna, state="submitted")
    Verdict.objects.filter(pk=verdict.pk).update(state="published", published_by=anna)
    with connection.cursor() as cursor:
        sql = "INSERT INTO claims_publication (verdict_id, evidence, sealed_at) VALUES (%s, %s, now())"
        cursor.execute(sql, [verdict.pk, relied_on(verdict)])
    assert not Publication.objects.exists()
    with pytest.raises(IntegrityError, match="by somebody who wrote none"):
        seal()


# A verdict and its links arrive together


def arrive(**values: Any) -> Verdict:
    claim = make.make_claim()
    said = {"status": "refuted", "rationale": WORDS[0], "state": "published", "second_reader": False}
    return Verdict.objects.create(**{"claim": claim, "issuer": make.make_actor()} | said | values)


@pytest.mark.django_db(transaction=True)
def test_a_verdict_and_its_links_arrive_in_one_transaction() -> None:
    with transaction.atomic():
        verdict = arrive()
        links = [VerdictEvidence(verdict=verdict, evidence=each) for each in evidence_on(verdict.claim, 2)]
        VerdictEvidence.objects.bulk_create(links)
    assert Publication.objects.get().evidence == relied_on(verdict)
    with pytest.raises(IntegrityError, match="keeps its word"):
        add_link(verdict)
    assert len(relied_on(verdict)) == 2
    # one that came without can't get any later
    bare = arrive()
    with pytest.raises(IntegrityError, match="keeps its word"):
        add_link(bare)


def test_links_that_come_before_their_verdict_lead_to_its_own_claim() -> None:
    """Their foreign key is checked at commit, and so is their claim."""
    (elsewhere,) = evidence_on(make.make_claim())
    claim, issuer = make.make_claim(), make.make_actor()

    def arrive_backwards() -> None:
        VerdictEvidence.objects.create(verdict_id=987, evidence=elsewhere)
        arrive(pk=987, claim=claim, issuer=issuer)

    with pytest.raises(IntegrityError, match="only on evidence on its own claim"):
        at_commit(arrive_backwards)


def test_what_is_added_as_published_has_no_second_reader() -> None:
    with pytest.raises(IntegrityError, match="by somebody who wrote none"):
        at_commit(lambda: arrive(second_reader=True, status="not_checkable"))
    assert not Verdict.objects.exists()


# At the same time as the publication


def draft() -> Verdict:
    claim = make.make_claim()
    return make.make_verdict(claim=claim, state="draft", of_record=False, evidence=evidence_on(claim, 2))


def publish(verdict: Verdict) -> None:
    Verdict.objects.filter(pk=verdict.pk).update(state="published", second_reader=False)


def add(verdict: Verdict) -> None:
    with transaction.atomic():
        add_link(verdict)


def remove(verdict: Verdict) -> None:
    VerdictEvidence.objects.filter(verdict=verdict).order_by("pk")[0].delete()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [add, remove])
def test_a_change_of_the_links_during_publication_comes_too_late(change: Any) -> None:
    verdict = draft()
    before = relied_on(verdict)
    refusal = meanwhile(lambda: publish(verdict), lambda: change(verdict))
    assert "keeps its word" in str(refusal)
    assert Publication.objects.get().evidence == relied_on(verdict) == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("change", "number"), [(add, 3), (remove, 1)])
def test_publication_waits_for_a_change_of_the_links(change: Any, number: int) -> None:
    verdict = draft()
    assert meanwhile(lambda: change(verdict), lambda: publish(verdict)) is None
    assert Publication.objects.get().evidence == relied_on(verdict)
    assert len(relied_on(verdict)) == number


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [add, remove])
def test_a_change_of_the_links_during_submission_comes_too_late(change: Any) -> None:
    verdict = draft()
    submit = lambda: Verdict.objects.filter(pk=verdict.pk).update(state="submitted")  # noqa: E731
    assert "only after it has been returned" in str(meanwhile(submit, lambda: change(verdict)))
    assert len(relied_on(verdict)) == 2
