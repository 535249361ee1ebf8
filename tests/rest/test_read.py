"""What a record shows: its own lists, `fields`, `expand`, and how many queries that takes."""

import json
import os
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories as make
from tests.client import MAKE, RESOURCES, VIEWS, administrator, anonymous, get, problem, url

pytestmark = pytest.mark.django_db

COUNTS = Path(__file__).with_name("query_counts.json")


def test_a_claim_shows_all_that_bears_on_it():
    claim = make.make_claim(topics=[make.make_topic()], about=[make.make_actor()])
    assertion = make.make_assertion(claim=claim)
    evidence = make.make_evidence(claim=claim)
    verdict = make.make_verdict(claim=claim, evidence=[evidence])
    out, back = make.make_relation(from_claim=claim), make.make_relation(to_claim=claim, kind="refines")
    make.make_assertion(), make.make_evidence(), make.make_verdict(), make.make_relation()
    shown = get(url("claims", claim.slug))
    assert [a["id"] for a in shown["assertions"]] == [assertion.pk]
    assert shown["assertions"][0]["speaker"] == assertion.speaker.slug
    assert [e["id"] for e in shown["evidence"]] == [evidence.pk]
    assert [(v["id"], v["evidence"]) for v in shown["verdicts"]] == [(verdict.pk, [evidence.pk])]
    assert [(r["from_claim"], r["kind"], r["to_claim"]) for r in shown["relations"]] == [
        (claim.slug, "contradicts", out.to_claim.slug),
        (back.from_claim.slug, "refines", claim.slug),
    ]
    assert shown["status"] == "supported"
    for name, count in {"assertions": 1, "evidence": 1, "verdicts": 1, "relations": 2}.items():
        assert len(get(url("claims", claim.pk, name))["results"]) == count
    assert "assertions" not in get(url("claims"))["results"][0]


def test_what_an_actor_claimed_and_what_was_claimed_of_it():
    actor = make.make_actor()
    said = make.make_assertion(speaker=actor)
    of_it = make.make_claim(about=[actor])
    source = make.make_source(publisher=actor)
    verdict = make.make_verdict(issuer=actor)
    make.make_assertion(), make.make_claim(about=[make.make_actor()])
    shown = {name: get(url("actors", actor.slug, name))["results"] for name in ("assertions", "claims", "sources")}
    assert [row["id"] for row in shown["assertions"]] == [said.pk]
    assert [row["id"] for row in shown["claims"]] == [of_it.pk]
    assert [row["id"] for row in shown["sources"]] == [source.pk]
    assert [row["id"] for row in get(url("actors", actor.pk, "verdicts"))["results"]] == [verdict.pk]


def test_quotes_are_cut_in_code_points():
    text = "🌉 The bridge — «мост» — fell. " * 5
    snapshot = make.make_snapshot(text=text)
    start = text.index("«мост»", 70)
    one = make.make_assertion(snapshot=snapshot, start=start, end=start + 6)
    assert get(url("assertions", one.pk))["quote"] == {
        "exact": "«мост»",
        "prefix": text[start - 60 : start],
        "suffix": text[start + 6 : start + 66],
    }
    first = make.make_assertion(snapshot=snapshot, start=0, end=1)
    assert get(url("assertions", first.pk))["quote"]["exact"] == "🌉"
    assert get(url("assertions", first.pk))["quote"]["prefix"] == ""
    bare = make.make_snapshot(text=None, sha256="0" * 64, length=9)
    unheld = make.make_assertion(snapshot=bare, start=0, end=9, quote_sha256="1" * 64)
    assert get(url("assertions", unheld.pk))["quote"] is None
    assert get(url("assertions", make.make_assertion().pk))["quote"] is None


def test_fields_pick_and_expand_embeds():
    assertion = make.make_assertion(claim=make.make_claim(topics=[make.make_topic(name="Bridges")]))
    row = get(url("assertions"), fields="id,claim.slug,claim.topics.name", expand="claim.topics")["results"][0]
    topics = [{"name": "Bridges"}]
    assert row == {"id": assertion.pk, "claim": {"slug": assertion.claim.slug, "topics": topics}}
    whole = get(url("assertions", assertion.pk), expand="speaker,source")
    assert whole["speaker"]["name"] == assertion.speaker.name
    assert whole["source"]["title"] == assertion.source.title
    assert whole["claim"] == assertion.claim.slug
    assert get(url("claims", assertion.claim_id), fields="text,assertions").keys() == {"text", "assertions"}
    assert get(url("claims", assertion.claim_id), fields="text").keys() == {"text"}


@pytest.mark.parametrize("name", MAKE)
def test_everything_that_can_be_expanded(name):
    row = MAKE[name]()
    serializer = VIEWS[name].serializer_class
    plain = get(url(name, row.pk))
    for member, expand in serializer.expandable.items():
        shown = get(url(name, row.pk), expand=member)[member]
        assert isinstance(shown, list if expand.many else dict) or (shown is None and plain[member] is None), member
        assert get(url(name), expand=member)["results"]
        for below, deeper in expand.load().expandable.items():
            if expand.many + deeper.many < 2:
                get(url(name, row.pk), expand=f"{member}.{below}")
    everything = ",".join(serializer.expandable)
    assert get(url(name, row.pk), expand=everything).keys() >= set(serializer.expandable)


