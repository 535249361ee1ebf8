"""Bodies with a span."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.models.snapshot import digest
from tests import factories as make
from tests.client import administrator, url

pytestmark = pytest.mark.django_db


def test_a_span_does_not_read_the_whole_text():
    """The database cuts the words out, and compares them when they are written."""
    held = make.make_snapshot()
    start = make.TEXT.index("Was it old?")
    body = {"claim": make.make_claim().slug, "source": held.source.slug, "snapshot": held.pk, "start": start}
    body |= {"end": start + 11, "quote_sha256": digest("Was it old?")}
    client = administrator()
    with CaptureQueriesContext(connection) as queries:
        made = client.post(url("assertions"), body, format="json").json()
        bodies = [body | {"locator": f"page {n}"} for n in range(3)]
        assert client.post(url("assertions", "bulk"), {"items": bodies}, format="json").status_code == 201
        change = {"id": made["id"], "version": 1, "end": start + 10, "quote_sha256": digest("Was it old")}
        changed = client.patch(url("assertions", "bulk"), {"items": [change]}, format="json").json()["results"][0]
        change = {"version": 2, "end": start + 6, "quote_sha256": digest("Was it")}
        changed = client.patch(url("assertions", made["id"]), change, format="json").json()
    assert changed["quote"]["exact"] == "Was it"
    statements = [sql for query in queries for sql in query["sql"].split("; ")]
    reads = [sql.partition(" FROM ")[0] for sql in statements if re.search('FROM "?claims_snapshot"? WHERE', sql)]
    assert reads
    assert not [columns for columns in reads if '"text"' in columns]
    wrong = [body | {"quote_sha256": digest("Is it old?"), "locator": f"at {n}"} for n in range(2)]
    problem_body = client.post(url("assertions", "bulk"), {"items": wrong}, format="json").json()
    assert [error["field"] for error in problem_body["errors"]] == ["items.0.quote_sha256", "items.1.quote_sha256"]
