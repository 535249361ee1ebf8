"""The measured operations: for each up to REQUESTS requests, drawn from the record and the same for the same record."""

import base64
import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import psycopg

from bench.request import NUMBER, Request

SEED = 2026
#: requests per operation, if the record has as many
REQUESTS = 200
API = "/api/v1"
EMBEDDED = "assertions.speaker,assertions.source"
PAGE = 50
DEEP = 5000
#: a search word is in this share of the claims: neither a rare name nor a word of every other sentence
FREQUENCY = (0.005, 0.03)
#: number of claims whose words are counted for that
SAMPLE = 20_000


@dataclass(frozen=True)
class Operation:
    """`target`: requests/s as a share of the limit's. `growth`: the most that the median latency may grow from
    the smallest size to the largest, as a factor. `stock`: whether the stock is measured too."""

    name: str
    title: str
    requests: Sequence[Request]
    target: float | None = None
    growth: float | None = 1.3
    stock: bool = True

    @property
    def writes(self) -> bool:
        return self.requests[0].body is not None


def operations(record: psycopg.Connection[Any]) -> list[Operation]:
    """All operations, with requests that this record can answer."""
    chance = random.Random(SEED)  # noqa: S311 - nothing secret
    lists = dated_lists(record, chance)
    return [
        Operation("claim", "one claim with all on its page", one_each(record, "claim", chance), target=0.6),
        Operation("list", "list of 50 by status and date, speakers and sources embedded", lists, target=0.75),
        Operation("deep", "the same list at page 5,000", deep_pages(record, lists), target=0.75, stock=False),
        Operation("search", "search for two words, best 50", searches(record, chance), target=0.75, growth=2),
        Operation("topic", "claims under a topic and all below it", topics(record, chance), target=0.6),
        Operation("actor", "an actor's record", one_each(record, "actor", chance), target=0.6),
        Operation("create", "create a claim with an assertion", creations(record, chance), target=0.4),
    ]


def list_request(resource: str, **query: str) -> Request:
    return Request(f"{API}/{resource}/?{urlencode(query)}")


def column(record: psycopg.Connection[Any], sql: str, *values: object) -> list[Any]:
    return [row[0] for row in record.execute(sql, values)]


def one_each(record: psycopg.Connection[Any], noun: str, chance: random.Random) -> list[Request]:
    """Requests for single records from anywhere in the table, by slug."""
    merged = "AND merged_into_id IS NULL" if noun == "actor" else ""
    ((first, last),) = record.execute(f"SELECT min(id), max(id) FROM claims_{noun}").fetchall()
    ids = [chance.randint(first, last) for _ in range(2 * REQUESTS)]
    sql = f"SELECT slug FROM claims_{noun} WHERE id = ANY(%s) {merged} ORDER BY id"
    slugs = column(record, sql, ids)
    return [Request(f"{API}/{noun}s/{slug}/") for slug in chance.sample(slugs, min(REQUESTS, len(slugs)))]


def dated_lists(record: psycopg.Connection[Any], chance: random.Random) -> list[Request]:
    """Lists by status, of claims that happened on the first of some month or later, with more than one page."""
    found = [(status, since) for status, since, rows in by_month(record) if rows > PAGE]
    return [
        list_request("claims", status=status, occurred__gte=since, expand=EMBEDDED)
        for status, since in chance.sample(found, min(REQUESTS, len(found)))
    ]


def by_month(record: psycopg.Connection[Any]) -> list[tuple[str, str, int]]:
    """Status, the first day of a month since 2000, and how many claims have that status and happened since that day."""
    return record.execute(
        """
        SELECT status, month::date::text, sum(rows) OVER (PARTITION BY status ORDER BY month DESC)::int
        FROM (
            SELECT status, date_trunc('month', occurred_first) AS month, count(*) AS rows
            FROM claims_claim WHERE occurred_first >= '2000-01-01' GROUP BY 1, 2
        ) months
        ORDER BY 1, 2
        """
    ).fetchall()


