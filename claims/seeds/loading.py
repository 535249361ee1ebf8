"""Loading the seeds in one transaction: read and check the files, compare them with the database, write."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pghistory
from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone

from claims.desk.rewordings import held, reword
from claims.models import Claim, Evidence, FormerAddress, ImportRun, Rewording, Snapshot, Verdict, VerdictEvidence
from claims.models.choices import ImportState
from claims.models.refusals import refusal_of
from claims.models.rewording_triggers import CLAIM_WORDS, EVIDENCE_WORDS
from claims.seeds.changes import Plan, levels, make_plan
from claims.seeds.consistency import (
    check_chains,
    check_circles,
    check_dates,
    check_positions,
    check_references,
    check_texts,
)
from claims.seeds.decisions import as_added
from claims.seeds.errors import Problems, SeedError
from claims.seeds.former import check_former, release, rename
from claims.seeds.keys import FIELDS, Id, Model, Row, key_paths, label, references, refresh_statistics, related_model
from claims.seeds.manifest import FORMAT, fingerprint_of, last_fingerprints, last_manifest, stored_form
from claims.seeds.reading import Document
from claims.seeds.shape import Rows
from claims.seeds.texts import Texts

COMMON = "common.yaml"
#: only one load runs at a time
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('load_seeds'))"
#: the fields that a published verdict is about
_WORDS: dict[Model, tuple[str, ...]] = {Claim: tuple(CLAIM_WORDS.values()), Evidence: tuple(EVIDENCE_WORDS.values())}


@dataclass
class Report:
    """What a load did. `counts`: rows by plural name of the model, then by added, changed, unchanged, removed, kept."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    renamed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    texts_held: int = 0
    texts_known: int = 0
    #: the files are the same as in the last load, so nothing was compared
    nothing_new: bool = False


@dataclass
class Seeds:
    """Seed files, read and checked. `sha256`: of all their names and contents."""

    names: list[str]
    sha256: str
    rows: dict[Id, Row]


def seed_files(folder: Path) -> list[Path]:
    """Return the seed files of a folder: common.yaml first, then by name. Raises SeedError if there are none."""
    files = sorted(folder.glob("*.yaml"), key=lambda path: (path.name != COMMON, path.name))
    if not files:
        raise SeedError([f"There are no seed files (*.yaml) in {folder}."])
    return files


def read_seeds(paths: list[Path], texts: Texts, *, all_files: bool) -> Seeds:
    """Read and check seed files. Raises SeedError with all problems found.

    With `all_files`, the files may refer only to each other, otherwise also to records of the database.
    """
    problems = Problems()
    documents, parts, names = [], [], [path.name for path in paths]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise SeedError([f"Two files are named {twice[0]}; file names must be unique, even across folders."])
    for path in paths:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise SeedError([f"{path} can't be read: {error.strerror}."]) from None
        parts.append(f"{path.name} {hashlib.sha256(content).hexdigest()}")
        documents.append(Document(path.name, content, problems))
    rows = Rows(documents, problems)
    check_references(rows, in_database=not all_files)
    check_former(rows.rows, problems)
    check_circles(rows)
    check_positions(rows)
    check_chains(rows)
    check_dates(rows.dates, problems)
    check_texts(rows, texts.read(str(key[1]) for key, _ in rows.snapshots.values()))
    problems.stop()
    return Seeds(names, hashlib.sha256("\n".join(parts).encode()).hexdigest(), rows.rows)


def load(paths: list[Path], texts: Texts, *, all_files: bool, overwrite: bool = False, dry_run: bool = False) -> Report:
    """Load seed files in one transaction, which is rolled back with `dry_run`. Raises SeedError."""
    with transaction.atomic():
        seeds = read_seeds(paths, texts, all_files=all_files)
        with connection.cursor() as cursor:
            cursor.execute(_LOCK)
        if not overwrite and last_fingerprints() == (seeds.sha256, fingerprint_of(seeds.rows.values())):
            report = Report(nothing_new=True)
            with pghistory.context(command="load_seeds"):
                _finish(report, seeds, texts)
        else:
            report = _load(seeds, texts, all_files, overwrite)
        transaction.set_rollback(dry_run)
    return report


def _load(seeds: Seeds, texts: Texts, all_files: bool, overwrite: bool) -> Report:
    # created first, so that the history of the changes can refer to it
    run = ImportRun.objects.create(format=FORMAT, file_name=" ".join(seeds.names)[:500], file_sha256=seeds.sha256)
    with pghistory.context(command="load_seeds", import_run=run.pk):
        refresh_statistics()
        before, renamed = rename(seeds.rows, last_manifest(), overwrite=overwrite)
        plan = make_plan(seeds.rows, before, None if all_files else set(seeds.names), overwrite=overwrite)
        apply(plan)
        refresh_statistics()
        kept = [f"{label(*identity)}: {reason}" for identity, reason in plan.kept.items()]
        report = Report(_counts(plan), renamed, kept)
        _finish(report, seeds, texts)
        run.state = ImportState.DONE
        run.counts = report.counts
        run.manifest = stored_form(plan.manifest, seeds.rows.values())
        run.finished_at = timezone.now()
        run.save(update_fields=["state", "counts", "manifest", "finished_at"])
    return report


