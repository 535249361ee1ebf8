"""The limit's SQL: one statement per operation, in which PostgreSQL writes the JSON.

Each finds the rows of its page first, by an index, and then reads what the page shows. `array_to_json` converts arrays
of rows, because `json_agg` would put line breaks between them, unlike the API's compact JSON.
"""

from collections.abc import Mapping

#: the most rows of a list that the API embeds in another record
EMBEDDED = 100
#: the default number of rows per page
PAGE = 50


def array(rows: str) -> str:
    """SQL for the rows of a subquery as a JSON array."""
    return f"array_to_json(ARRAY(SELECT r FROM ({rows}) r))"


def slugs(link: str, table: str, column: str) -> str:
    """SQL for the slugs of the records linked to a claim `c`, ordered by name."""
    return (
        f"ARRAY(SELECT o.slug FROM {link} l JOIN {table} o ON o.id = l.{column} WHERE l.claim_id = c.id "
        "ORDER BY o.name, o.id)"
    )


def actor(of: str) -> str:
    """SQL for the members of an actor `a`, whose id is `of`."""
    aliases = array(
        f"SELECT n.language, n.name, n.kind FROM claims_actorname n WHERE n.actor_id = {of} "
        "ORDER BY n.language, n.name, n.id"
    )
    return f"""
        a.id, a.slug, a.name, {aliases} AS names, a.kind, a.description,
        (SELECT p.slug FROM claims_actor p WHERE p.id = a.part_of_id) AS part_of, a.country, a.wikidata_id,
        (SELECT p.slug FROM claims_actor p WHERE p.id = a.merged_into_id) AS merged_into,
        a.version, a.created_at, a.updated_at
    """


SOURCE = """
    s.id, s.slug, s.title, s.kind, (SELECT p.slug FROM claims_actor p WHERE p.id = s.publisher_id) AS publisher,
    ARRAY(
        SELECT p.slug FROM claims_sourceauthor l JOIN claims_actor p ON p.id = l.actor_id
        WHERE l.source_id = s.id ORDER BY l.position, l.id
    ) AS authors,
    s.url, s.archived_url, s.language, s.published, s.published_first, s.published_last, s.reliability,
    (SELECT o.slug FROM claims_source o WHERE o.id = s.derived_from_id) AS derived_from, s.note,
    s.version, s.created_at, s.updated_at
"""

CLAIM = f"""
    c.id, c.slug, c.text, c.language, c.kind, c.status, c.context,
    {slugs("claims_claimtopic", "claims_topic", "topic_id")} AS topics,
    {slugs("claims_claimactor", "claims_actor", "actor_id")} AS about,
    c.occurred, c.occurred_first, c.occurred_last, c.version, c.created_at, c.updated_at
"""


def place(row: str) -> str:
    """SQL for the place in a source that a row refers to, with the words there and 60 code points on either side."""
    return f"""
        {row}.snapshot_id AS snapshot, {row}.start, {row}."end", {row}.quote_sha256,
        CASE WHEN {row}.start IS NOT NULL THEN (
            SELECT row_to_json(q) FROM (
                SELECT
                    substr(t.text, {row}.start + 1, {row}."end" - {row}.start) AS exact,
                    substr(t.text, greatest({row}.start - 60, 0) + 1, least({row}.start, 60)) AS prefix,
                    substr(t.text, {row}."end" + 1, 60) AS suffix
                FROM claims_snapshot t WHERE t.id = {row}.snapshot_id AND t.text IS NOT NULL
            ) q
        ) END AS quote,
        {row}.locator
    """


def assertions(source: str, speaker: str) -> str:
    """SQL for the assertions of a claim `c`; `source` and `speaker` are expressions for those of assertion `x`."""
    return array(f"""
        SELECT x.id, c.slug AS claim, {source} AS source, {place("x")}, {speaker} AS speaker,
            x.voice, x.stance, x.hedged, x.implied, x.said, x.said_first, x.said_last, x.note,
            x.version, x.created_at, x.updated_at
        FROM claims_assertion x WHERE x.claim_id = c.id ORDER BY x.id LIMIT {EMBEDDED}
    """)