def deep_pages(record: psycopg.Connection[Any], lists: Sequence[Request]) -> list[Request]:
    """Pages from number DEEP on of the lists that are that long; if there are none, the last but one of the longest."""
    rows_of = {(status, since): rows for status, since, rows in by_month(record)}
    long = sorted((rows_of[status_and_day(request)], request.path) for request in lists)[-10:]
    if long[-1][0] > (DEEP + 1) * PAGE:
        long = [(rows, path) for rows, path in long if rows > (DEEP + 1) * PAGE]
    found = []
    for rows, path in long:
        pages = -(-rows // PAGE)
        begin = max(2, min(DEEP, pages - 1))
        wanted = max(1, min(REQUESTS // len(long), pages - begin))
        status, since = status_and_day(Request(path))
        ids = column(
            record,
            "SELECT id FROM claims_claim WHERE status = %s AND occurred_first >= %s::date ORDER BY id DESC "
            "OFFSET %s LIMIT %s",
            *(status, since, (begin - 1) * PAGE - 1, (wanted - 1) * PAGE + 1),
        )
        found += [Request(f"{path}&cursor={cursor('newest', last)}") for last in ids[::PAGE]]
    return found


def status_and_day(request: Request) -> tuple[str, str]:
    """The status and the first day that a list is filtered by."""
    return tuple(re.findall(r"(?:status|occurred__gte)=([^&]+)", request.path))


def cursor(order: str, *values: object) -> str:
    """The cursor of the page after the row with these values, in the format of `claims/rest/pages.py`."""
    text = json.dumps([order, False, values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def searches(record: psycopg.Connection[Any], chance: random.Random) -> list[Request]:
    """Searches for pairs of words that occur together in an English claim."""
    ((first, last),) = record.execute("SELECT min(id), max(id) FROM claims_claim").fetchall()
    texts = column(
        record,
        "SELECT text FROM claims_claim WHERE id = ANY(%s) AND language = 'en' ORDER BY id",
        sorted(chance.sample(range(first, last + 1), min(SAMPLE, last - first + 1))),
    )
    claims = [sorted(set(re.findall(r"[a-z]{4,}", text.lower()))) for text in texts]
    counts = Counter(word for words in claims for word in words)
    few, many = (share * len(claims) for share in FREQUENCY)
    middling = {word for word, count in counts.items() if few <= count <= many}
    pairs = set()
    for words in chance.sample(claims, len(claims)):
        fit = [word for word in words if word in middling]
        if len(fit) > 1:
            pairs.add(" ".join(chance.sample(fit, 2)))
        if len(pairs) == REQUESTS:
            break
    return [list_request("claims", q=pair) for pair in sorted(pairs)]


def topics(record: psycopg.Connection[Any], chance: random.Random) -> list[Request]:
    """Lists of claims by topic: topics that have claims, directly or in a topic below them."""
    slugs = column(
        record,
        """
        WITH RECURSIVE used AS (
            SELECT DISTINCT topic_id AS id FROM claims_claimtopic
            UNION
            SELECT t.parent_id FROM claims_topic t JOIN used ON t.id = used.id WHERE t.parent_id IS NOT NULL
        )
        SELECT slug FROM claims_topic JOIN used USING (id) ORDER BY id
        """,
    )
    return [list_request("claims", topic=slug) for slug in chance.sample(slugs, min(REQUESTS, len(slugs)))]


def creations(record: psycopg.Connection[Any], chance: random.Random) -> list[Request]:
    """New claims, each asserted by an existing actor in an existing source. NUMBER makes each text unique."""
    bodies = []
    for source, speaker in zip(
        one_each(record, "source", chance), chance.choices(one_each(record, "actor", chance), k=REQUESTS), strict=False
    ):
        said = {"source": key(source), "speaker": key(speaker), "locator": "page 7", "voice": "quoted"}
        text = f"Bench {NUMBER} says that nothing stands still."
        bodies.append({"text": text, "kind": "fact", "assertions": [said]})
    return [Request(f"{API}/claims/", body) for body in bodies]


def key(request: Request) -> str:
    return request.path.rsplit("/", 2)[-2]
