"""Slugs that seeds once had: what files say of them, and records here that are given the slug that seeds have now."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import DatabaseError, transaction

from claims.models import Actor, Claim, FormerAddress, Source, Topic
from claims.models.base import Slugged
from claims.models.refusals import refusal_of
from claims.seeds.errors import Place, Problems, SeedError
from claims.seeds.keys import Key, Model, Row, fingerprint, held, key_paths, name, target
from claims.seeds.manifest import Loaded, Manifest
from claims.seeds.reading import Entry, expect_keys, expect_list
from claims.seeds.values import Fault, field_value, text_of

Id = tuple[Model, Key]

#: the models with a slug, by the names of their sections
SECTIONS: dict[str, type[Slugged]] = {"actors": Actor, "topics": Topic, "sources": Source, "claims": Claim}


def kind_of(model: Model) -> str:
    return str(model._meta.model_name)


def address(model: Model, slug: str) -> Id:
    """The former address of a slug of a model."""
    return FormerAddress, (slug, kind_of(model))


# What files say


def former_rows(entry: Entry, model: type[Slugged], key: Key | None, problems: Problems) -> Iterator[Row]:
    """The former addresses of a list of slugs of a model, which lead to the record with the key, or nowhere."""
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
    """The former addresses of what is no longer in the seeds: lists of slugs by section."""
    for section, slugs in expect_keys(entry, list(SECTIONS), [], problems, "gone").items():
        yield from former_rows(slugs, SECTIONS[section], None, problems)


def check_former(rows: dict[Id, Row], problems: Problems) -> None:
    """No former slug is the slug of a record of the files."""
    for (model, key), row in rows.items():
        if issubclass(model, Slugged) and address(model, key[0]) in rows:
            place = rows[address(model, key[0])].place
            problems.add(place, f"“{key[0]}” is no former slug: {row} stands at {row.place}.")


def successors(rows: dict[Id, Row], model: Model, keys: Iterable[Key], in_database: bool) -> dict[Key, str]:
    """What to write instead of former slugs, in the files or, if `in_database`, in the database: the rest of a
    sentence."""
    if not issubclass(model, Slugged):
        return {}
    wanted = {key: address(model, str(key[0])) for key in keys}
    here = held(FormerAddress, (identity[1] for identity in wanted.values())) if in_database else {}
    found = {}
    for key, identity in wanted.items():
        values = (
            rows[identity].values if identity in rows else here[identity[1]].values if identity[1] in here else None
        )
        if values is not None:
            present = values[kind_of(model)]
            found[key] = f"is a former slug; write {present[0]}." if present else "is gone."
    return found


# What becomes of records here


def rename(rows: dict[Id, Row], before: Manifest, *, overwrite: bool) -> tuple[Manifest, list[str]]:
    """Gives records here the slugs that the seeds have for them now. Raises SeedError.

    Returns what was loaded last as it is called now, and a line for each. With `overwrite`, records that were renamed
    here get their slugs of the seeds back.
    """
    wanted = list(_wanted(rows, overwrite))
    if not wanted:
        return before, []
    here = _held(before)
    untouched = {i for i, row in here.items() if fingerprint(row) == before[i].fingerprint}
    new: dict[tuple[Model, str], str] = {}
    for model, old, slug, place in wanted:
        try:
            with transaction.atomic():
                model._default_manager.filter(slug=old).update(slug=slug)
        except DatabaseError as error:
            raise SeedError([f"{place}: {name(model, (old,))} to {slug}: {refusal_of(error).message}"]) from None
        new[model, old] = slug
    called = {identity: _renamed(identity, new) for identity in before}
    after = {called[identity]: loaded for identity, loaded in before.items()}
    values = _held([called[identity] for identity in untouched])
    for identity, said in values.items():
        after[identity] = Loaded(after[identity].file, fingerprint(said))
    return after, [f"{name(model, (old,))} → {slug}" for model, old, slug, _ in wanted]


def _wanted(rows: dict[Id, Row], overwrite: bool) -> Iterator[tuple[type[Slugged], str, str, Place]]:
    """Records here to be renamed: model, slug here, slug of the seeds, and the place that says so."""
    for model in SECTIONS.values():
        kind = kind_of(model)
        ours = [row for (other, _), row in rows.items() if other is model]
        pairs = [
            (row.values["name"], row.values[kind][0], row.place)
            for (other, _), row in rows.items()
            if other is FormerAddress and row.values[kind]
        ]
        if overwrite:
            slugs = {row.values["slug"]: row.place for row in ours}
            led = FormerAddress.objects.filter(kind=kind, name__in=slugs).exclude(**{kind: None})
            now = led.values_list("name", f"{kind}__slug")
            pairs += [(here, slug, slugs[slug]) for slug, here in now if here not in slugs]
        asked = {slug for pair in pairs for slug in pair[:2]}
        found = model._default_manager.filter(slug__in=asked)
        there = dict(found.values_list("slug", "merged_into_id" if model is Actor else "slug"))
        for old, slug, place in pairs:
            if old in there and slug not in there and (model is not Actor or there[old] is None):
                there[slug] = there.pop(old)
                yield model, old, slug, place


def _held(identities: Iterable[Id]) -> dict[Id, dict[str, Any]]:
    """What rows say that the database holds."""
    keys: dict[Model, set[Key]] = {}
    for model, key in identities:
        keys.setdefault(model, set()).add(key)
    return {(model, key): row.values for model, some in keys.items() for key, row in held(model, some).items()}


def _renamed(identity: Id, new: dict[tuple[Model, str], str]) -> Id:
    """What a row is called after the records with slugs in its key were renamed."""
    model, key = identity
    owners = [_owner(model, path) for path in key_paths(model)]
    return model, tuple(
        new.get((owner, part), part) if owner is not None else part for owner, part in zip(owners, key, strict=True)
    )


def _owner(model: Model, path: str) -> Model | None:
    """The model whose slug a part of a natural key is, or None."""
    *steps, last = path.split("__")
    for step in steps:
        found = target(model, step)
        if found is None:
            return None
        model = found
    return model if last == "slug" else None


def other_names(added: list[Row], before: Manifest) -> dict[Id, str]:
    """Of rows to be added, those whose slug is a former one of another record here, with the reason."""
    reasons: dict[Id, str] = {}
    for model in SECTIONS.values():
        kind = kind_of(model)
        slugs = [row.values["slug"] for row in added if row.model is model]
        led = FormerAddress.objects.filter(kind=kind, name__in=slugs).exclude(**{kind: None}) if slugs else ()
        for former in led:
            if address(model, former.name) not in before:
                reasons[model, (former.name,)] = f"its slug is a former one of {kind} {getattr(former, kind).slug} here"
    return reasons


def still_named(added: list[Row], removed: Iterable[Id]) -> dict[Id, str]:
    """Of former addresses to be added, those whose slug a record here has and keeps, with the reason."""
    going, reasons = set(removed), {}
    for model in SECTIONS.values():
        names = [r.values["name"] for r in added if r.model is FormerAddress and r.values["kind"] == kind_of(model)]
        present = model._default_manager.filter(slug__in=names) if names else model._default_manager.none()
        for slug in present.values_list("slug", flat=True):
            if (model, (slug,)) not in going:
                reasons[address(model, slug)] = f"{name(model, (slug,))} is still here"
    return reasons


def release(added: list[Row]) -> None:
    """Sets the slugs of rows free that are about to be added: what was removed comes back."""
    for model in SECTIONS.values():
        slugs = [row.values["slug"] for row in added if row.model is model]
        if slugs:
            former = FormerAddress.objects.filter(kind=kind_of(model), name__in=slugs)
            former._raw_delete(former.db)
