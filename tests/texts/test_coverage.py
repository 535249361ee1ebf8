"""Coverage: which sentences of a text are claimed, skipped, or neither; and that the shipped articles are covered."""

import json
import re
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from claims.models import Assertion, Erratum, Snapshot
from claims.models.snapshot import digest
from claims.models.visibility import DESK
from claims.seeds.texts import Texts
from claims.texts.coverage import Coverage, SentenceState, coverage
from claims.texts.sentences import sentence_ranges
from tests.documents import nine_words
from tests.factories import TEXT, make_assertion, make_skipped_passage, make_snapshot, make_source

ROOT = Path(__file__).resolve().parent.parent.parent


def at(words: str, text: str = TEXT) -> dict[str, int]:
    return {"start": text.index(words), "end": text.index(words) + len(words)}


def states(found: Coverage | None) -> list[str]:
    assert found is not None
    return [str(sentence.state) for sentence in found.sentences]


@pytest.mark.django_db
def test_sentences_are_claimed_skipped_or_uncovered(django_assert_num_queries) -> None:
    snapshot = make_snapshot()
    one = make_assertion(snapshot=snapshot, **at("the bridge fell. Nobody"))
    two = make_assertion(snapshot=snapshot, **at("The minister said"))
    make_skipped_passage(snapshot=snapshot)
    with django_assert_num_queries(2):
        found = coverage(snapshot, DESK)
    assert states(found) == ["claimed", "claimed", "skipped", "uncovered"]
    assert (found.claimed, found.skipped, found.uncovered) == (2, 1, 1)
    assert [sentence.assertion_ids for sentence in found.sentences] == [(two.id, one.id), (one.id,), (), ()]
    assert TEXT[slice(found.sentences[1].start, found.sentences[1].end)] == "Nobody was hurt, he added."
    # words: 6 + 5 + 3 + 5; inside a span 3 + 3 + 1; skipped 3
    assert (found.words, found.words_claimed, found.words_skipped) == (19, 7, 3)
    assert found.share_claimed == 7 / 16


@pytest.mark.django_db
def test_a_space_or_full_stop_is_not_a_claim() -> None:
    snapshot = make_snapshot()
    make_assertion(snapshot=snapshot, **at("the bridge fell. "))
    make_assertion(snapshot=snapshot, **at(". Was"))
    assert states(coverage(snapshot, DESK)) == ["claimed", "uncovered", "claimed", "uncovered"]


@pytest.mark.django_db
def test_a_sentence_is_skipped_only_if_all_its_words_are() -> None:
    snapshot = make_snapshot()
    make_skipped_passage(snapshot=snapshot, **at("Nobody was"))
    make_skipped_passage(snapshot=snapshot, **at("It stood"))
    make_skipped_passage(snapshot=snapshot, **at("for 60 years"))
    assert states(coverage(snapshot, DESK)) == ["uncovered", "uncovered", "uncovered", "skipped"]


@pytest.mark.django_db
def test_words_claimed_and_skipped_count_once() -> None:
    snapshot = make_snapshot()
    make_assertion(snapshot=snapshot, **at("the bridge fell"))
    make_skipped_passage(snapshot=snapshot, **at("The minister said the bridge fell. Nobody"))
    found = coverage(snapshot, DESK)
    assert found is not None
    assert (found.words, found.words_claimed, found.words_skipped) == (19, 3, 4)
    assert found.share_claimed == 3 / 15


@pytest.mark.django_db
@pytest.mark.parametrize(
    "cut",
    [
        pytest.param("Was it ", id="between words"),
        pytest.param("Was i", id="within a word"),
    ],
)
def test_passages_that_touch_are_skipped_as_one(cut: str) -> None:
    snapshot = make_snapshot()
    start, end = TEXT.index("Was it old?"), TEXT.index("Was it old?") + len("Was it old?")
    make_skipped_passage(snapshot=snapshot, start=start, end=start + len(cut))
    make_skipped_passage(snapshot=snapshot, start=start + len(cut), end=end)
    found = coverage(snapshot, DESK)
    assert found is not None
    assert states(found) == ["uncovered", "uncovered", "skipped", "uncovered"]
    assert found.words_skipped == 3


