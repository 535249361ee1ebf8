"""The OpenAPI description and its page."""

import re

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from claims.api.urls import NESTED
from tests.api import RESOURCES, VIEWS, anonymous, problem, url

pytestmark = pytest.mark.django_db


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
    expected |= {"/api/v1/actors/{key}/merge/": {"post"}, "/api/v1/snapshots/{key}/coverage/": {"get"}}
    expected |= {"/api/v1/snapshots/{key}/drift/": {"get"}, "/api/v1/claims/{key}/origins/": {"get"}}
    expected |= {"/api/v1/tokens/": {"get", "post"}, "/api/v1/tokens/{key}/": {"get", "delete"}}
    found = {
        path: set(operations) & {"get", "post", "put", "patch", "delete"}
        for path, operations in schema["paths"].items()
    }
    assert found == expected


@pytest.mark.parametrize("name", RESOURCES)
def test_every_parameter_is_described(schema, name):
    view = VIEWS[name]
    described = {parameter["name"] for parameter in schema["paths"][f"/api/v1/{name}/"]["get"]["parameters"]}
    wanted = {*view.filterset_class.base_filters, "fields", "expand", "limit", "cursor", "order", "count"}
    assert described == wanted | ({"q"} if view.search_verb else set())


def test_every_error_is_described(schema):
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert {"400", "401", "403"} <= set(operation["responses"]), (method, path)
            for code, answer in operation["responses"].items():
                if int(code) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"], (method, path, code)


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
