"""Whatever is sent, the answer is a problem that names what is wrong, and nothing is half saved. Never a 500."""

import json

import pytest
from django.apps import apps
from django.conf import settings

from claims.models import Claim
from tests import factories as make
from tests.client import RESOURCES, VIEWS, administrator, anonymous, bridge, problem, send, url

pytestmark = pytest.mark.django_db

JSON = "application/json"


def rows():
    return {
        m.__name__: m.objects.count() for m in apps.get_app_config("claims").get_models() if not m._meta.auto_created
    }


def writable(name):
    """The fields that a POST to a resource takes, by name."""
    serializer = VIEWS[name].serializer_class()
    return {member: field for member, field in serializer.fields.items() if not field.read_only}


#: values that no field of the record takes
NEVER = {
    "an object": {"a": 1},
    "nested": [[[["x"]]]],
    "half a surrogate pair": "\ud800",
    "NUL": "a\0b",
    "huge": 10**40,
    "endless": int("9" * 4000),
    "infinite": float("inf"),
    "too long": "x" * 150_000,
    "a bool": True,
    "a fraction": 0.5,
}
#: but for these
FLAGS = ("hedged", "implied", "of_record", "in_preparation", "confidential")
TAKEN = {*(("a bool", name) for name in FLAGS), ("too long", "snapshots.text")}


@pytest.mark.parametrize("name", RESOURCES)
def test_every_field_refuses_what_it_can_not_hold(name):
    fields = writable(name)
    before = rows()
    for what, value in NEVER.items():
        body = {m: value for m in fields if not TAKEN & {(what, m), (what, f"{name}.{m}")}}
        response = send("POST", url(name), json.dumps(body).replace("Infinity", "1e999").encode())
        errors = problem(response, 400)["errors"]
        found = {error["field"].partition(".")[0] for error in errors}
        assert found - {m for m, f in fields.items() if f.required} <= set(body)
        assert set(body) <= found, what
    assert rows() == before


@pytest.mark.parametrize("name", RESOURCES)
def test_null_and_missing(name):
    body = RESOURCES[name].body()
    before = rows()
    for member, field in writable(name).items():
        if field.required:
            rest = {key: value for key, value in body.items() if key != member}
            problem(send("POST", url(name), rest), 400, member)
        if not field.allow_null:
            problem(send("POST", url(name), body | {member: None}), 400, member)
    assert rows() == before


@pytest.mark.parametrize("missing", ["start", "end", "snapshot"])
@pytest.mark.parametrize("name", ["assertions", "evidence"])
def test_half_a_span_is_refused_by_its_rule(name, missing):
    snapshot = make.make_snapshot()
    span = {"snapshot": snapshot.pk, "start": 4, "end": 9}
    body = RESOURCES[name].body() | {"source": snapshot.source.slug} | span
    assert send("POST", url(name), body).status_code == 201
    problem(send("POST", url(name), body | {missing: None}), 400, "start")


@pytest.mark.parametrize("name", RESOURCES)
def test_unknown_and_read_only_members(name):
    body = RESOURCES[name].body()
    for member in ("colour", "id", "version", "created_at", "", "\0", "\ud800", "a.b", "__class__"):
        error = problem(send("POST", url(name), body | {member: 1}), 400)["errors"][0]
        assert error["code"] in ("unknown", "read_only")
        assert error["field"] == (member.replace("\ud800", "\\ud800") or None)
        assert error["detail"]


