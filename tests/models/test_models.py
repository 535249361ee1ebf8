"""Each rule of the models, both ways: the database refuses a direct write, and `full_clean()` reports it before.

The rules on trees, snapshots and statuses, and the history, are tested in test_models_over_time.py.
"""

import copy
import string
from datetime import date

import pytest
from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, connection, models, transaction

from claims.models import ClaimRelation, Erratum, Rewording, Snapshot, Verdict
from claims.models.base import Record
from claims.models.snapshot import digest
from tests import factories as make

pytestmark = pytest.mark.django_db

#: the models of the record
MODELS = [m for m in apps.get_app_config("claims").get_models() if issubclass(m, Record)]


def make_one(model):
    """A row of any model, from its factory."""
    names = {"ClaimRelation": "relation", "SkippedPassage": "skipped_passage", "ImportRun": "import_run"}
    words = "".join(f"_{c.lower()}" if c.isupper() else c for c in model.__name__).strip("_")
    return getattr(make, f"make_{names.get(model.__name__, words)}")()


def make_open(model):
    """A row of any model that can still change."""
    return make.make_verdict(state="draft", of_record=False) if model is Verdict else make_one(model)


def refused(constraint, write):
    """Check that the database refuses a write by this constraint, at once or at commit."""

    def at_commit():
        with transaction.atomic():
            write()
            connection.check_constraints()

    with pytest.raises(IntegrityError) as error:
        at_commit()
    assert error.value.__cause__.diag.constraint_name == constraint


def complained(row, field, **changes):
    """Check that `full_clean()` of the changed row has errors at this field; return the messages."""
    changed = copy.copy(row)
    changed._state = copy.copy(row._state)
    changed._state.fields_cache = row._state.fields_cache.copy()
    for name, value in changes.items():
        setattr(changed, name, value)
    with pytest.raises(ValidationError) as error:
        changed.full_clean()
    assert field in error.value.message_dict, error.value.message_dict
    return error.value.message_dict[field]


def columns(row):
    """The stored values of a row without its id, to create another one."""
    row.refresh_from_db()
    fields = [f for f in row._meta.concrete_fields if not isinstance(f, models.GeneratedField)]
    return {f.attname: getattr(row, f.attname) for f in fields if not f.primary_key}


def store(row, *, is_new=False, **changes):
    """Write a changed row; if `is_new` or if such rows never change, as another one."""
    model = type(row)
    if is_new or model is Rewording:
        model.objects.bulk_create([model(**columns(row) | changes)])
    else:
        model._default_manager.filter(pk=row.pk).update(**changes)


START = make.TEXT.index("Was it old?")
END = START + len("Was it old?")
QUOTE = digest("Was it old?")
SPANS = {
    "assertion": make.make_assertion,
    "evidence": make.make_evidence,
    "skipped": make.make_skipped_passage,
    "erratum": make.make_erratum,
}
PRINTED = {"erratum": {"printed": "Was it old?"}}


def spanned(name):
    more = PRINTED.get(name, {})
    return SPANS[name](snapshot=make.make_snapshot(), start=START, end=END, **more)


def wrong_span(name, rule, field, **changes):
    """Check that a span is refused on update, on insert and by `full_clean()`."""
    row = spanned(name)
    model, values = type(row), columns(row)
    refused(f"{name}_{rule}", lambda: model.objects.filter(pk=row.pk).update(**changes))
    refused(f"{name}_{rule}", lambda: model.objects.bulk_create([model(**values | changes)]))
    complained(row, field, **changes)


@pytest.mark.parametrize("name", SPANS)
@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"end": len(make.TEXT) + 1}, "span_within", "end"),
        ({"start": START + 1}, "span_hash", "quote_sha256"),
        ({"end": END + 1}, "span_hash", "quote_sha256"),
        ({"end": START}, "end_after_start", "end"),
        ({"start": END, "end": START}, "end_after_start", "end"),
    ],
)
def test_spans(name, changes, rule, field):
    wrong_span(name, rule, field, **changes)


@pytest.mark.parametrize("name", ["assertion", "evidence", "skipped"])
def test_quotes_have_their_hash(name):
    wrong_span(name, "span_hash", "quote_sha256", quote_sha256="0" * 64)


