"""Language and direction of texts as HTML attributes, so that each text is shown in its own."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

#: ISO 15924 codes of the scripts that are written from right to left
RIGHT_TO_LEFT_SCRIPTS = frozenset({"adlm", "arab", "aran", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"})
#: languages written in one of these scripts unless their tag names another
# fmt: off
RIGHT_TO_LEFT = frozenset({
    "ar", "arc", "ary", "arz", "aeb", "acm", "apc", "azb", "bal", "bgn", "bqi", "ckb", "dv", "fa", "glk", "he", "khw",
    "ks", "lrc", "mzn", "nqo", "pnb", "prs", "ps", "sd", "sdh", "skr", "syr", "ug", "ur", "yi",
})
# fmt: on


def is_right_to_left(language: str) -> bool:
    """Whether a language (BCP 47) is written from right to left: “ar” and “az-Arab” are, “en” and “ar-Latn” aren’t."""
    first, *others = language.lower().split("-")
    script = next((part for part in others if len(part) == 4 and part.isalpha()), None)
    return first in RIGHT_TO_LEFT if script is None else script in RIGHT_TO_LEFT_SCRIPTS


def direction(language: str = "") -> dict[str, str]:
    """Return the attributes `dir` and, if the language is known, `lang`.

    `dir` is “rtl” for right-to-left languages. For others it is “auto”, which lets the browser decide by the first
    letter: “en” is the default, so a record with it may be in any language.
    """
    found = {"dir": "rtl" if is_right_to_left(language) else "auto"}
    return found | {"lang": language} if language else found


def attributes(language: str = "") -> SafeString:
    """Return the attributes of `direction` for use in a tag: ` dir="rtl" lang="ar"`."""
    return format_html_join("", ' {}="{}"', direction(language).items())


def words(text: object, language: str = "") -> SafeString:
    """Return the text in a `bdi` element, which isolates its direction from its surroundings."""
    return format_html("<bdi{}>{}</bdi>", attributes(language), text)


def language_of(record: object) -> str:
    """Return the language (BCP 47) of the title or text of a record; "" if unknown."""
    return getattr(record, "language", "")
