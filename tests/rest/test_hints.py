"""Names that other APIs use lead to what does the same here."""

import pytest

from claims.models.choices import ClaimKind, Credibility
from claims.rest.hints import best_match
from tests import factories as make
from tests.client import MAKE, RESOURCES, VIEWS, administrator, anonymous, ids, problem, url

pytestmark = pytest.mark.django_db

MEANT = {
    "claims": {
        "limit": "page_size per_page pageSize page-size page[size] perPage page[limit] size max_results take",
        "cursor": "page offset skip page_token pageToken starting_after",
        "q": "search query text keyword keywords text__icontains text__contains term words",
        "order": "ordering sort sort_by sortBy orderBy order_by ordr",
        "count": "total with_count include_total",
        "expand": "include embed populate",
        "fields": "select only field fields[claims]",
        "published__gte": "published_after published_from publishedAfter since from after start_date published_gte "
        "published__gt published__after published_since published min_date date_from",
        "published__lte": "published_before published_until until before to end_date published__lt published[lte]",
        "occurred__gte": "occurred_after occurred_from",
        "occurred__lte": "occurred_before occurred__before",
        "updated_since": "updated_after modified_since changed_since",
        "updated_at__gte": "updated_at_after updated_at__gt",
        "created_at__lte": "created_at_before created_before",
        "speaker": "speaker_id speakerId speaker_slug speaker__slug speaker__id speaker_name claimant speker",
        "speaker__in": "speakers speaker_in speaker[] speaker[in] speakers[] speaker_any",
        "topic": "topic_id topic__name tag",
        "topic__in": "topics topic_ids",
        "status": "status_eq staus filter[status] rating STATUS",
        "status__in": "statuses status_in",
        "kind": "type kind_exact",
        "language": "lang locale",
        "id": "pk uuid ID",
        "id__in": "ids",
        "slug__in": "slugs",
        "verdict__status": "verdict_status verdict.status",
        "verdict__issuer": "verdict_issuer verdict__issuer__slug",
        "evidence__isnull": "has_evidence without_evidence no_evidence evidence_null",
        "source": "source_id source__slug",
        "publisher": "publisher_id outlet",
        "about": "about_id actor",
    },
    "topics": {
        "name": "",
        "parent": "parent_id",
        "occurred__gte": "since from",
        "limit": "page_size",
        "q": "search name",
    },
    "snapshots": {"updated_since": "since", "source": "source_id", "sha256": "hash", "captured": ""},
    "assertions": {
        "said__gte": "said_after",
        "claim": "claim_id claim__slug",
        "published__gte": "since published_after",
    },
    "verdicts": {
        "issued__gte": "since issued_after",
        "state": "stat workflow",
        "issuer": "issuer_id",
        "supersedes": "supersedes_id replaces superseded",
        "supersedes__in": "supersedes_ids",
        "second_reader": "four_eyes secondReader",
        "on_earlier_words": "reworded onEarlierWords",
    },
    "rewordings": {"kind": "reason_kind reason_type type", "evidence": "evidence_id", "claim__in": "claims"},
    "actors": {"q": "name", "country__in": "countries", "part_of": "part_of_id", "wikidata_id": "qid wikidata"},
}
CASES = [(name, alias, here) for name, all_ in MEANT.items() for here, text in all_.items() for alias in text.split()]


@pytest.mark.parametrize(("name", "alias", "here"), CASES)
def test_a_parameter_by_another_name_leads_to_ours(name: str, alias: str, here: str) -> None:
    detail = problem(anonymous().get(url(name), {alias: "1"}), 400, alias)["detail"]
    assert f"Did you mean “{here}”?" in detail


@pytest.mark.parametrize("alias", ["x", "frobnicate", "api_key", "", "%", "é" * 200, "__", "[]", "\0", "constructor"])
def test_what_nobody_meant_leads_nowhere(alias: str) -> None:
    assert best_match(alias, [*VIEWS["claims"].filterset_class.base_filters, "limit", "cursor", "q"]) is None


@pytest.mark.parametrize("name", MAKE)
def test_a_hint_is_always_a_name_that_is_there(name: str) -> None:
    allowed = {*VIEWS[name].filterset_class.base_filters, "limit", "cursor", "order", "count", "fields", "expand"}
    for alias in {alias for _, alias, _ in CASES}:
        assert best_match(alias, allowed) in allowed | {None}


def test_members_of_bodies_get_hints_and_choices_too() -> None:
    body = {"text": "It fell.", "type": "fact", "kind": "lie", "topic_ids": []}
    errors = {
        e["field"]: e["detail"]
        for e in problem(administrator().post(url("claims"), body, format="json"), 400)["errors"]
    }
    assert "Did you mean “kind”?" in errors["type"]
    assert "Did you mean “topics”?" in errors["topic_ids"]
    assert errors["kind"] == f"“lie” is not one of: {', '.join(ClaimKind.values)}."


@pytest.mark.parametrize("value", [7, 0, -1])
def test_numbers_to_choose_from_are_listed_as_well(value: int) -> None:
    body = RESOURCES["evidence"].body() | {"credibility": value}
    found = problem(administrator().post(url("evidence"), body, format="json"), 400, "credibility")["detail"]
    assert f"“{value}” is not one of: {', '.join(map(str, Credibility.values))}." in found


# Lists of values


def test_a_list_may_be_given_value_by_value() -> None:
    one, two, three = (make.make_claim(kind=kind) for kind in ("fact", "number", "quote"))
    speakers = [make.make_assertion(claim=claim).speaker for claim in (one, two, three)]
    for query in (
        "kind__in=fact&kind__in=number",
        "kind__in=fact,number",
        f"id__in={one.pk}&id__in={two.pk}",
        f"id__in={one.pk},{two.pk}&id__in={one.pk}",
        f"slug__in={one.slug}&slug__in={two.slug}",
        f"speaker__in={speakers[0].slug}&speaker__in={speakers[1].pk}",
    ):
        assert set(ids(f"{url('claims')}?{query}")) == {one.pk, two.pk}, query
    page = anonymous().get(url("claims") + "?kind__in=fact&kind__in=number&limit=1").json()
    assert ids(page["next"]) == [one.pk]


def test_a_list_that_is_given_value_by_value_has_the_same_bounds() -> None:
    problem(anonymous().get(url("claims") + "?kind__in=fact&kind__in=lie"), 400, "kind__in")
    problem(anonymous().get(url("claims") + "?kind__in=fact&kind__in="), 400, "kind__in")
    problem(anonymous().get(url("claims") + "?kind=fact&kind=number"), 400, "kind")
    for name, value in (("id__in", "1"), ("speaker__in", make.make_actor().slug), ("language__in", "en")):
        assert anonymous().get(url("claims") + "?" + "&".join([f"{name}={value}"] * 100)).status_code == 200
        assert anonymous().get(url("claims"), {name: ",".join([value] * 100)}).status_code == 200
        problem(anonymous().get(url("claims") + "?" + "&".join([f"{name}={value}"] * 101)), 400, name)
        problem(anonymous().get(url("claims"), {name: ",".join([value] * 101)}), 400, name)
