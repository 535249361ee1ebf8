"""The query plans and indexes in the report of `make bench`, with too few rows to measure speed."""

import pytest
from django.db import connection

from bench import indexes, page, plans
from bench.operations import operations


def test_plans_are_of_the_statements_that_the_application_runs(record):
    asked = plans.common_queries(record, operations(record))
    found = {title: {"address": address, "statements": plans.explain(address)} for title, address in asked.items()}
    (one,) = found["one claim with all on its page"]["statements"]
    assert "claim_slug_unique" in one["plan"]
    assert one["milliseconds"] > 0
    assert len(found["actors by a name with a typing error"]["statements"]) == 1
    for title in ("what an actor asserts", "drafts"):
        assert len(found[title]["statements"]) >= 2, title
    table = page.plans(found)
    assert table.count("finds the page") >= len(plans.MORE) // 2
    assert table.count("shows the rows") >= len(plans.MORE)
    assert "## drafts" in page.texts(found)


def test_each_index_has_its_size_and_its_cost(record):
    found = {index["name"]: index for index in indexes.costs(record)}
    assert {"claims_claim_pkey", "claim_search_gin", "verdict_in_work"} <= found.keys()
    assert found["claim_search_gin"]["bytes"] > 0
    assert isinstance(found["claim_topic_newest"]["load"], float)
    assert found["claim_slug_unique"]["load"] is None
    with connection.cursor() as cursor:  # the index dropped for measuring is back, and no rows were added
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexname = 'claim_search_gin'")
        assert cursor.fetchone() == (1,)
        cursor.execute("SELECT count(*) FROM claims_claim")
        assert cursor.fetchone() == (400,)


def test_parts_are_inserted_at_their_markers(tmp_path):
    text = tmp_path / "page.md"
    text.write_text("# A\n\n<!-- table -->\nold\n<!-- end -->\n\n<!-- plans -->\n<!-- end -->\n")
    page.put(text, {"table": r"| \1 |", "plans": "none"})
    assert text.read_text() == "# A\n\n<!-- table -->\n| \\1 |\n<!-- end -->\n\n<!-- plans -->\nnone\n<!-- end -->\n"
    with pytest.raises(ValueError, match="no place for the indexes"):
        page.put(text, {"indexes": "none"})