@pytest.mark.django_db
def test_the_rest_of_a_claimed_sentence_can_be_skipped() -> None:
    snapshot = make_snapshot()
    make_assertion(snapshot=snapshot, **at("The minister said the bri"))
    make_skipped_passage(snapshot=snapshot, **at("dge fell"))
    found = coverage(snapshot, DESK)
    assert found is not None
    assert states(found) == ["claimed", "uncovered", "uncovered", "uncovered"]
    assert (found.words_claimed, found.words_skipped) == (4, 2)


@pytest.mark.django_db
def test_a_snapshot_without_text_has_no_coverage() -> None:
    assert coverage(make_snapshot(text=None, sha256="0" * 64, length=5), DESK) is None


@pytest.mark.django_db
def test_the_spans_of_other_snapshots_do_not_count() -> None:
    source = make_source()
    snapshot, other = make_snapshot(source=source), make_snapshot(source=source, text=TEXT + " More.")
    make_assertion(snapshot=other, start=0, end=len(TEXT))
    make_skipped_passage(snapshot=other)
    assert states(coverage(snapshot, DESK)) == ["uncovered"] * 4


WRAPPED = """The minister met the president of
Russia on Monday in the palace
beside the Neva, where both of Mr.
Smith's sons sing. Nobody was
hurt.

Prices rose by\x20
a quarter."""
HEADLINES = [
    "Minister says the bridge was safe after all",
    "Mayor denies having known of any cracks in it",
    "Engineers disagree",
    "Town council to meet on Monday over the inquiry",
    "River falls",
]

SENTENCES = [
    ("en", "Mr. Smith went. He left at 5.30 p.m. on foot.", ["Mr. Smith went.", "He left at 5.30 p.m. on foot."]),
    ("en", "Headline\nFirst. Second\n\n  \n* * *\nThird", ["Headline", "First.", "Second", "Third"]),
    ("en", "😀 One. \u00a0Zwei e\u0301té.\r\n\tThree. ", ["😀 One.", "Zwei e\u0301té.", "Three."]),
    ("ru", "Мост упал. Никто не пострадал!", ["Мост упал.", "Никто не пострадал!"]),
    ("zh-Hant", "橋倒了。沒有人受傷。", ["橋倒了。", "沒有人受傷。"]),
    ("", "One. Two.", ["One.", "Two."]),
    # lines wrapped by hand or by a program
    (
        "en",
        "The minister said\nthe bridge fell. Nobody\nwas hurt.\nIt rained.",
        [
            "The minister said\nthe bridge fell.",
            "Nobody\nwas hurt.",
            "It rained.",
        ],
    ),
    (
        "en",
        WRAPPED,
        [
            WRAPPED[: WRAPPED.index(" Nobody")],
            "Nobody was\nhurt.",
            "Prices rose by \na quarter.",
        ],
    ),
    ("en", "He came to Paris,\nLyon and Metz.\r\nHe left.", ["He came to Paris,\nLyon and Metz.", "He left."]),
    ("en", "One ends\n\nhere and here.", ["One ends", "here and here."]),
    # headings, lists and verse
    (
        "en",
        "Bridge falls\nThe bridge fell.\nFlood\n12 were hurt.",
        [
            "Bridge falls",
            "The bridge fell.",
            "Flood",
            "12 were hurt.",
        ],
    ),
    (
        "en",
        "We saw:\n- a bridge\n- a river\n  of mud\n1. one\n2. two\n(a) three\n• four",
        [
            "We saw:",
            "- a bridge",
            "- a river\n  of mud",
            "1. one",
            "2. two",
            "(a) three",
            "• four",
        ],
    ),
    ("en", "We saw:\napples", ["We saw:", "apples"]),
    (
        "en",
        "Tyger Tyger\nIn the forests of the night\nWhat immortal hand or eye",
        [
            "Tyger Tyger",
            "In the forests of the night",
            "What immortal hand or eye",
        ],
    ),
    ("en", "\n".join(HEADLINES), HEADLINES),
    # wrapped, with a list right below
    (
        "en",
        "He came to the capital with Anna\nLind and the Ministers of Trade.\nNobody from the Council of Elders\n"
        "Was there.\n* One\n* Two",
        [
            "He came to the capital with Anna\nLind and the Ministers of Trade.",
            "Nobody from the Council of Elders\nWas there.",
            "* One",
            "* Two",
        ],
    ),
]


@pytest.mark.parametrize(("language", "text", "sentences"), SENTENCES)
def test_places_of_sentences(language: str, text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_ranges(text, language)] == sentences


