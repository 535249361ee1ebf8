"""`load_seeds`: load the seeds into the database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from claims.seeds.errors import SeedError
from claims.seeds.loading import Report, load, record_failure, seed_files
from claims.seeds.texts import Texts

WORDS = ("added", "changed", "unchanged", "removed", "kept")


class Command(BaseCommand):
    help = (
        "Load the seed files: all of them or, if there is an error, none. Rows edited in the database are kept. "
        "docs/seeds.md describes the format."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, help="seed files (default: all files in seeds/)")
        parser.add_argument("--dry-run", action="store_true", help="report what would change, without changing it")
        parser.add_argument("--overwrite", action="store_true", help="replace edits made in the database")
        parser.add_argument(
            "--texts",
            type=Path,
            default=settings.CLAIMSDB_TEXTS,
            metavar="FOLDER",
            help="folder with the texts of the sources as files (default: CLAIMSDB_TEXTS, if set)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        paths: list[Path] = options["paths"]
        dry_run: bool = options["dry_run"]
        try:
            files = paths or seed_files(settings.BASE_DIR / "seeds")
            report = load(
                files,
                Texts(options["texts"]),
                all_files=not paths,
                overwrite=options["overwrite"],
                dry_run=dry_run,
            )
        except SeedError as error:
            if not dry_run:
                record_failure(paths, error)
            raise CommandError("\n".join([*error.lines, "Nothing was loaded."])) from None
        self.print_report(report, dry_run)

    def print_report(self, report: Report, dry_run: bool) -> None:
        if report.nothing_new:
            self.stdout.write("The seeds haven’t changed since the last load; nothing to do.")
        width = max((len(model) for model in report.counts), default=0)
        for model, counts in report.counts.items():
            numbers = ", ".join(f"{counts[word]} {word}" for word in WORDS if counts[word])
            self.stdout.write(f"{model:<{width}}  {numbers}")
        for line in report.renamed:
            self.stdout.write(f"renamed: {line}")
        for line in report.kept:
            self.stdout.write(f"kept: {line}")
        self.stdout.write(f"texts: {report.texts_held} of {report.texts_known} stored")
        if dry_run:
            self.stdout.write("Dry run: nothing was written.")
