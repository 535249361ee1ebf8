"""Prints the span and hash of some words of a text, as seeds want them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.models import Snapshot, Source
from claims.models.snapshot import digest
from claims.texts.finding import closest, find_all


class Command(BaseCommand):
    help = "Print where words stand in the newest held text of a source: span and SHA-256, as lines of a seed file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", help="slug of the source")
        parser.add_argument("words", help="the exact words")
        parser.add_argument("--nth", type=int, metavar="N", help="which of several places, counted from 1")

    def handle(self, *args: Any, **options: Any) -> None:
        text, words, nth = self.text(options["source"]), options["words"], options["nth"]
        if not words.strip():
            raise CommandError("Give the words to look for.")
        places = find_all(text, words)
        if not places:
            raise CommandError(self.not_found(text, words))
        if nth is None and len(places) > 1:
            listed = "\n".join(
                f"  --nth {number}: [{start}, {end}] {self.around(text, start, end)}"
                for number, (start, end) in enumerate(places, 1)
            )
            raise CommandError(f"These words stand in {len(places)} places; choose one:\n{listed}")
        if nth is not None and not 1 <= nth <= len(places):
            raise CommandError(f"--nth {nth}: these words stand in {len(places)} places, counted from 1.")
        start, end = places[(nth or 1) - 1]
        self.stdout.write(f"- span: [{start}, {end}]\n  sha256: {digest(text[start:end])}")

    def text(self, slug: str) -> str:
        if not Source.objects.filter(slug=slug).exists():
            raise CommandError(f"There is no source “{slug}”.")
        snapshots = Snapshot.objects.filter(source__slug=slug, text__isnull=False)
        text = snapshots.order_by("-captured_at", "-id").values_list("text", flat=True).first()
        if text is None:
            raise CommandError(
                f"No text of source “{slug}” is held here. Load one with `manage.py load_seeds --texts FOLDER`."
            )
        return text

    def not_found(self, text: str, words: str) -> str:
        place = closest(text, words)
        if place is None:
            return "These words don't stand in the text, nor anything like them."
        return (
            f"These words don't stand in the text. The closest are at [{place[0]}, {place[1]}]: {text[slice(*place)]!r}"
        )

    def around(self, text: str, start: int, end: int) -> str:
        before, after = text[max(0, start - 30) : start], text[end : end + 30]
        return repr(f"…{before}[{text[start:end]}]{after}…")