@given(st.text(st.one_of(st.sampled_from(".!?… \n\t\"'”)(0aA😀\u0301"), st.characters(codec="utf-8")), max_size=60))
def test_sentences_contain_every_word_of_any_text(text: str) -> None:
    places = list(sentence_ranges(text, "en"))
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(before[1] <= after[0] for before, after in pairwise(places))
    outside = "".join(
        text[end:start]
        for end, start in zip(
            [0, *(end for _, end in places)], [*(start for start, _ in places), len(text)], strict=True
        )
    )
    assert not re.search(r"\w", outside)
    assert all(text[start:end].strip() == text[start:end] for start, end in places)


# The shipped articles


@pytest.fixture
def articles(shipped: None) -> list[Snapshot]:
    Texts(settings.CLAIMSDB_TEXTS).fill()
    return list(Snapshot.objects.select_related("source"))


@pytest.mark.texts
def test_every_sentence_of_the_articles_is_claimed_or_skipped(articles: list[Snapshot]) -> None:
    assert len(articles) == 2
    for snapshot in articles:
        found = coverage(snapshot, DESK)
        assert found is not None
        assert len(found.sentences) > 30
        uncovered = [(one.start, one.end) for one in found.sentences if one.state == SentenceState.UNCOVERED]
        assert uncovered == [], snapshot.source.slug
        assert found.share_claimed > 0.9


@pytest.mark.texts
def test_every_span_of_the_articles_has_the_hash_of_its_words(articles: list[Snapshot]) -> None:
    texts = {snapshot.pk: snapshot.text for snapshot in articles}
    spans = [
        span
        for rows in (Assertion.objects, Erratum.objects)
        for span in rows.values_list("snapshot", "start", "end", "quote_sha256")
    ]
    assert len(spans) > 200
    assert [span for span in spans if digest(texts[span[0]][span[1] : span[2]]) != span[3]] == []


@pytest.mark.texts
def test_no_nine_words_in_a_row_of_an_article_are_shipped() -> None:
    """We may not publish the texts."""

    articles = {path.name: nine_words(path.read_text()) for path in settings.CLAIMSDB_TEXTS.iterdir()}
    assert all(articles.values())
    for path in [*(ROOT / "seeds").iterdir(), *(ROOT / "fixtures").iterdir()]:
        shipped = nine_words(path.read_text())
        if path.suffix == ".json":
            strings = {json.loads(one) for one in re.findall(r'"(?:[^"\\]|\\.)*"', path.read_text())}
            sources = [r["fields"] for r in json.loads(path.read_text()) if r["model"] == "claims.source"]
            # headlines and URLs are needed to name the articles; the files have them with an escape in the middle
            strings -= {source.get(field) for source in sources for field in ("title", "url")}
            shipped |= set().union(*map(nine_words, strings))
        for name, article in articles.items():
            assert shipped & article == set(), f"{path.name} repeats {name}"


# find_span


def find(*arguments: str) -> str:
    out = StringIO()
    call_command("find_span", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def text() -> str:
    words = "Мост fell. The 😀 bridge fell again."
    make_snapshot(source=make_source(slug="gazette"), text=words)
    make_source(slug="no-text")
    return words


@pytest.mark.django_db
def test_a_span_is_printed_as_lines_of_a_seed_file(text: str) -> None:
    start = text.index("bridge")
    assert find("gazette", "bridge fell") == f"- span: [{start}, {start + 11}]\n  sha256: {digest('bridge fell')}\n"
    start = text.rindex("fell")
    assert find("gazette", "fell", "--nth", "2").startswith(f"- span: [{start}, {start + 4}]\n")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["gazette", "fell"],
            r"These words occur 2 times; choose one:\n  --nth 1: \[5, 9\] .*\n  --nth 2: \[24, 28\]",
        ),
        (["gazette", "fell", "--nth", "3"], "--nth 3: these words occur 2 times; N counts from 1."),
        (["gazette", "fell", "--nth", "0"], "--nth 0: these words occur 2 times; N counts from 1."),
        (["gazette", "bridge, fel"], r"The most similar ones are at \[17, 28\]: 'bridge fell'"),
        (["gazette", "zebras cross"], "nor are similar ones"),
        (["gazette", " "], "WORDS must not be empty."),
        (["gazet", "fell"], "There is no source “gazet”."),
        (["no-text", "fell"], "The database has no text of source “no-text”. Load it with"),
    ],
)
def test_errors_of_find_span(text: str, arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        find(*arguments)