BODIES = {
    "empty": b"",
    "not JSON": b"name=Bridges",
    "cut off": b'{"name": "Bri',
    "array": b"[]",
    "array of objects": b'[{"name": "Bridges"}]',
    "text": b'"x"',
    "number": b"1",
    "null": b"null",
    "NaN": b'{"name": NaN}',
    "infinity": b'{"name": -Infinity}',
    "twice": b'{"name": "a", "name": "b"}',
    "twice deep": b'{"name": "a", "x": [{"\\ud800": 1, "\\ud800": 2}]}',
    "deep arrays": b'{"name": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "deep objects": b'{"name":' * 5000 + b"1" + b"}" * 5000,
    "very deep": b"[" * 900_000,
    "latin-1": '{"name": "Brücke"}'.encode("latin-1"),
    "utf-16": '{"name": "Bridge"}'.encode("utf-16"),
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "surrogate in UTF-8": b'{"name": "\xed\xa0\x80"}',
    "raw control character": b'{"name": "a\nb"}',
}


@pytest.mark.parametrize("what", BODIES)
def test_bodies_that_are_no_record(what):
    row = RESOURCES["topics"].make()
    before = rows()
    problem(send("POST", url("topics"), BODIES[what]), 400)
    for method in ("PUT", "PATCH"):
        if (method, what) != ("PATCH", "empty"):  # which changes nothing
            problem(send(method, url("topics", row.pk), BODIES[what]), 400)
    problem(send("POST", url("actors", RESOURCES["actors"].make().slug, "merge"), BODIES[what]), 400)
    before["Actor"] += 1
    assert rows() == before


@pytest.mark.parametrize("name", RESOURCES)
def test_a_body_is_an_object(name):
    for body in (b"", b"[]", b"[{}]", b'"x"', b"null"):
        problem(send("POST", url(name), body), 400)


def test_a_body_with_a_byte_order_mark_is_read():
    assert send("POST", url("topics"), b'\xef\xbb\xbf{"name": "Bridges"}').status_code == 201


def test_large_bodies():
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    fits = json.dumps({"name": "x", "description": ""}).encode()
    raw = fits.replace(b'""', b'"' + b"x" * (limit - len(fits)) + b'"')
    assert len(raw) == limit
    problem(send("POST", url("topics"), raw), 400, "description")
    assert str(limit) in problem(send("POST", url("topics"), raw + b" "), 413)["detail"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "", "x", "text/html"]
)
def test_other_media_types_are_refused(kind):
    response = administrator().generic("POST", url("topics"), b'{"name": "Bridges"}', content_type=kind)
    problem(response, 415)
    form = administrator().generic("POST", url("topics"), b"name=x", content_type="application/x-www-form-urlencoded")
    problem(form, 415)


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*", "x"])
def test_only_json_is_served(accept):
    for path in (url("topics"), url("topics", 1), url()):
        problem(anonymous().get(path, HTTP_ACCEPT=accept), 406)


def test_browsers_get_json():
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    assert anonymous().get(url("topics"), HTTP_ACCEPT=accept).status_code == 200


@pytest.mark.parametrize("name", RESOURCES)
def test_every_parameter_refuses_what_it_can_not_read(name):
    client, filters = anonymous(), VIEWS[name].filterset_class.base_filters
    texts = {"slug", "language", "country", "url", "sha256", "media_type", "wikidata_id"}
    typed = [p for p in filters if p.removesuffix("__in") not in texts]
    lists = [p for p in filters if p.endswith("__in")]
    moments = [p for p in filters if p.endswith(("_at__gte", "_at__lte", "_since"))]
    for value, refused in {
        "": [*filters, "fields", "expand", "limit", "cursor", "order", "count"],
        " ": filters,
        "a\0b": [*filters, "fields", "expand", "cursor", "order"],
        "\ufffd%s": typed,
        "9" * 400: typed,
        "-1": typed,
        "1e5": [p for p in typed if p not in ("id", "id__in") and not p.startswith("credibility")],
        "1.5": typed,
        "nan": typed,
        "x" * 2001: filters,
        ",": lists,
        ",".join(["1"] * 101): lists,
        "1,,2": lists,
        "2024-13-01": typed,
        "99999-01-01": typed,
        "2024-01-01T25:00:00Z": moments,
    }.items():
        problem(client.get(url(name), dict.fromkeys(refused, value)), 400, *refused)


def test_searches_that_are_too_long_or_nowhere():
    for name, view in VIEWS.items():
        problem(anonymous().get(url(name), {"q": "x" * 501 if view.search_verb else "bridge"}), 400, "q")


@pytest.mark.parametrize("name", RESOURCES)
def test_parameters_stand_once_and_are_known(name):
    client = anonymous()
    problem(client.get(url(name) + "?id=1&id=2"), 400, "id")
    wrong = problem(client.get(url(name) + "?ordr=newest&ID=1&format=json&page=2"), 400, "ordr", "ID", "format", "page")
    assert "Did you mean “order”?" in wrong["errors"][0]["detail"]
    assert "updated_since" in wrong["errors"][0]["detail"]
    problem(client.get(url(name, 1) + "?id=1"), 400, "id")
    problem(administrator().delete(url(name, 1) + "?fields=id"), 400, "fields")
    problem(administrator().post(url(name) + "?limit=1", {}, format="json"), 400, "limit")
    problem(client.get(url(name) + "?\0=1"), 400, "\0")
    problem(client.get(url(name) + "?%ff=1"), 400, "\ufffd")
    problem(client.get(url(name) + "?" + "&".join(f"x{n}=1" for n in range(1001))), 400)


