"""`manage.py generate`: the requested number of made-up claims, reproducible and valid."""

import re
from collections import Counter
from io import StringIO
from statistics import median
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction
from django.db.models import Count, Exists, F, OuterRef

from claims.desk.audit import spans_that_do_not_match, statuses_without_their_verdict
from claims.models import (
    Actor,
    ActorName,
    Assertion,
    Claim,
    ClaimActor,
    ClaimRelation,
    ClaimTopic,
    Evidence,
    ImportRun,
    Snapshot,
    Source,
    SourceAuthor,
    Topic,
    Verdict,
    VerdictEvidence,
)
from claims.models.choices import ActorKind, ImportState, Status, TopicKind, VerdictState
from claims.models.snapshot import digest
from tests.factories import make_assertion, make_claim, make_source, make_verdict

pytestmark = pytest.mark.django_db

MODELS = (
    *(Actor, ActorName, Topic, Source, SourceAuthor, Snapshot, Claim, ClaimTopic, ClaimActor, ClaimRelation),
    *(Assertion, Evidence, Verdict, VerdictEvidence),
)
N = 200


def generate(claims: int = N, **options: Any) -> str:
    out = StringIO()
    call_command("generate", str(claims), stdout=out, **options)
    return out.getvalue()


def content() -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables without timestamps; ids count from the first id of their table."""
    first = {model: model._default_manager.aggregate(first=models.Min("pk"))["first"] for model in MODELS}
    rows = {}
    for model in MODELS:
        values = []
        for field in model._meta.concrete_fields:
            if field.name in ("created_at", "updated_at"):
                continue
            other = model if field.primary_key else field.related_model
            values.append(F(field.attname) - first[other] if other in first else F(field.attname))
        rows[model.__name__] = list(model._default_manager.order_by("pk").values_list(*values))
    return rows


def test_rows_depend_on_the_seed_alone() -> None:
    contents = []
    for seed in (1, 1, 2):
        with transaction.atomic():
            generate(60, seed=seed)
            contents.append(content())
            transaction.set_rollback(True)
    assert contents[0] == contents[1]
    assert all(contents[0].values())
    for name, rows in contents[0].items():
        assert rows != contents[2][name], name


def test_numbers_of_rows() -> None:
    out = generate()
    count = {model: model._default_manager.count() for model in MODELS}
    assert {model: count[model] for model in (Claim, Actor, Source, Topic, Snapshot, ClaimRelation)} == {
        Claim: N,
        Actor: 50,
        Source: 20,
        Topic: 400,
        Snapshot: 2,
        ClaimRelation: N // 5,
    }
    for model, each in ((Assertion, 2), (Evidence, 2), (ClaimTopic, 1.5), (ClaimActor, 1), (Verdict, 0.7)):
        assert count[model] == pytest.approx(each * N, rel=0.15), model
    assert Source.objects.filter(authors__isnull=False).distinct().count() == 10
    for model in MODELS:
        assert re.search(rf"^{model._meta.verbose_name_plural} +{count[model]} ", out, re.MULTILINE), model


def test_sources_grow_with_the_claims_but_topics_do_not() -> None:
    generate(500)
    assert [m._default_manager.count() for m in (Claim, Source, Snapshot, Topic)] == [500, 50, 5, 400]


def test_one_claim_is_enough() -> None:
    generate(1)
    connection.check_constraints()
    assert [model._default_manager.count() for model in (Claim, ClaimRelation)] == [1, 0]


def test_every_row_passes_the_rules_of_its_model() -> None:
    generate()
    connection.check_constraints()
    for model in MODELS:
        rows = list(model._default_manager.order_by("pk"))
        for row in rows[:: max(1, len(rows) // 10)]:
            row.full_clean()


def test_statuses_are_those_of_the_verdicts_of_record() -> None:
    generate()
    assert not list(statuses_without_their_verdict())
    record = Verdict.objects.filter(of_record=True)
    assert set(record.values_list("state", flat=True)) == {VerdictState.PUBLISHED}
    assert record.count() == Claim.objects.exclude(status=Status.UNVERIFIED).count()
    assert record.values("issuer").distinct().count() == 1
    others = Verdict.objects.filter(of_record=False)
    assert others.count() == pytest.approx(N / 10, rel=0.4)
    assert not others.filter(issuer__in=record.values("issuer")).exists()
    statuses = Counter(Claim.objects.values_list("status", flat=True))
    assert set(statuses) == set(Status)
    assert statuses[Status.UNVERIFIED] == pytest.approx(0.4 * N, rel=0.2)


def test_a_verdict_relies_on_one_piece_of_evidence_where_its_claim_has_any() -> None:
    generate()
    has_evidence = Exists(Evidence.objects.filter(claim=OuterRef("claim")))
    for verdict in Verdict.objects.annotate(links=Count("evidence_links"), has_evidence=has_evidence):
        assert verdict.links == int(verdict.has_evidence)


def test_spans_in_stored_texts_match_their_words() -> None:
    generate()
    assert not list(spans_that_do_not_match())
    for model in (Assertion, Evidence):
        rows = model._default_manager.select_related("snapshot").filter(source__snapshots__isnull=False)
        assert len(rows) > 10
        for row in rows:
            words = row.snapshot.text[row.start : row.end]
            assert words.endswith(".")
            assert digest(words) == row.quote_sha256
        assert not model._default_manager.filter(source__snapshots__isnull=True, start__isnull=False).exists()
    for snapshot in Snapshot.objects.all():
        assert 200 <= len(snapshot.text.split()) < 220


def test_distributions_are_skewed() -> None:
    generate()
    for model, field, times in ((Assertion, "speaker", 10), (ClaimTopic, "topic", 10), (ClaimActor, "actor", 8)):
        counts = Counter(model._default_manager.values_list(field, flat=True))
        assert max(counts.values()) >= times * median(counts.values()), field
    words = Counter(re.findall(r"\w+", " ".join(Claim.objects.values_list("text", flat=True)).lower()))
    ranked = [count for _, count in words.most_common()]
    assert ranked[0] > 100 * median(ranked)
    assert ranked[0] / ranked[9] == pytest.approx(10, rel=0.4)


def test_words_dates_and_languages_are_realistic() -> None:
    generate()
    for text, context in Claim.objects.values_list("text", "context"):
        assert 8 <= len(text.split()) <= 18
        assert not context or 10 <= len(context.split()) <= 25
    assert Claim.objects.exclude(context="").count() == pytest.approx(N / 3, rel=0.25)
    languages = Counter(Claim.objects.values_list("language", flat=True))
    assert [language for language, _ in languages.most_common()] == ["en", "ru", "de"]
    for claim in Claim.objects.filter(language="ru"):
        assert re.fullmatch(r"[а-яА-Я .]+", claim.text)
    dates = list(Claim.objects.values_list("occurred", flat=True))
    for form in (r"", r"\d{4}", r"\d{4}-\d\d", r"\d{4}-\d\d-\d\d", r"[\d-]+/[\d-]+"):
        assert any(re.fullmatch(form, date) for date in dates), form
    years = [claim.occurred_first.year for claim in Claim.objects.filter(occurred_first__isnull=False)]
    assert 2000 <= min(years) < 2008
    assert 2015 < median(years) <= max(years) <= 2025


def test_topics_are_a_tree_of_places_subjects_and_events() -> None:
    generate(1)
    parents = dict(Topic.objects.values_list("id", "parent_id"))

    def level(topic: int) -> int:
        parent = parents[topic]
        return 1 if parent is None else 1 + level(parent)

    assert {level(topic) for topic in parents} == {1, 2, 3, 4}
    assert set(Topic.objects.values_list("kind", flat=True)) == set(TopicKind)
    events = Topic.objects.filter(kind=TopicKind.EVENT)
    assert events.filter(occurred_first__isnull=False, place__kind=TopicKind.PLACE).count() == len(events) == 100


def test_actors_of_all_kinds_belong_to_others_and_have_names() -> None:
    generate(1)
    assert set(Actor.objects.values_list("kind", flat=True)) == set(ActorKind)
    assert Actor.objects.filter(part_of__isnull=False).exists()
    assert set(ActorName.objects.values_list("language", flat=True)) == {"en", "ru"}


def test_a_copy_is_published_after_its_original() -> None:
    generate()
    derived = Source.objects.filter(derived_from__isnull=False)
    assert len(derived) == 4
    for source in derived.select_related("derived_from"):
        assert source.published_last >= source.derived_from.published_first


def test_an_existing_seed_is_rejected_and_nothing_changes() -> None:
    generate(60, seed=3)
    before, runs = content(), ImportRun.objects.count()
    with pytest.raises(CommandError, match=r"seed 3 are already in this database.*another --seed"):
        generate(100, seed=3)
    assert content() == before
    assert ImportRun.objects.count() == runs


def test_another_seed_adds_to_the_first() -> None:
    generate(60, seed=1)
    generate(60, seed=11)
    assert Claim.objects.count() == 120
    assert Topic.objects.count() == 800
    for seed in (1, 11):
        claims = Claim.objects.filter(slug__startswith=f"synthetic-{seed}-")
        assert claims.count() == 60
        foreign = Assertion.objects.filter(claim__in=claims).exclude(speaker__slug__startswith=f"synthetic-{seed}-")
        assert not foreign.exists()


def test_existing_and_later_rows_are_not_affected() -> None:
    claim = make_claim()
    make_verdict(claim=claim)
    generate(60)
    later = make_claim()
    make_assertion(claim=later, source=make_source())
    make_verdict(claim=later)
    assert Claim.objects.count() == 62
    claim.refresh_from_db()
    assert (claim.status, claim.version) == (Status.SUPPORTED, 2)
    assert set(Claim.objects.filter(slug__startswith="synthetic-").values_list("version", flat=True)) == {1}


def test_an_import_run_counts_the_rows() -> None:
    generate(60, seed=5)
    run = ImportRun.objects.get(format="synthetic")
    assert (run.state, run.file_name) == (ImportState.DONE, "60 claims, seed 5")
    assert run.counts["claims"] == {"added": 60}
    assert run.finished_at is not None


@pytest.mark.parametrize(("claims", "options", "message"), [(0, {}, "N must be"), (5, {"seed": -1}, "--seed must be")])
def test_numbers_out_of_range_are_rejected(claims: int, options: dict[str, int], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        generate(claims, **options)
    assert not Claim.objects.exists()
