"""Former addresses, which triggers record on a new slug or Wikidata id, on merging and on deletion."""

import threading
import time

import psycopg
import pytest
from django.db import connection, transaction

from claims.desk.merging import merge
from claims.models import Actor, Claim, FormerAddress, Source, Topic
from claims.models.lookup import find
from claims.models.visibility import DESK
from tests import factories as make
from tests.models.test_models import columns, complained, refused
from tests.models.test_models_over_time import at_once

pytestmark = pytest.mark.django_db

NOUNS = {"claim": make.make_claim, "source": make.make_source, "actor": make.make_actor, "topic": make.make_topic}


def sql(statement, *params):
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def kept(kind="claim"):
    """Where the former addresses of a kind lead: name → id, or None."""
    return dict(FormerAddress.objects.filter(kind=kind).values_list("name", f"{kind}_id"))


@pytest.mark.parametrize("kind", NOUNS)
def test_a_new_slug_leaves_the_old_one_behind(kind):
    one, two = NOUNS[kind](slug="a"), NOUNS[kind](slug="x")
    model, table = type(one), f"claims_{kind}"
    sql(f"UPDATE {table} SET slug = 'b' WHERE id = %s", one.pk)
    sql(f"UPDATE {table} SET slug = 'c' WHERE id = %s", one.pk)
    assert kept(kind) == {"a": one.pk, "b": one.pk}
    values = columns(two) | {"slug": "a"}
    if kind in ("actor", "topic"):
        values["wikidata_id"] = ""
    for write in (
        lambda: sql(f"UPDATE {table} SET slug = 'a' WHERE id = %s", two.pk),
        lambda: model.objects.bulk_create([model(**values)]),
        lambda: sql(f"UPDATE {table} SET slug = 'b' WHERE slug = 'x'"),
    ):
        refused(f"{kind}_slug_former", write)
    assert "once belonged to another" in complained(two, "slug", slug="a")[0]
    # the record can take its own slug back, which is then no longer a former one
    one.refresh_from_db()
    one.slug = "a"
    one.full_clean()
    sql(f"UPDATE {table} SET slug = 'a' WHERE id = %s", one.pk)
    assert kept(kind) == {"b": one.pk, "c": one.pk}
    model.objects.filter(pk=one.pk).delete()
    assert kept(kind) == {"a": None, "b": None, "c": None}
    refused(f"{kind}_slug_former", lambda: model.objects.bulk_create([model(**values)]))
    assert set(FormerAddress.objects.values_list("former_id", flat=True)) == {one.pk}


def test_a_deleted_record_can_be_restored():
    claim = make.make_claim(slug="a")
    values = columns(claim)
    sql("DELETE FROM claims_claim WHERE id = %s", claim.pk)
    assert kept() == {"a": None}
    Claim(pk=claim.pk, **values).save(force_insert=True)
    assert kept() == {}


def test_copy_does_not_bypass_the_rule():
    topic = make.make_topic(slug="a")
    Topic.objects.filter(pk=topic.pk).update(slug="b")

    def copy():
        columns = "slug, name, kind, description, occurred, country, wikidata_id"
        with connection.cursor() as cursor, cursor.copy(f"COPY claims_topic ({columns}) FROM STDIN") as rows:
            for slug in ("fine", "a"):
                rows.write_row((slug, slug, "subject", "", "", "", ""))

    with pytest.raises(psycopg.errors.CheckViolation) as error, transaction.atomic():
        copy()
    assert error.value.diag.constraint_name == "topic_slug_former"
    assert not Topic.objects.filter(slug="fine").exists()


def test_many_at_once():
    claims = [make.make_claim(slug=f"old-{n}") for n in range(3)]
    sql("UPDATE claims_claim SET slug = replace(slug, 'old', 'new')")
    assert kept() == {f"old-{n}": claim.pk for n, claim in enumerate(claims)}
    Claim.objects.all().delete()
    assert set(kept()) == {f"{age}-{n}" for age in ("old", "new") for n in range(3)}
    assert set(kept().values()) == {None}


def test_generated_slugs_avoid_former_ones():
    claim = make.make_claim(text="The bridge fell.")
    assert claim.slug == "the-bridge-fell"
    Claim.objects.filter(pk=claim.pk).update(slug="other")
    assert make.make_claim(text="The bridge fell.").slug == "the-bridge-fell-2"


def test_merging_leads_on_through_all_mergers():
    a, b, c, d = (make.make_actor(slug=slug, wikidata_id=f"Q{n}") for n, slug in enumerate("abcd", 1))
    Actor.objects.filter(pk=a.pk).update(slug="aa")
    # by plain SQL, and so as a chain
    sql("UPDATE claims_actor SET merged_into_id = %s WHERE id = %s", b.pk, a.pk)
    sql("UPDATE claims_actor SET merged_into_id = %s WHERE id = %s", c.pk, b.pk)
    names = ("a", "aa", "Q1", "b", "Q2")
    assert kept("actor") == dict.fromkeys(names, c.pk)
    merge(c, d)
    assert kept("actor") == dict.fromkeys([*names, "c", "Q3"], d.pk)
    wanted = ["a", "aa", "Q1", "b", a.pk, str(b.pk), "d", "Q4"]
    assert find(Actor, wanted, DESK) == dict.fromkeys(wanted, d)
    # a deleted merged actor still leads on
    sql("DELETE FROM claims_actor WHERE id = %s", a.pk)
    assert kept("actor") == dict.fromkeys([*names, "c", "Q3"], d.pk)
    assert find(Actor, [a.pk], DESK) == {a.pk: d}


