"""Drift: whether spans moved, changed or vanished when their source was captured again."""

import textwrap
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.models.snapshot import digest
from claims.models.visibility import DESK
from claims.texts.alignment import Alignment, Sentences
from claims.texts.drift import drift, look_up
from tests.factories import make_assertion, make_snapshot, make_source


def place(old: str, new: str, start: int, end: int) -> tuple[str, int | None, int | None]:
    """Return the state and place in `new` of a span of `old`."""
    found = look_up(Alignment(Sentences(old, "en"), Sentences(new, "en"), 10**6), start, end)
    return str(found.state), found.start, found.end


OLD = "The minister said the bridge fell in March. Nobody was hurt, he added. The bridge stood for 60 years."


@pytest.mark.parametrize(
    ("new", "words", "state", "found"),
    [
        (OLD, "the bridge fell", "kept", "the bridge fell"),
        ("Update. " + OLD, "the bridge fell", "moved", "the bridge fell"),
        (OLD.replace("fell in", "collapsed in"), "fell", "changed", "collapsed"),
        ("Nothing here is as it was; the page is about ships now.", "the bridge fell", "vanished", None),
        (OLD.replace("Nobody was hurt, he added. ", ""), "Nobody was hurt", "vanished", None),
        # of two places with the same words, the one with the same surroundings counts
        ("60 years ago a stood for 60 dinner. " + OLD, "stood for 60", "moved", "stood for 60"),
        ("ÄÖ🙂 " + OLD, "60 years", "moved", "60 years"),
    ],
)
def test_a_span_is_found_again(new: str, words: str, state: str, found: str | None) -> None:
    start = OLD.rindex(words)
    got, a, b = place(OLD, new, start, start + len(words))
    assert got == state
    assert (new[a:b] if a is not None else None) == found


def test_the_right_one_of_two_places() -> None:
    new = "60 years ago a stood for 60 dinner. " + OLD
    start = OLD.index("stood for 60")
    _, a, _ = place(OLD, new, start, start + 12)
    assert a == new.rindex("stood for 60")


RENTS = "The ministry said 12 percent of flats stand empty. In 2019 it had been 9 percent. Rents rose by 12 percent."
PARAGRAPHS = [
    OLD,
    "Rents rose by 12 percent last year. Wages did not. The union called a strike.",
    "It rains. It snows.",
]
PAGE = "\n\n".join(PARAGRAPHS)
SIGNED = "He signed the treaty in May. It rained."
NOT_SIGNED = "He did not sign the treaty in May. It rained."
CHINESE = "政府宣布明天全面停止供水，這是謠言。記者詢問了市長。"


