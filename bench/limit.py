"""The limit: the least that these responses cost with Python, gunicorn and psycopg.

A bare WSGI application that serves only the measured paths and doesn't authenticate. A response is one prepared query,
whose JSON is passed on as PostgreSQL wrote it.
"""

import base64
import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from slugify import slugify

from bench import queries

CLAIMS = "/api/v1/claims/"
ACTORS = "/api/v1/actors/"
#: Plan each statement once, and look up the few rows of a page by index: the planner would scan small tables instead.
SETTINGS = {
    "timezone": "UTC",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    "random_page_cost": "1.1",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
}
#: status line, body, and headers other than Content-Type and Content-Length
Answer = tuple[str, bytes, list[tuple[str, str]]]


class AsWritten(Loader):
    """Keeps JSON as bytes."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


_here = threading.local()


def fetch_row(sql: str, values: Mapping[str, Any]) -> Any:
    """The first row, or None, over this thread's connection. Writes are committed."""
    connection = getattr(_here, "connection", None)
    if connection is None:
        options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        connection = psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True, options=options)
        connection.adapters.register_loader("json", AsWritten)
        _here.connection = connection
    return connection.execute(sql, values, prepare=True).fetchone()


def close() -> None:
    """Close this thread's connection, if it has one."""
    connection = _here.__dict__.pop("connection", None)
    if connection is not None:
        connection.close()


def one(sql: str, slug: str) -> Answer:
    found = fetch_row(sql, {"slug": slug})
    return ("200 OK", found[0], []) if found else ("404 Not Found", b"{}", [])


def page(query: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """The order, statement and values of a page of claims: a search, a topic, or the list by status and date, at its
    start or after a cursor."""
    if "q" in query:
        return "best", queries.SEARCH, {"words": query["q"]}
    if "topic" in query:
        return "newest", queries.BY_TOPIC, {"topic": query["topic"]}
    values: dict[str, Any] = {"status": query["status"], "since": query["occurred__gte"]}
    if "cursor" not in query:
        return "newest", queries.LIST, values
    padded = query["cursor"] + "=" * (-len(query["cursor"]) % 4)
    values["id"] = json.loads(base64.urlsafe_b64decode(padded))[2][0]
    return "newest", queries.LIST_BEYOND, values


def shown(site: str, query: dict[str, str], order: str, found: Any) -> tuple[bytes, dict[str, str]]:
    """The body and headers of a page, from what its statement returned."""
    rows, first, last, more = found

    def link(backwards: bool, keys: bytes) -> str:
        cursor = json.dumps([order, backwards, json.loads(keys)], separators=(",", ":")).encode()
        query["cursor"] = base64.urlsafe_b64encode(cursor).decode().rstrip("=")
        return f"{site}{CLAIMS}?{urlencode(sorted(query.items()))}"

    has_previous = "cursor" in query and first is not None
    urls = {"next": link(False, last) if more else None, "previous": link(True, first) if has_previous else None}
    names = {"next": "next", "previous": "prev"}
    header = ", ".join(f'<{url}>; rel="{names[name]}"' for name, url in urls.items() if url)
    links = ",".join(f'"{name}":' + (f'"{url}"' if url else "null") for name, url in urls.items())
    return b"".join((b"{", links.encode(), b',"results":', rows, b"}")), {"Link": header} if header else {}


def slug_of(text: str) -> str:
    return slugify(text, max_length=74, word_boundary=True)


def create(site: str, body: dict[str, Any]) -> Answer:
    """A claim with one assertion."""
    (assertion,) = body["assertions"]
    slug = slug_of(body["text"])
    (created,) = fetch_row(queries.CREATE, {"slug": slug, "text": body["text"], "kind": body["kind"]} | assertion)
    return "201 Created", created, [("Location", f"{site}{CLAIMS}{slug}/")]


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    path, site = environ["PATH_INFO"], f"http://{environ['HTTP_HOST']}"
    if environ["REQUEST_METHOD"] == "POST":
        status, body, more = create(site, json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))))
    elif path == CLAIMS:
        query = dict(parse_qsl(environ["QUERY_STRING"]))
        order, sql, values = page(query)
        body, links = shown(site, query, order, fetch_row(sql, values))
        status, more = "200 OK", list(links.items())
    elif path.startswith(ACTORS):
        status, body, more = one(queries.ONE_ACTOR, path[len(ACTORS) : -1])
    else:
        status, body, more = one(queries.ONE_CLAIM, path[len(CLAIMS) : -1])
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *more])
    return [body]
