"""Words in the seeds on which a verdict was published: when they change, a rewording keeps the earlier ones."""

import pytest
from django.db import connection

from claims.desk.rewordings import reword
from claims.models import Claim, Evidence, Rewording, Source, Verdict
from tests.seedfiles import SeedFolder, load

pytestmark = pytest.mark.django_db

TEXT = "    text: The bridge fell in 2017.\n"
BOOK = "source: yearbook, stance: supports, summary: It lists the fall., read_on: 2024-03-22}"


def reloaded(seeds: SeedFolder) -> str:
    """Load, then once more with a comment, which changes nothing; the output of the first."""
    out = load()
    seeds.replace("claims:\n", "# again\nclaims:\n")
    again = load()
    assert not [word for word in (" added", " changed", " removed", "kept") if word in again], again
    return out


def test_a_changed_claim_is_reworded(seeds: SeedFolder) -> None:
    load()
    seeds.replace(TEXT, "    text: The bridge fell in May 2017.\n    context: The old one.\n")
    assert "claims 1 changed" in reloaded(seeds)
    claim, rewording = Claim.objects.get(slug="bridge-fell"), Rewording.objects.get()
    assert (claim.text, claim.context) == ("The bridge fell in May 2017.", "The old one.")
    assert (rewording.claim, rewording.evidence) == (claim, None)
    assert rewording.earlier == {"text": "The bridge fell in 2017.", "context": ""}
    assert (rewording.kind, rewording.reason) == ("clarification", "Changed in the seeds.")
    assert (claim.verdicts.get().on_earlier_words, claim.verdicts.get().revision) == (True, 1)


def test_the_file_gives_the_reason(seeds: SeedFolder) -> None:
    load()
    change = "    change: {kind: error, reason: The year was wrong.}\n"
    seeds.replace(TEXT, TEXT.replace("2017", "2016") + change)
    seeds.replace(BOOK, BOOK.replace("lists", "shows")[:-1] + ", change: {kind: context, reason: Seen again.}}")
    load()
    given = set(Rewording.objects.values_list("evidence__summary", "kind", "reason"))
    assert given == {(None, "error", "The year was wrong."), ("It shows the fall.", "context", "Seen again.")}


@pytest.mark.parametrize(
    ("old", "new", "field", "earlier"),
    [
        ("stance: supports", "stance: context", "stance", "supports"),
        ("summary: It lists the fall.", "summary: It dates the fall.", "summary", "It lists the fall."),
        ("source: yearbook,", "source: yearbook, locator: p. 9,", "locator", ""),
    ],
)
def test_changed_evidence_is_reworded(seeds: SeedFolder, old: str, new: str, field: str, earlier: str) -> None:
    load()
    book = Evidence.objects.get()
    seeds.replace(BOOK, BOOK.replace(old, new))
    assert "evidence 1 changed" in reloaded(seeds)
    rewording = Rewording.objects.get()
    assert (rewording.evidence, rewording.earlier[field]) == (book, earlier)
    assert getattr(rewording.evidence, field) == new.split(": ")[-1].removesuffix(",")
    verdict = Verdict.objects.get()
    assert (verdict.evidence.get(), verdict.on_earlier_words, verdict.revision) == (book, True, 1)


def test_the_earlier_source_of_evidence_is_kept(seeds: SeedFolder) -> None:
    load()
    book = Evidence.objects.get()
    seeds.replace("{slug: yearbook, title: Yearbook", "{slug: almanac, title: Almanac")
    seeds.replace("source: yearbook,", "source: almanac,")
    out = load()
    assert "kept: source yearbook: no longer in the seeds, but evidence 1 refers to it" in out.replace(
        f"evidence {book.pk} ", "evidence 1 "
    )
    rewording = Rewording.objects.get()
    assert (rewording.evidence, rewording.source) == (book, Source.objects.get(slug="yearbook"))
    assert Evidence.objects.get().source.slug == "almanac"
    assert Verdict.objects.get().evidence.get() == book
    seeds.replace("claims:\n", "# again\nclaims:\n")
    out = load(overwrite=True)
    assert "kept: source yearbook: no longer in the seeds, but rewording" in out
    assert not [word for word in (" added", " changed", " removed") if word in out], out


def test_evidence_with_other_words_and_another_place_is_another_piece(seeds: SeedFolder) -> None:
    load()
    seeds.replace(BOOK, BOOK.replace("yearbook,", "yearbook, locator: p. 9,").replace("lists", "shows"))
    load()
    assert (Evidence.objects.count(), Rewording.objects.count()) == (2, 0)
    assert Verdict.objects.get(revision=2).evidence.get().locator == "p. 9"


def test_words_without_a_published_verdict_change_freely(seeds: SeedFolder) -> None:
    seeds.replace("status: supported,", "status: supported, state: draft,")
    load()
    seeds.replace(TEXT, TEXT.replace("2017", "2016"))
    seeds.replace(BOOK, BOOK.replace("lists", "shows").replace("yearbook,", "yearbook, locator: p. 9,"))
    seeds.replace("text: The bridge stood for 60 years.", "text: It stood for 60 years.")
    load()
    assert (Rewording.objects.count(), Evidence.objects.get().locator) == (0, "p. 9")
    assert Claim.objects.get(slug="bridge-fell").text == "The bridge fell in 2016."


def test_what_is_no_word_of_a_claim_changes_without_a_rewording(seeds: SeedFolder) -> None:
    load()
    seeds.replace("    occurred: 2017\n", "    occurred: 2017-05\n")
    seeds.replace("read_on: 2024-03-22", "read_on: 2024-03-23, credibility: 2")
    assert "claims 1 changed" in load()
    assert not Rewording.objects.exists()


def test_seeds_that_win_over_the_desk_reword_what_it_reworded(seeds: SeedFolder) -> None:
    load()
    claim = Claim.objects.get(slug="bridge-fell")
    reword([Rewording(claim=claim, kind="context", reason="Which bridge?")])
    Claim.objects.filter(pk=claim.pk).update(text="The old bridge fell in 2017.")
    connection.check_constraints()
    seeds.replace("claims:\n", "# again\nclaims:\n")
    assert "kept: claim bridge-fell: edited in the database (text)" in load()
    assert "claims 1 changed" in load(overwrite=True)
    earlier = list(Rewording.objects.order_by("pk").values_list("earlier__text", flat=True))
    assert earlier == ["The bridge fell in 2017.", "The old bridge fell in 2017."]


def test_a_claim_is_renamed_and_reworded_at_once(seeds: SeedFolder) -> None:
    load()
    seeds.replace(
        "  bridge-fell:\n" + TEXT, "  bridge-fell-down:\n    former_slugs: [bridge-fell]\n    text: It fell.\n"
    )
    seeds.replace("attributes: [bridge-fell]", "attributes: [bridge-fell-down]")
    seeds.replace("issuer: desk, status: supported", "issuer: desk, status: refuted")
    out = reloaded(seeds)
    assert "renamed: claim bridge-fell → bridge-fell-down" in out
    claim = Claim.objects.get(slug="bridge-fell-down")
    assert Rewording.objects.get().earlier["text"] == "The bridge fell in 2017."
    assert [(v.status, v.on_earlier_words) for v in claim.verdicts.order_by("revision")] == [
        ("supported", True),
        ("refuted", False),
    ]
