"""The OpenAPI description and its page."""

import json
import re

import pytest
import yaml
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from claims.api.urls import NESTED
from claims.desk.roles import STEPS
from claims.rest.writing import MAX_ITEMS
from tests.client import RESOURCES, VIEWS, anonymous, problem, url

pytestmark = pytest.mark.django_db

BULK = ("claims", "assertions", "evidence")


@pytest.fixture(scope="module")
def schema():
    """The description, made once, with what the generator has to say against it."""
    GENERATOR_STATS.reset()
    return SchemaGenerator().get_schema(public=True)


def test_nothing_in_it_was_guessed(schema):
    """The checks of `make test` hold it against OpenAPI itself, which takes seconds."""
    assert not GENERATOR_STATS._warn_cache
    assert not GENERATOR_STATS._error_cache


def test_every_address_and_method_is_described(schema):
    assert schema["openapi"].startswith("3.1")
    expected = {f"/api/v1/{parent}/{{key}}/{name}/": {"get"} for parent, name, *_ in NESTED}
    for name in RESOURCES:
        expected[f"/api/v1/{name}/"] = {"get", "post"}
        expected[f"/api/v1/{name}/{{key}}/"] = {"get", "put", "patch", "delete"}
    for name in BULK:
        expected[f"/api/v1/{name}/bulk/"] = {"post", "patch", "delete"}
    expected |= {"/api/v1/actors/{key}/merge/": {"post"}, "/api/v1/snapshots/{key}/coverage/": {"get"}}
    expected |= {"/api/v1/snapshots/{key}/drift/": {"get"}, "/api/v1/claims/{key}/origins/": {"get"}}
    expected |= {"/api/v1/rewordings/": {"get"}, "/api/v1/rewordings/{key}/": {"get"}}
    expected |= {"/api/v1/claims/{key}/parts/": {"get"}}
    expected |= {f"/api/v1/verdicts/{{key}}/{step}/": {"post"} for step in STEPS}
    expected |= {"/api/v1/tokens/": {"get", "post"}, "/api/v1/tokens/{key}/": {"get", "delete"}}
    for name in ("claims", "sources", "snapshots", "actors", "evidence"):
        expected[f"/api/v1/{name}/{{key}}/release/"] = {"get", "post"}
        expected[f"/api/v1/{name}/{{key}}/withhold/"] = {"post"}
    found = {
        path: set(operations) & {"get", "post", "put", "patch", "delete"}
        for path, operations in schema["paths"].items()
    }
    assert found == expected


@pytest.mark.parametrize("name", VIEWS)
def test_every_parameter_is_described(schema, name):
    view = VIEWS[name]
    parameters = schema["paths"][f"/api/v1/{name}/"]["get"]["parameters"]
    described = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
    wanted = {*view.filterset_class.base_filters, "fields", "expand", "limit", "cursor", "order", "count"}
    assert described == wanted | ({"q"} if view.search_verb else set())


def answers(schema):
    """Each operation with the statuses that it declares, and what it says of them."""
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            found = {}
            for code, answer in operation["responses"].items():
                shared = schema["components"]["responses"].get(answer.get("$ref", "").rpartition("/")[2])
                found[int(code)] = shared or answer
            yield path, method, operation, found


def test_every_error_is_described(schema):
    for path, method, _, found in answers(schema):
        assert {400, 401, 403, 406, 414, 429, 503} <= found.keys(), (method, path)
        assert (404 in found) == ("{key}" in path), (method, path)
        assert ({408, 409, 413, 415} <= found.keys()) == (method != "get"), (method, path)
        for code, answer in found.items():
            if code >= 400 and code != 414:  # which the server gives before the application is asked
                assert list(answer["content"]) == ["application/problem+json"], (method, path, code)


def test_conditions_and_repetition_are_described(schema):
    for path, method, operation, found in answers(schema):
        if "/tokens/" in path:
            continue
        sent = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "header"}
        bulk, acts = path.endswith("/bulk/"), path.split("/")[-2] in ("merge", "release", "withhold", *STEPS)
        changes = (acts and method == "post") or method in ("put", "patch", "delete")
        assert ({412, 428} <= found.keys()) == changes, (method, path)
        assert (304 in found) == (method == "get"), (method, path)
        bounded = path.endswith(("/coverage/", "/drift/"))
        assert (422 in found) == (method == "post" or bounded), (method, path)
        wanted = {"If-None-Match"} if method == "get" else {"Idempotency-Key"} if method == "post" else set()
        assert sent == wanted | ({"If-Match"} if changes and not bulk else set()), (method, path)


def test_header_fields_are_described(schema):
    for path, method, _, found in answers(schema):
        required = {c: {n for n, h in a.get("headers", {}).items() if h.get("required")} for c, a in found.items()}
        assert required[429] == required[503] == {"Retry-After"}
        for code in found.keys() & {200, 201, 304} if "/tokens/" not in path else ():
            assert ("ETag" in required[code]) == (not path.endswith("/bulk/")), (method, path, code)
        for code in found.keys() & {308} | ({201} if 201 in found and not path.endswith("/bulk/") else set()):
            assert "Location" in found[code]["headers"], (method, path, code)
        if method == "get" and 200 in found and "Paginated" in str(found[200]) and "/tokens/" not in path:
            assert "Link" in found[200]["headers"], (method, path)