@pytest.mark.parametrize(
    ("old", "new", "words", "state", "found"),
    [
        # the same words elsewhere are not the same place
        (RENTS, RENTS.replace("12", "15", 1), "12 percent", "changed", "15 percent"),
        (RENTS, RENTS[RENTS.index("In 2019") :], "12 percent", "vanished", None),
        ("It rained. Yes. He signed.", "Yes. It rained. No. He signed.", "Yes", "changed", "No"),
        (
            "It fell. It was good. It fell. It was new.",
            "It fell. It was good. It was new.",
            "It was good",
            "kept",
            "It was good",
        ),
        # nor are the same words at the same offsets
        (
            "He did not sign it. The mayor said so.",
            "He may not know it. The mayor signed.",
            "not",
            "changed",
            "may not know",
        ),
        ("The bridge fell.", "Ships may sail.", "The bridge fell", "vanished", None),
        # negation next to the words
        (SIGNED, SIGNED.replace("signed", "never signed"), "signed the treaty", "changed", "never signed the treaty"),
        (NOT_SIGNED, NOT_SIGNED.replace("not ", ""), "sign the treaty", "changed", "sign the treaty"),
        (NOT_SIGNED, NOT_SIGNED.replace("not ", ""), "not sign", "changed", "sign"),
        (
            SIGNED,
            SIGNED.replace("He", "It was never the case that he"),
            "signed the treaty",
            "changed",
            "signed the treaty",
        ),
        # a change further away
        (
            SIGNED,
            SIGNED.replace("It rained", "It snowed"),
            "He signed the treaty in May.",
            "kept",
            "He signed the treaty in May.",
        ),
        (OLD, OLD.replace("March", "April"), "The minister said", "kept", "The minister said"),
        # numbers
        ("Growth was 12 percent.", "Growth was 12.5 percent.", "12 percent", "changed", "12.5 percent"),
        ("Growth was 12 percent.", "Growth was 112 percent.", "12", "changed", "112"),
        ("Growth was 12 percent.", "Growth was -12 percent.", "12 percent", "changed", "-12 percent"),
        # the beginning and the end of a text
        ("The bridge fell. He left", "A note: The bridge fell. He left", "The bridge fell", "moved", "The bridge fell"),
        ("It rained. He left", "It rained. He left. Nobody saw it.", "He left", "kept", "He left"),
        ("It rained. He left", "It rained. He left the town", "He left", "changed", "He left the town"),
        ("It rained. He left", "He left", "It", "vanished", None),
        # reordered and wrapped paragraphs
        (PAGE, "\n\n".join(PARAGRAPHS[::-1]), "12 percent", "moved", "12 percent"),
        (PAGE, "\n\n".join(PARAGRAPHS[::-1]), PARAGRAPHS[1], "moved", PARAGRAPHS[1]),
        (PAGE, "\n\n".join(PARAGRAPHS[::-1]).replace("did not", "did"), "Wages did not", "changed", "Wages did"),
        (PAGE, "\n\n".join(textwrap.fill(each, 28) for each in PARAGRAPHS), "bridge fell", "kept", "bridge\nfell"),
        (PAGE, "\n\n".join(textwrap.fill(each, 28) for each in PARAGRAPHS), "12 percent", "kept", "12 percent"),
        (PAGE, "Rain\n\n" + textwrap.fill(PAGE, 28), "bridge fell", "moved", "bridge\nfell"),
        # one of many similar sentences
        (
            "Total 12 percent. " * 50 + "End.",
            "Total 12 percent. " * 50 + "End.",
            "Total 12 percent. End",
            "kept",
            "Total 12 percent. End",
        ),
        # scripts without spaces
        (CHINESE, CHINESE.replace("明天", "後天"), "明天", "changed", "後天"),
        (CHINESE, CHINESE.replace("全面", "不全面"), "全面停止供水", "changed", "不全面停止供水"),
        (CHINESE, "更新。" + CHINESE, "全面停止", "moved", "全面停止"),
        # white space at the edges of a span, and a span of only white space
        (SIGNED, "It rained. " + SIGNED, " the treaty ", "moved", " the treaty "),
        (SIGNED, SIGNED, " ", "kept", " "),
    ],
)
def test_the_surroundings_decide(old: str, new: str, words: str, state: str, found: str | None) -> None:
    start = old.index(words)
    got, a, b = place(old, new, start, start + len(words))
    assert (got, new[a:b] if a is not None else None) == (state, found)


def test_one_of_many_similar_sentences_is_recognised() -> None:
    text = "Total 12 percent. " * 50
    start = 20 * 18 + 6
    assert place(text, text, start, start + 10) == ("kept", start, start + 10)
    assert place(text, "More below. " + text, start, start + 10) == ("moved", start + 12, start + 22)


@given(st.text("ab .\n", max_size=30), st.text("ab .\n", max_size=30), st.data())
def test_places_are_in_the_newer_text_and_kept_ones_have_their_words(old: str, new: str, data: st.DataObject) -> None:
    if not old:
        return
    start = data.draw(st.integers(0, len(old) - 1))
    end = data.draw(st.integers(start + 1, len(old)))
    state, a, b = place(old, new, start, end)
    if a is None or b is None:
        assert state == "vanished"
        return
    assert 0 <= a < b <= len(new)
    if state in ("kept", "moved"):
        assert new[a:b].split() == old[start:end].split()
    assert place(old, old, start, end) == ("kept", start, end)


@pytest.mark.django_db
def test_all_spans_of_earlier_snapshots_are_reported() -> None:
    source = make_source()
    old = make_snapshot(source=source, text=OLD, captured_at=datetime(2024, 1, 1, tzinfo=UTC))
    bridge = make_assertion(source=source, snapshot=old, start=22, end=37)
    hurt = make_assertion(source=source, snapshot=old, start=44, end=59)
    new = make_snapshot(
        source=source, text=OLD.replace("Nobody was hurt, he added. ", ""), captured_at=datetime(2024, 2, 1, tzinfo=UTC)
    )
    assert [(d.record, d.place.state) for d in drift(new, DESK)] == [(bridge, "kept"), (hurt, "vanished")]


@pytest.mark.django_db
def test_without_the_texts_the_state_is_unknown() -> None:
    source = make_source()
    january, february = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)
    old = make_snapshot(source=source, text=None, sha256=digest("a"), length=90, captured_at=january)
    make_assertion(source=source, snapshot=old, start=1, end=9, quote_sha256=digest("b"))
    new = make_snapshot(source=source, text=OLD, captured_at=february)
    assert [d.place.state for d in drift(new, DESK)] == ["unknown"]
