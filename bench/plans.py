"""The plans of common queries, and the indexes they use.

Runs in the environment of an installation; reads titles and URLs as JSON and prints JSON. The statements are those that
the application sends, explained with their actual values.
"""

import json
import re
import sys
from typing import Any
from urllib.parse import quote

import psycopg

from bench.inside import call, environ_of
from bench.operations import Operation
from bench.request import Request

#: the name of an index in a plan
INDEX = re.compile(r"(?:Index Scan|Index Only Scan|Bitmap Index Scan)(?: Backward)?(?: using| on) (\w+)")
MILLISECONDS = re.compile(r"Execution Time: ([\d.]+)")
#: common queries beyond the measured operations; NAMES fills the braces
MORE = {
    "claims of a status": "claims/?status=conflicting",
    "claims of a kind": "claims/?kind=prediction",
    "claims by the day they happened": "claims/?order=-occurred",
    "what changed since": "claims/?updated_since=2020-01-01T00:00:00Z&order=updated",
    "claims of a speaker": "claims/?speaker={speaker}",
    "claims about an actor": "claims/?about={about}",
    "claims in a source": "claims/?source={source}",
    "what a source asserts, as it reads": "sources/{source}/assertions/",
    "what an actor asserts": "actors/{speaker}/assertions/",
    "evidence from a source": "sources/{source}/evidence/",
    "an actor's works": "actors/{publisher}/sources/",
    "an actor's verdicts": "actors/{issuer}/verdicts/",
    "drafts": "verdicts/?state=draft",
    "actors by name": "actors/",
    "actors by a name with a typing error": "actors/?q={name}",
    "sources by words of the title": "sources/?q={title}",
    "topics by name": "topics/?q={topic}",
}
COMMONEST = (
    "SELECT n.slug FROM {named} n JOIN {rows} r ON r.{column} = n.id GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
)
NAMES = {
    "speaker": COMMONEST.format(named="claims_actor", rows="claims_assertion", column="speaker_id"),
    "about": COMMONEST.format(named="claims_actor", rows="claims_claimactor", column="actor_id"),
    "source": COMMONEST.format(named="claims_source", rows="claims_assertion", column="source_id"),
    "publisher": COMMONEST.format(named="claims_actor", rows="claims_source", column="publisher_id"),
    "issuer": COMMONEST.format(named="claims_actor", rows="claims_verdict", column="issuer_id"),
    "name": "SELECT overlay(name placing 'x' from 3 for 1) FROM claims_actor ORDER BY id LIMIT 1",
    "title": "SELECT substring(title from '^\\S+ \\S+') FROM claims_source ORDER BY id LIMIT 1",
    "topic": "SELECT name FROM claims_topic ORDER BY id LIMIT 1",
}


def common_queries(record: psycopg.Connection[Any], measured: list[Operation]) -> dict[str, str]:
    """Title → URL of each query."""
    names = {name: quote(record.execute(sql).fetchall()[0][0]) for name, sql in NAMES.items()}
    of_operations = {one.title: one.requests[len(one.requests) // 2].path for one in measured if not one.writes}
    return of_operations | {title: f"/api/v1/{address.format_map(names)}" for title, address in MORE.items()}


def explain(address: str) -> list[dict[str, Any]]:
    """For each statement that a request sends: its `sql` (empty if long), `plan`, `indexes` and `milliseconds`."""
    from django.db import connection

    from claimsdb.postgresql.joined import JoinedCursor
    from claimsdb.wsgi import application

    statements: list[tuple[str, Any]] = []

    def collect(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        is_joined = isinstance(context["cursor"].cursor, JoinedCursor)
        statements.extend(params if is_joined else [(sql, params)])
        return execute(sql, params, many, context)

    connection.ensure_connection()  # the queries of a new connection are not part of a request
    with connection.execute_wrapper(collect):
        call(application, environ_of(Request(address), "", 0))
    found = []
    with connection.cursor() as cursor:
        for sql, params in statements:
            for _ in range(2):  # the second time with all data in memory
                cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF) {sql}", params)
                plan = "\n".join(line for (line,) in cursor)
            taken = MILLISECONDS.search(plan)
            found.append(
                {
                    "sql": sql if len(sql) < 1000 else "",
                    "plan": plan,
                    "indexes": sorted(set(INDEX.findall(plan))),
                    "milliseconds": float(taken[1]) if taken else None,
                }
            )
    return found


def main() -> None:
    queries = json.load(sys.stdin)
    json.dump(
        {title: {"address": address, "statements": explain(address)} for title, address in queries.items()}, sys.stdout
    )


if __name__ == "__main__":
    main()