@pytest.mark.parametrize("name", ["assertion", "evidence"])
def test_spans_are_whole_or_missing(name):
    for missing in ("start", "end", "snapshot_id"):
        wrong_span(name, "start_span_whole", "start", **{missing: None})


@pytest.mark.parametrize("name", ["assertion", "evidence"])
def test_span_and_source_belong_together(name):
    row, other = spanned(name), make.make_source()
    refused(f"{name}_span_same_source", lambda: type(row).objects.filter(pk=row.pk).update(source=other))
    complained(row, "snapshot", source=other)


@pytest.mark.parametrize("name", ["assertion", "evidence", "skipped"])
def test_without_the_text_the_hash_is_required(name):
    snapshot = make.make_snapshot(text=None, sha256=digest(make.TEXT), length=len(make.TEXT))
    row = SPANS[name](snapshot=snapshot, start=START, end=END, quote_sha256=QUOTE)
    write = lambda: type(row).objects.filter(pk=row.pk).update(quote_sha256="")  # noqa: E731
    refused(f"{name}_span_hash_given", write)
    complained(row, "quote_sha256", quote_sha256="")
    for wrong in ("x", QUOTE.upper(), QUOTE[:-1]):
        refused(f"{name}_quote_sha256_form", lambda: type(row).objects.filter(pk=row.pk).update(quote_sha256=wrong))  # noqa: B023
        complained(row, "quote_sha256", quote_sha256=wrong)
    refused(f"{name}_span_within", lambda: type(row).objects.filter(pk=row.pk).update(end=len(make.TEXT) + 1))


def test_a_missing_hash_is_filled_in():
    for name in SPANS:
        row = spanned(name)
        type(row).objects.filter(pk=row.pk).update(quote_sha256="")
        row.refresh_from_db()
        assert row.quote_sha256 == QUOTE
        row.full_clean()


def test_printed_words_are_those_of_the_span():
    row = spanned("erratum")
    refused("erratum_printed", lambda: Erratum.objects.filter(pk=row.pk).update(printed="Was it cold?"))
    complained(row, "printed", printed="Was it cold?")


def test_a_relation_is_unique_and_between_two_claims():
    row = make.make_relation(kind="contradicts")
    turned = ClaimRelation(from_claim=row.to_claim, to_claim=row.from_claim, kind="contradicts")
    same = ClaimRelation(from_claim=row.from_claim, to_claim=row.to_claim, kind="contradicts")
    for again in (turned, same):
        refused("relation_once", lambda: ClaimRelation.objects.bulk_create([copy.copy(again)]))  # noqa: B023
        assert complained(again, NON_FIELD_ERRORS)[0].startswith("The two claims already have this relation")
    to_itself = ClaimRelation(from_claim=row.from_claim, to_claim=row.from_claim, kind="refines")
    refused("relation_to_claim_other", lambda: ClaimRelation.objects.bulk_create([copy.copy(to_itself)]))
    complained(to_itself, "to_claim")
    make.make_relation(from_claim=row.to_claim, to_claim=row.from_claim, kind="refines")


