"""The sentences of a text, whether or not its lines are wrapped."""

import re
from collections.abc import Iterator
from itertools import pairwise, zip_longest

import sentencex  # type: ignore[import-untyped]

from claims.texts.errors import TooMuchWork
from claims.texts.finding import WORD, Range

_LINE = re.compile(r"[^\n\r\u2028\u2029]+")
_LINE_BREAK = re.compile(r"\r\n|[\n\r\u2028\u2029]")
#: a bullet or number at the start of a line
_LIST_ITEM = re.compile(r"\s*(?:[-–—*•‣▪◦·+>]|#{1,6}|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,4})[.)])\s")
_OPENING = "\"'“”„‘’‚«»‹›([{¿¡ \t\u00a0"
#: the widths, in code points, to which lines are wrapped by programs and by hand
NARROWEST, WIDEST = 20, 120
#: A long book has 40,000.
MOST_LINES = 100_000


def sentence_ranges(text: str, language: str) -> Iterator[Range]:
    """Start and end of each sentence of a text, in code points, without the space around it.

    A line break ends a sentence, unless the line is wrapped there (`_goes_on`); an empty line always does. A range
    without a letter or digit (a rule, a lone bullet) is no sentence. Raises TooMuchWork for more than MOST_LINES.
    """
    if text.count("\n") > MOST_LINES:
        raise TooMuchWork(f"Sentences are looked for in at most {MOST_LINES:,} lines; this text has more.")
    code = language.partition("-")[0] or "en"
    for start, end in _paragraphs(text):
        # as many code points, so that places are those of the text
        paragraph = _LINE_BREAK.sub(lambda found: " " * len(found[0]), text[start:end])
        item = _LIST_ITEM.match(paragraph)
        # the number of an item belongs to its first sentence
        first, at = (start + paragraph.index(item[0].lstrip()), start + item.end()) if item else (None, start)
        # the library gives the pieces of a paragraph without a gap between them
        for piece in sentencex.segment(code, paragraph[at - start :]):
            if WORD.search(piece):
                yield first if first is not None else at + len(piece) - len(piece.lstrip()), at + len(piece.rstrip())
                first = None
            at += len(piece)


def _paragraphs(text: str) -> Iterator[Range]:
    """Lines, those that go on in the next one put together with it."""
    lines = [line.span() for line in _LINE.finditer(text)]
    width = _wrapped_at(text, lines)
    first: int | None = None
    for place, following in zip_longest(lines, lines[1:]):
        first = place[0] if first is None else first
        if (
            following is None
            or not _adjoin(text, place[1], following[0])
            or not _goes_on(text[slice(*place)], text[slice(*following)], width)
        ):
            yield first, place[1]
            first = None


def _adjoin(text: str, end: int, start: int) -> bool:
    """Whether a single line break is all that lies between two lines."""
    return _LINE_BREAK.fullmatch(text, end, start) is not None


def _goes_on(line: str, following: str, width: int | None) -> bool:
    """Whether a sentence may go on from a line to the one after it.

    In a text wrapped at `width` it does if the next word had no room in this line. Elsewhere it does where the next
    line begins in lower case, unless that may be a list after a colon, or where this one ends in a comma or hyphen.
    Items of a list with bullets or numbers begin a line of their own.
    """
    last, first = line.rstrip(), following.lstrip(_OPENING)
    if not last or not first or _LIST_ITEM.match(following):
        return False
    if width is not None and _is_full(line, following, width):
        return True
    return (first[0].islower() and not last.endswith(":")) or last.endswith((",", "、", "，", "-", "\u00ad"))


def _is_full(line: str, following: str, width: int) -> bool:
    word = following.split(maxsplit=1)
    return bool(word) and len(line.rstrip()) + 1 + len(word[0]) > width


def _wrapped_at(text: str, lines: list[Range]) -> int | None:
    """The width to which the lines of a text are wrapped, in code points, or None if they aren't.

    They are if at least two of those that another line follows have no room for its first word: all of them, or three
    in four if most of these words don't begin in upper case, as headlines and verses do. One line in twenty may be
    longer than the others: an address, a table.
    """
    lengths = sorted(end - start for start, end in lines)
    width = lengths[-1 - len(lengths) // 20] if lengths else 0
    if not NARROWEST <= width <= WIDEST:
        return None
    followed = full = upper = 0
    for place, following in pairwise(lines):
        if _adjoin(text, place[1], following[0]):
            line = text[slice(*following)]
            followed += 1
            if _is_full(text[slice(*place)], line, width):
                full += 1
                upper += line.lstrip(_OPENING)[:1].isupper()
    is_wrapped = full == followed or (4 * full >= 3 * followed and 2 * upper <= full)
    return width if full >= 2 and is_wrapped else None
