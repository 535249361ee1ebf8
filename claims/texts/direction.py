"""The language and direction of words, as HTML attributes: each text of the record is shown in its own."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

#: ISO 15924 codes of the scripts that are written from right to left
RIGHT_TO_LEFT_SCRIPTS = frozenset({"adlm", "arab", "aran", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"})
#: languages that are written in one of them, unless their tag names another script
# fmt: off
RIGHT_TO_LEFT = frozenset({
    "ar", "arc", "ary", "arz", "aeb", "acm", "apc", "azb", "bal", "bgn", "bqi", "ckb", "dv", "fa", "glk", "he", "khw",
    "ks", "lrc", "mzn", "nqo", "pnb", "prs", "ps", "sd", "sdh", "skr", "syr", "ug", "ur", "yi",
})
# fmt: on


def is_right_to_left(language: str) -> bool:
    """Whether a language (BCP 47) is written from right to left: “ar” and “az-Arab” are, “en” and “ar-Latn” are not."""
    first, *others = language.lower().split("-")
    script = next((part for part in others if len(part) == 4 and part.isalpha()), None)
    return first in RIGHT_TO_LEFT if script is None else script in RIGHT_TO_LEFT_SCRIPTS


def direction(language: str = "") -> dict[str, str]:
    """`dir` and, if the language is known, `lang` for words in it.

    Only right to left is taken from the language. Otherwise the browser decides by the first letter, since “en” is what
    a record says whose language nobody chose.
    """
    found = {"dir": "rtl" if is_right_to_left(language) else "auto"}
    return found | {"lang": language} if language else found


def attributes(language: str = "") -> SafeString:
    """As `direction`, to be written into a tag: ` dir="rtl" lang="ar"`."""
    return format_html_join("", ' {}="{}"', direction(language).items())


def words(text: object, language: str = "") -> SafeString:
    """The text, set apart from the direction of what is around it."""
    return format_html("<bdi{}>{}</bdi>", attributes(language), text)


def language_of(record: object) -> str:
    """The language (BCP 47) of the words by which a record is called; "" if none is known."""
    return getattr(record, "language", "")
