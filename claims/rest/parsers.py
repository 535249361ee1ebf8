"""Parsing request bodies: strict JSON, within limits."""

import codecs
import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from claims.rest.problems import TooLarge

#: members per JSON object
MAX_MEMBERS = 200
#: levels of nesting (the deepest valid body has 4)
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


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_MEMBERS:
        raise ParseError(f"A JSON object has {len(pairs)} members; at most {MAX_MEMBERS} are allowed.")
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        duplicates = sorted({name[:100] for name in names if names.count(name) > 1})
        more = f" and {len(duplicates) - 10} more" if len(duplicates) > 10 else ""
        raise ParseError(f"Duplicate members in a JSON object: {', '.join(duplicates[:10])}{more}.")
    return members


def _parse_int(digits: str) -> int | float:
    """The integer; infinity if it is too large for any column, so that the field refuses it by name."""
    return int(digits) if len(digits) <= 100 else float("inf")


def _no_constant(name: str) -> None:
    raise ParseError(f"{name} is not valid JSON.")


_decoder = json.JSONDecoder(parse_constant=_no_constant, parse_int=_parse_int, object_pairs_hook=_unique_members)


class StrictJSONParser(BaseParser):
    """JSON in UTF-8, without NaN or duplicate members.

    Limits: 200 members per object, 20 levels of nesting, DATA_UPLOAD_MAX_MEMORY_SIZE bytes.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The parsed value. Raises TooLarge (413) or ParseError (400)."""
        limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(f"The body is larger than {limit} bytes.")
        try:
            value = _decoder.decode(raw.removeprefix(codecs.BOM_UTF8).decode())
        except RecursionError:
            raise ParseError(f"The JSON is nested more than {MAX_DEPTH} levels deep.") from None
        except UnicodeDecodeError as error:
            raise ParseError(f"The body is not valid UTF-8 (byte {error.start}).") from None
        except ValueError as error:
            raise ParseError(f"The body is not valid JSON: {error}") from None
        if _too_deep(value):
            raise ParseError(f"The JSON is nested more than {MAX_DEPTH} levels deep.")
        return value
