"""Former slugs in the seeds: what files can say, and what happens to the records in the database."""

import pytest
from django.core.management import CommandError, call_command

from claims.models import Actor, Assertion, Claim, FormerAddress
from tests import factories as make
from tests.client import anonymous, url
from tests.seedfiles import SeedFolder, load
from tests.seeds.test_fixtures import fixtures, record

pytestmark = pytest.mark.django_db


def former_slugs(kind: str = "claim") -> dict[str, str | None]:
    """Return the former slugs of a kind, each with the slug it leads to, or None."""
    return dict(FormerAddress.objects.filter(kind=kind).values_list("name", f"{kind}__slug"))


def rename_in_files(seeds: SeedFolder, old: str, new: str) -> None:
    """Give a claim another slug, with the old one as a former slug."""
    path = seeds.folder / "gazette.yaml"
    path.write_text(path.read_text().replace(f"  {old}:\n", f"  {new}:\n    former_slugs: [{old}]\n"))


def test_former_slugs_of_all_kinds(seeds: SeedFolder) -> None:
    seeds.replace("kind: state\n", "kind: state\n    former_slugs: [norge, kingdom-of-norway]\n", "common.yaml")
    seeds.replace("bridges: {name: Bridges}", "bridges: {name: Bridges, former_slugs: [spans]}", "common.yaml")
    seeds.replace("  title: A bridge falls\n", "  title: A bridge falls\n  former_slugs: [gazette]\n")
    seeds.replace("kind: report}", "kind: report, former_slugs: [almanac]}")
    rename_in_files(seeds, "nobody-hurt", "nobody-was-hurt")
    path = seeds.folder / "gazette.yaml"
    path.write_text(path.read_text() + "gone:\n  claims: [bridge-was-old]\n  actors: [mayor]\n")
    assert "former addresses" in load()
    assert former_slugs() == {"nobody-hurt": "nobody-was-hurt", "bridge-was-old": None}
    assert former_slugs("actor") == {"norge": "norway", "kingdom-of-norway": "norway", "mayor": None}
    assert former_slugs("topic") == {"spans": "bridges"}
    assert former_slugs("source") == {"gazette": "gazette-on-bridge", "almanac": "yearbook"}
    assert "nothing to do" in load()
    assert anonymous().get(url("claims", "nobody-hurt"))["Location"].endswith(url("claims", "nobody-was-hurt"))
    assert anonymous().get(url("claims", "bridge-was-old")).status_code == 410


def test_fixtures_have_them(seeds: SeedFolder) -> None:
    rename_in_files(seeds, "nobody-hurt", "nobody-was-hurt")
    path = seeds.folder / "gazette.yaml"
    path.write_text(path.read_text() + "gone: {claims: [bridge-was-old]}\n")
    call_command("build_fixtures", verbosity=0)
    for _ in range(2):
        call_command("loaddata", *fixtures(seeds.folder.parent), verbosity=0)
        assert former_slugs() == {"nobody-hurt": "nobody-was-hurt", "bridge-was-old": None}
    by_fixtures = record()
    assert "unchanged" in load()
    assert record() == by_fixtures
    former = FormerAddress.objects.get(name="nobody-hurt")
    assert former.former_id == former.claim_id


def test_a_record_in_the_database_is_renamed(seeds: SeedFolder) -> None:
    load()
    claim = Claim.objects.get(slug="nobody-hurt")
    ours = make.make_evidence(claim=claim)
    Assertion.objects.filter(claim__slug="bridge-stood-60-years").update(note="Ours.")
    rename_in_files(seeds, "nobody-hurt", "nobody-was-hurt")
    rename_in_files(seeds, "bridge-stood-60-years", "bridge-was-60")
    for dry_run in (True, False):
        out = load(dry_run=dry_run)
        assert "renamed: claim nobody-hurt → nobody-was-hurt" in out
        assert "added" not in out
        assert "removed" not in out
        # an edited row is still recognised as edited, and no other is
        reasons = [line.split(": ")[2] for line in out.splitlines() if line.startswith("kept")]
        assert reasons == ["edited in the database (note)"]
    claim.refresh_from_db()
    assert claim.slug == "nobody-was-hurt"
    assert claim.evidence.get() == ours
    assert former_slugs() == {"nobody-hurt": "nobody-was-hurt", "bridge-stood-60-years": "bridge-was-60"}
    assert "nothing to do" in load()


def test_a_record_can_be_renamed_back(seeds: SeedFolder) -> None:
    before = (seeds.folder / "gazette.yaml").read_text()
    load()
    pk = Claim.objects.get(slug="nobody-hurt").pk
    rename_in_files(seeds, "nobody-hurt", "nobody-was-hurt")
    load()
    seeds.write(
        "gazette.yaml", before.replace("  nobody-hurt:\n", "  nobody-hurt:\n    former_slugs: [nobody-was-hurt]\n")
    )
    assert "kept" not in load()
    assert Claim.objects.get(slug="nobody-hurt").pk == pk
    assert former_slugs() == {"nobody-was-hurt": "nobody-hurt"}


def test_several_slugs_become_one(seeds: SeedFolder) -> None:
    load()
    first, second = (Claim.objects.get(slug=slug) for slug in ("nobody-hurt", "bridge-stood-60-years"))
    path = seeds.folder / "gazette.yaml"
    text = path.read_text()
    start = text.index("  bridge-stood-60-years:")
    text = text[:start] + text[text.index("skipped:") :]
    path.write_text(
        text.replace("  nobody-hurt:\n", "  bridge-fell-old:\n    former_slugs: [nobody-hurt, bridge-stood-60-years]\n")
    )
    out = load()
    assert "kept" not in out
    assert Claim.objects.get(slug="bridge-fell-old").pk == first.pk
    assert former_slugs() == {"nobody-hurt": "bridge-fell-old", "bridge-stood-60-years": "bridge-fell-old"}
    assert anonymous().get(url("claims", second.pk)).status_code == 308