@pytest.mark.parametrize(
    ("path", "asked", "field"),
    [
        ("claims", {"fields": "nothing"}, "fields"),
        ("claims", {"fields": "text,"}, "fields"),
        ("claims", {"fields": "text.x"}, "fields"),
        ("claims", {"fields": "assertions"}, "fields"),
        ("claims", {"fields": "topics.name"}, "fields"),
        ("claims", {"fields": "topics.nothing", "expand": "topics"}, "fields"),
        ("claims", {"fields": "search"}, "fields"),
        ("snapshots", {"fields": "text_held.x"}, "fields"),
        ("claims", {"expand": "nothing"}, "expand"),
        ("claims", {"expand": "text"}, "expand"),
        ("claims", {"expand": "topics.nothing"}, "expand"),
        ("claims", {"expand": "assertions.claim.evidence"}, "expand"),  # a list in a list in a list
        ("claims", {"expand": "assertions." * 21 + "claim"}, "expand"),
        ("claims", {"expand": "." * 20}, "expand"),
        ("claims", {"expand": "a" * 1001}, "expand"),
        ("claims", {"expand": "assertions__claim"}, "expand"),
        ("relations", {"expand": "from_claim.assertions.claim.topics"}, "expand"),
    ],
)
def test_bad_fields_and_expand(path, asked, field):
    problem(anonymous().get(url(path), asked), 400, field)


def test_a_list_in_a_list_is_embedded_in_one_record():
    relation = make.make_relation()
    make.make_assertion(claim=relation.to_claim)
    shown = get(url("claims", relation.from_claim.slug), expand="relations.to_claim.assertions")
    assert len(shown["relations"][0]["to_claim"]["assertions"]) == 1
    problem(anonymous().get(url("claims"), {"expand": "relations.to_claim.assertions"}), 400, "expand")


def test_embedded_lists_are_bounded():
    claim = make.make_claim()
    for _ in range(101):
        make.make_evidence(claim=claim)
    assert len(get(url("claims", claim.slug))["evidence"]) == 100
    assert len(get(url("claims", claim.slug, "evidence"), limit=500)["results"]) == 101


def test_head_and_options():
    row, client = make.make_claim(), anonymous()
    for path in (url("claims"), url("claims", row.pk)):
        head = client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        options = client.options(path)
        assert options.status_code == 200
        assert "GET" in options["Allow"]


def test_root_lists_the_resources():
    assert get(url()).keys() == MAKE.keys()


def _full(name):
    """A row of a resource with all that can hang on it."""
    claim = make.make_claim(topics=[make.make_topic()], about=[make.make_actor()])
    held = make.make_snapshot(source=make.make_source(publisher=make.make_actor(), authors=[make.make_actor()]))
    match name:
        case "claims":
            make.make_assertion(claim=claim)
            make.make_verdict(claim=claim, evidence=[make.make_evidence(claim=claim)])
            make.make_relation(from_claim=claim), make.make_relation(to_claim=claim)
        case "sources":
            make.make_source(derived_from=held.source, authors=[make.make_actor()], publisher=make.make_actor())
        case "actors":
            make.make_actor_name(actor=make.make_actor(part_of=make.make_actor()))
        case "assertions" | "evidence":
            MAKE[name](claim=claim, snapshot=held, start=0, end=5)
        case "verdicts":
            evidence = make.make_evidence(claim=claim)
            first = make.make_verdict(claim=claim, of_record=False)
            rest = {"issuer": first.issuer, "supersedes": first, "reason": "News."}
            make.make_verdict(claim=claim, evidence=[evidence], **rest)
        case "topics":
            make.make_topic(parent=make.make_topic(), place=make.make_topic(kind="place"), kind="event")
        case "rewordings":
            evidence = make.make_evidence(claim=claim, snapshot=held, start=0, end=5)
            make.make_verdict(claim=claim, evidence=[evidence])
            make.make_rewording(evidence=evidence)
        case _:
            MAKE[name]()


def _expansions(name):
    serializer = VIEWS[name].serializer_class
    return {"list": {}, "list, all expanded": {"expand": ",".join(serializer.expandable)}}


@pytest.mark.parametrize("name", MAKE)
def test_query_counts(name):
    """As many queries for 8 rows as for one or two. `QUERY_COUNTS=write` writes the file anew."""
    counts = json.loads(COUNTS.read_text()) if COUNTS.exists() else {}
    found = {}
    for what, asked in _expansions(name).items():
        _full(name)
        with CaptureQueriesContext(connection) as few:
            get(url(name), **asked)
        for _ in range(7):
            _full(name)
        with CaptureQueriesContext(connection) as many:
            assert len(get(url(name), limit=50, **asked)["results"]) >= 8
        listed = "\n".join(f"{n}. {query['sql'][:200]}" for n, query in enumerate(many, 1))
        assert len(few) == len(many), f"{len(few)} queries for few rows, {len(many)} for many:\n{listed}"
        expected = counts.get(name, {}).get(what)
        if os.environ.get("QUERY_COUNTS") != "write":
            assert len(many) == expected, f"{what} takes {len(many)} queries, not {expected}:\n{listed}"
        found[what] = len(many)
    row = get(url(name))["results"][0]["id"]
    with CaptureQueriesContext(connection) as one:
        get(url(name, row))
    found["one"] = len(one)
    client, made = administrator(), None
    if name in RESOURCES:
        body = RESOURCES[name].body()
        with CaptureQueriesContext(connection) as made:
            assert client.post(url(name), body, format="json").status_code == 201
        found["create"] = len(made)
    if os.environ.get("QUERY_COUNTS") == "write":
        COUNTS.write_text(json.dumps(counts | {name: found}, indent=2, sort_keys=True) + "\n")
    listed = "\n".join(query["sql"][:300] for query in [*one, *(made or ())])
    assert found == json.loads(COUNTS.read_text())[name], listed
