"""The peer: the same tables and the same SQL behind FastAPI and asyncpg, under uvicorn with uvloop and httptools.

It is as fast as we could make it. PostgreSQL writes the JSON and Python passes its bytes on in a plain `Response`; each
worker has one pool, whose connections keep their prepared statements and aren't reset between requests. It checks
parameters and bodies as the API does, and leaves constraints and references to the database. It has no sign-in, roles,
rate limits, log, ETags or record of who changed what.
"""

import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Any, Literal

import asyncpg
import langcodes
from fastapi import FastAPI, HTTPException, Query, Request, Response
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from bench import limit, queries

#: connections of each worker
CONNECTIONS = 8
#: attempts to find a slug that no other claim has
ATTEMPTS = 5
CLAIM = {name: f"%({name})s::text" for name in queries.CLAIM_DEFAULTS}
ASSERTION = {
    name: f"%({name})s::{'boolean' if default == 'false' else 'text'}"
    for name, default in queries.ASSERTION_DEFAULTS.items()
}
#: inserts nothing if there is no such source or speaker
CREATE = queries.create(
    CLAIM,
    ASSERTION,
    only_if="EXISTS (SELECT FROM claims_source WHERE slug = %(source)s) "
    "AND EXISTS (SELECT FROM claims_actor WHERE slug = %(speaker)s)",
)
TOPIC = "SELECT 1 FROM claims_topic WHERE slug = %(topic)s"


def registered(tag: str) -> str:
    if not langcodes.tag_is_valid(tag):
        raise ValueError(f"“{tag}” is not a registered language tag (BCP 47).")
    return langcodes.standardize_tag(tag)


def words(most: int, least: int = 0) -> Any:
    """Text of `least` to `most` characters without NUL, which PostgreSQL can't store; `least` of them no whitespace."""
    return StringConstraints(max_length=most, pattern=r"^[^\x00]*\S[^\x00]*$" if least else r"^[^\x00]*$")


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewAssertion(Model):
    source: Annotated[str, words(80, 1)]
    speaker: Annotated[str, words(80, 1)]
    locator: Annotated[str, words(500)] = ""
    voice: Literal["own", "quoted", "paraphrased"] = "own"
    stance: Literal["asserts", "denies", "questions"] = "asserts"
    hedged: bool = False
    implied: bool = False
    said: Annotated[str, words(64)] = ""
    note: Annotated[str, words(10_000)] = ""


class NewClaim(Model):
    text: Annotated[str, words(1000, 1)]
    kind: Literal["fact", "number", "quote", "causal", "position", "prediction", "counterfactual", "value"]
    language: Annotated[str, words(35), AfterValidator(registered)] = "en"
    context: Annotated[str, words(10_000)] = ""
    occurred: Annotated[str, words(64)] = ""
    assertions: Annotated[list[NewAssertion], Field(min_length=1, max_length=1)]


class Listed(Model):
    """The query of a list: a search, a topic, or a status and a first day."""

    q: Annotated[str, words(500)] | None = None
    topic: Annotated[str, words(80)] | None = None
    status: Literal["unverified", "supported", "refuted", "conflicting", "not_enough_evidence", "not_checkable"] = (
        "unverified"
    )
    occurred__gte: date = date.min
    expand: Literal["assertions.speaker,assertions.source"] | None = None
    cursor: Annotated[str, words(500)] | None = None


_numbered: dict[str, tuple[str, list[str]]] = {}


def numbered(sql: str) -> tuple[str, list[str]]:
    """The statement with `$1` … for the named placeholders, as asyncpg needs it, and their names in that order."""
    if sql not in _numbered:
        names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", sql)))
        _numbered[sql] = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", sql), names
    return _numbered[sql]


async def fetch_row(sql: str, values: Mapping[str, Any]) -> Any:
    statement, names = numbered(sql)
    return await application.state.pool.fetchrow(statement, *[values[name] for name in names])


async def prepare(connection: Any) -> None:
    """Have a new connection return JSON as the bytes that the server sent."""
    await connection.set_type_codec("json", encoder=bytes, decoder=bytes, schema="pg_catalog", format="binary")


async def keep(connection: Any) -> None:
    """What a connection needs between two requests: nothing, as none changes its settings."""


@asynccontextmanager
async def pool(application: FastAPI) -> AsyncIterator[None]:
    server = conninfo_to_dict(os.environ["BENCH_DATABASE"])
    application.state.pool = await asyncpg.create_pool(
        host=server["host"],
        port=int(str(server["port"])),
        user=server["user"],
        password=server.get("password"),
        database=server["dbname"],
        server_settings=limit.SETTINGS,
        min_size=CONNECTIONS,
        max_size=CONNECTIONS,
        max_cacheable_statement_size=0,  # no limit: by default, statements above 15 kB are prepared each time
        max_cached_statement_lifetime=0,
        init=prepare,
        reset=keep,
    )
    yield
    await application.state.pool.close()


application = FastAPI(lifespan=pool)


def answer(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, headers, "application/json")


@application.get("/api/v1/claims/")
async def listed(request: Request, asked: Annotated[Listed, Query()]) -> Response:
    query = dict(request.query_params)
    try:
        order, sql, values = limit.page(query | {"status": asked.status, "occurred__gte": asked.occurred__gte})
        found = await fetch_row(sql, values)
    except (ValueError, LookupError, TypeError, asyncpg.DataError):
        raise HTTPException(400, "The cursor does not belong to this list.") from None
    if found[1] is None and asked.topic is not None and not await fetch_row(TOPIC, values):
        raise HTTPException(400, f"There is no topic “{asked.topic}”.")
    body, headers = limit.shown(f"http://{request.headers['host']}", query, order, found)
    return answer(body, headers=headers)


@application.post("/api/v1/claims/")
async def create(request: Request, claim: NewClaim) -> Response:
    values = claim.__dict__ | claim.assertions[0].__dict__
    slug = values["slug"] = limit.slug_of(claim.text)
    for attempt in range(2, ATTEMPTS + 2):
        try:
            found = await fetch_row(CREATE, values)
            break
        except asyncpg.UniqueViolationError:
            values["slug"] = f"{slug}-{attempt}"
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
            raise HTTPException(400, str(error)) from None
    else:
        raise HTTPException(409, "Other writes use these slugs. Try again.")
    if found is None:
        raise HTTPException(400, "There is no such source or speaker.")
    where = f"http://{request.headers['host']}{limit.CLAIMS}{values['slug']}/"
    return answer(found[0], 201, {"Location": where})


async def one(sql: str, slug: str) -> Response:
    found = await fetch_row(sql, {"slug": slug})
    if found is None:
        raise HTTPException(404, f"There is no “{slug}”.")
    return answer(found[0])


@application.get("/api/v1/claims/{slug}/")
async def claim(slug: str) -> Response:
    return await one(queries.ONE_CLAIM, slug)


@application.get("/api/v1/actors/{slug}/")
async def actor(slug: str) -> Response:
    return await one(queries.ONE_ACTOR, slug)
