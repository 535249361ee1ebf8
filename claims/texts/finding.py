"""Finding words in a text."""

import re
from difflib import SequenceMatcher

#: start and end of a part of a text, in code points, end excluded
Range = tuple[int, int]

#: a word, including apostrophes and hyphens inside it
WORD = re.compile(r"\w+(?:['’‑-]\w+)*")


def find_all(text: str, words: str) -> list[Range]:
    """Return all places with exactly these words, in code points; places may overlap."""
    found, at = [], text.find(words)
    while at >= 0:
        found.append((at, at + len(words)))
        at = text.find(words, at + 1)
    return found


def closest(text: str, words: str) -> Range | None:
    """Return the place most similar to `words`, with as many words; None if nothing is similar.

    Case and punctuation are ignored.
    """
    sought = WORD.findall(words.lower())
    places = [found.span() for found in WORD.finditer(text)]
    in_text = [text[start:end].lower() for start, end in places]
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(" ".join(sought))
    best, best_ratio = None, 0.6
    for at in range(max(1, len(places) - len(sought) + 1) if sought and places else 0):
        matcher.set_seq1(" ".join(in_text[at : at + len(sought)]))
        # each is an upper bound of the next, and cheaper
        if min(matcher.real_quick_ratio(), matcher.quick_ratio()) > best_ratio and matcher.ratio() > best_ratio:
            last = min(at + len(sought), len(places)) - 1
            best, best_ratio = (places[at][0], places[last][1]), matcher.ratio()
    return best
