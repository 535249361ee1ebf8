"""The admin through Django's test client."""

from html import escape
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.admin.paginator import BoundedPaginator
from claims.admin.spans import text_fragment
from claims.models import Actor, Claim, Evidence, ImportRun, Source
from claims.models.choices import RelationKind, Status
from tests.adminpages import MODELS, queries, url
from tests.factories import (
    TEXT,
    make_actor,
    make_actor_name,
    make_assertion,
    make_claim,
    make_erratum,
    make_evidence,
    make_import_run,
    make_relation,
    make_rewording,
    make_skipped_passage,
    make_snapshot,
    make_source,
    make_topic,
    make_verdict,
)

pytestmark = pytest.mark.django_db


def one_of_each() -> None:
    """A row of each model, with a span and a hostile name."""
    snapshot = make_snapshot(source=make_source(publisher=make_actor(), title="<script>alert(1)</script>"))
    claim = make_claim(topics=[make_topic()], about=[make_actor()], text="<script>alert(2)</script> holds.")
    make_assertion(claim=claim, snapshot=snapshot, start=0, end=12)
    make_verdict(claim=claim, evidence=[make_evidence(claim=claim, snapshot=snapshot, start=4, end=12)])
    make_rewording(claim=claim, changes={"context": "<script>alert(3)</script>"})
    make_relation(from_claim=claim)
    make_skipped_passage(snapshot=snapshot)
    make_erratum(snapshot=snapshot)
    make_actor_name()
    make_import_run()


def ids(response: Any) -> set[int]:
    return {row.pk for row in response.context["cl"].result_list}


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_page_of_every_model_responds(admin_client: Client, model: type) -> None:
    one_of_each()
    row = model.objects.first()
    addresses = [url(model, "changelist"), url(model, "changelist") + "?q=holds"]
    addresses += [url(model, page, row.pk) for page in ("change", "history")]
    if admin.site._registry[model].has_add_permission(admin_client.get("/admin/").wsgi_request):
        addresses += [url(model, "add"), url(model, "delete", row.pk)]
    for address in addresses:
        response = admin_client.get(address)
        assert response.status_code == 200, address
        assert "<script>alert" not in response.content.decode(), address


def test_the_reading_view_escapes_and_marks(admin_client: Client) -> None:
    snapshot = make_snapshot(text="He said <b>it & left</b>. Then rain fell.")
    assertion = make_assertion(snapshot=snapshot, start=8, end=24)
    make_erratum(snapshot=snapshot, start=31, end=35, printed="rain", meant='"sleet"')
    page = admin_client.get(url(Source, "reading", snapshot.source_id)).content.decode()
    assert '<span id="c8" data-start="8" class="claimed">&lt;b&gt;it &amp; left&lt;/b&gt;</span>' in page
    assert f'<a href="#a{assertion.pk}">1</a>' in page
    assert 'title="Meant: &quot;sleet&quot;"' in page
    assert "state-uncovered" in page
    assert "<b>it" not in page


def test_a_source_shows_its_claims_in_reading_order_and_its_coverage(admin_client: Client) -> None:
    snapshot = make_snapshot()
    late = make_assertion(snapshot=snapshot, start=35, end=50)
    early = make_assertion(snapshot=snapshot, start=0, end=33)
    make_skipped_passage(snapshot=snapshot)
    response = admin_client.get(url(Source, "change", snapshot.source_id))
    assert [card.row.pk for card in response.context["claims"]] == [early.pk, late.pk]
    assert response.context["coverage"].claimed == 2
    assert [piece["words"] for piece in response.context["uncovered"]] == ["It stood for 60 years."]
    assert escape(early.claim.text) in response.content.decode()


def test_a_source_without_its_text_says_so(admin_client: Client) -> None:
    snapshot = make_snapshot(text=None, sha256="a" * 64, length=100)
    make_assertion(snapshot=snapshot, start=3, end=9, quote_sha256="b" * 64)
    assert "not held here" in admin_client.get(url(Source, "change", snapshot.source_id)).content.decode()
    assert "not held here" in admin_client.get(url(Source, "reading", snapshot.source_id)).content.decode()


