"""load_seeds: what it adds, changes, removes and keeps, and what it records."""

import pghistory.models
import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.models import (
    Actor,
    ActorName,
    Assertion,
    Claim,
    ClaimRelation,
    ClaimTopic,
    Erratum,
    Evidence,
    ImportRun,
    SkippedPassage,
    Snapshot,
    Source,
    Topic,
    Verdict,
)
from claims.models.choices import ImportState, Status
from tests.factories import (
    make_actor,
    make_claim,
    make_claim_topic,
    make_evidence,
    make_relation,
    make_topic,
    make_verdict,
)
from tests.seedfiles import SeedFolder, load, rejected, span

pytestmark = pytest.mark.django_db


# What is loaded


def test_an_article_is_loaded_with_all_its_rows(seeds: SeedFolder) -> None:
    out = load()
    assert "claims 4 added" in out
    assert "texts: 0 of 1 stored" in out
    claim = Claim.objects.get(slug="bridge-fell")
    assert claim.status == Status.SUPPORTED
    assert {topic.slug for topic in claim.topics.all()} == {"bridges", "bridge-fall"}
    assertion = claim.assertions.get()
    assert (assertion.speaker.slug, assertion.voice, assertion.said) == ("minister", "paraphrased", "")
    verdict = claim.verdicts.get()
    assert (verdict.revision, verdict.state, verdict.of_record) == (1, "published", True)
    assert verdict.evidence.get() == claim.evidence.get()
    assert ClaimRelation.objects.get().to_claim == claim
    assert Erratum.objects.get().meant == "failed"
    assert SkippedPassage.objects.get().reason == "question"


def test_a_speaker_can_be_not_known(seeds: SeedFolder) -> None:
    seeds.replace("speaker: minister, voice", "speaker: not known, voice")
    load()
    assertion = Claim.objects.get(slug="bridge-fell").assertions.get()
    assert assertion.speaker is None
    assert "nothing to do" in load()
    seeds.replace("speaker: not known, voice", "speaker: minister, voice")
    load()
    assert Claim.objects.get(slug="bridge-fell").assertions.get().speaker == Actor.objects.get(slug="minister")


def test_dates_language_tags_and_urls_are_normalised(seeds: SeedFolder) -> None:
    seeds.replace(
        "  published: 2017-05-02\n",
        "  published: -0043-03-15\n  url: HTTPS://Gazette.Example.org/A\n  language: EN-gb\n",
    )
    seeds.replace("language: no,", "language: NO,", "common.yaml")
    load()
    source = Source.objects.get(slug="gazette-on-bridge")
    assert (source.url, source.language, source.published) == ("https://gazette.example.org/A", "en-GB", "-0043-03-15")
    assert ActorName.objects.get(name="Norge").language == "no"
    assert "nothing to do" in load()


def test_a_name_with_another_spelling_in_the_database_is_left_out(seeds: SeedFolder) -> None:
    actor = make_actor(slug="norway", name="Norway", kind="state", country="NO")
    ActorName.objects.create(actor=actor, language="no", name="NORGE")
    assert "the actor already has this name, written “NORGE”" in load()
    assert actor.names.get().name == "NORGE"


def test_speaker_and_date_default_to_those_of_the_source(seeds: SeedFolder) -> None:
    load()
    assertion = Assertion.objects.get(claim__slug="minister-said-bridge-fell")
    assert (assertion.speaker.slug, assertion.voice, assertion.said) == ("gazette", "own", "2017-05-02")
    assert (assertion.stance, assertion.hedged, assertion.implied) == ("asserts", True, False)


def test_the_first_author_speaks_before_the_publisher(seeds: SeedFolder) -> None:
    seeds.replace("  publisher: gazette\n", "  publisher: gazette\n  authors: [minister, desk]\n")
    load()
    assert Assertion.objects.get(claim__slug="nobody-hurt").speaker.slug == "minister"
    bylines = Source.objects.get(slug="gazette-on-bridge").bylines.values_list("actor__slug", "position")
    assert list(bylines) == [("minister", 1), ("desk", 2)]


def test_plain_words_are_text(seeds: SeedFolder) -> None:
    """YAML would read NO as false, 2017 as a number and 2017-05-02 as a date."""
    load()
    assert Actor.objects.get(slug="norway").country == "NO"
    assert ActorName.objects.get().language == "no"
    assert Topic.objects.get(slug="bridge-fall").occurred == "2017"
    assert Source.objects.get(slug="gazette-on-bridge").published == "2017-05-02"