@pytest.mark.parametrize(
    ("model", "constraint"),
    [
        (m, c)
        for m in MODELS
        for c in m._meta.constraints
        # the database numbers each rewording of a record; see the next test
        if isinstance(c, models.UniqueConstraint) and m is not Rewording
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_unique_constraints(model, constraint):
    row = make_one(model)
    if constraint.name == "actor_wikidata_id_unique":
        row.wikidata_id = "Q159"
        row.save()
    values = columns(row)
    if "slug" in values and not constraint.name.endswith("_slug_unique"):
        values["slug"] = "another"
    if constraint.name == "verdict_of_record_once":
        values["issuer_id"] = make.make_actor().pk
    if constraint.name == "verdict_revision_once":
        values["of_record"] = False
    if constraint.name == "verdict_superseded_once":
        later = make.make_verdict(claim=row.claim, issuer=row.issuer, supersedes=row, reason="News.")
        values = columns(later) | {"of_record": False, "revision": 0}
    if constraint.name == "token_name_unique":
        values["digest"] = "0" * 128
    refused(constraint.name, lambda: model.objects.bulk_create([model(**values)]))
    with pytest.raises(ValidationError) as error:
        model(**values).full_clean()
    assert constraint.violation_error_message in str(error.value)


@pytest.mark.parametrize("what", ["claim", "evidence"])
def test_a_change_is_reworded_once(what):
    evidence = make.make_evidence()
    make.make_verdict(claim=evidence.claim, evidence=[evidence])
    connection.check_constraints()
    record = evidence if what == "evidence" else evidence.claim
    first = {"claim": evidence.claim, "evidence": evidence if what == "evidence" else None, "kind": "error"}
    Rewording.objects.create(**first, reason="A slip.")
    again = Rewording(**first, reason="More.", new_version=Rewording.objects.get().new_version)
    refused("rewording_once", lambda: Rewording.objects.bulk_create([copy.copy(again)]))
    assert complained(again, NON_FIELD_ERRORS) == ["This change has a reason already."]
    store(record, **({"stance": "refutes"} if what == "evidence" else {"context": "By 2020."}))
    connection.check_constraints()


CHOICES = [(m, f) for m in MODELS for f in m._meta.concrete_fields if f.choices]


@pytest.mark.parametrize(("model", "field"), CHOICES, ids=lambda v: getattr(v, "name", None) or v.__name__)
def test_allowed_values(model, field):
    row = make_open(model)
    wrong = 7 if isinstance(field, models.IntegerField) else "zzz"[: field.max_length]
    # of a stored verdict, a trigger orders the states
    is_new = (model, field.name) == (Verdict, "state")
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        store(row, is_new=is_new, **{field.name: wrong})
    assert error.value.__cause__.diag.constraint_name.endswith(f"_{field.name}_allowed")
    if field.editable:
        complained(row, field.name, **{field.name: wrong})


def test_all_choices_were_found():
    assert len(CHOICES) >= 17


#: (field name, values that the database refuses, those that only full_clean() refuses, good ones)
FORMS = {
    "language": (
        ["en_US", "e", "en-", "-en", "english", "en--US", "123", "en US", "i-klingon"],
        ["xx", "zz-ZZ", "en-UK", "ara", "deu", "en-yue", "de-1996-1996", "en-a-bcd", "en-u-ca-u-nu"],
        [
            "en",
            "ru",
            "zh-Hant",
            "sr-Latn-RS",
            "de-1996",
            "es-419",
            "en-GB-oxendict",
            "und",
            "qaa-x-a",
            "en-u-ca-islamic",
        ],
    ),
    "country": (["ru", "R1", "R", "Р2"], ["XX", "ZZ"], ["RU", "US", "XK", ""]),
    "wikidata_id": (["7747", "Q0", "Q01", "q1", "P31", "Q1x", "Q"], [], ["Q7747", ""]),
    "slug": (["Aa", "a b", "-a", "a-", "a--b", "1", "a_b", "ä", "a/b"], [], ["a", "a-1", "2024-a"]),
    "url": (
        ["ftp://example.org", "example.org", "javascript:alert(1)"],
        ["http://"],
        ["https://example.org/a?b=1", "http://bücher.example:8080/Ä", "https://a:B@example.org#C", ""],
    ),
    "archived_url": (["ftp://example.org"], [], ["http://example.org", ""]),
    "media_type": (["text", "Text/Plain", "text/plain;", ""], [], ["text/html", "text/plain; charset=utf-8"]),
}
FORMED = [(m, f) for m in MODELS for f in FORMS if f in {x.name for x in m._meta.concrete_fields}]


@pytest.mark.parametrize(("model", "name"), FORMED, ids=lambda v: v if isinstance(v, str) else v.__name__)
def test_well_formed_values(model, name):
    row = make_one(model)
    refused_by_all, refused_by_us, good = FORMS[name]
    for value in refused_by_all:
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            model.objects.filter(pk=row.pk).update(**{name: value})
        assert f"_{name}_" in error.value.__cause__.diag.constraint_name, value
        complained(row, name, **{name: value})
    for value in refused_by_us:
        complained(row, name, **{name: value})
    for value in good:
        if value or row._meta.get_field(name).blank:
            setattr(row, name, value)
            row.full_clean()
            row.save()


BLANK = [("Actor", "name"), ("ActorName", "name"), ("Topic", "name"), ("Source", "title"), ("Claim", "text")]
BLANK += [("Evidence", "summary"), ("Verdict", "rationale"), ("Rewording", "reason"), ("ImportRun", "format")]


@pytest.mark.parametrize(("model", "name"), BLANK)
def test_texts_are_not_blank(model, name):
    row = make_open(apps.get_model("claims", model))
    for value in ("", " \n\t"):
        with pytest.raises(IntegrityError, match="not_blank"), transaction.atomic():
            store(row, **{name: value})
        complained(row, name, **{name: value})


DATES = [(m, f) for m in MODELS for f in ("occurred", "said", "published", "issued") if hasattr(m, f"{f}_first")]


@pytest.mark.parametrize(("model", "name"), DATES, ids=lambda v: v if isinstance(v, str) else v.__name__)
def test_dates_are_edtf(model, name):
    row = make.make_topic(kind="event") if model.__name__ == "Topic" else make_one(model)
    for value in ("yesterday", "2024-13", "2024-02-30", "22.3.2024", "2024/2023"):
        with pytest.raises(IntegrityError, match=f"_{name}_edtf"), transaction.atomic():
            model.objects.filter(pk=row.pk).update(**{name: value})
        assert "is invalid" in complained(row, name, **{name: value})[0]
    setattr(row, name, "2024-02~")
    row.full_clean()
    row.save()
    row.refresh_from_db()
    assert (getattr(row, f"{name}_first"), getattr(row, f"{name}_last")) == (date(2024, 2, 1), date(2024, 2, 29))


def test_only_events_have_a_date_and_a_place():
    event, place = make.make_topic(kind="event"), make.make_topic(kind="place")
    model = type(event)
    for changes in ({"occurred": "2024"}, {"place": place}):
        topic = make.make_topic()
        refused("topic_occurred_only_events", lambda: model.objects.filter(pk=topic.pk).update(**changes))  # noqa: B023
        complained(topic, "occurred", **changes)
    refused("topic_place_is_a_place", lambda: model.objects.filter(pk=event.pk).update(place=event))
    complained(event, "place", place=make.make_topic())
    make.make_topic(kind="event", place=place)
    refused("topic_place_is_a_place", lambda: model.objects.filter(pk=place.pk).update(kind="subject"))
    complained(place, "kind", kind="subject")


def test_snapshot_hash_and_length_are_those_of_the_text():
    values = columns(make.make_snapshot())
    for changes, constraint, field in (
        ({"sha256": "0" * 64}, "snapshot_sha256", "sha256"),
        ({"length": 3}, "snapshot_length", "length"),
        ({"text": None, "sha256": ""}, "snapshot_sha256_form", "sha256"),
        ({"text": None, "length": None}, "snapshot_length_given", "length"),
        ({"text": "", "sha256": "", "length": None}, "snapshot_length_given", "length"),
    ):
        changed = values | changes | {"source_id": make.make_source().pk}
        refused(constraint, lambda: Snapshot.objects.bulk_create([Snapshot(**changed)]))  # noqa: B023
        complained(Snapshot(**changed), field)


def test_every_constraint_has_a_name_and_a_message_of_its_own():
    default = models.BaseConstraint.default_violation_error_message
    ours = [m for m in apps.get_app_config("claims").get_models() if not hasattr(m, "pgh_tracked_model")]
    constraints = [c for m in ours for c in m._meta.constraints]
    assert len(constraints) > 70
    for one in constraints:
        assert one.name
        assert one.violation_error_message != default
        assert str(one.violation_error_message).strip("“")[0] in string.ascii_letters
        assert "%(" not in str(one.violation_error_message)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid::regclass::text LIKE 'claims\\_%'"
            " AND conrelid::regclass::text NOT LIKE '%event'"
        )
        checks = {name for (name,) in cursor}
    # the others are Django's own, which keep numbers at 0 or above
    assert all(name.endswith("_check") for name in checks - {c.name for c in constraints})


def test_natural_keys_find_their_rows():
    for model in MODELS:
        row = make_one(model)
        if hasattr(row, "natural_key"):
            assert model._default_manager.get_by_natural_key(*row.natural_key()) == row


def test_the_slug_of_a_claim_is_generated_from_its_text():
    rows = [
        make.make_claim(text=text) for text in ("The bridge fell.", "The bridge fell.", "Мост упал.", "!!!", "2024")
    ]
    assert [row.slug for row in rows[:3]] == ["the-bridge-fell", "the-bridge-fell-2", "most-upal"]
    assert rows[3].slug.startswith("claim-")
    assert rows[4].slug == "claim-2024"
    long = make.make_claim(text="word " * 90)
    assert len(long.slug) <= 80
    long.full_clean()
