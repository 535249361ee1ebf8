"""Reading bodies: JSON within limits."""

import codecs
import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from claims.rest.problems import TooLarge

#: no record has as many members
MAX_MEMBERS = 200
#: JSON deeper than this is nobody's record (the deepest body of ours has 4 levels).
MAX_DEPTH = 20


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for item in level
            if isinstance(item, list | dict)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_MEMBERS:
        raise ParseError(f"An object has {len(pairs)} members; no record has more than {MAX_MEMBERS}.")
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name[:100] for name in names if names.count(name) > 1})
        more = f" and {len(twice) - 10} more" if len(twice) > 10 else ""
        raise ParseError(f"Duplicate members in a JSON object: {', '.join(twice[:10])}{more}.")
    return found


def _whole(digits: str) -> int | float:
    """A number too large for any column is infinite, which every field refuses by name."""
    return int(digits) if len(digits) <= 100 else float("inf")


def _no_constant(name: str) -> None:
    raise ParseError(f"{name} is not JSON.")


_decoder = json.JSONDecoder(parse_constant=_no_constant, parse_int=_whole, object_pairs_hook=_once)


class StrictJSONParser(BaseParser):
    """JSON in UTF-8: no NaN, no duplicate member; at most 200 members per object, 20 levels, and
    DATA_UPLOAD_MAX_MEMORY_SIZE bytes."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The value read. Raises TooLarge (413) or ParseError (400)."""
        limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(f"The body is larger than {limit} bytes.")
        try:
            value = _decoder.decode(raw.removeprefix(codecs.BOM_UTF8).decode())
        except RecursionError:
            raise ParseError(f"The JSON is nested more than {MAX_DEPTH} levels deep.") from None
        except UnicodeDecodeError as error:
            raise ParseError(f"The body is not UTF-8: byte {error.start} can't be read.") from None
        except ValueError as error:
            raise ParseError(f"The body is not JSON: {error}") from None
        if _too_deep(value):
            raise ParseError(f"The JSON is nested more than {MAX_DEPTH} levels deep.")
        return value
