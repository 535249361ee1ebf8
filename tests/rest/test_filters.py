"""Every filter of every resource: what it finds and what it leaves out.

For each resource there are three rows: one that all filters look for, one with other values, and a bare one. A filter
that is not tested here makes a test fail.
"""

import itertools
import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.models import Verdict
from claims.models.base import Slugged
from claims.rest.filterkinds import BooleanFilter, RecordFilter
from tests import factories as make
from tests.client import MAKE, VIEWS, administrator, anonymous, get, ids, problem, url

pytestmark = pytest.mark.django_db

#: between the dates of the one row (2020) and those of the other (2010)
MIDDLE = "2015-01-01"
COMMON = {
    *("id", "id__in", "slug", "slug__in", "updated_since"),
    *("created_at__gte", "created_at__lte", "updated_at__gte", "updated_at__lte"),
}


def claims():
    (topic, other_topic), (a, b) = _two(make.make_topic), _two(make.make_actor)
    one = make.make_claim(language="ru", kind="number", occurred="2020-05", topics=[topic], about=[a])
    two = make.make_claim(kind="fact", occurred="2010", topics=[other_topic], about=[b])
    (s, t), (p, q) = _two(make.make_actor), _two(make.make_actor)
    said = make.make_source(publisher=p, published="2020-05"), make.make_source(publisher=q, published="2010")
    make.make_assertion(claim=one, speaker=s, source=said[0], voice="quoted", stance="denies", said="2020")
    make.make_assertion(claim=two, speaker=t, source=said[1], voice="own", stance="asserts", said="2010")
    e = make.make_evidence(claim=one, stance="refutes", credibility=2).source
    f = make.make_evidence(claim=two, stance="supports", credibility=4).source
    i = make.make_verdict(claim=one, status="supported").issuer
    j = make.make_verdict(claim=two, status="refuted", of_record=False).issuer
    values = {
        "status": ("supported", "unverified"),
        "kind": ("number", "fact"),
        "language": ("ru", "en"),
        "topic": (topic, other_topic),
        "about": (a, b),
        "speaker": (s, t),
        "source": said,
        "publisher": (p, q),
        "voice": ("quoted", "own"),
        "stance": ("denies", "asserts"),
        "evidence__stance": ("refutes", "supports"),
        "evidence__credibility": (2, 4),
        "evidence__source": (e, f),
        "verdict__issuer": (i, j),
        "verdict__status": ("supported", "refuted"),
    }
    for kind in VIEWS["claims"].filterset_class.base_filters.keys() & {
        *("contradicts", "repeats", "refines", "part_of", "attributes", "supersedes", "translation_of", "presupposes")
    }:
        values[kind] = (
            make.make_relation(from_claim=one, kind=kind).to_claim,
            make.make_relation(from_claim=two, kind=kind).to_claim,
        )
    return one, two, make.make_claim(kind="value"), values, {"occurred", "asserted", "published"}


def sources():
    (p, q), (a, b), (x, y) = _two(make.make_actor), _two(make.make_actor), _two(make.make_source)
    url_1, url_2 = "https://example.org/1", "https://example.org/2"
    one = make.make_source(
        kind="post",
        reliability="B",
        publisher=p,
        derived_from=x,
        language="ru",
        url=url_1,
        published="2020",
        authors=[a],
    )
    two = make.make_source(
        kind="video",
        reliability="C",
        publisher=q,
        derived_from=y,
        language="en",
        url=url_2,
        published="2010",
        authors=[b],
    )
    values = {
        "kind": ("post", "video"),
        "reliability": ("B", "C"),
        "publisher": (p, q),
        "derived_from": (x, y),
        "language": ("ru", "en"),
        "url": (url_1, url_2),
        "author": (a, b),
    }
    return one, two, make.make_source(), values, {"published"}


