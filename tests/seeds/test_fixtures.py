"""Seeds and fixtures load the same record."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction

from claims.models import Claim, ClaimRelation, Snapshot
from claims.seeds.keys import FIELDS
from tests.conftest import used_database
from tests.seedfiles import COMMON, SeedFolder, load

#: ids, and columns that the database fills in
IGNORED = ("id", "former_id", "version", "created_at", "updated_at", "public_from", "published_at")
ROOT = Path(__file__).resolve().parent.parent.parent


def record() -> dict[tuple[str, Any], dict[str, Any]]:
    """Return the content of all rows, with references as natural keys, without ids, versions and timestamps."""
    keys: dict[tuple[type[models.Model], int], Any] = {}
    found = {}
    for model in FIELDS:  # each after those that it refers to
        fields = [f for f in model._meta.concrete_fields if f.name not in IGNORED]
        natural = {pk: tuple(key) for pk, *key in model.objects.values_list("pk", *model.objects.all().key)}
        for row in model.objects.all():
            keys[model, row.pk] = natural[row.pk]
            found[model.__name__, keys[model, row.pk]] = {field.name: getattr(row, field.attname) for field in fields}
    for (name, _), values in found.items():
        model = next(model for model in FIELDS if model.__name__ == name)
        for field in model._meta.concrete_fields:
            if field.related_model in FIELDS and values[field.name] is not None:
                values[field.name] = keys[field.related_model, values[field.name]]
    return found


def fixtures(folder: Path) -> list[str]:
    return [str(path) for path in sorted((folder / "fixtures").glob("*.json"))]


def as_loaded_from_seeds() -> dict[tuple[str, Any], dict[str, Any]]:
    with transaction.atomic():
        load(texts=None)
        found = record()
        transaction.set_rollback(True)
    return found


def test_the_shipped_seeds_and_fixtures_give_the_same_record(shipped_database: str, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        with used_database(shipped_database):
            by_seeds = record()
        with transaction.atomic():
            assert not Claim.objects.exists()
            before = connection.queries_made
            call_command("loaddata", *fixtures(ROOT), verbosity=0)
            # a statement for each row, and none for each of its references
            assert connection.queries_made - before < 1.1 * len(by_seeds)
            by_fixtures = record()
            assert "unchanged" in load(texts=None)
            transaction.set_rollback(True)
    # only a few: pytest would take minutes to compare the whole records
    assert sorted(map(str, by_fixtures.keys() ^ by_seeds.keys()))[:5] == []
    assert [(key, by_fixtures[key], values) for key, values in by_seeds.items() if by_fixtures[key] != values][:5] == []
    assert {model for model, _ in by_seeds} >= {"Claim", "Assertion", "Verdict", "ClaimRelation", "Erratum"}


@pytest.mark.django_db
def test_the_shipped_fixtures_are_up_to_date() -> None:
    call_command("build_fixtures", "--check")


def test_the_shipped_fixtures_have_no_ids_timestamps_texts_or_derived_values() -> None:
    keys = {
        (row["model"], key)
        for path in fixtures(ROOT)
        for row in json.loads(Path(path).read_text())
        for key in row["fields"]
    }
    assert keys
    never = {"id", "text", "created_at", "updated_at", "version", "status", "search", "said_first", "said_last"}
    assert {(model, key) for model, key in keys if key in never} == {
        ("claims.claim", "text"),
        ("claims.verdict", "status"),
    }
    assert not any("pk" in row for path in fixtures(ROOT) for row in json.loads(Path(path).read_text()))


@pytest.mark.django_db
def test_evidence_and_verdicts_survive_the_fixtures(seeds: SeedFolder) -> None:
    by_seeds = as_loaded_from_seeds()
    call_command("build_fixtures", verbosity=0)
    for _ in range(2):
        call_command("loaddata", *fixtures(seeds.folder.parent), verbosity=0)
        assert record() == by_seeds
    assert Claim.objects.get(slug="bridge-fell").status == "supported"
    assert Snapshot.objects.get().text is None


@pytest.mark.django_db
def test_loaddata_updates_the_statistics_of_the_planner(seeds: SeedFolder) -> None:
    """Without them, joins of tables that were empty before can take minutes."""
    call_command("build_fixtures", verbosity=0)
    call_command("loaddata", *fixtures(seeds.folder.parent), verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tablename FROM pg_stats WHERE tablename IN ('claims_claim', 'claims_source')")
        assert len(cursor.fetchall()) == 2


@pytest.mark.django_db
def test_rows_that_refer_to_a_later_file_are_in_the_last(seeds: SeedFolder) -> None:
    """`about` and relations of an article can refer to records of an article later in the alphabet."""
    seeds.replace("attributes: [bridge-fell]", "attributes: [bridge-fell]\n      repeats: [late-claim]")
    article = (seeds.folder / "gazette.yaml").read_text()
    late = article[: article.index("claims:")].replace("gazette", "late").replace("yearbook", "late-yearbook")
    seeds.write("late.yaml", late + "claims:\n  late-claim: {text: So it is., kind: fact, topics: [bridges]}\n")
    by_seeds = as_loaded_from_seeds()
    call_command("build_fixtures", verbosity=0)
    names = [Path(name).name for name in fixtures(seeds.folder.parent)]
    assert names == ["1-common.json", "2-gazette.json", "3-late.json", "9-across-articles.json"]
    call_command("loaddata", *fixtures(seeds.folder.parent), verbosity=0)
    assert record() == by_seeds
    assert ClaimRelation.objects.count() == 2


@pytest.mark.django_db
def test_outdated_fixtures_are_reported_and_rewritten(seeds: SeedFolder) -> None:
    with pytest.raises(CommandError, match=r"Out of date: 1-common.json, 2-gazette.json in fixtures/"):
        call_command("build_fixtures", "--check")
    assert not (settings.BASE_DIR / "fixtures").exists()
    call_command("build_fixtures", verbosity=0)
    call_command("build_fixtures", "--check")
    (seeds.folder / "gazette.yaml").unlink()
    with pytest.raises(CommandError, match=r"Out of date: 2-gazette.json in"):
        call_command("build_fixtures", "--check")
    call_command("build_fixtures", verbosity=0)
    assert [Path(name).name for name in fixtures(seeds.folder.parent)] == ["1-common.json"]
    seeds.write("common.yaml", COMMON + "nonsense: 1\n")
    with pytest.raises(CommandError, match=r"^common.yaml:14: unknown key “nonsense”"):
        call_command("build_fixtures")