def test_a_removed_record_is_gone_and_can_come_back(seeds: SeedFolder) -> None:
    before = (seeds.folder / "gazette.yaml").read_text()
    load()
    start = before.index("  bridge-stood-60-years:")
    seeds.write("gazette.yaml", before[:start] + before[before.index("skipped:") :])
    load()
    assert former_slugs() == {"bridge-stood-60-years": None}
    assert anonymous().get(url("claims", "bridge-stood-60-years")).status_code == 410
    # a successor can be added later
    seeds.replace("  nobody-hurt:\n", "  nobody-hurt:\n    former_slugs: [bridge-stood-60-years]\n")
    assert "kept" not in load()
    assert former_slugs() == {"bridge-stood-60-years": "nobody-hurt"}
    seeds.write("gazette.yaml", before)
    assert "kept" not in load()
    assert former_slugs() == {}
    assert Claim.objects.filter(slug="bridge-stood-60-years").exists()


def test_a_record_renamed_in_the_database_keeps_its_slug(seeds: SeedFolder) -> None:
    load()
    claim = Claim.objects.get(slug="nobody-hurt")
    Claim.objects.filter(pk=claim.pk).update(slug="no-injuries")
    # unchanged files would not be compared
    seeds.replace("  nobody-hurt:\n", "  nobody-hurt:\n    context: Of the fall.\n")
    assert "kept: claim nobody-hurt: deleted or renamed in the database" in load()
    assert not Claim.objects.filter(slug="nobody-hurt").exists()
    assert "renamed: claim no-injuries → nobody-hurt" in load(overwrite=True)
    claim.refresh_from_db()
    assert (claim.slug, claim.context) == ("nobody-hurt", "Of the fall.")
    assert former_slugs() == {"no-injuries": "nobody-hurt"}


def test_a_former_slug_in_the_database_is_not_reused(seeds: SeedFolder) -> None:
    claim = make.make_claim(slug="nobody-hurt")
    Claim.objects.filter(pk=claim.pk).update(slug="mine")
    out = load()
    assert "kept: claim nobody-hurt: its slug is a former slug of claim mine in the database" in out
    assert former_slugs() == {"nobody-hurt": "mine"}


def test_a_former_slug_in_use_in_the_database_is_left_out(seeds: SeedFolder) -> None:
    load()
    make.make_claim(slug="no-injuries")
    seeds.replace("  nobody-hurt:\n", "  nobody-hurt:\n    former_slugs: [no-injuries]\n")
    assert "kept: former address no-injuries / claim: claim no-injuries is still in the database" in load()
    assert former_slugs() == {}


@pytest.mark.parametrize(
    ("old", "new", "words", "message"),
    [
        ("  nobody-hurt:\n", "  nobody-hurt:\n    former_slugs: [Bad One]\n", "Bad One", "a slug consists of"),
        ("  nobody-hurt:\n", "  nobody-hurt:\n    former_slugs: x\n", "former_slugs", "former slugs must be a list"),
        (
            "  nobody-hurt:\n",
            "  nobody-hurt:\n    former_slugs: [bridge-fell]\n",
            "former_slugs",
            "“bridge-fell” can’t be a former slug, because claim bridge-fell is still at",
        ),
        (
            "  nobody-hurt:\n",
            "  nobody-hurt:\n    former_slugs: [a, a]\n",
            "former_slugs",
            "duplicate former address a / claim; the first one is at",
        ),
        ("skipped:\n", "gone: {verdicts: [x]}\nskipped:\n", "gone", "unknown key “verdicts” in gone"),
        ("skipped:\n", "gone: {claims: [nobody-hurt]}\nskipped:\n", "gone", "“nobody-hurt” can’t be a former slug"),
    ],
)
def test_faults(seeds: SeedFolder, old: str, new: str, words: str, message: str) -> None:
    seeds.replace(old, new)
    with pytest.raises(CommandError) as error:
        load()
    assert f"gazette.yaml:{seeds.line(words)}: {message}" in str(error.value)


def test_a_reference_by_a_former_slug(seeds: SeedFolder) -> None:
    seeds.replace("  nobody-hurt:\n", "  nobody-was-hurt:\n    former_slugs: [nobody-hurt]\n")
    seeds.replace("attributes: [bridge-fell]", "attributes: [nobody-hurt]")
    seeds.replace("skipped:\n", "gone: {topics: [viaducts]}\nskipped:\n")
    seeds.replace("topics: [bridge-fall, bridges]", "topics: [bridge-fall, viaducts]")
    with pytest.raises(CommandError) as error:
        load()
    line = seeds.line("attributes")
    assert f"gazette.yaml:{line}: claim “nobody-hurt” is a former slug; use “nobody-was-hurt”." in str(error.value)
    assert "topic “viaducts” was deleted; remove the reference." in str(error.value)


def test_a_file_alone_refers_to_a_record_renamed_in_the_database(seeds: SeedFolder) -> None:
    load()
    Actor.objects.filter(slug="desk").update(slug="bureau")
    path = seeds.write(
        "more.yaml",
        "judgements:\n  nobody-hurt:\n    verdicts:\n    - {issuer: desk, status: supported, rationale: x}\n",
    )
    with pytest.raises(CommandError) as error:
        load(paths=[path])
    assert "more.yaml:4: actor “desk” is a former slug; use “bureau”." in str(error.value)
