"""Dates that Python's calendar has no day for, wherever they may be asked for."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from claims.models import Claim
from tests import factories as make
from tests.client import administrator, anonymous, bridge, get, ids, problem, send, url

pytestmark = pytest.mark.django_db

CAESAR = "-0043-03-15"
#: in order
DATES = [
    "Y-170000002",
    "-4712",
    "-0043-02",
    CAESAR,
    "-0001-12-31",
    "0000",
    "0001-01-01",
    "2024-21",
    "2024-22",
    "Y170000002",
]


@pytest.fixture
def claims():
    """A claim for each date, in order, and one without a date."""
    found = [bridge(occurred=date) for date in DATES]
    return [*found, bridge()]


@pytest.mark.parametrize(
    ("date", "first", "last"),
    [
        (CAESAR, "-0043-03-15", "-0043-03-15"),
        ("0000", "0000-01-01", "0000-12-31"),
        ("-000X/0014", "-0009-01-01", "0014-12-31"),
        ("2024-21", "2024-03-01", "2024-05-31"),
        ("2004-01-01T10:10:10Z", "2004-01-01", "2004-01-01"),
        ("Y170000002", None, None),
        ("../-0043?", None, "-0043-12-31"),
    ],
)
def test_days_leave_in_iso_8601(date, first, last):
    body = {"text": "Caesar was killed.", "kind": "fact", "occurred": date}
    made = send("POST", url("claims"), body)
    assert made.status_code == 201, made.content
    claim = made.json()
    assert (claim["occurred"], claim["occurred_first"], claim["occurred_last"]) == (date, first, last)
    shown = administrator().get(url("claims", claim["slug"])).json()
    assert shown == claim | {name: [] for name in ("assertions", "evidence", "verdicts", "relations")}
    changed = administrator().patch(url("claims", claim["id"]), {"context": "In Rome."}, format="json").json()
    assert (changed["occurred_first"], changed["occurred_last"]) == (first, last)
    assert send("DELETE", url("claims", claim["id"]), {}).status_code == 204


def test_lists_are_ordered_and_paged_through_all_years(claims):
    wanted = [claim.pk for claim in claims]
    for order, expected in (("occurred", wanted), ("-occurred", [*reversed(wanted[:-1]), wanted[-1]])):
        for limit in (1, 3):
            seen, address, back = [], f"{url('claims')}?order={order}&limit={limit}", []
            while address:
                page = anonymous().get(address).json()
                seen += [row["id"] for row in page["results"]]
                address, last = page["next"], page
            assert seen == expected
            while last["previous"]:
                last = anonymous().get(last["previous"]).json()
                back = [row["id"] for row in last["results"]] + back
            assert back == expected[: len(back)]
            assert len(back) >= len(expected) - limit


@pytest.mark.parametrize(
    ("bounds", "places"),
    [
        ({"gte": "-0043-03-15"}, slice(3, 10)),
        ({"lte": "-0043-03-15"}, slice(0, 4)),
        ({"gte": "-0043-03-16", "lte": "0000-12-31"}, slice(4, 6)),
        ({"gte": "0000-02-29"}, slice(6, 10)),
        ({"gte": "9999-12-31"}, slice(9, 10)),
        ({"lte": "-4713-12-31"}, slice(0, 1)),
        ({"isnull": "true"}, slice(10, 11)),
        ({"isnull": "false"}, slice(0, 10)),
    ],
)
def test_filters_reach_as_far(claims, bounds, places):
    asked = {f"occurred__{end}": day for end, day in bounds.items()}
    assert sorted(ids(url("claims"), **asked)) == [claim.pk for claim in claims[places]]
    assert get(url("claims"), count="exact", q="bridge", **asked)["count"] == len(claims[places])
    make.make_source(title="Bridges", published="-0043")
    assert len(ids(url("sources"), q="bridges", published__gte="-0043-01-01")) == 1


@pytest.mark.parametrize(
    "day", ["-0043-02-30", "-0001-02-29", "-0000-01-01", "0044-03-15 BC", "infinity", "-43-03-15", "Y20000-01-01"]
)
def test_what_is_no_day_is_refused(day):
    said = problem(anonymous().get(url("claims"), {"occurred__gte": day}), 400, "occurred__gte")["detail"]
    assert "YYYY-MM-DD" in said


@pytest.mark.parametrize("date", ["-0000", "44 BC", "2024-25", "Y2024", "2024-21-01", "2024-03-22T10:00"])
def test_what_is_no_date_is_refused(date):
    body = {"text": "Caesar was killed.", "kind": "fact", "occurred": date}
    problem(send("POST", url("claims"), body), 400, "occurred")


def test_dates_of_other_records_and_of_those_embedded():
    source = make.make_source(published=CAESAR)
    claim = bridge(occurred="Y-20000")
    assertion = make.make_assertion(claim=claim, source=source, said=CAESAR)
    verdict = make.make_verdict(claim=claim, issued="-0042")
    topic = make.make_topic(kind="event", occurred="-0043-21")
    assert get(url("assertions", assertion.pk), expand="claim,source")["source"]["published_first"] == CAESAR
    shown = get(url("claims", claim.slug), expand="assertions.source")
    assert shown["assertions"][0]["said_last"] == shown["assertions"][0]["source"]["published_last"] == CAESAR
    assert shown["verdicts"][0]["issued_first"] == "-0042-01-01"
    assert get(url("verdicts", verdict.pk))["issued_last"] == "-0042-12-31"
    assert get(url("topics", topic.slug))["occurred_first"] == "-0043-03-01"
    assert ids(url("assertions"), said__lte=CAESAR, published__gte=CAESAR) == [assertion.pk]
    assert ids(url("claims"), asserted__gte=CAESAR, published__lte=CAESAR) == [claim.pk]


def test_the_admin_shows_and_saves_them():
    client = Client()
    client.force_login(User.objects.create_superuser("admin"))
    claim = bridge(occurred=CAESAR)
    make.make_assertion(claim=claim, source=make.make_source(published="0000"), said="Y-20000")
    make.make_topic(kind="event", occurred="-0043")
    Claim.objects.filter(pk=claim.pk).update(occurred="-0044-21")
    for model in ("claim", "source", "topic", "assertion", "verdict"):
        page = client.get(f"/admin/claims/{model}/")
        assert page.status_code == 200
    page = client.get(f"/admin/claims/claim/{claim.pk}/change/")
    assert "-0044-21" in page.content.decode()
    page = client.get(f"/admin/claims/claim/{claim.pk}/history/")
    assert CAESAR in page.content.decode()
    assert client.get("/admin/claims/claim/", {"occurred_from": "-0043"}).status_code == 200
    assert client.get(f"/admin/claims/claim/{claim.pk}/delete/").status_code == 200


def test_they_are_dumped_and_loaded(tmp_path):
    claim = bridge(occurred=CAESAR)
    dumped = tmp_path / "claims.json"
    call_command(
        "dumpdata", "claims.claim", "--natural-foreign", "--natural-primary", output=str(dumped), stdout=StringIO()
    )
    Claim.objects.filter(pk=claim.pk).update(occurred="2024")
    call_command("loaddata", str(dumped), stdout=StringIO())
    assert get(url("claims", claim.slug))["occurred_first"] == CAESAR