def test_a_claims_page_shows_everything_related_to_it(admin_client: Client) -> None:
    wire = make_source(title="Wire story", publisher=make_actor(), reliability="B")
    copy = make_source(title="Copy of it", derived_from=wire, publisher=make_actor())
    snapshot = make_snapshot(source=wire)
    claim, other, third = make_claim(), make_claim(), make_claim()
    make_assertion(claim=claim, snapshot=snapshot, start=18, end=33)
    make_evidence(claim=claim, source=wire, credibility=2)
    make_evidence(claim=claim, source=copy)
    make_relation(from_claim=claim, to_claim=other)
    make_relation(from_claim=third, to_claim=claim, kind=RelationKind.ATTRIBUTES)
    make_verdict(claim=claim, status=Status.REFUTED)
    page = admin_client.get(url(Claim, "change", claim.pk)).content.decode()
    assert f"…{TEXT[:18]}<mark>{TEXT[18:33]}</mark>" in page
    assert "2 sources, 1 independent origin" in page
    assert ">B2</abbr>" in page
    assert 'class="badge status-refuted">Refuted' in page
    assert other.text in page
    assert third.text in page
    assert f"?snapshot={snapshot.pk}#c18" in page


def test_origins_count_owners_and_first_works() -> None:
    owner = make_actor()
    first = make_source(publisher=make_actor(part_of=owner))
    claim = make_claim()
    for source in (first, make_source(derived_from=first), make_source(publisher=owner), make_source()):
        make_evidence(claim=claim, source=source)
    origins = set(Evidence.objects.filter(claim=claim).with_origin().values_list("origin", flat=True))
    assert len(origins) == 2
    assert f"actor:{owner.pk}" in origins


def test_text_fragments_name_the_words() -> None:
    assert text_fragment("https://a.example/b", "well-read, he") == "https://a.example/b#:~:text=well%2Dread%2C%20he"
    long = " ".join(f"w{n}" for n in range(40))
    assert text_fragment("https://a.example", long).endswith("text=w0%20w1%20w2%20w3%20w4,w35%20w36%20w37%20w38%20w39")


# Lists


def many_rows(number: int) -> None:
    speaker, source, topic = make_actor(), make_source(publisher=make_actor()), make_topic()
    snapshot = make_snapshot(source=source)
    for _ in range(number):
        claim = make_claim(topics=[topic])
        make_assertion(claim=claim, speaker=speaker, snapshot=snapshot, start=0, end=5)
        make_verdict(claim=claim, evidence=[make_evidence(claim=claim, source=source)])
        make_relation(from_claim=claim)
        make_actor(part_of=speaker)
        make_topic(parent=topic)
        make_source(publisher=speaker)


def test_pages_take_as_many_queries_for_fifty_rows_as_for_one(admin_client: Client) -> None:
    many_rows(1)
    claim, source = Claim.objects.get(verdicts__isnull=False), Source.objects.get(snapshots__isnull=False)
    pages = [url(model, "changelist") for model in MODELS]
    pages += [url(Claim, "changelist") + "?q=claim", url(Claim, "change", claim.pk)]
    pages += [url(Source, "change", source.pk), url(Source, "reading", source.pk)]
    for page in pages:
        queries(admin_client, page)  # content types are looked up once
    before = {page: queries(admin_client, page) for page in pages}
    snapshot = source.snapshots.get()
    for number in range(6):
        make_assertion(claim=claim, snapshot=snapshot, start=6, end=9 + number)
        make_assertion(snapshot=snapshot, start=6, end=12)
        make_assertion(claim=claim, source=source, locator=f"p. {number}")
        make_verdict(claim=claim, of_record=False, evidence=[make_evidence(claim=claim)])
        make_relation(from_claim=claim)
        make_relation(to_claim=claim)
    many_rows(50)
    for page in pages:
        with CaptureQueriesContext(connection) as found:
            assert admin_client.get(page).status_code == 200
        assert len(found) == before[page], page + "\n".join(query["sql"][:200] for query in found)


