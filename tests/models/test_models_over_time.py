"""Rules across rows and time: trees without cycles, immutable texts, statuses that follow verdicts, history."""

import threading
from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Case, Value, When

from claims.desk.merging import merge
from claims.models import Actor, Claim, Rewording, Snapshot, Source, Token, Topic, Verdict
from claims.models.snapshot import digest
from tests import factories as make
from tests.models.test_models import MODELS, columns, complained, make_one, make_open, refused

pytestmark = pytest.mark.django_db

#: tokens are not part of it
RECORD = [model for model in MODELS if model is not Token]
#: rewordings are kept as they are
CHANGING = [model for model in RECORD if model is not Rewording]

TREES = {
    "actor_part_of_no_cycle": (make.make_actor, Actor, "part_of"),
    "actor_merged_into_no_cycle": (make.make_actor, Actor, "merged_into"),
    "source_derived_from_no_cycle": (make.make_source, Source, "derived_from"),
    "topic_parent_no_cycle": (make.make_topic, Topic, "parent"),
}


@pytest.mark.parametrize("constraint", TREES)
def test_no_cycle(constraint):
    make_row, model, field = TREES[constraint]
    top = make_row()
    middle = make_row(**{field: top})
    bottom = make_row(**{field: middle})
    for above, below in ((top, top), (top, middle), (top, bottom), (middle, bottom)):
        refused(constraint, lambda: model.objects.filter(pk=above.pk).update(**{field: below}))  # noqa: B023
        assert "leads back" in complained(above, field, **{field: below})[0]
    values = columns(make_row()) | {"slug": "itself", f"{field}_id": 10**9}
    refused(constraint, lambda: model.objects.bulk_create([model(pk=10**9, **values)]))

    one, two = make_row(), make_row()
    other = Case(When(pk=one.pk, then=Value(two.pk)), default=Value(one.pk))
    both = model.objects.filter(pk__in=[one.pk, two.pk])
    refused(constraint, lambda: both.update(**{field: other}))
    with transaction.atomic():
        model.objects.filter(pk=bottom.pk).update(**{field: top})
        connection.check_constraints()