def snapshots():
    one = make.make_snapshot(media_type="text/html")
    two = make.make_snapshot(text=None, sha256="0" * 64, length=9, media_type="text/plain")
    values = {
        "source": (one.source, two.source),
        "sha256": (one.sha256, two.sha256),
        "media_type": ("text/html", "text/plain"),
    }
    return one, two, make.make_snapshot(text="Else."), values, set()


def actors():
    p, q = _two(make.make_actor)
    one = make.make_actor(kind="state", part_of=p, country="RU", wikidata_id="Q1")
    two = make.make_actor(kind="outlet", part_of=q, country="US", wikidata_id="Q2")
    values = {
        "kind": ("state", "outlet"),
        "part_of": (p, q),
        "within": (p, q),
        "country": ("RU", "US"),
        "wikidata_id": ("Q1", "Q2"),
    }
    return one, two, make.make_actor(), values, set()


def assertions():
    (topic, other_topic), (a, b), (p, q) = _two(make.make_topic), _two(make.make_actor), _two(make.make_actor)
    claim = make.make_claim(kind="number", topics=[topic], about=[a])
    other = make.make_claim(kind="fact", topics=[other_topic], about=[b])
    make.make_verdict(claim=claim, status="supported")
    held = make.make_snapshot(source=make.make_source(publisher=p, published="2020"))
    other_held = make.make_snapshot(source=make.make_source(publisher=q, published="2010"))
    one = make.make_assertion(
        claim=claim, snapshot=held, voice="quoted", stance="denies", hedged=True, implied=True, said="2020"
    )
    two = make.make_assertion(claim=other, snapshot=other_held, said="2010")
    values = {
        "claim": (claim, other),
        "source": (one.source, two.source),
        "snapshot": (held, other_held),
        "speaker": (one.speaker, two.speaker),
        "publisher": (p, q),
        "voice": ("quoted", "own"),
        "stance": ("denies", "asserts"),
        "status": ("supported", "unverified"),
        "kind": ("number", "fact"),
        "topic": (topic, other_topic),
        "about": (a, b),
    }
    third = make.make_assertion(claim=make.make_claim(kind="value"), speaker=None)
    return one, two, third, values, {"said", "published"}


def evidence():
    p, q = _two(make.make_actor)
    held = make.make_snapshot(source=make.make_source(publisher=p, published="2020", reliability="B"))
    other = make.make_snapshot(source=make.make_source(publisher=q, published="2010", reliability="C"))
    one = make.make_evidence(snapshot=held, stance="refutes", credibility=2, read_on="2020-01-01")
    two = make.make_evidence(snapshot=other, stance="supports", credibility=4, read_on="2010-01-01")
    values = {
        "claim": (one.claim, two.claim),
        "source": (one.source, two.source),
        "snapshot": (held, other),
        "publisher": (p, q),
        "stance": ("refutes", "supports"),
        "reliability": ("B", "C"),
        "credibility": (2, 4),
    }
    return one, two, make.make_evidence(stance="context"), values, {"read_on", "published"}


def verdicts():
    x, y = (make.make_verdict(of_record=False) for _ in range(2))
    e, f = (make.make_evidence(claim=verdict.claim) for verdict in (x, y))
    writer, reader = (User.objects.create(username=name) for name in ("writer", "reader"))
    next_one = {"supersedes": x, "reason": "News.", "claim": x.claim, "issuer": x.issuer, "evidence": [e]}
    submitted = {"state": "submitted", "of_record": False, "created_by": writer}
    one = make.make_verdict(status="supported", issued="2020", **submitted, **next_one)
    Verdict.objects.filter(pk=one.pk).update(state="published", of_record=True, published_by=reader)
    make.make_rewording(claim=one.claim)
    next_one = {"supersedes": y, "reason": "News.", "claim": y.claim, "issuer": y.issuer, "evidence": [f]}
    draft = {"state": "draft", "of_record": False, "second_reader": False}
    two = make.make_verdict(status="refuted", issued="2010", **draft, **next_one)
    values = {
        "supersedes": (x, y),
        "claim": (one.claim, two.claim),
        "issuer": (one.issuer, two.issuer),
        "status": ("supported", "refuted"),
        "state": ("published", "draft"),
        "evidence": (e, f),
    }
    bare = make.make_verdict(status="conflicting", state="withdrawn", of_record=False)
    return one, two, bare, values, {"issued"}


