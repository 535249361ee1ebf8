"""What the last load put into the record: by it the next one tells an edit made here from a change of the seeds."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from claims.models import ImportRun
from claims.models.choices import ImportState
from claims.seeds.keys import FIELDS, Key, Model, Row, fingerprint, read_key, written

FORMAT = "seeds"
_MODELS = {model._meta.label_lower: model for model in FIELDS}


class Loaded(NamedTuple):
    """A row as it was loaded: from which file, with which fingerprint."""

    file: str
    fingerprint: str


Manifest = dict[tuple[Model, Key], Loaded]


def last_fingerprints() -> tuple[str, str] | None:
    """The hash of files and of rows of the last load that was done, or None."""
    runs = ImportRun.objects.filter(format=FORMAT, state=ImportState.DONE)
    return runs.order_by("-id").values_list("file_sha256", "manifest__rows").first()


def last_manifest() -> Manifest:
    """The rows of the last load that was done; empty before the first."""
    runs = ImportRun.objects.filter(format=FORMAT, state=ImportState.DONE)
    stored: dict[str, Any] = runs.order_by("-id").values_list("manifest", flat=True).first() or {}
    return {
        (_MODELS[label], read_key(key)): Loaded(file, sha256)
        for file, models in stored.get("files", {}).items()
        for label, keys in models.items()
        for key, sha256 in keys.items()
    }


def stored_form(manifest: Manifest, rows: Iterable[Row]) -> dict[str, Any]:
    """The manifest as an import run keeps it, with the fingerprint of the rows that were read."""
    files: dict[str, dict[str, dict[str, str]]] = {}
    for (model, key), loaded in manifest.items():
        label = model._meta.label_lower
        files.setdefault(loaded.file, {}).setdefault(label, {})[written(key)] = loaded.fingerprint
    return {"rows": fingerprint_of(rows), "files": files}


def fingerprint_of(rows: Iterable[Row]) -> str:
    """SHA-256 of rows, whatever their order."""
    parts = sorted(f"{row.model._meta.label_lower} {fingerprint(row.values)}" for row in rows)
    return fingerprint({"rows": parts})