SLUG_OF_SOURCE = "(SELECT s.slug FROM claims_source s WHERE s.id = x.source_id)"
SLUG_OF_SPEAKER = "(SELECT a.slug FROM claims_actor a WHERE a.id = x.speaker_id)"
WHOLE_SOURCE = f"(SELECT r FROM (SELECT {SOURCE} FROM claims_source s WHERE s.id = x.source_id) r)"
WHOLE_SPEAKER = f"(SELECT r FROM (SELECT {actor('x.speaker_id')} FROM claims_actor a WHERE a.id = x.speaker_id) r)"

EVIDENCE = array(f"""
    SELECT x.id, c.slug AS claim, {SLUG_OF_SOURCE} AS source, {place("x")}, x.stance, x.credibility, x.summary,
        x.read_on, x.confidential, x.version, x.created_at, x.updated_at
    FROM claims_evidence x WHERE x.claim_id = c.id ORDER BY x.id LIMIT {EMBEDDED}
""")

VERDICTS = array(f"""
    SELECT x.id, c.slug AS claim, (SELECT a.slug FROM claims_actor a WHERE a.id = x.issuer_id) AS issuer, x.revision,
        x.status, x.rationale, x.label, x.url, x.issued, x.issued_first, x.issued_last, x.state, x.of_record,
        ARRAY(SELECT l.evidence_id FROM claims_verdictevidence l WHERE l.verdict_id = x.id ORDER BY l.evidence_id)
            AS evidence,
        EXISTS (
            SELECT FROM claims_verdictevidence l JOIN claims_evidence e ON e.id = l.evidence_id
            WHERE l.verdict_id = x.id AND e.confidential
        ) AS relies_on_confidential,
        x.on_earlier_words, x.supersedes_id AS supersedes, x.reason_kind, x.reason, x.withdrawal_kind, x.withdrawal,
        (SELECT u.username FROM auth_user u WHERE u.id = x.drafted_by_id) AS drafted_by,
        (SELECT u.username FROM auth_user u WHERE u.id = x.published_by_id) AS published_by,
        x.published_at, x.second_reader, x.version, x.created_at, x.updated_at
    FROM claims_verdict x WHERE x.claim_id = c.id ORDER BY x.id LIMIT {EMBEDDED}
""")


def relations(side: str, other: str, of: str, to: str) -> str:
    """SQL for the first relations that have a claim `c` in the column `side`."""
    return f"""(
        SELECT x.id, {of} AS from_claim, x.kind, {to} AS to_claim, x.note, x.version, x.created_at, x.updated_at
        FROM claims_claimrelation x JOIN claims_claim o ON o.id = x.{other} WHERE x.{side} = c.id
        ORDER BY x.id LIMIT {EMBEDDED}
    )"""


RELATIONS = array(
    relations("from_claim_id", "to_claim_id", "c.slug", "o.slug")
    + " UNION ALL "
    + relations("to_claim_id", "from_claim_id", "o.slug", "c.slug")
    + f" ORDER BY id LIMIT {EMBEDDED}"
)

ONE_CLAIM = f"""
    SELECT row_to_json(r) FROM (
        SELECT {CLAIM}, {assertions(SLUG_OF_SOURCE, SLUG_OF_SPEAKER)} AS assertions, {EVIDENCE} AS evidence,
            {VERDICTS} AS verdicts, {RELATIONS} AS relations
        FROM claims_claim c WHERE c.slug = %(slug)s
    ) r
"""

ONE_ACTOR = f"SELECT row_to_json(r) FROM (SELECT {actor('a.id')} FROM claims_actor a WHERE a.slug = %(slug)s) r"

EMBEDDED_ASSERTIONS = f"{CLAIM}, {assertions(WHOLE_SOURCE, WHOLE_SPEAKER)} AS assertions"


def page(found: str, members: str, keys: str, order: str) -> str:
    """SQL for one page of claims. `found` is a query for the ids (and ranks) of one row more than the page has.

    Its columns are the rows as a JSON array, the keys of the first row and of the last, and whether there are more.
    """
    return f"""
        WITH found AS MATERIALIZED ({found}),
            shown AS MATERIALIZED (SELECT * FROM found f ORDER BY {order} LIMIT {PAGE})
        SELECT
            {array(f"SELECT {members} FROM shown f JOIN claims_claim c ON c.id = f.id ORDER BY {order}")},
            (SELECT json_build_array({keys}) FROM shown f ORDER BY {order} LIMIT 1),
            (SELECT json_build_array({keys}) FROM (SELECT * FROM shown OFFSET {PAGE - 1}) f),
            (SELECT count(*) > {PAGE} FROM found)
    """