def rewordings():
    one = make.make_rewording(evidence=make.make_evidence(), kind="error")
    two = make.make_rewording(evidence=make.make_evidence(), kind="context")
    values = {
        "claim": (one.claim, two.claim),
        "evidence": (one.evidence, two.evidence),
        "kind": ("error", "context"),
    }
    return one, two, make.make_rewording(), values, set()


def relations():
    one, two, bare = (make.make_relation(kind=kind) for kind in ("refines", "repeats", "part_of"))
    values = {
        "claim": (one.from_claim, two.to_claim),
        "from_claim": (one.from_claim, two.from_claim),
        "to_claim": (one.to_claim, two.to_claim),
        "kind": ("refines", "repeats"),
    }
    return one, two, bare, values, set()


def topics():
    (p, q), (x, y) = _two(make.make_topic), (make.make_topic(kind="place"), make.make_topic(kind="place"))
    kw = {"kind": "event"}
    one = make.make_topic(parent=p, place=x, country="RU", wikidata_id="Q1", occurred="2020", **kw)
    two = make.make_topic(parent=q, place=y, country="US", wikidata_id="Q2", occurred="2010", **kw)
    values = {
        "parent": (p, q),
        "within": (p, q),
        "place": (x, y),
        "country": ("RU", "US"),
        "wikidata_id": ("Q1", "Q2"),
    }
    return one, two, make.make_topic(), values, {"occurred"}


def skipped_passages():
    one, two, bare = (make.make_skipped_passage(reason=r) for r in ("question", "rhetoric", "boilerplate"))
    values = {
        "snapshot": (one.snapshot, two.snapshot),
        "source": (one.snapshot.source, two.snapshot.source),
        "reason": ("question", "rhetoric"),
    }
    return one, two, bare, values, set()


def errata():
    one, two, bare = (make.make_erratum(kind=k) for k in ("spelling", "wording", "translation"))
    values = {
        "snapshot": (one.snapshot, two.snapshot),
        "source": (one.snapshot.source, two.snapshot.source),
        "kind": ("spelling", "wording"),
    }
    return one, two, bare, values, set()


#: filters with a test of their own
APART = {"actors": {"merged_into", "merged_into__in", "merged_into__isnull"}, "topics": {"kind", "kind__in"}}


def _two(make_one):
    return make_one(), make_one()


def _ways(value):
    """The ways to write a value: a record by id and by slug."""
    if isinstance(value, Slugged):
        return [value.slug, str(value.pk)]
    return [str(getattr(value, "pk", value))]


def _asked(name, filters, values, dates):
    """(parameter, value, whether the one row is found, whether the other one is) for each filter of a resource."""
    for base, (this, that) in values.items():
        for way in _ways(this):
            yield base, way, True, False
        for way, other in zip(_ways(this), _ways(that), strict=True):
            yield f"{base}__in", f"{way},{other}", True, True
            yield f"{base}__in", other, False, True
        if f"{base}__gte" in filters:
            yield f"{base}__gte", "3", False, True
            yield f"{base}__lte", "3", True, False
    for base in dates:
        yield f"{base}__gte", MIDDLE, True, False
        yield f"{base}__lte", MIDDLE, False, True
    for base, one in filters.items():
        if isinstance(one, BooleanFilter) and base not in APART.get(name, ()):
            with_both = base.endswith("__isnull")
            yield base, "true", not with_both, False
            yield base, "false", with_both, True