def record_failure(paths: list[Path], error: SeedError) -> None:
    """Record a failed import run with its errors."""
    contents = [path.read_bytes() for path in paths if path.is_file()]
    ImportRun.objects.create(
        format=FORMAT,
        file_name=" ".join(path.name for path in paths)[:500],
        file_sha256=hashlib.sha256(b"".join(contents)).hexdigest(),
        state=ImportState.FAILED,
        errors=error.lines,
        finished_at=timezone.now(),
    )


def _finish(report: Report, seeds: Seeds, texts: Texts) -> None:
    """Store and count the texts, and check the deferred constraints. Raises SeedError."""
    try:
        texts.fill()
        connection.check_constraints()
    except DatabaseError as error:
        raise SeedError([refusal_of(error).message]) from None
    hashes = [row.values["sha256"] for row in seeds.rows.values() if row.model is Snapshot]
    report.texts_known = len(hashes)
    report.texts_held = Snapshot.objects.filter(sha256__in=hashes, text__isnull=False).count()


def _counts(plan: Plan) -> dict[str, dict[str, int]]:
    tallies = {
        "added": Counter(row.model for row in plan.add),
        "changed": Counter(row.model for row, _ in plan.change),
        "unchanged": Counter(row.model for row in plan.unchanged),
        "removed": Counter(model for model, _ in plan.remove),
        "kept": Counter(model for model, _ in plan.kept),
    }
    used = [model for model in FIELDS if any(tally[model] for tally in tallies.values())]
    return {
        str(model._meta.verbose_name_plural): {word: tally[model] for word, tally in tallies.items()} for model in used
    }


def apply(plan: Plan) -> None:
    """Write a plan: first the removals, then changes and additions by model. Raises SeedError naming the rejected row.

    Removals come first so that their unique values are free for new rows; foreign keys are checked at the end.
    """
    for model in reversed(FIELDS):
        pks = [row.pk for (other, _), row in plan.remove.items() if other is model]
        if pks:
            rows = model._default_manager.filter(pk__in=pks)
            rows._raw_delete(rows.db)
    release(plan.add)
    for model in FIELDS:
        additions = [row for row in plan.add if row.model is model]
        if model in (Verdict, VerdictEvidence) and additions:
            # the database joins them with what they rely on, which was just added
            refresh_statistics()
        changes = [row for row, _ in plan.change if row.model is model]
        _reword(model, plan)
        new = {row.key for row in additions}
        late = [row for row in changes if any(r is model and k in new for _, r, k in references(model, row.values))]
        _change(model, [row for row in changes if row not in late], plan)
        for layer in levels(additions):
            _add(model, layer, plan)
        _change(model, late, plan)


def _reword(model: Model, plan: Plan) -> None:
    """Keep the earlier words of claims and evidence about to be changed on which a verdict was published."""
    words = _WORDS.get(model, ())
    changed = {
        stored.pk: row
        for row, stored in plan.change
        if row.model is model and any(row.values[name] != stored.values[name] for name in words)
    }
    rewordings = []
    for pk in sorted(held(model, list(changed))) if changed else ():
        row = changed[pk]
        claim, evidence = (pk, None) if model is Claim else (plan.ids[Claim, row.values["claim"]], pk)
        rewordings.append(
            Rewording(claim_id=claim, evidence_id=evidence, kind=row.change.kind, reason=row.change.reason)
        )
    reword(rewordings)


def _instance(row: Row, plan: Plan) -> models.Model:
    values = {}
    is_new = (row.model, row.key) not in plan.ids
    given = as_added(row.values) if row.model is Verdict and is_new else row.values
    for field_name, value in given.items():
        model_field: Any = row.model._meta.get_field(field_name)
        related = related_model(row.model, field_name)
        if related is not None:
            value = None if value is None else plan.ids[related, value]
        values[model_field.attname] = value if related is not None else model_field.to_python(value)
    return row.model(pk=plan.ids.get((row.model, row.key)), **values)


def _add(model: Model, rows: list[Row], plan: Plan) -> None:
    instances = [_instance(row, plan) for row in rows]
    options: dict[str, Any] = {"batch_size": 1000}
    if model is FormerAddress:
        # the trigger may just have added it when the record was removed
        updated = [field for field in FIELDS[model] if field not in key_paths(model)]
        options |= {"update_conflicts": True, "unique_fields": key_paths(model), "update_fields": updated}
    _write(rows, instances, lambda batch: model._default_manager.bulk_create(batch, **options))
    for row, instance in zip(rows, instances, strict=True):
        plan.ids[model, row.key] = instance.pk


def _change(model: Model, rows: list[Row], plan: Plan) -> None:
    if not rows:
        return
    fixed = {path.partition("__")[0] for path in key_paths(model)}
    if model is Evidence:
        fixed = {"claim"}  # its place may have moved
    fields = [name for name in FIELDS[model] if name not in fixed]
    instances = [_instance(row, plan) for row in rows]
    _write(rows, instances, lambda batch: model._default_manager.bulk_update(batch, fields, batch_size=500))


def _write(rows: list[Row], instances: list[models.Model], write: Any) -> None:
    """Write all rows at once, or one by one if the database rejects them: SeedError then names the faulty row."""
    try:
        with transaction.atomic():
            write(instances)
    except DatabaseError as error:
        for row, instance in zip(rows, instances, strict=True):
            instance.pk = instance.pk if instance._state.db is None else None
            try:
                with transaction.atomic():
                    write([instance])
            except DatabaseError as cause:
                raise SeedError([f"{row.place}: {row}: {refusal_of(cause).message}"]) from None
        raise SeedError([refusal_of(error).message]) from None