BY_STATUS_AND_DATE = """
    SELECT c.id FROM claims_claim c
    WHERE c.status = %(status)s AND c.occurred_first >= %(since)s::date {beyond}
    ORDER BY c.id DESC LIMIT {rows}
"""


def by_status_and_date(beyond: str = "") -> str:
    found = BY_STATUS_AND_DATE.format(beyond=beyond, rows=PAGE + 1)
    return page(found, EMBEDDED_ASSERTIONS, keys="f.id", order="f.id DESC")


LIST = by_status_and_date()
LIST_BEYOND = by_status_and_date("AND c.id < %(id)s::bigint")

#: the words are stemmed once, not once per row
SEARCH = page(
    f"""
    WITH query AS MATERIALIZED (SELECT websearch_to_tsquery('russian', %(words)s) AS words)
    SELECT c.id, ts_rank(c.search, (SELECT words FROM query))::float8 AS rank
    FROM claims_claim c WHERE c.search @@ (SELECT words FROM query)
    ORDER BY rank DESC, id DESC LIMIT {PAGE + 1}
    """,
    CLAIM,
    keys="f.rank, f.id",
    order="f.rank DESC, f.id DESC",
)

#: for each topic of the tree only the newest claims, one more than a page has, in the order of an index
BY_TOPIC = page(
    f"""
    WITH RECURSIVE below AS (
        SELECT t.id FROM claims_topic t WHERE t.slug = %(topic)s
        UNION
        SELECT t.id FROM claims_topic t JOIN below ON t.parent_id = below.id
    )
    SELECT DISTINCT newest.claim_id AS id
    FROM below, LATERAL (
        SELECT l.claim_id FROM claims_claimtopic l WHERE l.topic_id = below.id
        ORDER BY l.claim_id DESC LIMIT {PAGE + 1}
    ) newest
    ORDER BY 1 DESC LIMIT {PAGE + 1}
    """,
    CLAIM,
    keys="f.id",
    order="f.id DESC",
)

#: the assertion that was just inserted
WRITTEN = array("""
    SELECT x.id, c.slug AS claim, %(source)s::text AS source, x.snapshot_id AS snapshot, x.start, x."end",
        x.quote_sha256, NULL::text AS quote, x.locator, %(speaker)s::text AS speaker, x.voice, x.stance, x.hedged,
        x.implied, x.said, x.said_first, x.said_last, x.note, 'public' AS visibility, x.version, x.created_at,
        x.updated_at
    FROM x
""")

#: columns of a new claim and of its assertion: their values in the body, or the defaults of the models
CLAIM_DEFAULTS = {"language": "'en'", "context": "''", "occurred": "''"}
ASSERTION_DEFAULTS = {"stance": "'asserts'", "hedged": "false", "implied": "false", "said": "''", "note": "''"}


def create(claim: Mapping[str, str], assertion: Mapping[str, str], only_if: str = "true") -> str:
    """SQL that inserts a claim with an assertion. The arguments: an expression for each column that has a default, and
    a condition without which nothing is inserted."""
    return f"""
        WITH c AS (
            INSERT INTO claims_claim (slug, text, kind, status, {", ".join(claim)})
            SELECT %(slug)s, %(text)s, %(kind)s, 'unverified', {", ".join(claim.values())} WHERE {only_if}
            RETURNING *
        ), x AS (
            INSERT INTO claims_assertion
                (claim_id, source_id, speaker_id, quote_sha256, locator, voice, {", ".join(assertion)})
            SELECT c.id, s.id, a.id, '', %(locator)s, %(voice)s, {", ".join(assertion.values())}
            FROM c, claims_source s, claims_actor a WHERE s.slug = %(source)s AND a.slug = %(speaker)s
            RETURNING *
        )
        SELECT row_to_json(r) FROM (
            SELECT c.id, c.slug, c.text, c.language, c.kind, c.status, c.context, '[]'::json AS topics,
                '[]'::json AS about, c.occurred, c.occurred_first, c.occurred_last, 'public' AS visibility,
                c.public_from, c.version, c.created_at, c.updated_at, {WRITTEN} AS assertions,
                '[]'::json AS evidence, '[]'::json AS verdicts, '[]'::json AS relations
            FROM c
        ) r
    """


CREATE = create(CLAIM_DEFAULTS, ASSERTION_DEFAULTS)