@pytest.mark.parametrize("name", MAKE)
def test_every_filter(name):
    one, two, bare, values, dates = globals()[name.replace("-", "_")]()
    filters = VIEWS[name].filterset_class.base_filters
    asked = list(_asked(name, filters, values, dates))
    assert {parameter for parameter, *_ in asked} | APART.get(name, set()) == filters.keys() - COMMON

    wrong = []
    for parameter, value, finds_one, finds_two in asked:
        response = administrator().get(url(name), {parameter: value})  # who sees drafts, too
        found = [row["id"] for row in response.json().get("results", [])]
        good = (one.pk in found, two.pk in found) == (finds_one, finds_two) and len(found) == len(set(found))
        if parameter.endswith("__isnull") and parameter not in VIEWS[name].filterset_class.groups:
            good = good and (bare.pk in found) == (value == "true")
        if parameter.removesuffix("__gte").removesuffix("__lte") in dates:
            good = good and bare.pk not in found
        if not good:
            wrong.append((parameter, value, response.status_code, found, [one.pk, two.pk, bare.pk]))
    assert not wrong


@pytest.mark.parametrize("name", MAKE)
def test_filters_that_all_have(name):
    rows = [MAKE[name]() for _ in range(3)]
    model = type(rows[0])
    first, second, third = (model.objects.get(pk=row.pk) for row in rows)
    both = {"id__in": f"{first.pk}, {third.pk}"}
    assert ids(url(name), id=second.pk) == [second.pk]
    assert set(ids(url(name), **both)) == {first.pk, third.pk}
    if isinstance(first, Slugged):
        assert ids(url(name), slug=second.slug) == [second.pk]
        assert set(ids(url(name), slug__in=f"{first.slug},{third.slug}")) == {first.pk, third.pk}
    moment = second.updated_at.isoformat()
    since = set(ids(url(name), updated_since=moment))
    assert {second.pk, third.pk} <= since
    assert first.pk not in since
    for parameter, found in {"gte": (False, True, True), "lte": (True, True, False)}.items():
        for column in ("created_at", "updated_at"):
            rows_found = ids(url(name), **{f"{column}__{parameter}": moment})
            assert tuple(row.pk in rows_found for row in (first, second, third)) == found


@pytest.mark.parametrize(
    ("moment", "is_past"),
    [
        ("5449-01-10T09:03:25.51+21:01", False),
        ("1951-09-26T07:04:23-23:59", True),
        ("0001-01-01T00:00:00+23:59", True),
        ("9999-12-31T23:59:59-23:59", False),
    ],
)
def test_moments_of_any_offset(moment, is_past):
    topic = make.make_topic()
    assert ids(url("topics"), updated_since=moment) == [topic.pk] * is_past
    assert ids(url("topics"), created_at__lte=moment) == [topic.pk] * (not is_past)


def test_record_filters_take_both_keys_and_refuse_others():
    keys = itertools.cycle(["nobody", "0", "9" * 30, "-1", "1.5", "a b", "%", "ä", "1,", "%s", "%(x)s"])
    for name, view in VIEWS.items():
        for parameter, one in view.filterset_class.base_filters.items():
            if isinstance(one, RecordFilter):
                problem(anonymous().get(url(name), {parameter: next(keys)}), 400, parameter)


MODELS = {view.serializer_class.Meta.model: MAKE[name] for name, view in VIEWS.items()}


@pytest.mark.parametrize("name", MAKE)
def test_a_look_up_reads_no_more_than_which_record_it_is(name):
    """Of a snapshot the rest would be the whole text."""
    read = re.compile(r'SELECT (.+?) FROM .*?"claims_\w+"\.(?:id|slug) = ANY')
    for parameter, one in VIEWS[name].filterset_class.base_filters.items():
        if isinstance(one, RecordFilter):
            record = MODELS[one.extra["model"]]()
            with CaptureQueriesContext(connection) as queries:
                get(url(name), **{parameter: record.pk})
            found = [match[1] for query in queries if (match := read.match(query["sql"]))]
            assert len(found) == 1, parameter
            columns = set(re.findall(r'"claims_\w+"\."(\w+)"', found[0]))
            assert columns <= {"id", "slug", "merged_into_id"}, parameter
