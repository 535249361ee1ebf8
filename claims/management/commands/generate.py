"""`generate`: create synthetic claims, for benchmarks and to try the site with many records."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.synthetic.generating import SeedTaken, generate
from claims.synthetic.tables import Model

#: seconds between two progress lines
_INTERVAL = 5


class Command(BaseCommand):
    help = (
        "Add N made-up claims with actors, sources, topics, assertions, evidence and verdicts. "
        "The same N and seed always produce the same rows."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("claims", type=int, metavar="N", help="how many claims")
        parser.add_argument("--seed", type=int, default=1, help="another seed adds different rows (default: 1)")

    def handle(self, *args: Any, claims: int, seed: int, **options: Any) -> None:
        """Raises CommandError if a number is out of range, or if the rows of the seed already exist."""
        if claims < 1:
            raise CommandError("N must be 1 or more.")
        if seed < 0:
            raise CommandError("--seed must be 0 or more.")
        began = reported = time.monotonic()

        def progress(model: Model, rows: int) -> None:
            nonlocal reported
            if time.monotonic() - reported > _INTERVAL:
                reported = time.monotonic()
                self.stdout.write(f"{reported - began:5.0f} s  {model._meta.verbose_name_plural}: {rows}")
                self.stdout.flush()

        try:
            tables = generate(claims, seed, progress)
        except SeedTaken:
            raise CommandError(
                f"The synthetic claims of seed {seed} are already in this database. Use another --seed to add more, or "
                "an empty database. Nothing was changed."
            ) from None
        width = max(len(str(model._meta.verbose_name_plural)) for model in tables)
        for model, table in tables.items():
            self.stdout.write(f"{model._meta.verbose_name_plural!s:<{width}}  {table.rows:>9}  {table.seconds:7.1f} s")
        rows = sum(table.rows for table in tables.values())
        self.stdout.write(f"{'all':<{width}}  {rows:>9}  {time.monotonic() - began:7.1f} s")