def test_unmerging():
    a, b, c, d = (make.make_actor(slug=slug, wikidata_id=f"Q{n}") for n, slug in enumerate("abcd", 1))
    for one, other in ((a, b), (b, c)):
        sql("UPDATE claims_actor SET merged_into_id = %s WHERE id = %s", other.pk, one.pk)
    sql("UPDATE claims_actor SET merged_into_id = NULL WHERE id = %s", b.pk)
    assert kept("actor") == {"a": b.pk, "Q1": b.pk}
    sql("UPDATE claims_actor SET merged_into_id = %s WHERE id = %s", d.pk, b.pk)
    assert kept("actor") == dict.fromkeys(["a", "Q1", "b", "Q2"], d.pk)
    sql("UPDATE claims_actor SET slug = 'bb' WHERE id = %s", b.pk)
    assert kept("actor") == dict.fromkeys(["a", "Q1", "b", "Q2", "bb"], d.pk)


def test_actors_inserted_as_merged_lead_on():
    new = make.make_actor(slug="new")
    old = make.make_actor(slug="old", wikidata_id="Q7", merged_into=new)
    make.make_actor(slug="older", merged_into=old)
    assert kept("actor") == {"old": new.pk, "Q7": new.pk, "older": new.pk}


def test_a_wikidata_id_may_go_to_another_record():
    one, two = make.make_actor(wikidata_id="Q1"), make.make_actor()
    Actor.objects.filter(pk=one.pk).update(wikidata_id="Q2")
    assert kept("actor") == {"Q1": one.pk}
    Actor.objects.filter(pk=two.pk).update(wikidata_id="Q1")
    assert kept("actor") == {}
    assert find(Actor, ["Q1"], DESK) == {"Q1": two}
    Actor.objects.filter(pk=two.pk).delete()
    assert kept("actor")["Q1"] is None
    make.make_actor(wikidata_id="Q1")
    assert "Q1" not in kept("actor")
    # topics may share one; it is no former address while one of them has it
    three, four = make.make_topic(wikidata_id="Q5"), make.make_topic(wikidata_id="Q5")
    Topic.objects.filter(pk=three.pk).update(wikidata_id="")
    assert kept("topic") == {}
    assert find(Topic, ["Q5"], DESK) == {"Q5": four}
    Topic.objects.filter(pk=four.pk).update(wikidata_id="")
    assert kept("topic") == {"Q5": four.pk}


def test_former_addresses_have_their_form_checked():
    claim, actor = make.make_claim(slug="a"), make.make_actor()
    refused("former_address_name_free", lambda: make.make_former_address(name="a", claim=actor and claim))
    refused("former_address_name_form", lambda: make.make_former_address(name="Not a slug"))
    refused("former_address_name_form", lambda: make.make_former_address(name="Q7", claim=claim))
    refused("former_address_kind_of_target", lambda: make.make_former_address(kind="topic", claim=claim))
    refused("former_address_kind_allowed", lambda: make.make_former_address(kind="verdict", claim=None))
    row = make.make_former_address(name="b", claim=claim)
    row.refresh_from_db()
    assert row.former_id == claim.pk
    refused("former_address_name_free", lambda: FormerAddress.objects.filter(pk=row.pk).update(name="a"))


def test_one_that_leads_to_a_merged_actor_leads_on():
    new = make.make_actor()
    old = make.make_actor(merged_into=new)
    row = make.make_former_address(name="b", actor=old)
    row.refresh_from_db()
    assert (row.actor_id, row.former_id) == (new.pk, old.pk)


@pytest.mark.django_db(transaction=True)
def test_two_renames_at_once():
    one, two = make.make_source(slug="a"), make.make_source(slug="x")
    rename = Source.objects.filter
    errors = at_once(
        lambda: rename(pk=one.pk).update(slug="b"),
        lambda: rename(pk=one.pk).update(slug="c"),
    )
    assert errors == [None, None]
    last = Source.objects.get(pk=one.pk).slug
    assert kept("source") == dict.fromkeys({"a", "b", "c"} - {last}, one.pk)
    # a write that waits for a slug which is then released can't take it
    waits = at_once_in_turn(lambda: rename(pk=one.pk).update(slug="d"), lambda: rename(pk=two.pk).update(slug=last))
    assert waits.__cause__.diag.constraint_name == "source_slug_former"


@pytest.mark.django_db(transaction=True)
def test_a_former_slug_inserted_directly_excludes_new_records():
    claim = make.make_claim()
    waits = at_once_in_turn(lambda: make.make_former_address(name="a", claim=claim), lambda: make.make_claim(slug="a"))
    assert waits.__cause__.diag.constraint_name == "claim_slug_former"
    waits = at_once_in_turn(lambda: make.make_claim(slug="b"), lambda: make.make_former_address(name="b", claim=claim))
    assert waits.__cause__.diag.constraint_name == "former_address_name_free"


def at_once_in_turn(first, second):
    """Run `second` in another thread while `first` is written but not committed; return what it raised."""
    errors = []

    def run():
        try:
            with transaction.atomic():
                second()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        first()
        thread.start()
        time.sleep(0.5)
    thread.join(30)
    return errors[0] if errors else None
