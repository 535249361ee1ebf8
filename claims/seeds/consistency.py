"""What can only be said of all seed files together: references, circles, dates, spans against the texts."""

from collections.abc import Iterable, Mapping

from django.db import connection

from claims.models import Actor, Source, Topic, Verdict
from claims.models.snapshot import digest
from claims.seeds.errors import Place, Problems, meant
from claims.seeds.former import successors
from claims.seeds.keys import Key, Model, held
from claims.seeds.shape import Rows

_UPWARDS: tuple[tuple[Model, str], ...] = (
    *((Actor, "part_of"), (Topic, "parent"), (Topic, "place")),
    (Source, "derived_from"),
)


def check_references(rows: Rows, *, in_database: bool) -> None:
    """Every slug that the files refer to stands in them, or, if `in_database`, in the database."""
    unknown: dict[Model, list[tuple[Place, Key]]] = {}
    for place, model, key in rows.references:
        if (model, key) not in rows.rows:
            unknown.setdefault(model, []).append((place, key))
    for model, references in unknown.items():
        known = held(model, {key for _, key in references}) if in_database else {}
        former = successors(rows.rows, model, (key for _, key in references if key not in known), in_database)
        slugs = [str(key[0]) for other, key in rows.rows if other is model]
        what = model._meta.verbose_name
        for place, key in references:
            if key in known:
                continue
            if len(key) > 1:
                rows.problems.add(place, f"there is no such {what}: {' / '.join(map(str, key))}.")
                continue
            if key in former:
                rows.problems.add(place, f"{what} “{key[0]}” {former[key]}")
                continue
            where = "in the files given or the database" if in_database else "in the seed files"
            hint = meant(str(key[0]), slugs) or f"; it stands nowhere {where}."
            rows.problems.add(place, f"unknown {what} “{key[0]}”{hint}")


def check_circles(rows: Rows) -> None:
    """Nothing is part of itself, however far round."""
    for model, field in _UPWARDS:
        above = {key: row.values[field] for (other, key), row in rows.rows.items() if other is model}
        for key in above:
            seen, up = [key], above[key]
            while up in above and up not in seen:
                seen.append(up)
                up = above[up]
            if up == key:
                circle = " → ".join(str(part[0]) for part in [*seen, key])
                place = rows.rows[model, key].place
                rows.problems.add(place, f"the {field.replace('_', ' ')} leads back to the record itself: {circle}.")


def check_positions(rows: Rows) -> None:
    """A claim has one verdict of record: the database would let an earlier one give way, and differ from the files."""
    first: dict[Key, Key] = {}
    for (model, key), row in rows.rows.items():
        if model is Verdict and row.values["of_record"]:
            other = first.setdefault(row.values["claim"], key)
            if other != key:
                told = f"{other[1]} / {other[2]}"
                message = f"{told} is the claim’s verdict of record as well; give one of them “of_record: false”."
                rows.problems.add(row.place, message)


def check_dates(dates: Iterable[tuple[Place, str]], problems: Problems) -> None:
    """Dates are EDTF as the database reads it; one query."""
    by_text: dict[str, list[Place]] = {}
    for place, text in dates:
        by_text.setdefault(text, []).append(place)
    with connection.cursor() as cursor:
        cursor.execute("SELECT d FROM unnest(%s::text[]) d WHERE edtf_bounds(d) IS NULL", [list(by_text)])
        bad = [text for (text,) in cursor.fetchall()]
    for text in bad:
        for place in by_text[text]:
            message = f"the date “{text}” is not EDTF, such as 2024-03-22, 2024-03, 2024, 2024-03~, 2004/2006, 201X."
            problems.add(place, message)


def check_texts(rows: Rows, texts: Mapping[str, str]) -> None:
    """Spans and lengths agree with the texts at hand. `texts`: by SHA-256."""
    for key, length in rows.snapshots.values():
        text = texts.get(str(key[1]))
        if text is not None and len(text) != length:
            snapshot = next(row for (_, other), row in rows.rows.items() if other == key)
            rows.problems.add(snapshot.place, f"the text has {len(text)} code points, not {length}.")
    for span in rows.spans:
        text = texts.get(str(span.snapshot[1]))
        if text is not None and digest(text[span.start : span.end]) != span.digest:
            actual = digest(text[span.start : span.end])
            rows.problems.add(span.sha256, f"the words at {span.start}–{span.end} have another SHA-256: {actual}.")
