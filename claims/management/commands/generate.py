"""`generate`: synthetic claims, for benchmarks and to try the site at size."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.synthetic.generating import SeedTaken, generate
from claims.synthetic.tables import Model

#: Seconds between two lines that tell how far it is.
_PAUSE = 5


class Command(BaseCommand):
    help = (
        "Add N made-up claims with all that belongs to them: actors, sources, topics, assertions, evidence, verdicts. "
        "The same N and seed always give the same rows."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("claims", type=int, metavar="N", help="how many claims")
        parser.add_argument("--seed", type=int, default=1, help="another seed gives other rows, beside the first (1)")

    def handle(self, *args: Any, claims: int, seed: int, **options: Any) -> None:
        """Raises CommandError for a senseless number, and for a seed whose rows are there."""
        if claims < 1:
            raise CommandError("N must be 1 or more.")
        if seed < 0:
            raise CommandError("--seed must be 0 or more.")
        began = told = time.monotonic()

        def progress(model: Model, rows: int) -> None:
            nonlocal told
            if time.monotonic() - told > _PAUSE:
                told = time.monotonic()
                self.stdout.write(f"{told - began:5.0f} s  {model._meta.verbose_name_plural}: {rows}")
                self.stdout.flush()

        try:
            made = generate(claims, seed, progress)
        except SeedTaken:
            raise CommandError(
                f"The synthetic claims of seed {seed} are in this database. Give another --seed to add more, or take "
                "an empty database. Nothing was changed."
            ) from None
        width = max(len(str(model._meta.verbose_name_plural)) for model in made)
        for model, it in made.items():
            self.stdout.write(f"{model._meta.verbose_name_plural!s:<{width}}  {it.rows:>9}  {it.seconds:7.1f} s")
        rows = sum(it.rows for it in made.values())
        self.stdout.write(f"{'all':<{width}}  {rows:>9}  {time.monotonic() - began:7.1f} s")
