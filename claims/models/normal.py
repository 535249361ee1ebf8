"""The normal form in which text is searched and compared. Text is stored as written.

The database function `normal_form` (migration 0001) unifies characters that mean the same and removes invisible ones.
"""

import re
from collections.abc import Iterable

from django.db.models import BooleanField, F, Func, Q, TextField

from claimsdb.postgresql.prepared import fetch_prepared

#: Invisible characters (Unicode's Default_Ignorable_Code_Point, and annotation marks): soft hyphens, zero-width spaces
#: and joiners, directional marks, variation selectors, byte order marks. Ranges for a character class, within the
#: Basic Multilingual Plane, beyond which patterns in JSON Schema can't reach.
INVISIBLE = (
    r"\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164"
    r"\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB"
)
#: those beyond that plane
_INVISIBLE_BEYOND = r"\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF"
#: whitespace and control characters, except NUL, which PostgreSQL can't store
BLANK = r"\u0001-\u0020\u007F-\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u2800\u3000"
_EMPTY = re.compile(f"[{INVISIBLE}{_INVISIBLE_BEYOND}{BLANK}]*")


def is_blank(text: str) -> bool:
    """Whether a text is empty or has only whitespace and invisible characters."""
    return _EMPTY.fullmatch(text) is not None


def trimmed(text: str) -> str:
    """A text without whitespace and invisible characters at either end."""
    before, after = (len(_EMPTY.match(way)[0]) for way in (text, text[::-1]))  # type: ignore[index]
    return text[before : len(text) - after] if before < len(text) else ""


class NormalForm(Func):
    """The normal form of a text, in lowercase; empty if the text is blank."""

    function = "normal_form"
    arity = 1
    output_field = TextField()


def normal_forms(texts: Iterable[str]) -> dict[str, str]:
    """The normal form of each text, in one query."""
    return dict(fetch_prepared("SELECT t, normal_form(t) FROM unnest(%s::text[]) t", [list(texts)]))


class SearchForm(Func):
    """A text for PostgreSQL's full-text search: its normal form without dashes that the parser would misread.

    It would read a dash between digits as a minus sign (1939-1945), and a dash between spaces as “not”.
    """

    template = r"regexp_replace(normal_form(%(expressions)s), '([0-9])-(?=[0-9])|(^| )-+(?= |$)', '\1\2 ', 'g')"
    arity = 1
    output_field = TextField()


def shows_something(field: str) -> Q:
    """A condition: the text has something other than whitespace and invisible characters."""
    shown = Func(F(field), template="(normal_form(%(expressions)s) <> '')", output_field=BooleanField())
    return Q(shown)
