"""Pages: a walk through a list shows each row once, whatever is equal, missing or written meanwhile; and so back."""

import base64
import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from claims.api.urls import NESTED
from claims.models import Assertion, Claim
from tests import factories as make
from tests.amounts import examples
from tests.client import MAKE, RESOURCES, VIEWS, anonymous, get, ids, problem, url


def orders(name):
    """The names of all orders of a list."""
    view = VIEWS[name](request=anonymous().get("/").wsgi_request)
    view._searched = lambda: False
    return sorted(view.get_orders())


def follow(link):
    response = anonymous().get(link)
    assert response.status_code == 200, response.content
    return response.json()


def walk(page, direction="next", between=lambda: None):
    """The ids of `page` and of all that follow it, page by page."""
    pages = [[row["id"] for row in page["results"]]]
    while page[direction]:
        between()
        page = follow(page[direction])
        pages.append([row["id"] for row in page["results"]])
        assert len(pages) < 100
    return pages, page


class TestWalk(TestCase):
    """Over few values, so that most rows have equals; half of the dates are missing."""

    rows = st.lists(st.sampled_from(["", "", "2019", "2020", "2020-01-01", "../2019", "2020/.."]), max_size=12)
    quick = examples(12, suppress_health_check=list(HealthCheck))

    @quick
    @given(dates=rows, limit=st.integers(1, 5), data=st.data())
    def test_forwards_and_back(self, dates, limit, data):
        for date in dates:
            make.make_claim(occurred=date, text="The bridge fell.")
        asked = data.draw(st.sampled_from([{"order": name} for name in orders("claims")] + [{"q": "bridge"}]))
        page = get(url("claims"), limit=limit, **asked)
        assert page["previous"] is None
        pages, last = walk(page)
        seen = [pk for rows in pages for pk in rows]
        assert sorted(seen) == sorted(Claim.objects.values_list("pk", flat=True))
        assert seen == ids(url("claims"), limit=500, **asked)
        assert all(len(rows) == limit for rows in pages[:-1])

        back, first = walk(last, "previous")
        assert [pk for rows in reversed(back) for pk in rows] == seen
        again, _ = walk(first)
        assert [pk for rows in again for pk in rows] == seen

    @quick
    @given(starts=st.lists(st.sampled_from([0, 0, 5, None]), min_size=4, max_size=10), data=st.data())
    def test_while_others_write(self, starts, data):
        snapshot = make.make_snapshot()
        for start in starts:
            span = {} if start is None else {"snapshot": snapshot, "start": start, "end": start + 3}
            make.make_assertion(source=snapshot.source, **span)
        before = set(Assertion.objects.values_list("pk", flat=True))
        seen = []

        def write():
            """A new row, and one that has been seen goes."""
            make.make_assertion(source=snapshot.source, snapshot=snapshot, start=data.draw(st.integers(0, 9)), end=10)
            if seen_so_far := list(Assertion.objects.filter(pk__in=seen)):
                seen_so_far[-1].delete()

        page = get(url("assertions"), limit=2, order=data.draw(st.sampled_from(orders("assertions"))))
        while True:
            seen += [row["id"] for row in page["results"]]
            if page["next"] is None:
                break
            write()
            page = follow(page["next"])
        assert len(seen) == len(set(seen))
        assert before <= set(seen)


@pytest.mark.django_db
@pytest.mark.parametrize("limit", [1, 2, 3, 5])
@pytest.mark.parametrize("order", ["occurred", "-occurred"])
def test_back_across_rows_without_a_value(order, limit):
    """They come last in both directions: the way back begins among them, and leads on to those with a value."""
    for date in ("2019", "", "2020", "", "2020", ""):
        make.make_claim(occurred=date)
    pages, last = walk(get(url("claims"), limit=limit, order=order))
    seen = [pk for page in pages for pk in page]
    dated = Claim.objects.exclude(occurred="").count()
    assert set(seen[dated:]) == set(Claim.objects.filter(occurred="").values_list("pk", flat=True))
    back, first = walk(last, "previous")
    assert [pk for page in reversed(back) for pk in page] == seen
    assert first["previous"] is None


