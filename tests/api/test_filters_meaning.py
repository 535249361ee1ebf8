"""What filters mean where that could be doubted: dates, trees, several at once, merged actors."""

import pytest

from tests import factories as make
from tests.client import get, ids, url

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


def test_a_symmetric_relation_is_found_from_both_ends():
    contradiction = make.make_relation(kind="contradicts")
    refinement = make.make_relation(kind="refines")
    one, other = contradiction.from_claim, contradiction.to_claim
    assert ids(url("claims"), contradicts=other.slug) == [one.pk]
    assert ids(url("claims"), contradicts=one.slug) == [other.pk]
    assert ids(url("claims"), refines=refinement.to_claim.slug) == [refinement.from_claim_id]
    assert ids(url("claims"), refines=refinement.from_claim.slug) == []


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
