"""The limit: what these answers cost at the least, with Python, gunicorn and psycopg in between.

A bare WSGI application. It knows only the addresses that are measured and asks nobody who they are; an answer is one
prepared query, whose JSON is passed on as PostgreSQL wrote it.
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
#: Planned once, and to look up by index the few rows that a page shows: for each of them the planner would rather read
#: through all of a small table.
SETTINGS = " ".join(
    f"-c {setting}"
    for setting in (
        *("timezone=UTC", "jit=off", "plan_cache_mode=force_generic_plan", "random_page_cost=1.1"),
        *("enable_hashjoin=off", "enable_mergejoin=off", "enable_seqscan=off"),
    )
)
#: the answer's status line, its body, and its headers besides the usual ones
Answer = tuple[str, bytes, list[tuple[str, str]]]


class AsWritten(Loader):
    """JSON stays the bytes it came as."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


_here = threading.local()


def ask(sql: str, values: Mapping[str, Any]) -> Any:
    """The only row, over a connection of this thread; None if there is none. A write is committed."""
    connection = getattr(_here, "connection", None)
    if connection is None:
        connection = psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True, options=SETTINGS)
        connection.adapters.register_loader("json", AsWritten)
        _here.connection = connection
    return connection.execute(sql, values, prepare=True).fetchone()


def close() -> None:
    """Closes this thread's connection, if it has one."""
    connection = _here.__dict__.pop("connection", None)
    if connection is not None:
        connection.close()


def one(sql: str, slug: str) -> Answer:
    found = ask(sql, {"slug": slug})
    return ("200 OK", found[0], []) if found else ("404 Not Found", b"{}", [])


def page(site: str, asked: dict[str, str]) -> Answer:
    """A page of claims: the list by status and date, at its beginning or behind a cursor; a search; or a topic."""
    if "q" in asked:
        order, found = "best", ask(queries.SEARCH, {"words": asked["q"]})
    elif "topic" in asked:
        order, found = "newest", ask(queries.BY_TOPIC, {"topic": asked["topic"]})
    else:
        order, values = "newest", {"status": asked["status"], "since": asked["occurred__gte"]}
        if "cursor" in asked:
            padded = asked["cursor"] + "=" * (-len(asked["cursor"]) % 4)
            values["id"] = json.loads(base64.urlsafe_b64decode(padded))[2][0]
            found = ask(queries.LIST_BEYOND, values)
        else:
            found = ask(queries.LIST, values)
    rows, first, last, more = found

    def link(backwards: bool, keys: bytes) -> str:
        cursor = json.dumps([order, backwards, json.loads(keys)], separators=(",", ":")).encode()
        asked["cursor"] = base64.urlsafe_b64encode(cursor).decode().rstrip("=")
        return f"{site}{CLAIMS}?{urlencode(sorted(asked.items()))}"

    behind = "cursor" in asked and first is not None
    urls = {"next": link(False, last) if more else None, "previous": link(True, first) if behind else None}
    names = {"next": "next", "previous": "prev"}
    header = ", ".join(f'<{url}>; rel="{names[name]}"' for name, url in urls.items() if url)
    links = ",".join(f'"{name}":' + (f'"{url}"' if url else "null") for name, url in urls.items())
    body = b"".join((b"{", links.encode(), b',"results":', rows, b"}"))
    return "200 OK", body, [("Link", header)] if header else []


def create(site: str, body: dict[str, Any]) -> Answer:
    """A claim with one assertion."""
    (assertion,) = body["assertions"]
    slug = slugify(body["text"], max_length=74, word_boundary=True)
    (made,) = ask(queries.CREATE, {"slug": slug, "text": body["text"], "kind": body["kind"]} | assertion)
    return "201 Created", made, [("Location", f"{site}{CLAIMS}{slug}/")]


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    path, site = environ["PATH_INFO"], f"http://{environ['HTTP_HOST']}"
    if environ["REQUEST_METHOD"] == "POST":
        status, body, more = create(site, json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))))
    elif path == CLAIMS:
        status, body, more = page(site, dict(parse_qsl(environ["QUERY_STRING"])))
    elif path.startswith(ACTORS):
        status, body, more = one(queries.ONE_ACTOR, path[len(ACTORS) : -1])
    else:
        status, body, more = one(queries.ONE_CLAIM, path[len(CLAIMS) : -1])
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *more])
    return [body]