@pytest.mark.django_db
@pytest.mark.parametrize("name", MAKE)
def test_every_order_of_every_list(name):
    rows = [MAKE[name]() for _ in range(3)]
    for order in orders(name):
        page = get(url(name), limit=2, order=order)
        pages, last = walk(page)
        seen = [pk for found in pages for pk in found]
        assert {row.pk for row in rows} <= set(seen), order
        assert len(seen) == len(set(seen)), order
        back, _ = walk(last, "previous")
        assert [pk for found in reversed(back) for pk in found] == seen, order
        if f"-{order}" in orders(name) and order == "updated":
            assert ids(url(name), order=f"-{order}") == seen[::-1]
    assert ids(url(name), order="newest") == ids(url(name), order="oldest")[::-1]


@pytest.mark.django_db
def test_reading_order():
    first, second = make.make_snapshot(), make.make_snapshot()
    starts = [(first, 8), (first, 2), (second, 1), (first, 2)]
    rows = [make.make_assertion(snapshot=snapshot, start=start, end=start + 1) for snapshot, start in starts]
    unplaced = make.make_assertion(source=first.source)
    found = [rows[1].pk, rows[3].pk, rows[0].pk]
    assert ids(url("snapshots", first.pk, "assertions")) == found
    assert ids(url("sources", first.source.slug, "assertions")) == [*found, unplaced.pk]
    assert ids(url("assertions"), order="reading") == [*found, rows[2].pk, unplaced.pk]


@pytest.mark.django_db
@pytest.mark.parametrize("order", orders("claims"))
def test_pages_of_what_is_linked_to_another_record(order):
    top = make.make_topic()
    under = make.make_topic(parent=top)
    both = make.make_claim(topics=[top, under])  # stands once all the same
    claims = [both, *(make.make_claim(topics=[topic]) for topic in (under, top, under))]
    make.make_claim(topics=[make.make_topic()])
    for address, asked in ((url("claims"), {"topic": top.slug}), (url("topics", top.pk, "claims"), {})):
        pages, last = walk(get(address, limit=2, order=order, **asked))
        assert [len(page) for page in pages] == [2, 2]
        found = [pk for page in pages for pk in page]
        assert sorted(found) == [claim.pk for claim in claims]
        back, _ = walk(last, "previous")
        assert [pk for page in reversed(back) for pk in page] == found
        assert found == ids(address, limit=500, order=order, **asked)
        if order in ("newest", "oldest"):
            assert found == sorted(found, reverse=order == "newest")


@pytest.mark.django_db
def test_links_stand_in_the_header_too():
    for _ in range(3):
        make.make_topic()
    response = anonymous().get(url("topics"), {"limit": 1, "fields": "name"})
    assert response["Link"] == f'<{response.json()["next"]}>; rel="next"'
    middle = anonymous().get(response.json()["next"])
    found = dict(re.findall(r'<([^>]+)>; rel="(\w+)"', middle["Link"]))
    assert found == {middle.json()["next"]: "next", middle.json()["previous"]: "prev"}
    assert "fields=name" in middle.json()["next"]
    assert "Link" not in anonymous().get(url("topics"))


@pytest.mark.django_db
def test_nothing_is_counted_unless_asked():
    for _ in range(3):
        make.make_claim()
    with CaptureQueriesContext(connection) as queries:
        assert "count" not in get(url("claims"), limit=2)
    assert not [q for q in queries if re.search(r"COUNT\(|OFFSET", q["sql"].upper())]
    page = get(url("claims"), limit=2, count="exact", status="unverified")
    assert page["count"] == 3
    assert "count" not in page["next"]
    assert get(url("claims"), count="exact", status="refuted")["count"] == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"q": '100% "of the" bridges -new'},
        {"status": "refuted", "occurred__gte": "2020-01-01"},
        {"contradicts": "one"},
    ],
)
def test_estimates(asked):
    make.make_claim(slug="one")
    assert isinstance(get(url("claims"), count="estimate", **asked)["count"], int)


