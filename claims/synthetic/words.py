"""Synthetic words, sentences and names."""

from random import Random

from claims.synthetic.chance import Mix, stream

SIZE = 20_000

_ONSETS = (*"bdfgklmnprstvz", "br", "dr", "gr", "kr", "pr", "st", "tr", "kl", "pl", "sk")
_VOWELS = "aeiou"
_CODAS = Mix({"": 6, "n": 1, "r": 1, "l": 1, "s": 1, "m": 0.5, "t": 0.5})
#: Frequent words are short: the lowest rank, and the possible numbers of syllables from there on.
_SYLLABLES = ((0, (1, 2)), (100, (2, 2, 3)), (4000, (3, 3, 4)))
_DRAWN_AT_ONCE = 10_000

#: Letter by letter, so that Russian texts are in Cyrillic.
_CYRILLIC = str.maketrans("abdefgiklmnoprstuvzABDEFGIKLMNOPRSTUVZ", "абдефгиклмнопрстувзАБДЕФГИКЛМНОПРСТУВЗ")


def vocabulary(seed: int) -> list[str]:
    """The distinct words of a seed, the most common first."""
    rng = stream(seed, "words")
    words: dict[str, None] = {}
    while len(words) < SIZE:
        lengths = next(lengths for rank, lengths in reversed(_SYLLABLES) if rank <= len(words))
        count = rng.choice(lengths)
        parts = rng.choices(_ONSETS, k=count), rng.choices(_VOWELS, k=count), _CODAS.draw(rng, count)
        words.setdefault("".join(map("".join, zip(*parts, strict=True))))
    return list(words)


def urn(words: list[str]) -> list[str]:
    """Each word as often as its weight: the nth 1/n as often as the first, as in natural languages, and the last once.

    (G. K. Zipf, Human Behavior and the Principle of Least Effort, 1949.) Drawing from this list is twice as fast as
    weighted drawing, and most of what is drawn is words.
    """
    return [word for rank, word in enumerate(words, 1) for _ in range(round(len(words) / rank))]


class Speech:
    """Random words, sentences and names, drawn from an urn with a random stream of its own."""

    def __init__(self, seed: int, name: str, words: list[str]) -> None:
        self._rng: Random = stream(seed, f"{name}: speech")
        self._urn = words
        self._drawn: list[str] = []
        self._at = 0

    def words(self, count: int) -> list[str]:
        """The next `count` words."""
        at = self._at
        if at + count > len(self._drawn):
            self._drawn = self._rng.choices(self._urn, k=_DRAWN_AT_ONCE)
            at = 0
        self._at = at + count
        return self._drawn[at : at + count]

    def sentence(self, count: int, language: str = "en") -> str:
        """A sentence of `count` words, in the script of `language`."""
        text = " ".join(self.words(count)).capitalize() + "."
        return text.translate(_CYRILLIC) if language == "ru" else text

    def name(self, count: int, language: str = "en") -> str:
        """`count` words (of at least two letters each), capitalised."""
        text = " ".join(self.words(count)).title()
        return text.translate(_CYRILLIC) if language == "ru" else text
