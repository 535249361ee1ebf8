"""What filters mean where that could be doubted: dates, trees, several at once, merged actors."""

from itertools import count

import pytest

from claims.api.urls import NESTED
from claims.models.choices import RelationKind
from tests import factories as make
from tests.client import MAKE, RESOURCES, get, ids, url

pytestmark = pytest.mark.django_db


def test_bounds_of_dates_hold_the_whole_of_them():
    month = make.make_claim(occurred="2020-05")
    start = make.make_claim(occurred="../2020-05-10")
    end = make.make_claim(occurred="2020-05-10/..")
    none = make.make_claim()
    asked = {
        ("occurred__gte", "2020-05-01"): {month, end},
        ("occurred__gte", "2020-05-02"): {end},
        ("occurred__lte", "2020-05-31"): {month, start},
        ("occurred__lte", "2020-05-30"): {start},
        ("occurred__isnull", "true"): {none},
        ("occurred__isnull", "false"): {month, start, end},
    }
    for (parameter, value), found in asked.items():
        assert set(ids(url("claims"), **{parameter: value})) == {c.pk for c in found}, (parameter, value)


def test_topics_are_found_with_their_descendants():
    topic = make.make_topic()
    child = make.make_topic(parent=make.make_topic(parent=topic), kind="event")
    claim = make.make_claim(topics=[topic, child])
    make.make_claim(topics=[make.make_topic()])
    assertion = make.make_assertion(claim=claim)
    assert ids(url("claims"), topic=topic.slug) == [claim.pk]
    assert ids(url("claims"), topic=child.pk) == [claim.pk]
    assert ids(url("claims"), topic__in=f"{child.slug},{child.parent.slug}") == [claim.pk]
    assert ids(url("assertions"), topic=topic.slug) == [assertion.pk]
    assert ids(url("topics", topic.slug, "claims")) == [claim.pk]
    assert set(ids(url("topics"), within=topic.slug)) == {topic.pk, child.parent_id, child.pk}
    assert ids(url("topics"), parent__isnull="false", kind="event") == [child.pk]
    assert child.pk not in ids(url("topics"), kind__in="subject,place")


def test_parts_of_an_actor():
    state = make.make_actor()
    service = make.make_actor(part_of=state)
    office = make.make_actor(part_of=service)
    assert ids(url("actors"), part_of=state.slug) == [service.pk]
    assert set(ids(url("actors"), within=state.slug)) == {state.pk, service.pk, office.pk}


def test_filters_on_assertions_ask_for_one_assertion_with_all_of_it():
    speaker, source = make.make_actor(), make.make_source(published="2024-03")
    apart, together = make.make_claim(), make.make_claim()
    make.make_assertion(claim=apart, speaker=speaker, stance="denies")
    make.make_assertion(claim=apart, source=source)
    make.make_assertion(claim=together, speaker=speaker, source=source)
    asked = {"speaker": speaker.slug, "source": source.slug}
    assert ids(url("claims"), **asked) == [together.pk]
    assert set(ids(url("claims"), speaker=speaker.slug)) == {apart.pk, together.pk}
    assert ids(url("claims"), speaker=speaker.slug, stance="denies") == [apart.pk]
    assert ids(url("claims"), source=source.slug, stance="denies") == []
    assert ids(url("claims"), speaker=speaker.slug, published__gte="2024-03-01") == [together.pk]
    make.make_evidence(claim=together, stance="supports", credibility=1)
    make.make_evidence(claim=together, stance="refutes", credibility=5)
    assert ids(url("claims"), evidence__stance="supports", evidence__credibility=5) == []
    assert ids(url("claims"), evidence__stance="refutes", evidence__credibility=5, **asked) == [together.pk]


def test_two_filters_on_one_column_both_hold():
    one, two = make.make_topic(), make.make_topic()
    both = make.make_claim(topics=[one, two])
    make.make_claim(topics=[one])
    # of one link, which can't have two topics
    assert ids(url("claims"), topic=one.slug, topic__in=two.slug) == []
    assert ids(url("claims"), topic=two.slug, topic__in=f"{one.slug},{two.slug}") == [both.pk]


