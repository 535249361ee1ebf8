"""`find_span`: print the span and hash of some words of a text, as seed files need them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.models import Snapshot, Source
from claims.models.snapshot import digest
from claims.texts.finding import closest, find_all


class Command(BaseCommand):
    help = "Find words in the newest stored text of a source, and print their span and SHA-256 as lines of a seed file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", help="slug of the source")
        parser.add_argument("words", help="the exact words")
        parser.add_argument("--nth", type=int, metavar="N", help="which occurrence, counted from 1")

    def handle(self, *args: Any, **options: Any) -> None:
        text, words, nth = self.text(options["source"]), options["words"], options["nth"]
        if not words.strip():
            raise CommandError("WORDS must not be empty.")
        places = find_all(text, words)
        if not places:
            raise CommandError(self.not_found(text, words))
        if nth is None and len(places) > 1:
            listed = "\n".join(
                f"  --nth {number}: [{start}, {end}] {self.around(text, start, end)}"
                for number, (start, end) in enumerate(places, 1)
            )
            raise CommandError(f"These words occur {len(places)} times; choose one:\n{listed}")
        if nth is not None and not 1 <= nth <= len(places):
            raise CommandError(f"--nth {nth}: these words occur {len(places)} times; N counts from 1.")
        start, end = places[(nth or 1) - 1]
        self.stdout.write(f"- span: [{start}, {end}]\n  sha256: {digest(text[start:end])}")

    def text(self, slug: str) -> str:
        if not Source.objects.filter(slug=slug).exists():
            raise CommandError(f"There is no source “{slug}”.")
        snapshots = Snapshot.objects.filter(source__slug=slug, text__isnull=False)
        text = snapshots.order_by("-captured_at", "-id").values_list("text", flat=True).first()
        if text is None:
            raise CommandError(
                f"The database has no text of source “{slug}”. Load it with `manage.py load_seeds --texts FOLDER`."
            )
        return text

    def not_found(self, text: str, words: str) -> str:
        place = closest(text, words)
        if place is None:
            return "These words are not in the text, nor are similar ones."
        similar = f"[{place[0]}, {place[1]}]: {text[slice(*place)]!r}"
        return f"These words are not in the text. The most similar ones are at {similar}"

    def around(self, text: str, start: int, end: int) -> str:
        before, after = text[max(0, start - 30) : start], text[end : end + 30]
        return repr(f"…{before}[{text[start:end]}]{after}…")