def body_of(schema, path, method):
    body = schema["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    return schema["components"]["schemas"][body["$ref"].rpartition("/")[2]] if "$ref" in body else body


def test_no_body_may_hold_more_than_is_described(schema):
    for path, method, operation, _ in answers(schema):
        assert ("requestBody" in operation) == (method != "get" and "/tokens/{key}" not in path), (method, path)
        if "requestBody" in operation:
            assert body_of(schema, path, method)["additionalProperties"] is False, (method, path)
    requests = {name: s for name, s in schema["components"]["schemas"].items() if name.endswith("Request")}
    assert all(one["additionalProperties"] is False for one in requests.values())


@pytest.mark.parametrize("name", RESOURCES)
def test_a_change_may_name_its_version(schema, name):
    item = f"/api/v1/{name}/{{key}}/"
    for method in ("put", "patch", "delete"):
        assert "version" in body_of(schema, item, method)["properties"]
    assert "version" not in body_of(schema, f"/api/v1/{name}/", "post")["properties"]


@pytest.mark.parametrize("name", BULK)
def test_bodies_of_many_are_described(schema, name):
    for method in ("post", "patch", "delete"):
        body = body_of(schema, f"/api/v1/{name}/bulk/", method)
        items = body["properties"]["items"]
        assert body["required"] == ["items"]
        assert (items["minItems"], items["maxItems"]) == (1, MAX_ITEMS)
        one = items["items"]
        one = schema["components"]["schemas"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        assert (method != "post") == ({"id", "version"} <= set(one.get("required", ())))


def test_the_forms_of_texts_are_those_of_the_database(schema):
    actor = schema["components"]["schemas"]["ActorRequest"]["properties"]
    assert re.fullmatch(actor["country"]["pattern"], "RU")
    assert not re.fullmatch(actor["country"]["pattern"], "ru")
    assert re.fullmatch(actor["wikidata_id"]["pattern"], "")
    assert not re.fullmatch(actor["wikidata_id"]["pattern"], "Q0")
    assert not re.fullmatch(actor["name"]["pattern"], " ")
    assert re.fullmatch(actor["slug"]["pattern"], "2024-in-review")
    assert not re.fullmatch(actor["slug"]["pattern"], "2024")


DATES = ["2024-03-22", "2024-03", "2024", "2024-03~", "2024?", "201X", "1999/2009", "2014/..", "../2014", "2024-XX-XX"]


def test_dates_that_the_database_reads_fit_their_description(schema):
    pattern = schema["components"]["schemas"]["NewClaimRequest"]
    pattern = pattern["properties"]["occurred"]["pattern"]
    for date in DATES:
        assert re.fullmatch(pattern, date), date
    for text in ["yesterday", "2024-13", "24-1-1", "2024-00", "/", "../..", "2024/2025/2026"]:
        assert not re.fullmatch(pattern, text), text


def test_schema_and_docs_are_served_without_another_host():
    client = anonymous()
    assert client.get(url("schema")).status_code == 200
    page = client.get(url("docs"), HTTP_ACCEPT="text/html,*/*;q=0.8")
    assert page.status_code == 200
    addresses = re.findall(r"""(?:src|href)=["']?([^"'\s>]+)""", page.content.decode())
    assert addresses
    assert all(address.startswith("/") and not address.startswith("//") for address in addresses)
    script = client.get(url("docs"), {"script": ""}, HTTP_ACCEPT="*/*")
    assert script["Content-Type"].startswith("application/javascript")
    assert "/api/v1/schema/" in script.content.decode()


@pytest.mark.parametrize("path", ["schema", "docs"])
def test_schema_and_docs_refuse_with_problems(path):
    problem(anonymous().get(url(path), HTTP_ACCEPT="image/png"), 406)
    problem(anonymous().post(url(path), {}, format="json"), 405)


@pytest.mark.parametrize(
    ("asked", "accept", "kind"),
    [
        ("json", "*/*", "application/json"),
        ("json", "application/yaml", "application/json"),
        ("yaml", "*/*", "application/yaml"),
        ("yaml", "application/json", "application/yaml"),
        (None, "*/*", "application/vnd.oai.openapi"),
        (None, "application/json", "application/json"),
        (None, "application/yaml", "application/yaml"),
        (None, "application/vnd.oai.openapi+json", "application/vnd.oai.openapi+json"),
    ],
)
def test_the_document_is_had_as_yaml_or_json(asked, accept, kind):
    params = {"format": asked} if asked else {}
    response = anonymous().get(url("schema"), params, HTTP_ACCEPT=accept)
    assert response.status_code == 200
    assert response["Content-Type"] == kind
    read = json.loads if "json" in kind else lambda text: yaml.load(text, yaml.CSafeLoader)
    assert read(response.content)["openapi"].startswith("3.1")
    again = anonymous().get(url("schema"), params, HTTP_ACCEPT=accept, HTTP_IF_NONE_MATCH=response["ETag"])
    assert (again.status_code, again.content) == (304, b"")


def test_the_document_takes_no_other_format_or_parameter():
    assert "yaml, json" in problem(anonymous().get(url("schema"), {"format": "xml"}), 400, "format")["detail"]
    problem(anonymous().get(url("schema"), {"fields": "x"}), 400, "fields")


def test_choices_have_a_name_of_their_own(schema):
    """A generated client then defines each enum once, not for each list and parameter."""
    parameters = [q for path in schema["paths"].values() for op in path.values() for q in op.get("parameters", ())]
    inline = {q["name"] for q in parameters if "enum" in q["schema"].get("items", q["schema"])}
    assert not inline
    shared = schema["components"]["schemas"]
    assert shared["ClaimOrder"]["enum"] == ["-occurred", "-updated", "best", "newest", "occurred", "oldest", "updated"]
    (status,) = (q for q in schema["paths"]["/api/v1/claims/"]["get"]["parameters"] if q["name"] == "status__in")
    assert status["schema"]["items"] == {"$ref": "#/components/schemas/ClaimStatus"}
    assert "repeat the parameter" in status["description"]
    assert [s for s in schema["components"]["securitySchemes"].values() if s.get("scheme") == "bearer"]
