"""Splitting a text into sentences, whether or not its lines are wrapped."""

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
#: line widths, in code points, that count as wrapped by a program or by hand
NARROWEST, WIDEST = 20, 120
#: A long book has 40,000.
MOST_LINES = 100_000


def sentence_ranges(text: str, language: str) -> Iterator[Range]:
    """Yield start and end of each sentence of a text, in code points, without surrounding space.

    A line break ends a sentence unless the line is wrapped there (`_goes_on`); an empty line always ends it. A range
    without a letter or digit (a rule, a lone bullet) is not a sentence. Raises TooMuchWork for more than MOST_LINES.
    """
    if text.count("\n") > MOST_LINES:
        raise TooMuchWork(f"Splitting into sentences is limited to {MOST_LINES:,} lines; this text has more.")
    code = language.partition("-")[0] or "en"
    for start, end in _paragraphs(text):
        # keep the number of code points, so that offsets stay those of the text
        paragraph = _LINE_BREAK.sub(lambda found: " " * len(found[0]), text[start:end])
        item = _LIST_ITEM.match(paragraph)
        # the bullet or number of a list item belongs to its first sentence
        first, at = (start + paragraph.index(item[0].lstrip()), start + item.end()) if item else (None, start)
        # the pieces that the library returns have no gaps between them
        for piece in sentencex.segment(code, paragraph[at - start :]):
            if WORD.search(piece):
                yield first if first is not None else at + len(piece) - len(piece.lstrip()), at + len(piece.rstrip())
                first = None
            at += len(piece)


def _paragraphs(text: str) -> Iterator[Range]:
    """Yield the paragraphs: lines, joined with the next one where that continues them."""
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
    """Whether there is only a single line break between two lines."""
    return _LINE_BREAK.fullmatch(text, end, start) is not None


def _goes_on(line: str, following: str, width: int | None) -> bool:
    """Whether a sentence may continue from a line in the next one.

    In a text wrapped at `width` it does if the next word didn’t fit on this line. Otherwise it does if the next line
    begins in lower case (unless a colon before it may introduce a list), or if this one ends in a comma or hyphen.
    A list item with a bullet or number never continues the line before it.
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
    """Return the width to which the lines of a text are wrapped, in code points, or None if they aren't.

    Lines are full if the first word of the next line doesn’t fit. The text is wrapped if at least two lines are full,
    and these are all lines with a next one, or three in four of them and most of those first words don’t begin in upper
    case, as in headlines and verse. One line in twenty may be longer than the width: a URL, a table.
    """
    lengths = sorted(end - start for start, end in lines)
    width = lengths[-1 - len(lengths) // 20] if lengths else 0
    if not NARROWEST <= width <= WIDEST:
        return None
    followed = full = upper = 0
    for place, following in pairwise(lines):
        line = text[slice(*following)]
        # an item of a list begins a line, however much room there was in the one before
        if _adjoin(text, place[1], following[0]) and not _LIST_ITEM.match(line):
            followed += 1
            if _is_full(text[slice(*place)], line, width):
                full += 1
                upper += line.lstrip(_OPENING)[:1].isupper()
    is_wrapped = full == followed or (4 * full >= 3 * followed and 2 * upper <= full)
    return width if full >= 2 and is_wrapped else None
