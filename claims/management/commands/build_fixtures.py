"""`build_fixtures`: write the seeds as Django fixtures."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from claims.seeds.errors import SeedError
from claims.seeds.fixtures import build
from claims.seeds.loading import read_seeds, seed_files
from claims.seeds.texts import Texts


class Command(BaseCommand):
    help = "Write the seeds to fixtures/*.json, for `manage.py loaddata fixtures/*.json` into an empty database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail if the fixtures are out of date")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = settings.BASE_DIR / "fixtures"
        try:
            seeds = read_seeds(seed_files(settings.BASE_DIR / "seeds"), Texts(None), all_files=True)
        except SeedError as error:
            raise CommandError(str(error)) from None
        built = build(seeds.rows, seeds.names)
        existing = {path.name: path.read_text() for path in folder.glob("*.json")}
        differing = sorted(name for name in built.keys() | existing.keys() if built.get(name) != existing.get(name))
        if options["check"]:
            if differing:
                files = ", ".join(differing)
                raise CommandError(f"Out of date: {files} in fixtures/. Run `manage.py build_fixtures`.")
            self.stdout.write("The fixtures are up to date.")
            return
        folder.mkdir(exist_ok=True)
        for name in differing:
            if name in built:
                (folder / name).write_text(built[name])
            else:
                (folder / name).unlink()
        self.stdout.write(f"fixtures: {len(built)} files; {len(differing)} written or removed")
