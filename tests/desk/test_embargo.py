"""A desk prepares three claims: one is released, one has an embargo, one is dropped. A stranger watches."""

import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from tests.client import administrator, anonymous, url

pytestmark = pytest.mark.django_db(transaction=True)

#: seconds
EMBARGO = 2


def now() -> datetime:
    """The time of the database, which decides."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


def seen() -> dict[str, Any]:
    """What a stranger sees of the claims, by every way to them."""
    stranger = anonymous()
    listed = stranger.get(url("claims"), {"count": "exact", "order": "oldest"}).json()
    found = {"listed": [row["text"] for row in listed["results"]], "count": listed["count"]}
    found["searched"] = [row["text"] for row in stranger.get(url("claims"), {"q": "bridge"}).json()["results"]]
    found["said"] = len(stranger.get(url("assertions")).json()["results"])
    found["one"] = [stranger.get(url("claims", f"bridge-{n}")).status_code for n in (1, 2, 3)]
    return found


def test_three_claims() -> None:
    desk = administrator()
    source = desk.post(url("sources"), {"title": "A report", "kind": "report"}, format="json").json()["slug"]
    for number in (1, 2, 3):
        said = [{"source": source, "speaker": None}]
        body = {"text": f"Bridge {number} fell.", "kind": "fact", "slug": f"bridge-{number}", "assertions": said}
        made = desk.post(url("claims"), body | {"in_preparation": True}, format="json")
        assert made.status_code == 201, made.content
    nothing = {"listed": [], "count": 0, "searched": [], "said": 0, "one": [404, 404, 404]}
    assert seen() == nothing
    assert desk.post(url("claims", "bridge-1", "release"), {}, format="json").status_code == 200
    moment = now() + timedelta(seconds=EMBARGO)
    body = {"public_from": moment.isoformat()}
    assert desk.post(url("claims", "bridge-2", "release"), body, format="json").status_code == 200
    assert desk.delete(url("claims", "bridge-3")).status_code == 204
    one = {"listed": ["Bridge 1 fell."], "count": 1, "searched": ["Bridge 1 fell."], "said": 1, "one": [200, 404, 404]}
    while now() < moment - timedelta(seconds=0.5):
        found, after = seen(), now()
        assert found == one or after >= moment
        time.sleep(0.1)
    time.sleep(max(0, (moment - now()).total_seconds()))
    both = ["Bridge 1 fell.", "Bridge 2 fell."]
    found = seen()
    assert found | {"searched": sorted(found["searched"])} == {
        "listed": both,
        "count": 2,
        "searched": both,
        "said": 2,
        "one": [200, 200, 404],
    }