def test_a_second_load_finds_nothing_to_do_and_is_quick(seeds: SeedFolder) -> None:
    load()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert "nothing to do" in load()
    assert len(queries) <= 16, [query["sql"][:100] for query in queries]
    assert ImportRun.objects.count() == 1


def test_a_comment_changes_nothing(seeds: SeedFolder) -> None:
    load()
    seeds.replace("claims:\n", "# in reading order\nclaims:\n")
    out = load()
    assert "4 unchanged" in out
    assert "added" not in out
    assert "changed" not in out.replace("unchanged", "")


def test_the_number_of_queries_does_not_grow_with_the_claims(seeds: SeedFolder) -> None:
    claim = "  claim-{0}:\n    text: Claim {0}.\n    kind: fact\n    topics: [bridges]\n"
    with CaptureQueriesContext(connection) as few:
        load()
    seeds.replace("skipped:", "".join(claim.format(number) for number in range(60)) + "skipped:")
    with CaptureQueriesContext(connection) as many:
        load()
    assert len(many) <= len(few), [query["sql"][:100] for query in many]


def test_a_change_in_the_files_is_loaded(seeds: SeedFolder) -> None:
    load()
    seeds.replace("text: The bridge stood for 60 years.", "text: The bridge had stood for 60 years.")
    seeds.replace("{name: Desk,", "{name: Our desk,", "common.yaml")
    out = load()
    assert "claims 1 changed, 3 unchanged" in out
    assert Claim.objects.get(slug="bridge-stood-60-years").text == "The bridge had stood for 60 years."
    assert Actor.objects.get(slug="desk").name == "Our desk"


def test_a_row_that_left_the_files_is_removed(seeds: SeedFolder) -> None:
    load()
    seeds.replace("    relations:\n      attributes: [bridge-fell]\n", "")
    seeds.replace("topics: [bridge-fall, bridges]", "topics: [bridge-fall]")
    out = load()
    assert "claim relations 1 removed" in out
    assert not ClaimRelation.objects.exists()
    assert [link.topic.slug for link in ClaimTopic.objects.filter(claim__slug="bridge-fell")] == ["bridge-fall"]


def test_the_rows_of_a_deleted_file_are_removed(seeds: SeedFolder) -> None:
    seeds.replace("status: supported,", "status: supported, state: draft,")
    load()
    (seeds.folder / "gazette.yaml").unlink()
    load()
    assert (Claim.objects.count(), Source.objects.count(), Actor.objects.count()) == (0, 0, 3)


def test_a_slug_can_change_together_with_its_references(seeds: SeedFolder) -> None:
    seeds.replace("minister: {name: The minister,", "minister: {name: The minister, wikidata_id: Q7,", "common.yaml")
    load()
    seeds.replace("  minister: {", "  minister-of-bridges: {", "common.yaml")
    seeds.replace("speaker: minister,", "speaker: minister-of-bridges,")
    load()
    assert Assertion.objects.get(claim__slug="bridge-fell").speaker.slug == "minister-of-bridges"
    assert not Actor.objects.filter(slug="minister").exists()


def test_the_verdict_of_record_passes_to_a_new_revision(seeds: SeedFolder) -> None:
    load()
    seeds.replace(
        "rationale: The yearbook lists it., evidence: [book]}",
        "rationale: The yearbook lists it., evidence: [book], of_record: false}\n"
        "    - {issuer: desk, status: refuted, rationale: It was repaired., revision: 2, supersedes: 1, "
        "reason_kind: new_evidence, reason: News.}",
    )
    load()
    assert Claim.objects.get(slug="bridge-fell").status == Status.REFUTED
    assert Verdict.objects.get(revision=2).supersedes == Verdict.objects.get(revision=1)


def test_one_file_alone_can_refer_to_the_database(seeds: SeedFolder) -> None:
    load()
    seeds.replace("kind: number", "kind: fact")
    out = load(paths=[seeds.folder / "gazette.yaml"])
    assert "claims 1 changed, 3 unchanged" in out
    assert Actor.objects.filter(slug="desk").exists()
    assert "nothing to do" not in load()
    assert "nothing to do" in load()


def test_one_file_alone_removes_only_its_own_rows(seeds: SeedFolder) -> None:
    load()
    seeds.replace("  desk: {name: Desk, kind: organisation}\n", "", "common.yaml")
    seeds.replace("{name: The Gazette, kind: outlet}", "{name: Gazette, kind: outlet}")
    out = load(paths=[seeds.folder / "gazette.yaml"])
    assert "actors 1 changed" in out
    assert "removed" not in out
    assert "kept" not in out
    assert Actor.objects.filter(slug="desk").exists()
    assert ActorName.objects.filter(actor__slug="norway").exists()


