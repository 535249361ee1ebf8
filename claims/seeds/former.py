"""Former slugs in the seeds: read from the files, and used to rename records of the database."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import DatabaseError, transaction

from claims.models import Actor, Claim, FormerAddress, Source, Topic
from claims.models.base import Slugged
from claims.models.refusals import refusal_of
from claims.seeds.errors import Place, Problems, SeedError
from claims.seeds.keys import Id, Key, Model, Row, fingerprint, key_paths, label, related_model, stored_rows
from claims.seeds.manifest import Loaded, Manifest
from claims.seeds.reading import Entry, expect_keys, expect_list
from claims.seeds.values import Fault, field_value, text_of

#: the models with a slug, by section of the files
SECTIONS: dict[str, type[Slugged]] = {"actors": Actor, "topics": Topic, "sources": Source, "claims": Claim}


def kind_of(model: Model) -> str:
    return str(model._meta.model_name)


def address(model: Model, slug: str) -> Id:
    """Return the identity of the former address for a slug."""
    return FormerAddress, (slug, kind_of(model))


# In the files


def former_rows(entry: Entry, model: type[Slugged], key: Key | None, problems: Problems) -> Iterator[Row]:
    """Yield the former addresses for a list of slugs; they lead to the record with the key or, for None, nowhere."""
    for item in expect_list(entry, problems, "former slugs"):
        try:
            slug = str(field_value(Entry(item.place, text_of(item)), model._meta.get_field("slug")))
        except Fault as fault:
            problems.add(item.place, str(fault))
            continue
        values: dict[str, Any] = {"kind": kind_of(model), "name": slug}
        values |= {kind_of(other): key if other is model else None for other in SECTIONS.values()}
        yield Row(FormerAddress, values, item.place)


def gone_rows(entry: Entry, problems: Problems) -> Iterator[Row]:
    """Yield the former addresses of deleted records, from lists of slugs by section."""
    for section, slugs in expect_keys(entry, list(SECTIONS), [], problems, "gone").items():
        yield from former_rows(slugs, SECTIONS[section], None, problems)


def check_former(rows: dict[Id, Row], problems: Problems) -> None:
    """Check that no former slug is the slug of a record in the files."""
    for (model, key), row in rows.items():
        if issubclass(model, Slugged) and address(model, key[0]) in rows:
            place = rows[address(model, key[0])].place
            problems.add(place, f"“{key[0]}” can’t be a former slug, because {row} is still at {row.place}.")


def successors(rows: dict[Id, Row], model: Model, keys: Iterable[Key], in_database: bool) -> dict[Key, str]:
    """Return, for those keys that are former slugs, the rest of a sentence that says what to write instead.

    Former slugs are looked up in the files and, with `in_database`, in the database.
    """
    if not issubclass(model, Slugged):
        return {}
    wanted = {key: address(model, str(key[0])) for key in keys}
    stored = stored_rows(FormerAddress, (identity[1] for identity in wanted.values())) if in_database else {}
    found = {}
    for key, identity in wanted.items():
        former = rows.get(identity) or stored.get(identity[1])
        if former is not None:
            current = former.values[kind_of(model)]
            found[key] = f"is a former slug; use “{current[0]}”." if current else "was deleted; remove the reference."
    return found


# In the database


def rename(rows: dict[Id, Row], before: Manifest, *, overwrite: bool) -> tuple[Manifest, list[str]]:
    """Rename records of the database whose slug changed in the seeds. Raises SeedError.

    Returns the manifest with the new slugs, and a line for each renamed record. With `overwrite`, records that were
    renamed in the database get the slugs of the seeds again.
    """
    renames = list(_renames(rows, overwrite))
    if not renames:
        return before, []
    stored = _stored_values(before)
    unedited = {i for i, values in stored.items() if fingerprint(values) == before[i].fingerprint}
    new_slugs: dict[tuple[Model, str], str] = {}
    for model, old, slug, place in renames:
        try:
            with transaction.atomic():
                model._default_manager.filter(slug=old).update(slug=slug)
        except DatabaseError as error:
            raise SeedError(
                [f"{place}: can’t rename {label(model, (old,))} to {slug}: {refusal_of(error).message}"]
            ) from None
        new_slugs[model, old] = slug
    renamed = {identity: _renamed(identity, new_slugs) for identity in before}
    after = {renamed[identity]: loaded for identity, loaded in before.items()}
    for identity, values in _stored_values([renamed[identity] for identity in unedited]).items():
        after[identity] = Loaded(after[identity].file, fingerprint(values))
    return after, [f"{label(model, (old,))} → {slug}" for model, old, slug, _ in renames]


def _renames(rows: dict[Id, Row], overwrite: bool) -> Iterator[tuple[type[Slugged], str, str, Place]]:
    """Yield model, slug in the database, slug of the seeds, and place in the files of each record to be renamed."""
    for model in SECTIONS.values():
        kind = kind_of(model)
        pairs = [
            (row.values["name"], row.values[kind][0], row.place)
            for (other, _), row in rows.items()
            if other is FormerAddress and row.values[kind]
        ]
        if overwrite:
            places = {row.values["slug"]: row.place for row in rows.values() if row.model is model}
            former = FormerAddress.objects.filter(kind=kind, name__in=places).exclude(**{kind: None})
            current = former.values_list("name", f"{kind}__slug")
            pairs += [(present, slug, places[slug]) for slug, present in current if present not in places]
        slugs = {slug for pair in pairs for slug in pair[:2]}
        found = model._default_manager.filter(slug__in=slugs)
        existing = dict(found.values_list("slug", "merged_into_id" if model is Actor else "slug"))
        for old, slug, place in pairs:
            if old in existing and slug not in existing and (model is not Actor or existing[old] is None):
                existing[slug] = existing.pop(old)
                yield model, old, slug, place


def _stored_values(identities: Iterable[Id]) -> dict[Id, dict[str, Any]]:
    """Return the values of those rows that are in the database."""
    keys: dict[Model, set[Key]] = {}
    for model, key in identities:
        keys.setdefault(model, set()).add(key)
    return {(model, key): row.values for model, some in keys.items() for key, row in stored_rows(model, some).items()}


def _renamed(identity: Id, new_slugs: dict[tuple[Model, str], str]) -> Id:
    """Return the identity of a row after the records whose slugs are in its key were renamed."""
    model, key = identity
    owners = [_owner(model, path) for path in key_paths(model)]
    return model, tuple(
        new_slugs.get((owner, part), part) if owner is not None else part
        for owner, part in zip(owners, key, strict=True)
    )


def _owner(model: Model, path: str) -> Model | None:
    """Return the model whose slug this part of a natural key is, or None."""
    *steps, last = path.split("__")
    for step in steps:
        found = related_model(model, step)
        if found is None:
            return None
        model = found
    return model if last == "slug" else None


def slugs_left_behind(added: list[Row], before: Manifest) -> dict[Id, str]:
    """Return the rows to be added whose slug is a former one of another record in the database, with the reason."""
    reasons: dict[Id, str] = {}
    for model in SECTIONS.values():
        kind = kind_of(model)
        slugs = [row.values["slug"] for row in added if row.model is model]
        found = FormerAddress.objects.filter(kind=kind, name__in=slugs).exclude(**{kind: None}) if slugs else ()
        for former in found:
            if address(model, former.name) not in before:
                owner = getattr(former, kind).slug
                reasons[model, (former.name,)] = f"its slug is a former slug of {kind} {owner} in the database"
    return reasons


def slugs_in_use(added: list[Row], removed: Iterable[Id]) -> dict[Id, str]:
    """Return the former addresses to be added whose slug a record in the database keeps, with the reason."""
    removed, reasons = set(removed), {}
    for model in SECTIONS.values():
        names = [r.values["name"] for r in added if r.model is FormerAddress and r.values["kind"] == kind_of(model)]
        present = model._default_manager.filter(slug__in=names) if names else model._default_manager.none()
        for slug in present.values_list("slug", flat=True):
            if (model, (slug,)) not in removed:
                reasons[address(model, slug)] = f"{label(model, (slug,))} is still in the database"
    return reasons


def release(added: list[Row]) -> None:
    """Delete former addresses with the slugs of rows about to be added: a removed record comes back."""
    for model in SECTIONS.values():
        slugs = [row.values["slug"] for row in added if row.model is model]
        if slugs:
            former = FormerAddress.objects.filter(kind=kind_of(model), name__in=slugs)
            former._raw_delete(former.db)
