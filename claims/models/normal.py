"""The one form in which texts are searched and compared. What was written is stored as written.

The database makes it (`normal_form`, migration 0001): signs that mean the same become one, invisible characters go.
"""

import re
from collections.abc import Iterable

from django.db.models import BooleanField, F, Func, Q, TextField

from claimsdb.postgresql.prepared import fetch_prepared

#: Characters that show nothing (Default_Ignorable_Code_Point of Unicode, and annotation marks): soft hyphens,
#: zero-width spaces and joiners, marks of direction, variation selectors, byte order marks. As ranges of a character
#: class, within the first plane, which is all that patterns in JSON Schema reach.
INVISIBLE = (
    r"\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164"
    r"\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB"
)
#: and beyond it
_INVISIBLE_BEYOND = r"\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF"
#: characters that are blank, with those of control, NUL but for which no text may hold
BLANK = r"\u0001-\u0020\u007F-\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u2800\u3000"
_EMPTY = re.compile(f"[{INVISIBLE}{_INVISIBLE_BEYOND}{BLANK}]*")
_AROUND = re.compile(f"^{_EMPTY.pattern}|{_EMPTY.pattern}$")


def is_blank(text: str) -> bool:
    """Whether a text shows nothing."""
    return _EMPTY.fullmatch(text) is not None


def trimmed(text: str) -> str:
    """A text without what shows nothing at its ends."""
    return _AROUND.sub("", text)


class NormalForm(Func):
    """The normal form of a text, in lower case; empty for a text that shows nothing."""

    function = "normal_form"
    arity = 1
    output_field = TextField()


def normal_forms(texts: Iterable[str]) -> dict[str, str]:
    """The normal form of each text, by one query."""
    return dict(fetch_prepared("SELECT t, normal_form(t) FROM unnest(%s::text[]) t", [list(texts)]))


class SearchForm(Func):
    """A text for PostgreSQL's text search: its normal form without the dashes that the search would misread.

    Between digits it takes one for the sign of a number (1939-1945), by itself for “not”.
    """

    template = r"regexp_replace(normal_form(%(expressions)s), '([0-9])-(?=[0-9])|(^| )-+(?= |$)', '\1\2 ', 'g')"
    arity = 1
    output_field = TextField()


def shows_something(field: str) -> Q:
    """Whether a text has anything to see: neither blanks nor invisible characters alone."""
    shown = Func(F(field), template="(normal_form(%(expressions)s) <> '')", output_field=BooleanField())
    return Q(shown)