def at_once(*writes):
    """Run writes in threads at the same time, each in a transaction; return what each raised, or None."""
    barrier, errors = threading.Barrier(len(writes)), [None] * len(writes)

    def run(number, write):
        try:
            with transaction.atomic():
                barrier.wait(10)
                write()
        except Exception as error:
            errors[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(writes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return errors


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("constraint", TREES)
def test_concurrent_writes_form_no_cycle(constraint):
    make_row, model, field = TREES[constraint]
    one, two = make_row(), make_row()
    errors = at_once(
        lambda: model.objects.filter(pk=one.pk).update(**{field: two}),
        lambda: model.objects.filter(pk=two.pk).update(**{field: one}),
    )
    assert sorted(type(error).__name__ for error in errors) == ["IntegrityError", "NoneType"]
    assert model.objects.filter(**{f"{field}__isnull": False}).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_span_and_a_text_that_do_not_match_can_not_be_added_at_once():
    snapshot = make.make_snapshot(text=None, sha256=digest(make.TEXT), length=len(make.TEXT))
    wrong = {"snapshot": snapshot, "start": 0, "end": 3, "quote_sha256": "0" * 64}
    errors = at_once(
        lambda: make.make_assertion(**wrong), lambda: Snapshot.objects.filter(pk=snapshot.pk).update(text=make.TEXT)
    )
    assert sorted(type(error).__name__ for error in errors) == ["IntegrityError", "NoneType"]


def test_a_text_never_changes():
    row = make.make_snapshot()
    snapshots, other = Snapshot.objects.filter(pk=row.pk), make.make_source()
    for changes, constraint, field in (
        ({"text": "Another text."}, "snapshot_text_fixed", "text"),
        ({"text": None}, "snapshot_text_fixed", "text"),
        ({"text": make.TEXT + " "}, "snapshot_text_fixed", "text"),
        ({"sha256": "0" * 64}, "snapshot_fixed", "sha256"),
        ({"length": 1}, "snapshot_fixed", "length"),
        ({"source": other}, "snapshot_fixed", "source"),
        ({"text": "x", "sha256": digest("x"), "length": 1}, "snapshot_fixed", "sha256"),
    ):
        refused(constraint, lambda: snapshots.update(**changes))  # noqa: B023
        complained(row, field, **changes)
    snapshots.update(media_type="text/html")


def test_only_the_exact_text_can_be_added_later_and_only_once():
    bare = {"text": None, "sha256": digest(make.TEXT), "length": len(make.TEXT)}
    row = make.make_snapshot(**bare)
    snapshots = Snapshot.objects.filter(pk=row.pk)
    refused("snapshot_text_other", lambda: snapshots.update(text="Another text."))
    complained(row, "sha256", text="Another text.")
    for name in ("skipped_passage", "assertion", "evidence", "erratum"):
        held = make.make_snapshot(**bare | {"source": make.make_source()})
        span = {"snapshot": held, "start": 0, "end": 3, "quote_sha256": digest("Not")}
        if name == "erratum":
            span["printed"] = "Not"
        getattr(make, f"make_{name}")(**span)
        refused("snapshot_spans_match", lambda: Snapshot.objects.filter(pk=held.pk).update(text=make.TEXT))  # noqa: B023
    make.make_assertion(snapshot=row, start=0, end=3, quote_sha256=digest("The"))
    snapshots.update(text=make.TEXT)
    refused("snapshot_text_fixed", lambda: snapshots.update(text=make.TEXT.upper()))


def status(claim):
    return Claim.objects.values_list("status", flat=True).get(pk=claim.pk)


def test_status_follows_every_write():
    claim, other = make.make_claim(), make.make_claim()
    draft = make.make_verdict(claim=claim, status="refuted", state="draft", of_record=False)
    assert status(claim) == "unverified"
    verdicts = Verdict.objects.filter(pk=draft.pk)
    verdicts.update(status="not_enough_evidence")
    assert status(claim) == "unverified"
    verdicts.update(state="published", of_record=True, second_reader=False)
    assert status(claim) == "not_enough_evidence"
    later = {"claim": claim, "issuer": draft.issuer, "status": "conflicting", "reason": "News."}
    second = make.make_verdict(**later, supersedes=draft)
    assert status(claim) == "conflicting"
    make.make_verdict(claim=claim, status="supported", of_record=False)
    assert status(claim) == "conflicting"
    Verdict.objects.filter(pk=second.pk).update(state="withdrawn", of_record=False, withdrawal="It was wrong.")
    assert status(claim) == "unverified"
    values = columns(make.make_verdict(status="not_checkable", of_record=False))
    rows = [Verdict(**values | {"claim_id": pk, "of_record": True}) for pk in (claim.pk, other.pk)]
    Verdict.objects.bulk_create(rows)
    assert (status(claim), status(other)) == ("not_checkable", "not_checkable")
    connection.check_constraints()


def test_the_position_of_record_is_handed_over():
    first = make.make_verdict(status="supported")
    claim = first.claim
    beside = make.make_verdict(claim=claim, status="conflicting", of_record=False)
    later = {"issuer": first.issuer, "supersedes": first, "reason": "News.", "status": "not_checkable"}
    values = columns(make.make_verdict(of_record=False)) | {"claim_id": claim.pk, "of_record": True}
    refused("verdict_of_record_once", lambda: Verdict.objects.bulk_create([Verdict(**values)]))
    # outside of a publication, nobody hands it over
    for verdict, is_given in ((first, False), (beside, True)):
        write = Verdict.objects.filter(pk=verdict.pk).update
        refused("verdict_of_record_decided", lambda: write(of_record=is_given))  # noqa: B023
    second = make.make_verdict(claim=claim, state="draft", of_record=False, **later)
    assert status(claim) == "supported"
    publish = {"state": "published", "second_reader": False}
    refused("verdict_takes_over", lambda: Verdict.objects.filter(pk=second.pk).update(**publish))
    Verdict.objects.filter(pk=second.pk).update(of_record=True, **publish)
    assert status(claim) == "not_checkable"
    assert list(Verdict.objects.of_record().filter(claim=claim)) == [second]
    refused("verdict_superseded", lambda: Verdict.objects.filter(pk=first.pk).update(of_record=True))
    refused("verdict_published_kept", lambda: Claim.objects.filter(pk=claim.pk).delete())
    connection.check_constraints()


def test_nothing_else_writes_the_status():
    claim, decided = make.make_claim(), make.make_verdict(status="refuted").claim
    refused("claim_status_of_record", lambda: Claim.objects.filter(pk=claim.pk).update(status="supported"))
    refused("claim_status_of_record", lambda: Claim.objects.filter(pk=decided.pk).update(status="unverified"))
    values = columns(claim) | {"slug": "another", "status": "supported"}
    refused("claim_status_of_record", lambda: Claim.objects.bulk_create([Claim(**values)]))
    with transaction.atomic():  # changed and restored before the commit
        Claim.objects.filter(pk=claim.pk).update(status="supported")
        Claim.objects.filter(pk=claim.pk).update(status="unverified")
        connection.check_constraints()


def test_versions_and_dates_are_kept_by_the_database():
    row = make.make_topic()
    row.refresh_from_db()
    assert row.version == 1
    Topic.objects.filter(pk=row.pk).update(version=9, name="New", created_at=datetime(2000, 1, 1, tzinfo=UTC))
    after = Topic.objects.get(pk=row.pk)
    assert (after.version, after.created_at) == (2, row.created_at)
    assert after.updated_at > row.updated_at
    Topic.objects.filter(pk=row.pk).update(name="New")
    assert Topic.objects.get(pk=row.pk).version == 2


EVENTS = {m.pgh_tracked_model: m for m in apps.get_app_config("claims").get_models() if hasattr(m, "pgh_tracked_model")}


def test_every_model_of_the_record_has_a_history():
    assert EVENTS.keys() == set(RECORD)


@pytest.mark.parametrize("model", CHANGING, ids=lambda model: model.__name__)
def test_history_keeps_the_old_rows(model):
    event = EVENTS[model]
    kept = [f.attname for f in model._meta.concrete_fields if f.name != "search"]
    assert not set(kept) - {f.attname for f in event._meta.concrete_fields}
    keys = [make_open(model).pk for _ in range(2)]

    def events(label):
        found = event.objects.filter(pgh_label=label, pgh_obj_id__in=keys)
        return {row["id"]: row for row in found.values(*kept)}

    queryset = model._default_manager.filter(pk__in=keys)
    first = {row["id"]: row for row in queryset.values(*kept)}
    assert not event.objects.filter(pgh_obj_id__in=keys).exists()
    queryset.update(updated_at=datetime(2001, 1, 1, tzinfo=UTC))
    assert events("update") == first
    second = {row["id"]: row for row in queryset.values(*kept)}
    assert {row["version"] for row in second.values()} == {2}
    queryset._raw_delete(queryset.db)
    assert events("delete") == second
    assert not queryset.exists()


@pytest.mark.parametrize("model", CHANGING, ids=lambda model: model.__name__)
def test_history_itself_never_changes(model):
    event = EVENTS[model]
    row = make_one(model)
    model._default_manager.filter(pk=row.pk).update(updated_at=datetime(2001, 1, 1, tzinfo=UTC))
    events = event.objects.filter(pgh_obj_id=row.pk)
    for write in (lambda: events.update(version=7), lambda: events._raw_delete(events.db)):
        with pytest.raises(Exception, match="Cannot update or delete rows"), transaction.atomic():
            write()
    assert events.count() == 1


def test_a_rewording_is_kept_as_it_is():
    row = make.make_rewording()
    rows = Rewording.objects.filter(pk=row.pk)
    refused("rewording_kept", lambda: rows.update(reason="Another reason."))
    refused("rewording_kept", rows.delete)


def test_a_merge_moves_all_and_breaks_no_rule():
    old, new = make.make_actor(), make.make_actor()
    first = make.make_verdict(issuer=old, of_record=False)
    make.make_verdict(issuer=old, claim=first.claim, supersedes=first, reason="News.", of_record=False)
    part = make.make_actor(part_of=old)
    source = make.make_source(publisher=old, authors=[old, new])
    claim = make.make_claim(about=[old, new])
    assertion = make.make_assertion(speaker=old)
    make.make_actor_name(actor=old, name="Alias")
    merge(old, new)
    connection.check_constraints()
    assert set(Verdict.objects.values_list("issuer", flat=True)) == {new.pk}
    part.refresh_from_db(), source.refresh_from_db(), assertion.refresh_from_db()
    assert {part.part_of, source.publisher, assertion.speaker} == {new}
    assert list(source.authors.all()) == list(claim.about.all()) == [new]
    assert set(new.names.values_list("name", flat=True)) == {"Alias", old.name}
    for pair in ((old, make.make_actor()), (make.make_actor(), old), (new, new), (new, part)):
        with pytest.raises(ValidationError):
            merge(*pair)
    gone = make.make_actor()
    Actor.objects.filter(pk=gone.pk).delete()
    with pytest.raises(ValidationError):
        merge(gone, new)
    with pytest.raises(IntegrityError), transaction.atomic():
        Actor.objects.filter(pk=new.pk).update(merged_into=old)