KEYS = ["0", "9" * 18, "9" * 19, "9" * 400, "nobody", "-1", "1.5", "%00", "%ff", "A", "..", "١", "a%0Ab"]


@pytest.mark.parametrize("name", ["claims", "evidence"])
@pytest.mark.parametrize("key", KEYS)
def test_addresses_of_no_record(name, key):
    for method in ("get", "patch", "delete"):
        problem(getattr(administrator(), method)(f"{url(name)}{key}/"), 404)


@pytest.mark.parametrize(
    "path",
    [
        *("/api/v1/nothing/", "/api/v1/claims/1/nothing/", "/api/v1/claims//", "/api/v1/a%0Ab/", "/api/v1/%00/"),
        *("/api/", "/api", "/api/v2/claims/", "/api/v2/claims", "/api/v1/nothing", "/api/%ff"),
    ],
)
def test_unknown_addresses(path):
    for method in ("get", "post", "delete", "options"):
        problem(getattr(administrator(), method)(path), 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("query", ["", "?fields=id", "?claim=1&x=1"])
def test_rewordings_are_only_read(method, query):
    row = make.make_rewording()
    for path in (url("rewordings"), url("rewordings", row.pk), url("claims", row.claim_id, "rewordings")):
        response = administrator().generic(method, path + query, b"{}", content_type=JSON)
        problem(response, 405)
        assert set(response["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_an_address_without_its_slash_loses_no_data():
    body = problem(administrator().post("/api/v1/topics", {"name": "x"}, format="json"), 404)
    assert "slash" in body["detail"]


@pytest.mark.parametrize("name", RESOURCES)
def test_methods_that_are_none(name):
    row, client = RESOURCES[name].make(), administrator()
    for path, method, allowed in (
        (url(name), "PUT", {"GET", "POST"}),
        (url(name), "DELETE", {"GET", "POST"}),
        (url(name), "FOO", {"GET", "POST"}),
        (url(name, row.pk), "POST", {"GET", "PUT", "PATCH", "DELETE"}),
        (url(name, row.pk), "TRACE", {"GET", "PUT", "PATCH", "DELETE"}),
    ):
        response = client.generic(method, path, b"{}", content_type=JSON)
        problem(response, 405)
        assert allowed <= set(response["Allow"].split(", "))
    problem(client.post(url("claims", RESOURCES["claims"].make().pk, "assertions"), {}, format="json"), 405)


def test_a_wrong_host():
    problem(anonymous().get(url("topics"), HTTP_HOST="evil.example"), 400)
    problem(anonymous().get(url("topics"), HTTP_HOST="a b"), 400)


def test_an_error_of_ours_shows_nothing_of_it(monkeypatch, caplog):
    def fail(*args):
        raise RuntimeError("the secret")

    monkeypatch.setattr("claims.rest.views.RecordViewSet.list", fail)
    body = problem(anonymous().get(url("topics")), 500)
    assert "secret" not in str(body)
    assert "the secret" in caplog.text


def test_all_broken_rules_are_told_at_once():
    """The database names the first one only; who corrects a body wants to know of all."""
    source, speaker = make.make_source().slug, make.make_actor().slug
    place = {"source": source, "speaker": speaker}
    body = {
        "text": "The bridge fell.",
        "kind": "fact",
        "slug": "Not a slug",
        "occurred": "yesterday",
        "assertions": [
            place,
            place | {"said": "on Monday", "locator": "page 2"},
            place | {"quote_sha256": "short", "stance": "denies"},
        ],
    }
    faults = {"slug", "occurred", "assertions.1.said", "assertions.2.quote_sha256", "assertions.2.start"}
    problem(send("POST", url("claims"), body), 400, *faults)
    claim = bridge()
    problem(send("PATCH", url("claims", claim.pk), {"occurred": "yesterday", "slug": "No"}), 400, "occurred", "slug")
    claim.refresh_from_db()
    assert (claim.occurred, Claim.objects.count()) == ("", 1)