@pytest.mark.parametrize("kind", RelationKind.values)
def test_a_relation_is_found_from_its_end_and_a_symmetric_one_from_both(kind):
    relation = make.make_relation(kind=kind)
    one, other = relation.from_claim, relation.to_claim
    assert ids(url("claims"), **{kind: other.slug}) == [one.pk]
    back = [other.pk] if kind in ("contradicts", "repeats") else []
    assert ids(url("claims"), **{kind: one.slug}) == back
    assert set(ids(url("claims"), **{f"{kind}__in": f"{one.slug},{other.slug}"})) == {one.pk, *back}


def test_merged_actors_are_found_as_the_one_they_were_merged_into():
    new = make.make_actor()
    old = make.make_actor(merged_into=new)
    older = make.make_actor(merged_into=old)
    assertion = make.make_assertion(speaker=new)
    for key in (old.slug, old.pk, older.slug):
        assert ids(url("assertions"), speaker=key) == [assertion.pk]
        assert ids(url("claims"), speaker=key) == [assertion.claim_id]
        assert ids(url("actors", key, "assertions")) == [assertion.pk]
    assert old.pk not in ids(url("actors"))
    assert ids(url("actors"), merged_into=new.slug) == [old.pk]
    assert set(ids(url("actors"), merged_into__isnull="false")) == {old.pk, older.pk}
    assert new.pk in ids(url("actors"), merged_into__isnull="true")
    assert ids(url("actors"), merged_into__in=f"{new.pk},{assertion.speaker_id}") == [old.pk]


def test_filters_are_the_same_inside_a_parent():
    source = make.make_source()
    one = make.make_assertion(source=source, stance="denies")
    make.make_assertion(source=source)
    make.make_assertion(stance="denies")
    assert ids(url("sources", source.slug, "assertions"), stance="denies") == [one.pk]
    assert get(url("sources", source.slug, "assertions"), count="exact")["count"] == 2


@pytest.mark.parametrize("order", ["newest", "oldest", "updated", None])
@pytest.mark.parametrize(("parent", "name", "held_by"), [(p, n, by) for p, n, _, _, by, _ in NESTED])
def test_a_list_in_a_parent_is_narrowed_by_its_own_filters_on_every_page(parent, name, held_by, order):
    """The parent alone would give the rows of a link table without a look at anything else."""
    top = RESOURCES[parent].make()
    rows = [MAKE[name](**held(name, held_by, top)) for _ in range(4)]
    asked = {"order": order} if order else {}
    address, wanted = url(parent, top.pk, name), {row.pk for row in rows[1:]}
    assert set(ids(address, **asked)) == {row.pk for row in rows}
    narrowed = asked | {"id__in": ",".join(str(pk) for pk in [*wanted, MAKE[name]().pk])}
    assert set(ids(address, **narrowed)) == wanted
    first = get(address, limit=2, **narrowed)
    found = [row["id"] for row in first["results"]] + ids(first["next"])
    assert sorted(found) == sorted(wanted)
    assert get(address, count="exact", **narrowed)["count"] == 3
    if held_by in ("speaker", "about", "publisher", "topic"):
        assert ids(address, **asked | {held_by: RESOURCES[parent].make().pk}) == []


@pytest.mark.parametrize("order", ["newest", "oldest", "updated"])
def test_a_filter_by_links_in_a_parent_that_is_held_by_links(order):
    """Each of the two alone follows from a link table."""
    actor, topic = make.make_actor(), make.make_topic()
    both = make.make_claim(about=[actor], topics=[topic])
    make.make_claim(about=[actor])
    make.make_claim(topics=[topic])
    assert ids(url("actors", actor.slug, "claims"), order=order, topic=topic.slug) == [both.pk]
    assert ids(url("topics", topic.slug, "claims"), order=order, about=actor.slug) == [both.pk]
    assert ids(url("topics", topic.slug, "claims"), order=order, topic=make.make_topic().slug) == []


def held(name, by, parent):
    """What makes a row of a resource one of the list in its parent."""
    if name == "relations":
        return {"from_claim": parent}
    if name == "claims":
        return {"about" if by == "about" else "topics": [parent]}
    if name == "verdicts" and by == "claim":
        return {by: parent, "of_record": False}
    if name in ("skipped-passages", "errata"):
        start = next(PLACES)
        return {
            by: parent,
            "start": start,
            "end": start + 1,
            **({"printed": make.TEXT[start]} if name == "errata" else {}),
        }
    if name == "snapshots":
        return {by: parent, "text": f"Text {next(PLACES)}."}
    return {by: parent}


PLACES = count(1)
