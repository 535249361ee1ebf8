"""Bodies that nobody would think of: never a 500, every refusal names what is at fault, and nothing is half saved."""

import json
import os
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.client import RESOURCES, VIEWS, administrator, problem, send, url

pytestmark = pytest.mark.django_db

#: examples a test; `make fuzz` asks for more
EXAMPLES = int(os.environ.get("FUZZ", "25"))
BULK = ("claims", "assertions", "evidence")
FEW = settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)

#: text with halves of surrogate pairs, NUL, and what else Unicode has
TEXTS = st.text(max_size=40) | st.sampled_from(["\ud800", "a\0b", " ", "", "\x1f", "٣", "-1", "1e5", "x" * 3000])
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([2**63, -(10**400)])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=6,
)
#: rules that hold between members may name the other one
TOGETHER = [
    {"start", "end", "quote_sha256", "printed", "snapshot", "source"},
    {"text", "length", "sha256"},
    {"kind", "occurred", "place", "parent"},
    {"supersedes", "reason", "claim", "issuer"},
    {"state", "of_record", "status"},
    {"from_claim", "to_claim"},
    {"claim", "evidence"},
]


def writable(name, action="create"):
    """The fields of a POST, by name: whether each is required."""
    view = VIEWS[name]()
    view.action = action
    return {n: f.required for n, f in view.get_serializer_class()().fields.items() if not f.read_only}


def related(names):
    """The names, and those that a rule binds to one of them."""
    return set(names).union(*(group for group in TOGETHER if group & set(names)))


@contextmanager
def undone():
    """What is saved here is not there any more afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def counts():
    """How many rows each table of the record has, its history included."""
    tables = [model._meta.db_table for model in apps.get_app_config("claims").get_models(include_auto_created=True)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f'(SELECT count(*) FROM "{table}")' for table in tables))
        return cursor.fetchone()


def refused_as_a_whole(response, before, allowed):
    """A refusal is a problem that names members of the body, or required ones; nothing is saved."""
    errors = problem(response, 400)["errors"]
    assert errors
    for error in errors:
        member = error["field"] and error["field"].split(".")[0]
        assert error["detail"]
        assert error["code"]
        assert error["field"] is None or error["field"] in allowed or member in allowed, error
    assert counts() == before


def shown(names):
    """Names as a problem can show them."""
    return {name[:100].encode("utf-8", "backslashreplace").decode() for name in names}


def bodies(name):
    names = st.sampled_from(sorted(writable(name)))
    return st.dictionaries(names | names | TEXTS, VALUES, max_size=6)


@pytest.mark.parametrize("name", RESOURCES)
def test_any_object_as_a_body(name):
    row = RESOURCES[name].make()
    required = {member for member, needed in writable(name).items() if needed}
    path = url(name, row.pk)

    @FEW
    @given(bodies(name), st.sampled_from(["POST", "PUT", "PATCH"]))
    def check(body, method):
        with undone():
            before, there = counts(), administrator().get(path).content
            response = send(method, url(name) if method == "POST" else path, body)
            if response.status_code >= 300:
                refused_as_a_whole(response, before, related(required | shown(body)))
                assert administrator().get(path).content == there

    check()


@pytest.mark.parametrize("name", RESOURCES)
@FEW
@given(value=VALUES, method=st.sampled_from(["POST", "PUT", "PATCH", "DELETE"]))
def test_any_value_as_a_body(name, value, method):
    if isinstance(value, dict):
        value = [value]
    with undone():
        path = url(name) if method == "POST" else url(name, RESOURCES[name].make().pk)
        before = counts()
        response = send(method, path, value)
        problem(response, 400)
        assert counts() == before


@pytest.mark.parametrize("name", RESOURCES)
def test_a_member_that_is_wrong_is_the_one_that_is_named(name):
    good = RESOURCES[name].body()
    members = sorted(writable(name))

    @FEW
    @given(st.sampled_from(members), VALUES)
    def check(member, value):
        with undone():
            before = counts()
            response = send("POST", url(name), good | {member: value})
            if response.status_code != 201:
                refused_as_a_whole(response, before, related([member]))

    check()


@pytest.mark.parametrize("name", BULK)
def test_any_items_in_a_write_of_many(name):
    good = RESOURCES[name].body()
    stored = RESOURCES[name].make()
    item = {"id": stored.pk, "version": 1}
    keys = st.sampled_from([item, item, {"id": stored.pk}, {}])

    @FEW
    @given(st.lists(VALUES | bodies(name), max_size=3), st.sampled_from(["POST", "PATCH", "DELETE"]), keys)
    def check(values, method, key):
        first = good if method == "POST" else key
        items = [first, *({**key, **v} if isinstance(v, dict) and method != "POST" else v for v in values)]
        with undone():
            before = counts()
            response = send(method, url(name, "bulk"), {"items": items})
            if response.status_code in (412, 428):
                assert "items." in problem(response, response.status_code)["detail"]
                assert counts() == before
            elif response.status_code >= 300:
                refused_as_a_whole(response, before, {"items"})
                for error in json.loads(response.content)["errors"]:
                    assert int(error["field"].split(".")[1]) < len(items)

    check()
