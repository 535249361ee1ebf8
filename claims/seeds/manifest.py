"""The rows of the last load. They let the next load tell an edit in the database from a change in the seeds."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from claims.models import ImportRun
from claims.models.choices import ImportState
from claims.seeds.keys import FIELDS, Id, Row, fingerprint, key_from_json, key_to_json

FORMAT = "seeds"
_MODELS = {model._meta.label_lower: model for model in FIELDS}


class Loaded(NamedTuple):
    """The file and fingerprint of a row as it was loaded."""

    file: str
    fingerprint: str


Manifest = dict[Id, Loaded]


def last_fingerprints() -> tuple[str, str] | None:
    """Return the hashes of the files and of the rows of the last successful load, or None before the first."""
    runs = ImportRun.objects.filter(format=FORMAT, state=ImportState.DONE)
    return runs.order_by("-id").values_list("file_sha256", "manifest__rows").first()


def last_manifest() -> Manifest:
    """Return the rows of the last successful load; empty before the first."""
    runs = ImportRun.objects.filter(format=FORMAT, state=ImportState.DONE)
    stored: dict[str, Any] = runs.order_by("-id").values_list("manifest", flat=True).first() or {}
    return {
        (_MODELS[label], key_from_json(key)): Loaded(file, sha256)
        for file, models in stored.get("files", {}).items()
        for label, keys in models.items()
        for key, sha256 in keys.items()
    }


def stored_form(manifest: Manifest, rows: Iterable[Row]) -> dict[str, Any]:
    """Return the manifest as an import run stores it, with the fingerprint of the rows of the files."""
    files: dict[str, dict[str, dict[str, str]]] = {}
    for (model, key), loaded in manifest.items():
        label = model._meta.label_lower
        files.setdefault(loaded.file, {}).setdefault(label, {})[key_to_json(key)] = loaded.fingerprint
    return {"rows": fingerprint_of(rows), "files": files}


def fingerprint_of(rows: Iterable[Row]) -> str:
    """Return the SHA-256 of rows, whatever their order."""
    parts = sorted(f"{row.model._meta.label_lower} {fingerprint(row.values)}" for row in rows)
    return fingerprint({"rows": parts})
