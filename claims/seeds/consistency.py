"""Checks across all seed files: references, circles, verdicts of record, dates, and spans against the texts."""

from collections.abc import Iterable, Mapping

from django.db import connection

from claims.models import Actor, Source, Topic, Verdict
from claims.models.choices import VerdictState
from claims.models.snapshot import digest
from claims.seeds.errors import Place, Problems, suggestion
from claims.seeds.former import successors
from claims.seeds.keys import Key, Model, Row, stored_rows
from claims.seeds.shape import Rows

_UPWARDS: tuple[tuple[Model, str], ...] = (
    *((Actor, "part_of"), (Topic, "parent"), (Topic, "place")),
    (Source, "derived_from"),
)


def check_references(rows: Rows, *, in_database: bool) -> None:
    """Check that every record referred to is in the files or, with `in_database`, in the database."""
    unknown: dict[Model, list[tuple[Place, Key]]] = {}
    for place, model, key in rows.references:
        if (model, key) not in rows.rows:
            unknown.setdefault(model, []).append((place, key))
    for model, references in unknown.items():
        known = stored_rows(model, {key for _, key in references}) if in_database else {}
        former = successors(rows.rows, model, (key for _, key in references if key not in known), in_database)
        slugs = [str(key[0]) for other, key in rows.rows if other is model]
        what = model._meta.verbose_name
        for place, key in references:
            if key in known:
                continue
            if len(key) > 1:
                rows.problems.add(place, f"there is no {what} {' / '.join(map(str, key))}.")
                continue
            if key in former:
                rows.problems.add(place, f"{what} “{key[0]}” {former[key]}")
                continue
            where = "neither in these files nor in the database" if in_database else "not in the seed files"
            hint = suggestion(str(key[0]), slugs) or f"; it is {where}."
            rows.problems.add(place, f"unknown {what} “{key[0]}”{hint}")


def check_circles(rows: Rows) -> None:
    """Check that no record is part of itself, directly or through others."""
    for model, field in _UPWARDS:
        above = {key: row.values[field] for (other, key), row in rows.rows.items() if other is model}
        for key in above:
            path, up = [key], above[key]
            while up in above and up not in path:
                path.append(up)
                up = above[up]
            if up == key:
                circle = " → ".join(str(part[0]) for part in [*path, key])
                place = rows.rows[model, key].place
                rows.problems.add(place, f"“{field}” leads back to the record itself: {circle}.")


def check_positions(rows: Rows) -> None:
    """Check that a claim has one verdict of record.

    The database would withdraw the earlier one without an error, and then differ from the files.
    """
    first: dict[Key, Key] = {}
    for (model, key), row in rows.rows.items():
        if model is Verdict and row.values["of_record"]:
            other = first.setdefault(row.values["claim"], key)
            if other != key:
                verdict = f"{other[1]} / {other[2]}"
                message = f"{verdict} is already the claim’s verdict of record; set “of_record: false” in one of them."
                rows.problems.add(row.place, message)


def check_chains(rows: Rows) -> None:
    """Check that an issuer has one published verdict on a claim that no other supersedes."""
    published = [
        row for row in rows.rows.values() if row.model is Verdict and row.values["state"] == VerdictState.PUBLISHED
    ]
    superseded = {row.values["supersedes"] for row in published}
    first: dict[Key, Row] = {}
    for row in published:
        other = first.setdefault(row.key[:2], row) if row.key not in superseded else row
        if other is not row:
            message = f"the issuer’s verdict at {other.place} is published as well; one must supersede the other."
            rows.problems.add(row.place, message)


def check_dates(dates: Iterable[tuple[Place, str]], problems: Problems) -> None:
    """Check with one query that the database accepts all dates as EDTF."""
    by_text: dict[str, list[Place]] = {}
    for place, text in dates:
        by_text.setdefault(text, []).append(place)
    with connection.cursor() as cursor:
        cursor.execute("SELECT d FROM unnest(%s::text[]) d WHERE edtf_bounds(d) IS NULL", [list(by_text)])
        bad = [text for (text,) in cursor.fetchall()]
    for text in bad:
        for place in by_text[text]:
            message = f"“{text}” is not an EDTF date, such as 2024-03-22, 2024-03, 2024, 2024-03~, 2004/2006, 201X."
            problems.add(place, message)


def check_texts(rows: Rows, texts: Mapping[str, str]) -> None:
    """Check spans and lengths against the available texts. `texts`: by SHA-256."""
    for key, length in rows.snapshots.values():
        text = texts.get(str(key[1]))
        if text is not None and len(text) != length:
            snapshot = next(row for (_, other), row in rows.rows.items() if other == key)
            rows.problems.add(snapshot.place, f"the text has {len(text)} code points, but “length” is {length}.")
    for span in rows.spans:
        text = texts.get(str(span.snapshot[1]))
        if text is None:
            continue
        actual = digest(text[span.start : span.end])
        if actual != span.digest:
            message = f"the SHA-256 of the words at {span.start}–{span.end} is {actual}; correct the span or the hash."
            rows.problems.add(span.sha256, message)
