"""Language tags (BCP 47, RFC 5646), validated against the IANA registry that ships with langcodes."""

import re
from functools import cache
from string import ascii_lowercase
from typing import NamedTuple

import langcodes
from django.core.exceptions import ValidationError
from langcodes.registry_parser import parse_registry

EXAMPLES = "examples: en, ru, zh-Hant"
#: extension singletons defined by an RFC; the subtags after them are not in the registry (RFC 6497, RFC 6067)
EXTENSIONS = frozenset("tu")
#: characters above which a text is not read as a tag: langcodes would take time that grows with their square
LONGEST = 100


class Registry(NamedTuple):
    """Registered subtags in lowercase, by type; preferred values by type and (sub)tag: {("language", "iw"): "he"}."""

    subtags: dict[str, frozenset[str]]
    preferred: dict[tuple[str, str], str]


def _range(subtag: str) -> list[str]:
    """The subtags of a registry entry: `qaa..qtz` is a range for private use."""
    first, _, last = subtag.partition("..")
    if not last:
        return [first]
    prefix, low, high = first[:-2], first[-2:], last[-2:]
    return [prefix + a + b for a in ascii_lowercase for b in ascii_lowercase if low <= a + b <= high]


@cache
def registry() -> Registry:
    subtags: dict[str, set[str]] = {}
    preferred: dict[tuple[str, str], str] = {}
    for entry in parse_registry():
        kind, name = entry["Type"], (entry.get("Subtag") or entry["Tag"]).lower()
        subtags.setdefault(kind, set()).update(_range(name))
        if "Preferred-Value" in entry:
            name = f"{entry['Prefix'][0]}-{name}" if kind == "extlang" else name
            preferred[kind, name] = entry["Preferred-Value"].lower()
    return Registry({kind: frozenset(names) for kind, names in subtags.items()}, preferred)


def _case(tag: str) -> str:
    """The tag in the case that RFC 5646 recommends (section 2.1.1): zh-Hant-TW."""
    first, *rest = tag.lower().split("-")
    parts, singleton = [first], len(first) == 1
    for part in rest:
        singleton = singleton or len(part) == 1
        if len(part) == 2 and not singleton:
            part = part.upper()
        elif len(part) == 4 and not singleton:
            part = part.title()
        parts.append(part)
    return "-".join(parts)


def canonical_tag(tag: str) -> str:
    """The tag with its subtags in canonical form (RFC 5646, section 4.5): `UR` is ur, `iw` is he, `zh-yue` is yue.

    An invalid tag is returned with no change but of case; `check_tag` raises the error.
    """
    if len(tag) > LONGEST:
        return tag
    preferred = registry().preferred
    first, *rest = tag.strip().lower().split("-")
    if rest and (language := preferred.get(("extlang", f"{first}-{rest[0]}"))):
        first, rest = language, rest[1:]
    parts, singleton = [preferred.get(("language", first), first)], False
    for part in rest:
        singleton = singleton or len(part) == 1
        kind = "region" if len(part) == 2 or re.fullmatch("[0-9]{3}", part) else "variant"
        parts.append(part if singleton else preferred.get((kind, part), part))
    return _case("-".join(parts))


def _is_registered(tag: str) -> bool:
    """Whether each subtag of a canonical tag is registered, in the right position and not repeated."""
    found = re.fullmatch(
        r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?((?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"
        r"((?:-[a-wy-z0-9](?:-[a-z0-9]{2,8})+)*)(?:-x(?:-[a-z0-9]{1,8})+)?",
        tag.lower(),
    )
    if found is None:
        return False
    language, script, region, variants, extensions = found.groups()
    subtags, named = registry().subtags, variants.split("-")[1:]
    singletons = [part for part in extensions.split("-") if len(part) == 1]
    return (
        language in subtags["language"]
        and (script is None or script in subtags["script"])
        and (region is None or region in subtags["region"])
        and subtags["variant"].issuperset(named)
        and EXTENSIONS.issuperset(singletons)
        and len(set(named)) == len(named)
        and len(set(singletons)) == len(singletons)
    )


def _meant(tag: str) -> str:
    """The registered tag that was probably meant by `tag`, or an empty string."""
    try:
        preferred = registry().preferred.get(("grandfathered", tag.lower()))
        near = canonical_tag(preferred or langcodes.standardize_tag(tag))
    except langcodes.LanguageTagError:
        return ""
    return near if near != canonical_tag(tag) and _is_registered(near) else ""


def check_tag(value: str) -> None:
    """Raise ValidationError unless all subtags of a BCP 47 tag, in any case, are in the IANA registry."""
    is_short = len(value) <= LONGEST
    if is_short and _is_registered(canonical_tag(value)):
        return
    near = _meant(value) if is_short else ""
    hint = f"did you mean {near}?" if near else f"{EXAMPLES}."
    raise ValidationError(f"“{value[:100]}” is not a registered language tag (BCP 47); {hint}", code="language")