def test_no_list_counts_further_than_its_pages(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("claims.admin.paginator.PAGES", 2)
    for _ in range(101):
        make_claim()
    with CaptureQueriesContext(connection) as found:
        page = admin_client.get(url(Claim, "changelist")).content.decode()
    assert "100+ claims" in page
    assert "narrow the list down" in page
    counts = [query["sql"] for query in found if "COUNT(*)" in query["sql"]]
    assert len(counts) == 1
    assert "LIMIT 101" in counts[0]
    assert admin_client.get(url(Claim, "changelist") + "?p=3").status_code == 302  # there is no such page


def test_the_paginator_counts_exactly_below_its_bound() -> None:
    make_claim()
    make_claim()
    paginator = BoundedPaginator(Claim.objects.order_by("-id"), 50)
    assert (paginator.count, paginator.more) == (2, False)
    assert BoundedPaginator([1, 2, 3], 50).count == 3


def test_claims_are_found_by_their_words(admin_client: Client) -> None:
    bridge = make_claim(text="The bridges of the capital fell.")
    make_claim(text="The roof of the station fell.")
    assert ids(admin_client.get(url(Claim, "changelist"), {"q": "bridge falling -roof"})) == set()
    assert ids(admin_client.get(url(Claim, "changelist"), {"q": "bridge -roof"})) == {bridge.pk}
    assert ids(admin_client.get(url(Claim, "changelist"), {"q": '"capital fell"'})) == {bridge.pk}
    assert admin_client.get(url(Claim, "changelist"), {"q": "\x00 & | ( : *"}).status_code == 200


def test_claims_are_filtered(admin_client: Client) -> None:
    parent = make_topic()
    claim = make_claim(topics=[make_topic(parent=parent)], about=[make_actor()], occurred="2024-03", kind="number")
    assertion = make_assertion(claim=claim, said="2024-03-23")
    dated_by_source = make_assertion(source=make_source(published="2017-12-20"), claim=make_claim(occurred="2017"))
    make_verdict(claim=claim, status=Status.SUPPORTED)
    make_claim()
    both = {claim.pk, dated_by_source.claim_id}
    for query, expected in [
        ({"speaker": assertion.speaker_id}, {claim.pk}),
        ({"source": assertion.source_id}, {claim.pk}),
        ({"topic": parent.pk}, {claim.pk}),
        ({"about": claim.about.get().pk}, {claim.pk}),
        ({"status__exact": "supported"}, {claim.pk}),
        ({"kind__exact": "number"}, {claim.pk}),
        ({"occurred_from": "2024-03-05", "occurred_to": "2024-03-05"}, {claim.pk}),
        ({"occurred_from": "2017"}, both),
        ({"occurred_to": "2017-06"}, {dated_by_source.claim_id}),
        ({"said_from": "2024"}, {claim.pk}),
        ({"said_to": "2017"}, {dated_by_source.claim_id}),
        ({"said_from": "2018", "said_to": "2019"}, set()),
        ({"speaker": "x"}, set()),
        ({"speaker": "9" * 30}, set()),
        ({"occurred_from": "tomorrow"}, set()),
        ({"occurred_from": "9" * 30}, set()),
    ]:
        assert ids(admin_client.get(url(Claim, "changelist"), query)) == expected, query


def test_a_filter_shows_what_was_chosen_and_keeps_the_others(admin_client: Client) -> None:
    speaker = make_actor(name="Ada Byron")
    page = admin_client.get(url(Claim, "changelist"), {"speaker": speaker.pk, "q": "sea"}).content.decode()
    assert f'<option value="{speaker.pk}" selected>Ada Byron</option>' in page
    assert '<input type="hidden" name="q" value="sea">' in page
    assert f'<input type="hidden" name="speaker" value="{speaker.pk}">' in page


def complete(client: Client, model: str, field: str, term: str) -> list[str]:
    query = {"app_label": "claims", "model_name": model, "field_name": field, "term": term}
    response = client.get(reverse("admin:autocomplete"), query)
    assert response.status_code == 200
    return [result["text"] for result in response.json()["results"]]


def test_autocompletes_forgive_and_leave_out_the_merged(admin_client: Client) -> None:
    putin = make_actor(name="Vladimir Putin")
    make_actor_name(actor=putin, language="ru", name="Владимир Путин")
    make_actor(name="Vladimir Puttin", merged_into=putin)
    for term in ("puttin", "Путин", "vlad", "v", "Vladimir P"):
        assert complete(admin_client, "assertion", "speaker", term) == ["Vladimir Putin"], term
    assert complete(admin_client, "assertion", "speaker", "x\x00") == []
    make_claim(text="The bridges of the capital fell.")
    assert complete(admin_client, "assertion", "claim", "capital brid") == ["The bridges of the capital fell."]
    source = make_source(title="Nothing in common", publisher=putin)
    assert complete(admin_client, "assertion", "source", "vladimir put") == [source.title]


def test_autocompletes_count_nothing_and_end(admin_client: Client) -> None:
    for _ in range(41):
        make_topic()
    address = reverse("admin:autocomplete") + "?app_label=claims&model_name=topic&field_name=parent&term="
    for page, length, more in ((1, 20, True), (2, 20, True), (3, 1, False)):
        with CaptureQueriesContext(connection) as found:
            answer = admin_client.get(f"{address}&page={page}").json()
        assert (len(answer["results"]), answer["pagination"]["more"]) == (length, more)
        assert not any("COUNT" in query["sql"] for query in found)
    assert admin_client.get(f"{address}&page=999999999").status_code == 404


def test_every_relation_of_a_form_has_an_autocomplete(admin_client: Client) -> None:
    one_of_each()
    for model in MODELS:
        response = admin_client.get(url(model, "change", model.objects.first().pk))
        forms = [response.context["adminform"].form]
        forms += [inline.formset.empty_form for inline in response.context["inline_admin_formsets"]]
        for form in forms:
            for name, field in form.fields.items():
                if hasattr(field, "queryset") and name not in ("id", "relies_on") and not field.widget.is_hidden:
                    widget = getattr(field.widget, "widget", field.widget)
                    in_place = type(widget).__name__ in ("InlineForeignKeyHiddenInput", "HiddenInput")
                    assert in_place or "Autocomplete" in type(widget).__name__, (model, name)


# Who may


def test_readers_get_no_forms(client: Client) -> None:
    one_of_each()
    client.force_login(User.objects.create_user("vera", is_staff=True))
    assert client.get(url(ImportRun, "changelist")).status_code == 403
    for model in set(MODELS) - {ImportRun}:
        row = model.objects.first()
        assert client.get(url(model, "changelist")).status_code == 200
        assert client.get(url(model, "change", row.pk)).status_code == 200
        assert client.post(url(model, "change", row.pk), {}).status_code == 403
        assert client.get(url(model, "delete", row.pk)).status_code == 403
    assert client.get(url(Actor, "merge", Actor.objects.first().pk)).status_code == 403
    assert "_next" not in client.get(url(Claim, "change", Claim.objects.first().pk)).content.decode()


def test_strangers_are_sent_to_the_login(client: Client) -> None:
    snapshot = make_snapshot()
    for address in (url(Claim, "changelist"), url(Source, "reading", snapshot.source_id)):
        assert client.get(address).url.startswith(reverse("admin:login"))


def test_pages_need_no_inline_script_or_style(admin_client: Client) -> None:
    one_of_each()
    for model in MODELS:
        for address in (url(model, "changelist"), url(model, "change", model.objects.first().pk)):
            page = admin_client.get(address).content.decode()
            assert "<style" not in page, address
            assert " style=" not in page, address
            assert " onclick=" not in page, address
            for script in page.split("<script")[1:]:
                assert "src=" in script.split(">")[0], address


def test_the_record_comes_first_on_the_index(admin_client: Client) -> None:
    apps = admin_client.get("/admin/").context["app_list"]
    assert [model["object_name"] for model in apps[0]["models"]][:4] == ["Claim", "Source", "Actor", "Topic"]
