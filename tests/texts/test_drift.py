"""Spans are looked up again when a source is captured anew; what moved, changed or vanished is flagged."""

from datetime import UTC, datetime

import pytest

from claims.models.snapshot import digest
from claims.texts.alignment import Alignment, Sentences
from claims.texts.drift import drift, look_up
from tests.factories import make_assertion, make_snapshot, make_source


def place(old: str, new: str, start: int, end: int) -> tuple[str, int | None, int | None]:
    """State and place in `new` of a span of `old`."""
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
        # of two places with the same words it is the one with the same surroundings
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


@pytest.mark.django_db
def test_all_spans_of_earlier_snapshots_are_reported() -> None:
    source = make_source()
    old = make_snapshot(source=source, text=OLD, captured_at=datetime(2024, 1, 1, tzinfo=UTC))
    bridge = make_assertion(source=source, snapshot=old, start=22, end=37)
    hurt = make_assertion(source=source, snapshot=old, start=44, end=59)
    new = make_snapshot(
        source=source, text=OLD.replace("Nobody was hurt, he added. ", ""), captured_at=datetime(2024, 2, 1, tzinfo=UTC)
    )
    assert [(d.record, d.place.state) for d in drift(new)] == [(bridge, "kept"), (hurt, "vanished")]


@pytest.mark.django_db
def test_without_the_texts_nothing_is_said() -> None:
    source = make_source()
    january, february = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)
    old = make_snapshot(source=source, text=None, sha256=digest("a"), length=90, captured_at=january)
    make_assertion(source=source, snapshot=old, start=1, end=9, quote_sha256=digest("b"))
    new = make_snapshot(source=source, text=OLD, captured_at=february)
    assert [d.place.state for d in drift(new)] == ["unknown"]