# Edits in the database


def test_an_edited_row_is_kept_and_reported(seeds: SeedFolder) -> None:
    load()
    Claim.objects.filter(slug="bridge-stood-60-years").update(text="It stood for sixty years.")
    seeds.replace("kind: number", "kind: fact")
    for _ in range(2):
        out = load()
        assert "kept: claim bridge-stood-60-years: edited in the database (text, kind)" in out
        seeds.replace("claims:\n", "# once more\nclaims:\n")
    claim = Claim.objects.get(slug="bridge-stood-60-years")
    assert (claim.text, claim.kind) == ("It stood for sixty years.", "number")


def test_overwrite_lets_the_seeds_win(seeds: SeedFolder) -> None:
    load()
    Claim.objects.filter(slug="bridge-stood-60-years").update(text="It stood for sixty years.")
    ClaimRelation.objects.all().delete()
    out = load(overwrite=True)
    assert "1 changed" in out
    assert Claim.objects.get(slug="bridge-stood-60-years").text == "The bridge stood for 60 years."
    assert ClaimRelation.objects.count() == 1


def test_an_edit_adopted_by_the_seeds_counts_as_theirs(seeds: SeedFolder) -> None:
    load()
    Claim.objects.filter(slug="bridge-stood-60-years").update(kind="fact")
    seeds.replace("kind: number", "kind: fact")
    assert "kept" not in load()
    seeds.replace("text: The bridge stood for 60 years.", "text: The bridge had stood for 60 years.")
    assert "1 changed" in load()


def test_a_row_deleted_in_the_database_stays_deleted(seeds: SeedFolder) -> None:
    load()
    ClaimTopic.objects.filter(claim__slug="bridge-fell", topic__slug="bridges").delete()
    Claim.objects.get(slug="nobody-hurt").delete()
    seeds.replace(
        "topics: [bridges]\n    assertions:\n    - {" + span("Nobody was hurt, he added"),
        "topics: [bridges, bridge-fall]\n    assertions:\n    - {" + span("Nobody was hurt, he added"),
    )
    out = load()
    assert "kept: claim nobody-hurt: deleted or renamed in the database" in out
    assert "kept: claim topic nobody-hurt / bridge-fall: needs claim nobody-hurt, which was deleted" in out
    assert "kept: claim topic bridge-fell / bridges: deleted or renamed in the database" in out
    assert not Claim.objects.filter(slug="nobody-hurt").exists()


def test_nothing_new_refers_to_an_actor_merged_in_the_database(seeds: SeedFolder) -> None:
    load()
    Actor.objects.filter(slug="norway").update(merged_into=make_actor())
    seeds.replace("kind: number\n    topics: [bridges]", "kind: number\n    topics: [bridges]\n    about: [norway]")
    out = load()
    assert "kept: claim actor bridge-stood-60-years / norway: needs actor norway, which was" in out


def test_rows_that_never_came_from_the_seeds_are_left_alone(seeds: SeedFolder) -> None:
    load()
    claim = Claim.objects.get(slug="bridge-stood-60-years")
    make_claim_topic(claim=claim, topic=make_topic(slug="engineering"))
    make_claim(slug="own-claim")
    seeds.replace("kind: number", "kind: fact")
    load(overwrite=True)
    assert claim.topics.filter(slug="engineering").exists()
    assert Claim.objects.filter(slug="own-claim").exists()


def test_an_edited_row_that_left_the_seeds_is_kept_with_its_parts(seeds: SeedFolder) -> None:
    load()
    Claim.objects.filter(slug="nobody-hurt").update(text="Nobody came to harm.")
    content = (seeds.folder / "gazette.yaml").read_text()
    start, end = content.index("  nobody-hurt:"), content.index("  bridge-stood-60-years:")
    seeds.write("gazette.yaml", content[:start] + content[end:])
    out = load()
    assert "kept: claim nobody-hurt: no longer in the seeds, but edited in the database" in out
    assert "belongs to claim nobody-hurt, which is kept" in out
    claim = Claim.objects.get(slug="nobody-hurt")
    assert (claim.assertions.count(), claim.topics.count()) == (1, 1)
    assert "removed" in load(overwrite=True)
    assert not Claim.objects.filter(slug="nobody-hurt").exists()


