"""What each index costs: its size, and the time it adds to a bulk load."""

import statistics
import time
from typing import Any

import psycopg
from psycopg import sql

from bench.bulk import CLAIMS, ROWS
from bench.databases import last_id, vacuum

#: loads with the index and without it, in turns
TIMES = 3
#: the tables that grow with the claims → columns, and their values for a copy of the first claims
TABLES = ROWS | {
    "claims_evidence": (
        'id, claim_id, source_id, snapshot_id, start, "end", quote_sha256, locator, stance, credibility, summary, '
        "read_on",
        'id + {own}, claim_id + {claims}, source_id, snapshot_id, start, "end", quote_sha256, locator, stance, '
        "credibility, summary, read_on",
    ),
    "claims_claimtopic": ("id, claim_id, topic_id", "id + {own}, claim_id + {claims}, topic_id"),
    "claims_claimactor": ("id, claim_id, actor_id", "id + {own}, claim_id + {claims}, actor_id"),
}
LIST = """
    SELECT s.relname, s.indexrelname, pg_relation_size(s.indexrelid), s.idx_scan, i.indisunique
    FROM pg_stat_user_indexes s JOIN pg_index i USING (indexrelid)
    WHERE s.relname LIKE 'claims\\_%' AND s.relname NOT LIKE '%event' ORDER BY 1, 2
"""


def costs(record: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    """For each index: `table`, `name`, `bytes`, `scans` since the statistics were reset, whether it is `unique`, and
    `load`, the share that it adds to the time of a bulk load (0.1: a tenth); None if unique or not measured."""
    record.execute("SELECT pg_stat_clear_snapshot()")
    found = []
    for table, name, size, scans, unique in record.execute(LIST).fetchall():
        load = None if unique or table not in TABLES else _slowdown(record, table, name)
        found.append({"table": table, "name": name, "bytes": size, "scans": scans, "unique": unique, "load": load})
    for table in TABLES:
        vacuum(record, table)
    return found


def _slowdown(record: psycopg.Connection[Any], table: str, index: str) -> float:
    columns, values = TABLES[table]
    own = last_id(record, table)
    offsets = {"own": own, "assertions": own, "claims": last_id(record, "claims_claim")}
    ((until,),) = record.execute(
        "SELECT max(id) FROM (SELECT id FROM claims_claim ORDER BY id LIMIT %s) first", [CLAIMS]
    ).fetchall()
    claim = "id" if table == "claims_claim" else "claim_id"
    rows = f"SELECT {values.format(**offsets)} FROM {table} WHERE {claim} <= {until}"
    with record.cursor().copy(f"COPY ({rows}) TO STDOUT") as copy:
        ready = [bytes(block) for block in copy]
    taken: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(TIMES):
        for there in taken:
            with record.transaction(force_rollback=True):
                if not there:
                    record.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(index)))
                begun = time.perf_counter()
                with record.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for block in ready:
                        copy.write(block)
                taken[there].append(time.perf_counter() - begun)
    return statistics.median(taken[True]) / statistics.median(taken[False]) - 1
