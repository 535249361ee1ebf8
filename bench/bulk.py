"""A bulk load at its quickest: rows like those that are there, by COPY, with all checks, and nothing of it kept."""

import time
from typing import Any

import psycopg

from bench.databases import last_id, vacuum

#: claims at most; their assertions come with them
CLAIMS = 20_000
CLAIM = "id, slug, text, language, kind, status, context, occurred"
ASSERTION = (
    'id, claim_id, source_id, snapshot_id, start, "end", quote_sha256, locator, speaker_id, voice, stance, hedged, '
    "implied, said, note"
)


def load(record: psycopg.Connection[Any]) -> dict[str, float]:
    """Rows a second (`rate`), the `rows` and the `seconds` it took; the reading is not part of it."""
    claims = record.execute(f"SELECT {CLAIM} FROM claims_claim ORDER BY id LIMIT %s", [CLAIMS]).fetchall()
    ids = [row[0] for row in claims]
    assertions = record.execute(f"SELECT {ASSERTION} FROM claims_assertion WHERE claim_id = ANY(%s)", [ids]).fetchall()
    claim_id, assertion_id = last_id(record, "claims_claim"), last_id(record, "claims_assertion")
    new = {old: claim_id + number for number, old in enumerate(ids, 1)}
    # without verdicts of their own, the claims are unverified
    claims = [(new[row[0]], f"bulk-{new[row[0]]}", *row[2:5], "unverified", *row[6:]) for row in claims]
    assertions = [(assertion_id + n, new[row[1]], *row[2:]) for n, row in enumerate(assertions, 1)]
    with record.transaction(force_rollback=True):
        begun = time.perf_counter()
        for table, columns, rows in (
            ("claims_claim", CLAIM, claims),
            ("claims_assertion", ASSERTION, assertions),
        ):
            with record.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        record.execute("SET CONSTRAINTS ALL IMMEDIATE")  # which a COMMIT would ask
        seconds = time.perf_counter() - begun
    for table in ("claims_claim", "claims_assertion"):
        vacuum(record, table)
    rows = len(claims) + len(assertions)
    return {"rows": rows, "seconds": seconds, "rate": rows / seconds}
