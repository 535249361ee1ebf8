"""Spans in texts: the words in context, and a form that finds a span by its words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote as percent

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from claims.admin.base import RecordForm
from claims.admin.lines import LinesField
from claims.models import Snapshot
from claims.models.snapshot import digest
from claims.texts.direction import attributes
from claims.texts.finding import find_all

#: Text fragments name longer quotes by their first and last words.
FRAGMENT_LENGTH = 80
FRAGMENT_WORDS = 5


@dataclass
class Placed:
    """A row with a span, and where to find its words."""

    row: Any
    #: W3C TextQuoteSelector, or None where there is no span or the text is not held
    quote: dict[str, str] | None
    #: URL of the reading view, at the span
    reading: str | None
    #: URL of the source on the web, at the span
    original: str | None


def text_fragment(url: str, exact: str) -> str:
    """`url` with a text fragment (https://wicg.github.io/scroll-to-text-fragment/) that shows `exact`."""

    def escaped(words: str) -> str:
        return percent(words, safe="").replace("-", "%2D")

    words = exact.split()
    if not words or "#" in url:
        return url
    if len(exact) <= FRAGMENT_LENGTH or len(words) <= 2 * FRAGMENT_WORDS:
        return f"{url}#:~:text={escaped(' '.join(words))}"
    first, last = " ".join(words[:FRAGMENT_WORDS]), " ".join(words[-FRAGMENT_WORDS:])
    return f"{url}#:~:text={escaped(first)},{escaped(last)}"


def reading_url(source_id: int, snapshot_id: int, start: int) -> str:
    url = reverse("admin:claims_source_reading", args=[source_id])
    return f"{url}?snapshot={snapshot_id}#c{start}"


def placed(rows: Iterable[Any]) -> list[Placed]:
    """The rows with their quotes. One query reads all texts, each once."""
    rows = list(rows)
    snapshots = Snapshot.objects.select_related("source").in_bulk({r.snapshot_id for r in rows if r.snapshot_id})
    found = []
    for row in rows:
        snapshot = snapshots.get(row.snapshot_id)
        if snapshot is None or row.start is None:
            url = getattr(row, "source", None) and row.source.url
            found.append(Placed(row, None, None, url or None))
            continue
        quote = snapshot.quote(row.start, row.end)
        url = snapshot.source.url
        # all words of the span: a quote may be cut off
        words = snapshot.words(row.start, row.end)
        original = text_fragment(url, words) if url and words else url or None
        found.append(Placed(row, quote, reading_url(snapshot.source_id, snapshot.pk, row.start), original))
    return found


def show_quote(quote: dict[str, str], language: str) -> SafeString:
    return format_html(
        '<blockquote class="quote"{}>…{}<mark>{}</mark>{}…</blockquote>',
        attributes(language),
        quote["prefix"],
        quote["exact"],
        quote["suffix"],
    )


class ShowsQuote:
    """For pages of rows with a span: the words in context, as a read-only field."""

    def prefilled(self, request: HttpRequest) -> SafeString | str:
        """On the page for a new row: the words at the span in the query string."""
        snapshot_id, start, end = (request.GET.get(name, "") for name in ("snapshot", "start", "end"))
        if not all(map(str.isdecimal, (snapshot_id, start, end))):
            return ""
        snapshot = Snapshot.objects.select_related("source").filter(pk=snapshot_id).first()
        quote = snapshot.quote(int(start), int(end)) if snapshot else None
        return show_quote(quote, snapshot.source.language) if snapshot and quote else ""

    @admin.display(description="exact words", empty_value="–")
    def words(self, row: Any) -> str | None:
        """Shown instead of the input on read-only pages."""
        quote = placed([row])[0].quote
        return quote["exact"] if quote else None

    @admin.display(description="words in context", empty_value="There is no span, or the text is not held here.")
    def in_context(self, row: Any) -> SafeString | None:
        if row is None or row.pk is None:
            return None
        place = placed([row])[0]
        if place.quote is None:
            return None
        quote = show_quote(place.quote, row.snapshot.source.language)
        return format_html('{}<a href="{}">Read in place</a>', quote, place.reading)


class SpanForm(RecordForm):
    """A form in which a span can be given as its exact words instead of two numbers and a hash."""

    words = LinesField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        label="Exact words",
        help_text="Paste the words from the text to fill in start and end. Or enter start and end yourself.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # clean() finds them from the words or the snapshot, or requires them
        for name in ("start", "end", "source"):
            if name in self.fields:
                self.fields[name].required = False

    def clean(self) -> dict[str, Any] | None:
        cleaned = self.cleaned_data
        snapshot, words = cleaned.get("snapshot"), cleaned.get("words")
        if "source" in self.fields and "source" not in self.errors:
            if cleaned.get("source") is None and snapshot is not None:
                cleaned["source"] = snapshot.source
            elif cleaned.get("source") is None:
                self.add_error("source", "Enter the source, or a snapshot of it.")
        if words and snapshot is None and cleaned.get("source") is not None:
            snapshot = cleaned["snapshot"] = cleaned["source"].snapshots.first()
        if words:
            self._find(snapshot, words)
        elif {"start", "end"} & set(self.changed_data) and "quote_sha256" not in self.changed_data:
            # another span has another hash; the database sets it if it holds the text
            cleaned["quote_sha256"] = (
                "" if snapshot is not None and snapshot.text is not None else cleaned["quote_sha256"]
            )
        return super().clean()

    def _find(self, snapshot: Snapshot | None, words: str) -> None:
        if snapshot is None or snapshot.text is None:
            self.add_error(
                "words",
                "The words can be found only in a snapshot whose text is held here. Enter start and end instead.",
            )
            return
        starts = [start for start, _ in find_all(snapshot.text, words)]
        if not starts:
            self.add_error("words", "These words do not appear in the snapshot. Enter them exactly as in the text.")
            return
        given = self.cleaned_data.get("start")
        if len(starts) > 1 and given not in starts:
            places = ", ".join(map(str, starts[:10]))
            self.add_error("words", f"These words appear {len(starts)} times in the text. Enter the start: {places}.")
            return
        start = given if given in starts else starts[0]
        self.cleaned_data |= {"start": start, "end": start + len(words), "quote_sha256": digest(words)}
