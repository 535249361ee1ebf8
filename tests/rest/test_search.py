"""What `q` finds."""

import pytest

from tests import factories as make
from tests.client import anonymous, bridge, get, ids, problem, url

pytestmark = pytest.mark.django_db


def test_stems_phrases_exclusion_and_alternatives():
    fell = bridge(text="The old bridges were falling.")
    stood = bridge(text="The bridge near the old mill stood firm.")
    road = bridge(text="The road was closed.")
    for words, found in {
        "bridge": {fell, stood},
        "falls": {fell},
        "BRIDGES Old": {fell, stood},
        '"old bridge"': {fell},
        "bridge -mill": {fell},
        "bridge or road": {fell, stood, road},
        "-bridge": {road},
        '-"old bridge" bridge': {stood},
        "tunnel": set(),
        "the": set(),
        "the of and": set(),
        '"': set(),
        "!!! & | ( ) :* <->": set(),
        "bridge & !mill": {stood},  # only the minus excludes
        "бридж": set(),
    }.items():
        assert set(ids(url("claims"), q=words)) == {claim.pk for claim in found}, words


def test_context_is_searched_and_weighs_less():
    aside = bridge(text="The mill burned.", context="A bridge is any crossing.")
    title = bridge(text="The bridge burned.")
    assert ids(url("claims"), q="bridge") == [title.pk, aside.pk]
    assert ids(url("claims"), q="bridge", order="oldest") == [aside.pk, title.pk]
    assert ids(url("claims"), q="bridge", limit=1, order="best") == [title.pk]
    problem(anonymous().get(url("claims"), {"order": "best"}), 400, "order")


def test_words_of_each_script_by_their_own_stems():
    russian = bridge(text="Спецслужбы предотвратили теракты в городе.", language="ru")
    bridge(text="The word теракт stands in English.", language="en")
    german = bridge(text="Die Brücken fielen.", language="de-AT")
    assert ids(url("claims"), q="теракт", language="ru") == [russian.pk]
    assert ids(url("claims"), q="предотвращение терактов", language="ru") == []
    assert ids(url("claims"), q="предотвратила теракт") == [russian.pk]
    assert ids(url("claims"), q="brücken") == [german.pk]
    assert ids(url("claims"), q="brücke") == []


def test_search_goes_with_filters_and_pages():
    for number in range(5):
        bridge(text=f"Bridge {number} fell.", kind="number" if number % 2 else "fact")
    page = get(url("claims"), q="bridge", kind="fact", limit=2, count="exact")
    assert page["count"] == 3
    assert len(page["results"]) == 2
    assert len(anonymous().get(page["next"]).json()["results"]) == 1


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Vladimir Putin", "putin"),
        ("putin", "putin"),
        ("Putn", "putin"),
        ("Puttin", "putin"),
        ("Vladmir Puttin", "putin"),
        ("Владимир Путин", "putin"),
        ("Путн", "putin"),
        ("FSB", "fsb"),
        ("fsb", "fsb"),
        ("ФСБ", "fsb"),
        ("Federal Securty Service", "fsb"),
        ("security service", "fsb"),
        ("Ukrane", "ukraine"),
        ("islamc state", "is"),
        ("ISIS", "is"),
        ("Patrusev", "patrushev"),
    ],
)
def test_actors_by_any_name_with_typing_errors(words, found):
    putin = make.make_actor(name="Vladimir Putin", slug="putin")
    make.make_actor_name(actor=putin, language="ru", name="Владимир Владимирович Путин")
    fsb = make.make_actor(name="Federal Security Service", slug="fsb")
    make.make_actor_name(actor=fsb, language="ru", name="ФСБ")
    make.make_actor_name(actor=fsb, language="en", name="FSB", kind="acronym")
    make.make_actor(name="Ukraine", slug="ukraine")
    state = make.make_actor(name="Islamic State", slug="is")
    make.make_actor_name(actor=state, language="en", name="ISIS")
    make.make_actor(name="Nikolai Patrushev", slug="patrushev")
    make.make_actor(name="The American Spectator", slug="spectator")
    shown = [row["slug"] for row in get(url("actors"), q=words)["results"]]
    assert shown[0] == found
    assert "spectator" not in shown


def test_merged_actors_are_not_found():
    new = make.make_actor(name="Islamic State")
    make.make_actor(name="Islamic State", merged_into=new)
    assert ids(url("actors"), q="islamic state") == [new.pk]


def test_sources_by_title_and_topics_by_name():
    source = make.make_source(title="Bridges of the north")
    topic = make.make_topic(name="Counter-terrorism")
    make.make_source(title="Roads"), make.make_topic(name="Roads")
    assert ids(url("sources"), q="brigdes north") == [source.pk]
    assert ids(url("topics"), q="counterterorism") == [topic.pk]


@pytest.mark.parametrize(
    "words", ["%", "_", "\\", "'", "''--", "a" * 500, "\ufffd", "{}", "%s %(x)s", "🌉", "\x01", "\\'"]
)
def test_odd_words(words):
    for name in ("claims", "actors", "sources", "topics"):
        assert ids(url(name), q=words) == []
        assert get(url(name), q=words, count="estimate")["results"] == []
