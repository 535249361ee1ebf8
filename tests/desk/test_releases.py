"""Release of records in preparation, embargoes, and what takes them back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from claims.models import Evidence, Verdict
from tests import factories as make
from tests.client import administrator, anonymous, problem, url
from tests.people import client_of, people

pytestmark = pytest.mark.django_db

HIDDEN: dict[str, Any] = {"public_from": None}


def post(address: str, body: Any = None, client: Any = None) -> Any:
    return (client or administrator()).post(address, body or {}, format="json", headers={"If-Match": "*"})


def seen(*parts: object) -> bool:
    status = anonymous().get(url(*parts)).status_code
    assert status in (200, 404)
    return bool(status == 200)


def change(record: Any, **values: Any) -> None:
    type(record).objects.filter(pk=record.pk).update(**values)
    checked()


def checked() -> None:
    connection.check_constraints()


def test_a_claim_is_released_with_its_evidence_and_what_hangs_on_it() -> None:
    claim, source, speaker = make.make_claim(**HIDDEN), make.make_source(), make.make_actor(**HIDDEN)
    evidence = make.make_evidence(claim=claim, source=source, **HIDDEN)
    secret = make.make_evidence(claim=claim, source=source, locator="p. 2", confidential=True)
    said = make.make_assertion(claim=claim, source=source)
    unsaid = make.make_assertion(claim=claim, source=source, speaker=speaker)
    verdict = make.make_verdict(claim=claim, evidence=[evidence, secret])
    plan = administrator().get(url("claims", claim.slug, "release")).json()
    assert {(each["resource"], each["key"]) for each in plan["public"]} == {
        ("claims", claim.slug),
        ("evidence", str(evidence.pk)),
        ("assertions", str(said.pk)),
        ("verdicts", str(verdict.pk)),
    }
    assert {(each["resource"], each["key"], each["why"]) for each in plan["back"]} == {
        ("evidence", str(secret.pk), "It is confidential."),
        ("actors", speaker.slug, "The speaker of an assertion."),
    }
    assert plan["refused"] == []
    assert not seen("claims", claim.slug)
    assert post(url("claims", claim.slug, "release")).json() == plan
    checked()
    for shown in (("claims", claim.slug), ("evidence", evidence.pk), ("assertions", said.pk), ("verdicts", verdict.pk)):
        assert seen(*shown)
    for hidden in (("evidence", secret.pk), ("assertions", unsaid.pk), ("actors", speaker.slug)):
        assert not seen(*hidden)
    body = anonymous().get(url("verdicts", verdict.pk)).json()
    assert (body["evidence"], body["relies_on_confidential"]) == ([evidence.pk], True)


def test_what_would_point_to_a_hidden_record_is_refused_and_can_be_taken_along() -> None:
    publisher = make.make_actor(name="The Gazette", **HIDDEN)
    source = make.make_source(publisher=publisher, **HIDDEN)
    snapshot = make.make_snapshot(source=source, **HIDDEN)
    address = url("sources", source.slug, "release")
    plan = administrator().get(address).json()
    assert [(each["resource"], each["key"]) for each in plan["refused"]] == [("actors", publisher.slug)]
    assert "The Gazette" in problem(post(address), 409)["detail"]
    assert not seen("sources", source.slug)
    done = post(address, {"also": [f"actors/{publisher.slug}"]})
    assert {each["resource"] for each in done.json()["public"]} == {"actors", "sources", "snapshots"}
    checked()
    assert seen("sources", source.slug)
    assert seen("actors", publisher.slug)
    assert seen("snapshots", snapshot.pk)


def test_a_public_verdict_relies_on_public_or_confidential_evidence() -> None:
    claim, source = make.make_claim(**HIDDEN), make.make_source(**HIDDEN)
    evidence = make.make_evidence(claim=claim, source=source, **HIDDEN)
    make.make_verdict(claim=claim, evidence=[evidence])
    address = url("claims", claim.slug, "release")
    assert "relies on" in problem(post(address), 409)["detail"]
    # the database says so, too
    with pytest.raises(IntegrityError, match="relies on evidence"), transaction.atomic():
        change(claim, public_from=timezone.now())
    Evidence.objects.filter(pk=evidence.pk).update(confidential=True)
    assert post(address).status_code == 200
    checked()
    with pytest.raises(IntegrityError, match="relies on evidence"), transaction.atomic():
        change(evidence, confidential=False)
    late = make.make_evidence(claim=claim, **HIDDEN)
    with pytest.raises(IntegrityError, match="relies on evidence"), transaction.atomic():
        make.make_verdict_evidence(verdict=Verdict.objects.get(), evidence=late)


def test_the_position_of_record_on_a_public_claim_is_public() -> None:
    claim, issuer = make.make_claim(), make.make_actor(**HIDDEN)
    with pytest.raises(IntegrityError, match="position of record"), transaction.atomic():
        make.make_verdict(claim=claim, issuer=issuer)
    beside = make.make_verdict(claim=claim, issuer=issuer, of_record=False)
    checked()
    assert not seen("verdicts", beside.pk)
    assert post(url("actors", issuer.slug, "release")).status_code == 200
    assert seen("verdicts", beside.pk)


@pytest.mark.parametrize("field", ["publisher", "derived_from"])
def test_a_public_source_does_not_point_to_a_hidden_record(field: str) -> None:
    factory: Any = make.make_actor if field == "publisher" else make.make_source
    with pytest.raises(IntegrityError, match="in preparation"), transaction.atomic():
        make.make_source(**{field: factory(**HIDDEN)})
    source = make.make_source()
    with pytest.raises(IntegrityError, match="in preparation"), transaction.atomic():
        change(source, **{field: factory(**HIDDEN)})
    target = factory()
    make.make_source(**{field: target})
    with pytest.raises(IntegrityError, match="cannot be taken back"), transaction.atomic():
        change(target, public_from=None)
    body = (
        {"title": "A report", "kind": "report", field: factory(name="X", **HIDDEN).slug} if field == "publisher" else {}
    )
    if body:
        assert (
            "release it first"
            in problem(administrator().post(url("sources"), body, format="json"), 400, field)["detail"]
        )


@pytest.mark.parametrize("field", ["part_of", "merged_into"])
def test_a_public_actor_does_not_point_to_a_hidden_one(field: str) -> None:
    above = make.make_actor(**HIDDEN)
    with pytest.raises(IntegrityError, match="in preparation"), transaction.atomic():
        make.make_actor(**{field: above})
    actor = make.make_actor(**HIDDEN, **{field: above})
    with pytest.raises(IntegrityError, match="in preparation"), transaction.atomic():
        change(actor, public_from=timezone.now())


def test_records_are_taken_back_until_something_public_relies_on_them() -> None:
    claim = make.make_claim()
    said = make.make_assertion(claim=claim)
    assert post(url("claims", claim.slug, "withhold")).json()["visibility"] == "in_preparation"
    assert not seen("claims", claim.slug)
    assert not seen("assertions", said.pk)
    assert "in preparation" in problem(post(url("claims", claim.slug, "withhold")), 409)["detail"]
    # of a hidden claim, nothing is public
    assert post(url("sources", said.source.slug, "withhold")).status_code == 200
    assert post(url("sources", said.source.slug, "release")).status_code == 200
    assert post(url("claims", claim.slug, "release")).status_code == 200
    for address in (url("sources", said.source.slug, "withhold"), url("actors", said.speaker.slug, "withhold")):
        assert "public assertion" in problem(post(address), 409)["detail"]
    make.make_verdict(claim=claim)
    assert "verdict" in problem(post(url("claims", claim.slug, "withhold")), 409)["detail"]


def test_a_verdict_in_work_is_in_nobodys_way() -> None:
    claim, evidence = make.make_claim(), make.make_evidence()
    for on, relied in ((claim, []), (evidence.claim, [evidence])):
        for state in ("draft", "submitted", "withdrawn"):
            make.make_verdict(claim=on, evidence=relied, state=state, of_record=False)
    submitted = make.make_verdict(claim=evidence.claim, evidence=[evidence], state="submitted", of_record=False)
    assert post(url("claims", claim.slug, "withhold")).status_code == 200
    assert post(url("evidence", evidence.pk, "withhold")).status_code == 200
    checked()
    assert not seen("claims", claim.slug)
    assert not seen("evidence", evidence.pk)
    # but then it can't be published, and says why
    publish = url("verdicts", submitted.pk, "publish")
    assert "in preparation" in problem(post(publish), 400)["detail"]
    assert post(url("evidence", evidence.pk, "release")).status_code == 200
    assert post(publish).status_code == 200
    checked()
    for on, relied in (("claims", evidence.claim), ("evidence", evidence)):
        assert "verdict" in problem(post(url(on, relied.pk, "withhold")), 409)["detail"]


def test_a_release_shows_the_rewordings_of_words_that_were_public() -> None:
    claim, source, other = make.make_claim(), make.make_source(), make.make_source()
    evidence = make.make_evidence(claim=claim, source=source)
    verdict = make.make_verdict(claim=claim, evidence=[evidence])
    of_claim = make.make_rewording(claim=claim)
    of_evidence = make.make_rewording(evidence=evidence, changes={"source": other})
    checked()
    change(verdict, state="withdrawn", of_record=False, withdrawal="It was wrong.")
    shown = [("rewordings", of_claim.pk), ("rewordings", of_evidence.pk)]
    assert all(seen(*each) for each in shown)
    assert post(url("claims", claim.slug, "withhold")).status_code == 200
    assert post(url("sources", source.slug, "withhold")).status_code == 200
    hidden = [make.make_rewording(claim=claim), make.make_rewording(evidence=evidence)]
    assert not any(seen(*each) for each in shown)

    def release(*parts: object) -> set[tuple[str, str]]:
        plan = administrator().get(url(*parts, "release")).json()
        assert post(url(*parts, "release")).json() == plan
        checked()
        assert not any(seen("rewordings", each.pk) for each in hidden)
        return {(each["resource"], each["key"]) for each in plan["public"]}

    # the earlier words of the evidence were in the source
    assert release("claims", claim.slug) == {
        ("claims", claim.slug),
        ("evidence", str(evidence.pk)),
        ("rewordings", str(of_claim.pk)),
    }
    assert [seen(*each) for each in shown] == [True, False]
    assert release("sources", source.slug) == {("sources", source.slug), ("rewordings", str(of_evidence.pk))}
    assert [seen(*each) for each in shown] == [True, True]
    assert anonymous().get(url("claims", claim.slug, "rewordings")).json()["results"][-1]["earlier"]["text"]


def test_a_claim_that_is_released_for_the_first_time_shows_no_earlier_words() -> None:
    claim = make.make_claim(text="The bridge fell.", **HIDDEN)
    evidence = make.make_evidence(claim=claim)
    verdict = make.make_verdict(claim=claim, evidence=[evidence])
    rewordings = [make.make_rewording(claim=claim), make.make_rewording(evidence=evidence)]
    assert post(url("claims", claim.slug, "release")).status_code == 200
    checked()
    assert not any(seen("rewordings", each.pk) for each in rewordings)
    assert anonymous().get(url("claims", claim.slug, "rewordings")).json()["results"] == []
    # the verdict still says that it was given on others
    assert anonymous().get(url("verdicts", verdict.pk)).json()["on_earlier_words"] is True
    # from now on, they are shown
    shown = make.make_rewording(claim=claim)
    assert anonymous().get(url("rewordings", shown.pk)).json()["earlier"]["text"].startswith("In other words")


def test_bad_releases_are_answered_clearly() -> None:
    claim = make.make_claim()
    assert "public since" in problem(post(url("claims", claim.slug, "release")), 409)["detail"]
    draft = make.make_claim(**HIDDEN)
    address = url("claims", draft.slug, "release")
    past = (timezone.now() - timedelta(days=1)).isoformat()
    assert "has passed" in problem(post(address, {"public_from": past}), 400, "public_from")["detail"]
    problem(post(address, {"public_from": "tomorrow"}), 400, "public_from")
    problem(post(address, {"also": ["sources/nowhere"]}), 400)
    problem(administrator().get(address, {"also": "nowhere"}), 400)
    problem(administrator().get(address, {"until": "x"}), 400, "until")
    secret = make.make_evidence(confidential=True)
    assert "never public" in problem(post(url("evidence", secret.pk, "release")), 409)["detail"]
    assert not seen("claims", draft.slug)
    body = {"claim": draft.slug, "source": make.make_source().slug}
    assert administrator().post(url("assertions"), body, format="json").json()["visibility"] == "in_preparation"


def test_an_embargo_is_shown_to_the_desk_alone() -> None:
    claim = make.make_claim(**HIDDEN)
    moment = (timezone.now() + timedelta(hours=1)).isoformat()
    assert post(url("claims", claim.slug, "release"), {"public_from": moment}).status_code == 200
    shown = administrator().get(url("claims", claim.slug)).json()
    assert shown["visibility"] == "embargoed"
    assert shown["public_from"]
    assert not seen("claims", claim.slug)
    assert post(url("claims", claim.slug, "release")).status_code == 200
    assert {"visibility", "public_from"}.isdisjoint(anonymous().get(url("claims", claim.slug)).json())


def test_who_may_release() -> None:
    users = people()
    claim = make.make_claim(**HIDDEN, created_by=users["contributor"])
    for name, status in (("reader", 403), ("contributor", 403), ("reviewer", 200)):
        assert post(url("claims", claim.slug, "release"), client=client_of(users[name])).status_code == status
    for who, status in (("reader", 403), ("contributor", 409)):
        assert client_of(users[who]).get(url("claims", claim.slug, "release")).status_code == status
    assert anonymous().get(url("claims", claim.slug, "release")).status_code == 401
    assert anonymous().get(url("claims", "nowhere", "release")).status_code == 401


def test_new_records_are_in_preparation_where_the_setting_says_so(settings: Any) -> None:
    contributor = client_of(people()["contributor"])
    body = {"text": "The bridge fell.", "kind": "fact"}
    made = contributor.post(url("claims"), body | {"in_preparation": True}, format="json").json()
    assert made["visibility"] == "in_preparation"
    assert not seen("claims", made["slug"])
    settings.NEW_RECORDS_ARE_HIDDEN = True
    made = contributor.post(url("claims"), body, format="json").json()
    assert made["visibility"] == "in_preparation"
    assert not seen("claims", made["slug"])
    problem(contributor.post(url("claims"), body | {"in_preparation": False}, format="json"), 403, "in_preparation")
    made = administrator().post(url("claims"), body | {"in_preparation": False}, format="json").json()
    assert made["visibility"] == "public"
    assert seen("claims", made["slug"])
    change = {"in_preparation": True}
    problem(administrator().patch(url("claims", made["slug"]), change, format="json"), 400, "in_preparation")
