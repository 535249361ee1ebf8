"""One line of JSON per request, whatever its outcome, without secrets or personal data."""

import json
import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import requests
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from claims.models import Topic
from claimsdb.logs import JsonFormatter
from tests import factories as make
from tests.client import API, url
from tests.running import serving
from tests.running import test_database as address_of_database

MEMBERS = {
    "time",
    "level",
    "logger",
    "request_id",
    "method",
    "path",
    "parameters",
    "status",
    "user",
    "ms",
    "queries",
    "database_ms",
    "address",
}


@pytest.fixture
def lines() -> Iterator[Any]:
    """A function that returns the lines logged during the test."""
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


@pytest.mark.django_db(transaction=True)
def test_the_server_logs_requests_and_no_secrets(tmp_path: Any) -> None:
    user = get_user_model().objects.create_superuser("logged")
    printed = StringIO()
    call_command("create_token", "logged", stdout=printed)
    token = printed.getvalue().strip()
    topic = make.make_topic()
    with serving(tmp_path, address_of_database(), WEB_CONCURRENCY="1") as server:

        def send(method: str, path: str, request_id: str, **more: Any) -> requests.Response:
            headers = {
                "X-Request-ID": request_id,
                "Authorization": f"Token {token}",
                "Cookie": "sessionid=cookie-secret",
            }
            return requests.request(method, server.url + path, headers=headers, timeout=60, **more)

        name = {"name": "words-in-a-body"}
        before = send("GET", url("topics", topic.pk), "zero")
        change = {"If-Match": before.headers["ETag"]} if "ETag" in before.headers else {}
        assert send("GET", f"{API}claims/?q=value-secret&limit=3", "first.id_1-2").status_code == 200
        headers = {"X-Request-ID": "changed", "Authorization": f"Token {token}", **change}
        changed = requests.patch(server.url + url("topics", topic.pk), json=name, headers=headers, timeout=60)
        assert changed.status_code == 200, changed.text
        assert changed.headers["X-Request-ID"] == "changed"
        for invalid in ("a b", "x" * 65, "ü", '"'):
            assert send("GET", "/healthz", invalid.encode()).headers["X-Request-ID"] != invalid
        requests.get(f"{server.url}/admin/?password=value-secret", timeout=60, allow_redirects=False)
    found = {line["request_id"]: line for line in server.lines() if line["logger"] == "claimsdb.request"}
    assert all(line.keys() == MEMBERS for line in found.values())
    first = found["first.id_1-2"]
    assert first["path"] == f"{API}claims/"
    assert (first["method"], first["status"], first["parameters"]) == ("GET", 200, ["limit", "q"])
    assert first["user"] == {"id": user.pk, "name": "logged"}
    assert first["queries"] >= 2
    assert 0 < first["database_ms"] < first["ms"]
    assert first["address"] == "127.0.0.1"
    assert [line["user"] for line in found.values() if line["path"] == "/admin/"] == [None]
    text = server.log.read_text()
    for secret in (token, "value-secret", "cookie-secret", "words-in-a-body"):
        assert secret not in text
    event = Topic.pgh_event_model.objects.get(pgh_obj=topic)
    assert event.pgh_context.metadata["request_id"] == "changed"
    assert event.pgh_context.metadata["user"] == user.pk


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", f"{API}topics/"])
def test_an_internal_error_is_logged_with_its_request(
    client: Client, lines: Any, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError("in the code")

    client.raise_request_exception = False
    monkeypatch.setattr("claims.public.home.Source.objects.filter", fail)
    monkeypatch.setattr("claims.rest.views.RecordViewSet.list_values", fail)
    answer = client.get(path, headers={"X-Request-ID": "broken"})
    assert (answer.status_code, answer["X-Request-ID"]) == (500, "broken")
    error, request = lines()
    assert error["request_id"] == request["request_id"] == "broken"
    assert "ZeroDivisionError: in the code" in error["traceback"]
    assert (request["status"], request["level"]) == (500, "info")


def test_a_message_outside_of_a_request_has_no_id(lines: Any) -> None:
    logging.getLogger("elsewhere").warning("%s", "On its own\nin two lines")
    (line,) = lines()
    assert line["request_id"] is None
    assert (line["level"], line["logger"], line["message"]) == ("warning", "elsewhere", "On its own\nin two lines")
    assert line["time"].endswith("Z")
