"""The texts of the sources, if available: a folder of UTF-8 files, identified by their SHA-256.

Line breaks are converted to LF, as everywhere in the record.
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
    """The files of a folder by the SHA-256 of their texts; empty for None. Raises SeedError for a missing folder."""

    def __init__(self, folder: Path | None) -> None:
        self.files: dict[str, bytes] = {}
        self._paths: dict[str, Path] = {}
        if folder is None:
            return
        if not folder.is_dir():
            raise SeedError([f"The folder of texts {folder} doesn’t exist; correct --texts or CLAIMSDB_TEXTS."])
        for path in sorted(folder.iterdir()):
            if path.is_file():
                # the same as with_line_feeds, for bytes
                content = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
                sha256 = hashlib.sha256(content).hexdigest()
                self.files[sha256] = content
                self._paths[sha256] = path

    def read(self, hashes: Iterable[str]) -> dict[str, str]:
        """Return the available texts with these hashes. Raises SeedError if one is not valid UTF-8."""
        found, lines = {}, []
        for sha256 in sorted(set(hashes) & set(self.files)):
            try:
                found[sha256] = self.files[sha256].decode()
            except UnicodeDecodeError as error:
                lines.append(f"{self._paths[sha256]}: not valid UTF-8 at byte {error.start}; save the file as UTF-8.")
                continue
            fault = text_fault(found[sha256])
            if fault:
                lines.append(f"{self._paths[sha256]}: {fault}")
        if lines:
            raise SeedError(lines)
        return found

    def fill(self) -> int:
        """Store the available texts in the snapshots that lack them; return the number of snapshots filled.

        Raises SeedError, naming each span whose hash differs from that of its words.
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
    """Return a message for each length or span of a snapshot in the database that its text doesn’t match."""
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
                    f"Snapshot of {snapshot.source.slug}: the SHA-256 of {what} {pk} is not that of the words at "
                    f"{start}–{end}; correct its span or its hash."
                )
    return lines