@pytest.mark.django_db
def test_estimate_of_what_the_orm_knows_to_be_nothing():
    make.make_evidence()
    assert get(url("evidence"), count="estimate", credibility=2**40)["count"] == 0
    problem(anonymous().get(url("claims"), {"count": "roughly"}), 400, "count")


@pytest.mark.django_db
@pytest.mark.parametrize("limit", ["0", "501", "-1", "1.5", "ten", "1e2", "٣", " ", "9" * 100, "+5", "0x10"])
def test_bad_limits(limit):
    problem(anonymous().get(url("claims"), {"limit": limit}), 400, "limit")


@pytest.mark.django_db
def test_limits_hold():
    for _ in range(51):
        make.make_topic()
    assert len(ids(url("topics"))) == 50
    assert len(ids(url("topics"), limit=500)) == 51
    assert len(ids(url("topics"), limit=1)) == 1


def cursor(*parts):
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value",
    [
        "x",
        "%%%",
        "ä",
        "\0",
        "=" * 5,
        "a" * 100_000,
        base64.b64encode(b"[" * 5000).decode(),
        base64.b64encode(b"\xff\xfe").decode(),
        cursor(),
        cursor("reading"),
        cursor("newest", False, [1]),
        cursor("reading", 0, [1, 1, 1]),
        cursor("reading", False, [1, 1]),
        cursor("reading", False, [1, 1, 1, 1]),
        cursor("reading", False, [1, 1, None]),
        cursor("reading", False, [1, 1, -1]),
        cursor("reading", False, [1, 1, 2**63]),
        cursor("reading", False, [1, 1, 10**400]),
        cursor("reading", False, [1, 1, "x"]),
        cursor("reading", False, [1, 1, [1]]),
        cursor("reading", False, [1, {}, 1]),
        cursor("reading", False, [1, True, 1]),
        cursor("reading", False, ["x", 1, 1]),
        cursor("reading", False, [1, "\ud800", 1]),
        cursor("reading", False, [float("nan"), 1, 1]),
        cursor("reading", False, [float("inf"), 1, 1]),
        cursor("said", False, ["2020", 1]),
        cursor("said", False, ["x\0", 1]),
        cursor("updated", False, ["2020-01-01", 1]),
        cursor("updated", False, ["2020-01-01T00:00:00", 1]),
        cursor("updated", False, ["x", 1]),
    ],
)
def test_bad_cursors(value):
    order = next((name for name in ("said", "updated") if value.startswith(cursor(name)[:8])), "reading")
    problem(anonymous().get(url("assertions"), {"cursor": value, "order": order}), 400, "cursor")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["\0", "\ud800", "x" * 10_000])
def test_odd_words_in_a_cursor(name):
    value = cursor("name", False, [name, 1])
    response = anonymous().get(url("topics"), {"cursor": value, "order": "name"})
    if len(name) == 1:
        problem(response, 400, "cursor")
    else:
        assert response.status_code == 200


@pytest.mark.django_db
def test_a_cursor_keeps_to_its_order():
    for _ in range(2):
        make.make_claim()
    link = get(url("claims"), limit=1, order="occurred")["next"]
    problem(anonymous().get(link.replace("order=occurred", "order=updated")), 400, "cursor")
    problem(anonymous().get(link.replace("&order=occurred", "")), 400, "cursor")
    for order in ("text", "-newest", "best", "id", "\0"):
        problem(anonymous().get(url("claims"), {"order": order}), 400, "order")
    assert "updated" in problem(anonymous().get(url("claims"), {"order": "up"}), 400)["detail"]


@pytest.mark.django_db
@pytest.mark.parametrize(("parent", "name", "order"), [(p, n, o) for p, n, _, _, _, o in NESTED])
def test_lists_inside_a_parent_are_pages(parent, name, order):
    page = get(url(parent, RESOURCES[parent].make().pk, name), limit=1, count="exact")
    assert page == {"count": 0, "next": None, "previous": None, "results": []}
    problem(anonymous().get(url(parent, "nobody", name)), 404)
    problem(anonymous().get(url(parent, "9" * 30, name)), 404)