def test_a_row_that_others_refer_to_is_not_removed(seeds: SeedFolder) -> None:
    seeds.replace("status: supported,", "status: supported, state: draft,")
    load()
    make_evidence(claim=Claim.objects.get(slug="nobody-hurt"))
    (seeds.folder / "gazette.yaml").unlink()
    out = load(overwrite=True)
    assert "kept: claim nobody-hurt: no longer in the seeds, but evidence" in out
    assert [claim.slug for claim in Claim.objects.all()] == ["nobody-hurt"]
    assert Evidence.objects.count() == 1


def test_a_verdict_of_record_in_the_database_is_not_replaced(seeds: SeedFolder) -> None:
    load()
    make_verdict(claim=Claim.objects.get(slug="nobody-hurt"), status=Status.REFUTED)
    seeds.replace(
        "    text: Nobody was hurt when the bridge fell.\n",
        "    text: Nobody was hurt when the bridge fell.\n"
        "    verdicts:\n    - {issuer: desk, status: supported, rationale: All say so.}\n",
    )
    assert "kept: verdict nobody-hurt / desk / 1: the claim has another verdict of record in the database" in load()
    assert Claim.objects.get(slug="nobody-hurt").status == Status.REFUTED


def test_a_relation_in_the_other_direction_is_kept(seeds: SeedFolder) -> None:
    load()
    one, other = Claim.objects.get(slug="nobody-hurt"), Claim.objects.get(slug="bridge-fell")
    make_relation(from_claim=other, kind="refines", to_claim=one)
    seeds.replace("text: Nobody was hurt when", "relations: {refines: [bridge-fell]}\n    text: Nobody was hurt when")
    assert (
        "kept: claim relation nobody-hurt / refines / bridge-fell: already in the database, in the other direction"
        in load()
    )


def test_before_the_first_load_equal_rows_are_unchanged_and_others_kept(seeds: SeedFolder) -> None:
    """As after loaddata, which leaves no manifest."""
    load()
    ImportRun.objects.all().delete()
    Claim.objects.filter(slug="nobody-hurt").update(kind="number")
    out = load()
    assert "kept: claim nobody-hurt: differs from the seeds (kind); use --overwrite to replace it" in out
    assert "claims 3 unchanged, 1 kept" in out
    assert Claim.objects.get(slug="nobody-hurt").kind == "number"
    assert "1 changed" in load(overwrite=True)


# Runs and history


def test_a_dry_run_leaves_no_trace(seeds: SeedFolder) -> None:
    out = load(dry_run=True)
    assert "4 added" in out
    assert "Dry run: nothing was written." in out
    assert not any(model.objects.exists() for model in apps.get_app_config("claims").get_models())
    load()
    seeds.replace("kind: number", "kind: fact")
    seeds.add_text()
    assert "1 changed" in load(dry_run=True, texts=seeds.texts)
    assert Claim.objects.get(slug="bridge-stood-60-years").kind == "number"
    assert Snapshot.objects.get().text is None
    assert (ImportRun.objects.count(), ImportRun.objects.get().state) == (1, ImportState.DONE)


def test_a_dry_run_reports_rows_that_the_database_rejects(seeds: SeedFolder) -> None:
    seeds.replace("place: old-town}", "place: bridges}", "common.yaml")
    assert rejected(dry_run=True) == ["common.yaml:13: topic bridge-fall: The place must be a topic of kind place."]
    assert not ImportRun.objects.exists()


def test_a_run_is_recorded_and_the_history_refers_to_it(seeds: SeedFolder) -> None:
    load()
    seeds.replace("kind: number", "kind: fact")
    load()
    run = ImportRun.objects.first()
    assert (run.state, run.file_name, run.format) == (ImportState.DONE, "common.yaml gazette.yaml", "seeds")
    assert run.counts["claims"] == {"added": 0, "changed": 1, "unchanged": 3, "removed": 0, "kept": 0}
    assert run.finished_at is not None
    event = apps.get_model("claims", "ClaimEvent").objects.get(slug="bridge-stood-60-years")
    assert event.kind == "number"
    assert event.pgh_context.metadata == {"command": "load_seeds", "import_run": run.pk}
    assert pghistory.models.Context.objects.filter(metadata__import_run=run.pk).count() == 1


def test_a_failed_run_is_recorded(seeds: SeedFolder) -> None:
    seeds.replace("kind: number", "kind: numbr")
    lines = rejected()
    run = ImportRun.objects.get()
    assert (run.state, run.errors) == (ImportState.FAILED, lines)
    seeds.replace("kind: numbr", "kind: number")
    assert "4 added" in load()
