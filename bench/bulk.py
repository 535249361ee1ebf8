"""A bulk load at its fastest: copies of existing rows, by COPY with all checks, rolled back."""

import time
from typing import Any

import psycopg

from bench.databases import last_id, vacuum

#: largest number of claims; their assertions are loaded too
CLAIMS = 20_000
#: table → its columns, and their values in terms of an existing row
ROWS = {
    "claims_claim": (
        "id, slug, text, language, kind, status, context, occurred",
        # without verdicts of their own, the claims are unverified
        "id + {claims}, 'bulk-' || id, text, language, kind, 'unverified', context, occurred",
    ),
    "claims_assertion": (
        'id, claim_id, source_id, snapshot_id, start, "end", quote_sha256, locator, speaker_id, voice, stance, hedged, '
        "implied, said, note",
        'id + {assertions}, claim_id + {claims}, source_id, snapshot_id, start, "end", quote_sha256, locator, '
        "speaker_id, voice, stance, hedged, implied, said, note",
    ),
}


def load(record: psycopg.Connection[Any]) -> dict[str, float]:
    """The number of `rows`, the `seconds` their load took, and rows per second (`rate`). Reading them is not timed."""
    beyond = {"claims": last_id(record, "claims_claim"), "assertions": last_id(record, "claims_assertion")}
    ((until,),) = record.execute(
        "SELECT max(id) FROM (SELECT id FROM claims_claim ORDER BY id LIMIT %s) first", [CLAIMS]
    ).fetchall()
    ready = {}
    for table, (_, values) in ROWS.items():
        claim = "id" if table == "claims_claim" else "claim_id"
        rows = f"SELECT {values.format(**beyond)} FROM {table} WHERE {claim} <= {until}"
        with record.cursor().copy(f"COPY ({rows}) TO STDOUT") as copy:
            ready[table] = [bytes(block) for block in copy]
    count = 0
    with record.transaction(force_rollback=True):
        begun = time.perf_counter()
        for table, (columns, _) in ROWS.items():
            cursor = record.cursor()
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for block in ready[table]:
                    copy.write(block)
            count += cursor.rowcount
        record.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as COMMIT would
        seconds = time.perf_counter() - begun
    for table in ROWS:
        vacuum(record, table)
    return {"rows": count, "seconds": seconds, "rate": count / seconds}
