"""Snapshots: the text of a source as captured."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from claims.models.base import tracked
from claims.models.querysets import KeyedQuerySet
from claims.models.querysets.keys import key_of
from claims.models.releases import Released, stays_public
from claims.models.rules import SHA256_FORM, by_change, by_release, check
from claims.models.source import Source
from claims.models.spans import SPANNED
from claims.models.triggers import refuse, touch
from claimsdb.postgresql.prepared import fetch_prepared

_REFUSE_SNAPSHOT_SHA256 = refuse("snapshot_sha256", "sha256", "'The text has a different SHA-256: ' || digest || '.'")
_REFUSE_SNAPSHOT_LENGTH = refuse(
    "snapshot_length",
    "length",
    "'The text has ' || char_length(NEW.text) || ' code points, not ' || NEW.length || '.'",
)
FIXED = "The source, hash and length of a snapshot cannot be changed; add another snapshot."
TEXT_FIXED = "A captured text cannot be changed; add another snapshot."
_REFUSE_SNAPSHOT_FIXED = refuse("snapshot_fixed", "sha256", f"'{FIXED}'")
_REFUSE_SNAPSHOT_TEXT_FIXED = refuse("snapshot_text_fixed", "text", f"'{TEXT_FIXED}'")
_REFUSE_SNAPSHOT_TEXT_OTHER = refuse(
    "snapshot_text_other", "text", "'This is not the text of the snapshot: its hash or length differs.'"
)
_REFUSE_SNAPSHOT_SPANS_MATCH = refuse(
    "snapshot_spans_match", "text", "'A span recorded on this snapshot does not match the words of this text.'"
)

MEDIA_TYPE_FORM = r"^[a-z]+/[a-z0-9][a-z0-9.+-]*(; ?[a-z]+=[a-z0-9-]+)*$"


def digest(text: str) -> str:
    """SHA-256 of `text` in UTF-8, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def with_line_feeds(text: str) -> str:
    """`text` with its line breaks (CRLF or CR) replaced by LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


_SPANS_MATCH = "\n            UNION ALL ".join(
    f'SELECT start, "end", quote_sha256 FROM claims_{name} WHERE snapshot_id = NEW.id AND "end" IS NOT NULL'
    for name in SPANNED
)
#: maximum length of a quote in code points, ellipsis included; and of the text before and after it
LONGEST_QUOTE = 1000
AROUND = 60


@tracked
class Snapshot(Released):
    """A captured text, which never changes.

    The text may be missing if we have no right to keep it. Hash and length then identify it, and exactly this text can
    be added later. Hash, length and source can't be changed; a text can't be changed or removed.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="snapshots", db_index=False)
    text = models.TextField(null=True, blank=True, help_text="As captured; empty if the text is not held here.")
    sha256 = models.CharField("SHA-256", max_length=64, blank=True, default="")
    length = models.PositiveIntegerField(null=True, blank=True, help_text="Unicode code points.")
    media_type = models.CharField(max_length=100, default="text/plain")
    captured_at = models.DateTimeField(help_text="In UTC.")

    objects = KeyedQuerySet.keyed_by("source__slug", "sha256")
    long_columns = frozenset({"text"})

    class Meta:
        ordering = ["source", "-captured_at", "-id"]
        indexes = [by_change("snapshot"), by_release("snapshot")]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "sha256"],
                name="snapshot_once",
                violation_error_message="The source already has a snapshot with exactly this text.",
            ),
            check(
                "snapshot",
                "sha256",
                "form",
                Q(sha256__regex=SHA256_FORM),
                "A SHA-256 must be 64 lowercase hexadecimal digits.",
            ),
            check(
                "snapshot",
                "length",
                "given",
                Q(length__isnull=False, length__gt=0),
                "Give the text, or its length in code points and its SHA-256.",
            ),
            check(
                "snapshot",
                "text",
                "line_feeds",
                Q(text__isnull=True) | ~Q(text__contains="\r"),
                "Line breaks must be LF, but the text contains a carriage return.",
            ),
            check(
                "snapshot",
                "media_type",
                "form",
                Q(media_type__regex=MEDIA_TYPE_FORM),
                "The media type must look like text/plain (RFC 6838).",
            ),
        ]
        triggers: list[pgtrigger.Trigger] = [
            touch(),
            stays_public(
                "snapshot",
                {},
                "SELECT l.verdict_id FROM claims_verdictevidence l JOIN claims_evidence e ON e.id = l.evidence_id "
                "WHERE e.snapshot_id = NEW.id",
            ),
            pgtrigger.Trigger(
                name="text_is_the_text",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Condition("NEW.text IS NOT NULL"),
                declare=[("digest", "TEXT")],
                func=f"""
                    digest := encode(sha256(convert_to(NEW.text, 'UTF8')), 'hex');
                    IF NEW.sha256 = '' THEN
                        NEW.sha256 := digest;
                    ELSIF NEW.sha256 <> digest THEN
                        {_REFUSE_SNAPSHOT_SHA256}
                    END IF;
                    IF NEW.length IS NULL THEN
                        NEW.length := char_length(NEW.text);
                    ELSIF NEW.length <> char_length(NEW.text) THEN
                        {_REFUSE_SNAPSHOT_LENGTH}
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="text_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF NEW.sha256 <> OLD.sha256 OR NEW.length <> OLD.length OR NEW.source_id <> OLD.source_id THEN
                        {_REFUSE_SNAPSHOT_FIXED}
                    END IF;
                    IF OLD.text IS NOT NULL AND NEW.text IS DISTINCT FROM OLD.text THEN
                        {_REFUSE_SNAPSHOT_TEXT_FIXED}
                    END IF;
                    IF OLD.text IS NULL AND NEW.text IS NOT NULL THEN
                        IF encode(sha256(convert_to(NEW.text, 'UTF8')), 'hex') <> NEW.sha256
                            OR char_length(NEW.text) <> NEW.length THEN
                            {_REFUSE_SNAPSHOT_TEXT_OTHER}
                        END IF;
                        IF EXISTS (
                            SELECT 1 FROM ({_SPANS_MATCH}) AS span
                            WHERE encode(sha256(convert_to(
                                substr(NEW.text, span.start + 1, span."end" - span.start), 'UTF8')), 'hex')
                                <> span.quote_sha256
                        ) THEN
                            {_REFUSE_SNAPSHOT_SPANS_MATCH}
                        END IF;
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} as of {self.captured_at:%Y-%m-%d}"

    def natural_key(self) -> tuple[Any, ...]:
        return key_of(self)

    natural_key.dependencies = ["claims.source"]  # type: ignore[attr-defined]

    @classmethod
    def fill_all(cls, records: Sequence[Any], *, query: bool = True) -> None:
        """Replace line breaks with LF, and fill in a missing hash or length from the text."""
        for record in records:
            if record.text is not None:
                record.text = with_line_feeds(record.text)
                record.sha256 = record.sha256 or digest(record.text)
                record.length = record.length if record.length is not None else len(record.text)

    def clean(self) -> None:
        super().clean()
        before = type(self).objects.filter(pk=self.pk).first() if self.pk is not None else None
        if before is not None:
            for name in ("source_id", "sha256", "length"):
                if getattr(self, name) != getattr(before, name):
                    raise ValidationError({name.removesuffix("_id"): FIXED})
            if before.text is not None and before.text != self.text:
                raise ValidationError({"text": TEXT_FIXED})
        if self.text is None:
            return
        if digest(self.text) != self.sha256:
            raise ValidationError({"sha256": f"The text has a different SHA-256: {digest(self.text)}."})
        if len(self.text) != self.length:
            raise ValidationError({"length": f"The text has {len(self.text)} code points, not {self.length}."})

    def words(self, start: int, end: int) -> str | None:
        """The exact words at a span, or None if the text is not held. Cut by the database if the text wasn't read."""
        if (start, end) not in self._words:
            if "text" in self.get_deferred_fields():
                self.read_words([(self, start, end)])
            else:
                return None if self.text is None else self.text[start:end]
        return self._words[start, end]

    @cached_property
    def _words(self) -> dict[tuple[int, int], str | None]:
        """Words that were read without the text, by span."""
        return {}

    @classmethod
    def read_words(cls, spans: Iterable[tuple["Snapshot", int, int]]) -> None:
        """Read the words at spans, for `words`, in one query. Spans of snapshots whose text was read are left out."""
        wanted = [span for span in spans if "text" in span[0].get_deferred_fields()]
        if not wanted:
            return
        sql = (
            'SELECT substr(s.text, n.start + 1, n."end" - n.start) '
            'FROM unnest(%s::bigint[], %s::int[], %s::int[]) WITH ORDINALITY AS n (id, start, "end", place) '
            "LEFT JOIN claims_snapshot s ON s.id = n.id ORDER BY n.place"
        )
        columns = [[snapshot.pk for snapshot, _, _ in wanted], *([span[n] for span in wanted] for n in (1, 2))]
        for (snapshot, start, end), (words,) in zip(wanted, fetch_prepared(sql, columns), strict=True):
            snapshot._words[start, end] = words

    def quote(self, start: int, end: int) -> dict[str, str] | None:
        """The W3C TextQuoteSelector of a span (`exact`, `prefix`, `suffix`), or None if the text is not held.

        If the words have more than LONGEST_QUOTE code points, `exact` is cut to that length and ends in an ellipsis.
        """
        if self.text is None:
            return None
        exact = self.text[start:end]
        return {
            "exact": exact if len(exact) <= LONGEST_QUOTE else f"{exact[: LONGEST_QUOTE - 1]}…",
            "prefix": self.text[max(0, start - AROUND) : start],
            "suffix": self.text[end : end + AROUND],
        }

    def span_problem(self, start: int, end: int, sha256: str) -> tuple[str, str] | None:
        """What is wrong with a span of this snapshot, as (field, message), or None."""
        if self.length is not None and end > self.length:
            return ("end", f"The span ends at {end}, but the snapshot has {self.length} code points.")
        words = self.words(start, end)
        if words is None:
            if not sha256:
                return (
                    "quote_sha256",
                    "The text of this snapshot is not held here, so the SHA-256 of the words is required.",
                )
        elif sha256 and digest(words) != sha256:
            return ("quote_sha256", f"The words at {start}–{end} have a different SHA-256: {digest(words)}.")
        return None
