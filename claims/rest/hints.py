"""“Did you mean …?”: suggests a name for an unknown one, by its meaning in other APIs first, then by its spelling."""

import difflib
import re
from collections.abc import Collection, Iterator

#: name in other APIs → names here, best first; the first one that the endpoint accepts is suggested
MEANINGS: dict[str, tuple[str, ...]] = {
    alias: names
    for aliases, names in (
        ("page_size per_page page_limit size rows top take first max max_results results batch_size", ("limit",)),
        (
            "page offset skip page_number page_token next_token continuation after_id start_at starting_after",
            ("cursor",),
        ),
        ("search query text term terms words keyword keywords fulltext full_text find s", ("q",)),
        ("name title label", ("name", "title", "q")),
        ("ordering sort sort_by sorting sort_order order_by orderby direction dir", ("order",)),
        ("total totals include_total with_count total_count", ("count",)),
        ("include includes embed embedded with populate with_related related depth", ("expand",)),
        ("select only field columns attributes properties", ("fields",)),
        (
            "since from after start start_date date_from from_date date_start newer_than min_date",
            ("__gte", "updated_since"),
        ),
        ("before until to end end_date date_to to_date date_end older_than max_date", ("__lte", "updated_at__lte")),
        ("date day year when time", ("__gte", "updated_since")),
        ("modified_since changed_since updated_after modified_after updated_from last_modified", ("updated_since",)),
        ("pk key uuid", ("id",)),
        ("lang locale", ("language",)),
        ("type category", ("kind",)),
        ("claimant said_by person by", ("speaker", "author", "issuer")),
        ("actor entity mentions", ("about", "speaker", "issuer", "publisher", "part_of")),
        ("tag tags subject theme", ("topic", "topic__in")),
        ("rating label_status decision conclusion", ("status", "verdict__status")),
        ("workflow stage publication_status", ("state",)),
        ("replaces previous predecessor superseded", ("supersedes",)),
        ("reworded outdated", ("on_earlier_words",)),
        ("four_eyes reviewed peer_reviewed", ("second_reader",)),
        ("reason_type reason_kind", ("reason_kind", "kind")),
        ("outlet media site organisation organization", ("publisher", "publisher__in")),
        ("parent_topic", ("parent",)),
        ("qid wikidata", ("wikidata_id",)),
        ("hash checksum", ("sha256",)),
    )
    for alias in aliases.split()
}
#: the date fields of records, the most likely first; their bounds are `__gte` and `__lte`
DATES = ("published", "occurred", "said", "issued", "read_on")
#: suffix of a name → suffix or name here
ENDINGS = (
    (r"_(after|since|from|start|min|gt|ge|gte)", "__gte"),
    (r"_(before|until|till|to|end|max|lt|le|lte)", "__lte"),
    (r"_(any|any_of|one_of|list|in)", "__in"),
    (r"_(ids|slugs|pks|keys|names)", "__in"),
    (r"_(null|isnull|is_null|missing|empty|exists)", "__isnull"),
    (r"_(contains|icontains|search|startswith|like|match)", "q"),
    (r"_(id|pk|key|slug|name|exact|iexact|eq|equals|uuid)", ""),
)
#: from which similarity (0 to 1) on a name counts as a typing error
MIN_SIMILARITY = 0.75
#: hints per request, since each takes up to a millisecond
MAX_HINTS = 10


def best_match(name: str, allowed: Collection[str]) -> str | None:
    """The one of `allowed` that `name` most likely means; None if nothing is close."""
    plain = _plain(name[:100])
    if not plain:
        return None
    for candidate in _candidates(plain, allowed):
        if candidate in allowed and candidate != name:
            return candidate
    near = difflib.get_close_matches(plain, sorted(allowed), n=1, cutoff=MIN_SIMILARITY)
    return near[0] if near else None


def hint(name: str, allowed: Collection[str]) -> str:
    """“Did you mean …?”, with a space before it; empty if nothing is close."""
    match = best_match(name, allowed)
    return f" Did you mean “{match}”?" if match else ""


def _plain(name: str) -> str:
    """pageSize, page-size, page[size] and filter[page_size] as page_size; speaker[] as speaker_in."""
    name = re.sub(r"^filters?\[([^\]]+)\]", r"\1", name)
    name = re.sub(r"^fields\[.+", "fields", name)
    name = re.sub(r"(?<=.)\[\]$", "_in", name)
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return re.sub(r"_{2,}", "_", re.sub(r"[^A-Za-z0-9]+", "_", name)).strip("_").lower()


def _candidates(name: str, allowed: Collection[str]) -> Iterator[str]:
    """What `name`, as `_plain` returns it, may mean, the most likely first."""
    yield from (other for other in allowed if _plain(other) == name)
    for alias in (name, name.removesuffix("s")):
        for found in MEANINGS.get(alias, ()):
            yield from (f"{date}{found}" for date in DATES) if found.startswith("__") else (found,)
    for ending, here in ENDINGS:
        base = re.sub(f"{ending}$", "", name)
        if base != name:
            for one in _bases(base, allowed):
                yield here if here == "q" else f"{one}{here}"
                yield one
    yield from (f"{base}__in" for base in _bases(name, allowed) if base != name)
    yield from _bases(name, allowed)
    yield from (f"{base}__gte" for base in _bases(name, allowed))
    for word in ("no", "without", "has", "with", "is"):
        if name.startswith(f"{word}_"):
            yield from (f"{base}__isnull" for base in _bases(name.removeprefix(f"{word}_"), allowed))


def _bases(name: str, allowed: Collection[str]) -> Iterator[str]:
    """A name as it is, in the singular, in the plural, with `_at`, and with the double underscores of relations."""
    for one in (name, *_singular(name), f"{name}s", f"{name}_at"):
        yield one
        yield from (other for other in allowed if "__" in other and _plain(other) == one)
        yield from MEANINGS.get(one, ())


def _singular(name: str) -> Iterator[str]:
    for plural, singular in (("ies", "y"), ("ses", "s"), ("s", "")):
        if name.endswith(plural):
            yield name.removesuffix(plural) + singular
