"""The texts of the sources, where they are at hand: a folder of UTF-8 files, told apart by their SHA-256.

Line breaks are LF in the record, whatever they are in a file.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from claims.models import Snapshot
from claims.models.snapshot import digest
from claims.models.spans import spanned
from claims.seeds.errors import SeedError
from claims.seeds.reading import text_fault


class Texts:
    """The files of a folder by the SHA-256 of their texts. Raises SeedError if there is no such folder."""

    def __init__(self, folder: Path | None) -> None:
        self.files: dict[str, bytes] = {}
        self._paths: dict[str, Path] = {}
        if folder is None:
            return
        if not folder.is_dir():
            raise SeedError([f"There is no folder of texts {folder}; name another, or none."])
        for path in sorted(folder.iterdir()):
            if path.is_file():
                # LF for all line breaks, as with_line_feeds does for text
                content = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
                sha256 = hashlib.sha256(content).hexdigest()
                self.files[sha256] = content
                self._paths[sha256] = path

    def read(self, wanted: Iterable[str]) -> dict[str, str]:
        """The texts with these hashes, as far as there are any. Raises SeedError where one is no UTF-8 text."""
        found, lines = {}, []
        for sha256 in sorted(set(wanted) & set(self.files)):
            try:
                found[sha256] = self.files[sha256].decode()
            except UnicodeDecodeError as error:
                lines.append(f"{self._paths[sha256]}: this is not UTF-8 (byte {error.start}).")
                continue
            fault = text_fault(found[sha256])
            if fault:
                lines.append(f"{self._paths[sha256]}: {fault}")
        if lines:
            raise SeedError(lines)
        return found

    def fill(self) -> int:
        """Gives their texts to the snapshots that lack them, and returns how many got one.

        Raises SeedError, naming each span whose hash is not that of the words.
        """
        lacking = list(Snapshot.objects.filter(text__isnull=True, sha256__in=list(self.files)).select_related("source"))
        texts = self.read(snapshot.sha256 for snapshot in lacking)
        lines = [line for snapshot in lacking for line in _mismatches(snapshot, texts[snapshot.sha256])]
        if lines:
            raise SeedError(lines)
        for snapshot in lacking:
            Snapshot.objects.filter(pk=snapshot.pk).update(text=texts[snapshot.sha256])
        return len(lacking)


def _mismatches(snapshot: Snapshot, text: str) -> list[str]:
    """What of a snapshot in the database disagrees with its text."""
    lines = []
    if len(text) != snapshot.length:
        lines.append(
            f"Snapshot of {snapshot.source.slug}: its text has {len(text)} code points, not {snapshot.length}."
        )
    for model in spanned():
        spans = model._default_manager.filter(snapshot=snapshot, end__isnull=False)
        for pk, start, end, sha256 in spans.values_list("pk", "start", "end", "quote_sha256"):
            if digest(text[start:end]) != sha256:
                what = model._meta.verbose_name
                lines.append(
                    f"Snapshot of {snapshot.source.slug}: {what} {pk} at {start}–{end} has another SHA-256 than the "
                    f"words there; correct its span or its hash."
                )
    return lines
