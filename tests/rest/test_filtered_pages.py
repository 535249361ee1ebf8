"""Pages of filtered lists whose rows are far from the beginning of the order, and pages that are large."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from claims.models import Claim
from claims.rest import listings, pages
from tests import factories as make
from tests.amounts import examples
from tests.client import anonymous, get, ids, problem, url
from tests.people import token_of
from tests.rest.test_pages import orders, walk

DATES = ["", "2019", "2020", "2020-01-01", "2020-06-30", "../2019", "2020/.."]


class TestFiltered(TestCase):
    """In lists that are looked through to the 2nd and the 4th row before all that pass the filters are put in order."""

    rows = st.lists(st.tuples(st.sampled_from(DATES), st.sampled_from(["fact", "number"])), max_size=12)

    @examples(25, suppress_health_check=list(HealthCheck))
    @given(rows=rows, limit=st.integers(1, 4), data=st.data())
    def test_forwards_and_back(self, rows, limit, data):
        for date, kind in rows:
            make.make_claim(occurred=date, kind=kind)
        filters = {
            "kind": {"kind": "fact"},
            "from": {"occurred__gte": "2020-01-01"},
            "to": {"occurred__lte": "2020-06-30"},
        }
        asked = {}
        for name in data.draw(st.sets(st.sampled_from(sorted(filters)), min_size=1)):
            asked |= filters[name]
        order = data.draw(st.sampled_from(orders("claims")))
        expected = set(
            Claim.objects.filter(
                **({"kind": "fact"} if "kind" in asked else {}),
                **({"occurred_first__gte": "2020-01-01"} if "occurred__gte" in asked else {}),
                **({"occurred_last__lte": "2020-06-30"} if "occurred__lte" in asked else {}),
            ).values_list("pk", flat=True)
        )
        in_order = [pk for pk in ids(url("claims"), order=order, limit=500) if pk in expected]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(listings, "NEAR", (1, 2, 4))
            patch.setattr(listings, "FEW", data.draw(st.sampled_from([1, 100])))
            listings._kept_sql.cache_clear()
            found, last = walk(get(url("claims"), order=order, limit=limit, **asked))
            assert [pk for page in found for pk in page] == in_order
            back, _ = walk(last, "previous")
            assert [pk for page in reversed(back) for pk in page] == in_order
        listings._kept_sql.cache_clear()


@pytest.mark.django_db
@pytest.mark.parametrize("order", ["occurred", "-occurred", "updated"])
def test_a_page_begins_at_its_cursor(order):
    """Each query is bounded by the cursor as one comparison of rows, which an index can begin with."""
    for _ in range(4):
        make.make_claim(occurred="2020")
    page = get(url("claims"), order=order, limit=2)
    with CaptureQueriesContext(connection) as queries:
        assert anonymous().get(page["next"]).status_code == 200
    sql = queries[0]["sql"]
    column = "updated_at" if order == "updated" else "occurred_first"
    assert f'("claims_claim"."{column}", "claims_claim"."id") {"<" if order[0] == "-" else ">"} (' in sql
    assert " OR " not in sql


def signed_in():
    user, _ = User.objects.get_or_create(username="rita", is_superuser=True)
    client = anonymous()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token_of(user.username)}")
    return client


@pytest.mark.django_db
def test_limits_with_expanded_lists():
    """Each of a page's records may embed a hundred: without signing in, a page has fewer."""
    make.make_assertion()
    for expand in ("assertions", "topics", "assertions.source"):
        answer = anonymous().get(url("claims"), {"limit": 51, "expand": expand})
        assert "at most 50, unless you sign in" in problem(answer, 400, "limit")["errors"][0]["detail"]
        assert signed_in().get(url("claims"), {"limit": 51, "expand": expand}).status_code == 200
        get(url("claims"), limit=50, expand=expand)
    get(url("assertions"), limit=500, expand="claim,source.publisher,speaker")


@pytest.mark.django_db
def test_large_pages(monkeypatch):
    monkeypatch.setattr(pages, "MAX_BYTES", 4_000)
    for _ in range(3):
        make.make_claim(context="Measured by the yard. " * 80)
    answer = anonymous().get(url("claims"), {"limit": 3})
    detail = problem(answer, 400, "limit")["errors"][0]["detail"]
    assert detail.startswith("This page would have 0.0 MB; without signing in,"), detail
    assert "Give a limit below 3, choose fields, or expand less." in detail
    assert signed_in().get(url("claims"), {"limit": 3}).status_code == 200
    get(url("claims"), limit=3, fields="slug")
    get(url("claims"), limit=1)


@pytest.mark.django_db
@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_what_is_linked_to_several_records(order):
    """Of each topic as many claims are read as a page has, in one query with what is shown of them."""
    above = make.make_topic()
    topics = [above, make.make_topic(parent=above), make.make_topic(parent=above)]
    for number in range(7):
        make.make_claim(topics=[topics[number % 3], topics[number % 2]] if number % 3 != number % 2 else [above])
    expected = sorted(Claim.objects.values_list("pk", flat=True), reverse=order == "newest")
    with CaptureQueriesContext(connection) as queries:
        page = get(url("claims"), topic=above.slug, order=order, limit=2)
    assert "CROSS JOIN LATERAL" in queries[-1]["sql"]
    assert len(queries) == 3  # the slug, the topics below, the page
    found, last = walk(page)
    assert [pk for rows in found for pk in rows] == expected
    back, _ = walk(last, "previous")
    assert [pk for rows in reversed(back) for pk in rows] == expected
