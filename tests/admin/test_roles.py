"""Permissions in the admin, which forged forms can't get around."""

from html import escape
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from claims.models import (
    Actor,
    ActorName,
    Assertion,
    Claim,
    Evidence,
    ImportRun,
    Rewording,
    Source,
    SourceAuthor,
    Verdict,
)
from claims.models.choices import VerdictState
from tests.adminpages import MODELS, delete, form_of, queries, url
from tests.factories import (
    make_actor,
    make_actor_name,
    make_assertion,
    make_claim,
    make_claim_topic,
    make_erratum,
    make_evidence,
    make_import_run,
    make_relation,
    make_rewording,
    make_skipped_passage,
    make_source,
    make_source_author,
    make_topic,
    make_verdict,
)

pytestmark = pytest.mark.django_db


def staff(role: str) -> User:
    user = User.objects.create(username=role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def contributor(db: None) -> User:
    return staff("contributor")


@pytest.fixture
def site(contributor: User) -> Client:
    return signed_in(contributor)


def save(client: Client, record: Any, **changes: Any) -> Any:
    address = url(type(record), "change", record.pk)
    return client.post(address, form_of(client, address) | changes)


def one_of_each() -> None:
    claim = make_claim()
    make_assertion(claim=claim)
    make_verdict(claim=claim, evidence=[make_evidence(claim=claim)])
    make_rewording(claim=claim)
    make_relation(from_claim=claim)
    make_skipped_passage()
    make_erratum()
    make_topic()
    make_import_run()


# fmt: off
#               view add change delete, of what others added
READER        = "view"
CONTRIBUTOR   = "view add"
REVIEWER      = "view add change delete"
# fmt: on
RIGHTS = {
    "reader": (READER, READER, ""),
    "contributor": (CONTRIBUTOR, READER, ""),
    "reviewer": (REVIEWER, "view add change", ""),
    "administrator": (REVIEWER, "view add change", "view"),
}


@pytest.mark.parametrize("role", RIGHTS)
def test_pages_open_to_those_who_may(role: str) -> None:
    one_of_each()
    bare = make_claim()
    client = signed_in(staff(role))
    others, verdicts, runs = RIGHTS[role]
    index = client.get("/admin/").context["app_list"]
    assert ("ImportRun" in {m["object_name"] for app in index for m in app["models"]}) == bool(runs)
    assert {"User", "Group"} & {m["object_name"] for app in index for m in app["models"]} == (
        {"User", "Group"} if role == "administrator" else set()
    )
    for model in MODELS:
        rights = {Verdict: verdicts, ImportRun: runs, Rewording: READER}.get(model, others)
        row = bare if model is Claim else model.objects.first()  # no verdict goes with it
        pages = {"view": url(model, "change", row.pk), "add": url(model, "add"), "delete": url(model, "delete", row.pk)}
        for verb, address in pages.items():
            expected = 200 if verb in rights.split() else 403
            assert client.get(address).status_code == expected, (model, verb)
        posted = client.post(pages["view"], {"_version": "0"}).status_code
        assert posted == (200 if "change" in rights.split() else 403), model


def test_contributors_change_what_is_theirs_and_undecided(site: Client, contributor: User) -> None:
    mine, theirs, decided = (make_claim(created_by=user) for user in (contributor, None, contributor))
    make_verdict(claim=decided)
    assert save(site, mine, text="Better words.").status_code == 302
    for claim in (theirs, decided):
        assert save(site, claim, text="Better words.").status_code == 403
        assert site.post(url(Claim, "delete", claim.pk), {"post": "yes"}).status_code == 403
    assert Claim.objects.filter(text="Better words.").get() == mine
    on_decided = make_evidence(claim=Claim.objects.get(pk=decided.pk), created_by=contributor)
    assert save(site, on_decided, summary="Better words.").status_code == 403
    delete(site, mine)
    assert not Claim.objects.filter(pk=mine.pk).exists()


def test_locked_fields_are_shown_and_not_taken(site: Client, contributor: User) -> None:
    source = make_source(created_by=contributor, slug="kept")
    response = save(site, source, slug="taken", reliability="A", title="New", version="9", created_by="")
    assert response.status_code == 302
    source.refresh_from_db()
    assert (source.slug, source.reliability, source.title) == ("kept", "F", "New")
    assert (source.version, source.created_by) == (2, contributor)
    add = url(Source, "add")
    site.post(add, form_of(site, add) | {"title": "A report", "kind": "report", "reliability": "A", "slug": "mine"})
    added = Source.objects.get(slug="mine")
    assert (added.reliability, added.created_by) == ("F", contributor)


def test_rows_of_others_in_an_inline_stay_as_they_are(site: Client, contributor: User) -> None:
    actor = make_actor(created_by=contributor)
    mine = make_actor_name(actor=actor, name="Mine", created_by=contributor)
    theirs = make_actor_name(actor=actor, name="Theirs")
    forged = {}
    address = url(Actor, "change", actor.pk)
    for at, name in enumerate(actor.names.all()):
        forged |= {f"names-{at}-name": f"New {name.name}", f"names-{at}-kind": "acronym"}
        if name == theirs:
            forged[f"names-{at}-DELETE"] = "on"
    assert site.post(address, form_of(site, address) | forged).status_code == 302
    assert set(ActorName.objects.values_list("pk", "name")) == {(mine.pk, "New Mine"), (theirs.pk, "Theirs")}
    forged = {f"names-{at}-DELETE": "on" for at in range(2)}
    assert site.post(address, form_of(site, address) | forged).status_code == 302
    assert list(ActorName.objects.all()) == [theirs]


def test_authors_that_others_added_stay(site: Client, contributor: User) -> None:
    source = make_source(created_by=contributor)
    make_source_author(source=source)
    assert save(site, source, **{"bylines-0-DELETE": "on", "bylines-0-position": "7"}).status_code == 302
    assert SourceAuthor.objects.get().position == 1


def test_topics_that_others_added_to_a_claim_stay(site: Client, contributor: User) -> None:
    claim, topic = make_claim(created_by=contributor), make_topic()
    make_claim_topic(claim=claim)
    page = save(site, claim, topic_list=[topic.pk]).content.decode()
    assert "You can&#x27;t remove entries that somebody else added." in page
    assert save(site, claim, topic_list=[topic.pk, *claim.topics.values_list("pk", flat=True)]).status_code == 302
    assert claim.topics.count() == 2


def test_a_contributor_decides_nothing_by_forged_forms(site: Client, contributor: User) -> None:
    claim = make_claim(created_by=contributor)
    draft = make_verdict(claim=claim, state=VerdictState.DRAFT, of_record=False)
    data = {
        "verdicts-TOTAL_FORMS": "1",
        "verdicts-INITIAL_FORMS": "0",
        "verdicts-0-status": "refuted",
        "verdicts-0-rationale": "Forged.",
        "verdicts-0-issuer": make_actor().pk,
        "verdicts-0-state": "published",
        "verdicts-0-of_record": "on",
        "status": "refuted",
    }
    assert save(site, claim, **data).status_code in (200, 302)
    assert save(site, claim, text="New words.", _step=f"submit-{draft.pk}-{draft.version}").status_code == 403
    assert save(site, draft, state="published").status_code == 403
    for verb in ("submit", "publish", "return", "withdraw"):
        assert save(site, draft, _step=verb).status_code == 403
    assert site.post(url(Verdict, "add"), {}).status_code == 403
    draft.refresh_from_db()
    claim.refresh_from_db()
    assert (Verdict.objects.count(), draft.state, claim.status) == (1, "draft", "unverified")
    assert claim.text != "New words."


def test_actions_delete_only_what_one_may_delete(site: Client, contributor: User) -> None:
    mine, theirs = make_claim(created_by=contributor), make_claim()
    address = url(Claim, "changelist")
    data = {"action": "delete_selected", "_selected_action": [mine.pk, theirs.pk]}
    page = site.post(address, data)
    assert "Someone else added this" in page.content.decode()
    forged = data | {"post": "yes", "_shown": page.wsgi_request.shown}
    assert site.post(address, forged).status_code == 403
    assert Claim.objects.count() == 2


def test_only_reviewers_merge_actors(site: Client, contributor: User) -> None:
    mine, into = make_actor(created_by=contributor), make_actor(created_by=contributor)
    assert "Merge into" not in site.get(url(Actor, "change", mine.pk)).content.decode()
    assert site.post(url(Actor, "merge", mine.pk), {"into": into.pk}).status_code == 403
    reviewer = signed_in(staff("reviewer"))
    assert "Merge into" in reviewer.get(url(Actor, "change", mine.pk)).content.decode()
    assert reviewer.post(url(Actor, "merge", mine.pk), {"into": into.pk}).status_code == 302


def test_drafts_are_not_shown_to_readers() -> None:
    claim = make_claim()
    draft = make_verdict(claim=claim, state=VerdictState.DRAFT, of_record=False, rationale="Not yet said.")
    published = make_verdict(claim=claim, rationale="Said.")
    reader, reviewer = signed_in(staff("reader")), signed_in(staff("reviewer"))
    choices = reverse("admin:autocomplete") + "?app_label=claims&model_name=verdict&field_name=supersedes"
    for client, seen in ((reader, {published.pk}), (reviewer, {draft.pk, published.pk})):
        page = client.get(url(Claim, "change", claim.pk)).content.decode()
        assert ("Not yet said." in page, "Said." in page) == (len(seen) == 2, True)
        listed = client.get(url(Verdict, "changelist")).context["cl"].result_list
        assert {verdict.pk for verdict in listed} == seen
        assert {int(c["id"]) for c in client.get(choices).json()["results"]} == seen
        assert client.get(url(Verdict, "change", draft.pk)).status_code == (200 if len(seen) == 2 else 302)
        assert client.get(url(Verdict, "history", published.pk)).status_code == (200 if len(seen) == 2 else 403)


def test_a_contributor_adds_to_what_others_began(site: Client, contributor: User) -> None:
    claim, speaker, source = make_claim(), make_actor(), make_source()
    page = site.get(url(Claim, "change", claim.pk)).content.decode()
    begun = url(Assertion, "add") + f"?claim={claim.pk}&"
    assert escape(begun) in page
    assert url(Verdict, "add") not in page
    address = f"{begun}speaker={speaker.pk}&source={source.pk}"
    assert site.post(address, form_of(site, address)).status_code == 302
    assert Assertion.objects.get().created_by == contributor


def test_a_page_takes_no_more_queries_for_fifty_rows(site: Client, contributor: User) -> None:
    claim = make_claim(created_by=contributor)
    address, listed = url(Claim, "change", claim.pk), url(Evidence, "changelist")
    make_evidence(claim=claim, created_by=contributor)
    queries(site, address)
    before = queries(site, address), queries(site, listed)
    for _ in range(20):
        make_evidence(claim=claim)
        make_assertion(claim=claim)
    assert (queries(site, address), queries(site, listed)) == before


# Accounts


def account(user: User, page: str = "change") -> str:
    return reverse(f"admin:auth_user_{page}", args=[user.pk])


def test_an_administrator_creates_accounts_and_assigns_roles() -> None:
    client = signed_in(staff("administrator"))
    add = reverse("admin:auth_user_add")
    secret = "long enough, and unlikely"
    client.post(add, {"username": "new", "password1": secret, "password2": secret, "usable_password": "true"})
    new = User.objects.get(username="new")
    reviewers = Group.objects.get(name="reviewer")
    data = form_of_account(client, new) | {"groups": [reviewers.pk], "is_staff": "on"}
    assert client.post(account(new), data).status_code == 302
    assert signed_in(User.objects.get(pk=new.pk)).get(url(Verdict, "add")).status_code == 200
    client.post(account(new), data | {"is_active": ""})
    assert not User.objects.get(pk=new.pk).is_active


def form_of_account(client: Client, user: User) -> dict[str, Any]:
    form = client.get(account(user)).context["adminform"].form
    found = {field.html_name: field.value() for field in form if field.value() not in (None, "", False)}
    joined = user.date_joined
    return found | {"date_joined_0": f"{joined:%Y-%m-%d}", "date_joined_1": f"{joined:%H:%M:%S}", "is_active": "on"}


def test_a_disabled_user_is_signed_out_at_once() -> None:
    user = staff("reviewer")
    client = signed_in(user)
    assert client.get(url(Claim, "changelist")).status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get(url(Claim, "changelist")).status_code == 302


def test_an_administrator_neither_creates_nor_changes_superusers() -> None:
    administrator = staff("administrator")
    root = User.objects.create_superuser("root", password="first")
    other = User.objects.create(username="other")
    client = signed_in(administrator)
    forged = {"is_superuser": "on", "user_permissions": ["1"], "is_staff": "on"}
    for user in (administrator, other):
        assert client.post(account(user), form_of_account(client, user) | forged).status_code == 302
        user.refresh_from_db()
        assert (user.is_staff, user.is_superuser, user.user_permissions.count()) == (True, False, 0)
    secret = "long enough, and unlikely"
    new = {"username": "new", "password1": secret, "password2": secret, "usable_password": "true"}
    client.post(reverse("admin:auth_user_add"), new | forged)
    assert not User.objects.get(username="new").is_superuser
    assert client.post(account(root), {"username": "mine", "is_active": ""}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[root.pk])
    assert client.get(password).status_code == 403
    assert client.post(password, {"password1": secret, "password2": secret}).status_code == 403
    root.refresh_from_db()
    assert (root.username, root.is_active, root.check_password("first")) == ("root", True, True)
    group = Group.objects.get(name="administrator")
    change = reverse("admin:auth_group_change", args=[group.pk])
    assert client.post(change, {"name": "x", "permissions": []}).status_code == 403
    assert client.post(account(root, "delete"), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [root.pk], "post": "yes"}
    client.post(reverse("admin:auth_user_changelist"), chosen)
    assert User.objects.filter(pk=root.pk).exists()


@pytest.mark.parametrize("role", ["reader", "contributor", "reviewer"])
def test_accounts_are_for_administrators(role: str) -> None:
    user = staff(role)
    client = signed_in(user)
    for page in ("changelist", "add"):
        assert client.get(reverse(f"admin:auth_user_{page}")).status_code == 403
        assert client.get(reverse(f"admin:auth_group_{page}")).status_code == 403
    administrators = Group.objects.get(name="administrator")
    assert client.post(account(user), {"groups": [administrators.pk], "is_superuser": "on"}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[staff("administrator").pk])
    assert client.post(password, {"password1": "x", "password2": "x"}).status_code == 403
    assert list(user.groups.values_list("name", flat=True)) == [role]


def test_administrators_can_view_groups() -> None:
    group = Group.objects.get(name="reader")
    response = signed_in(staff("administrator")).get(reverse("admin:auth_group_change", args=[group.pk]))
    assert response.status_code == 200
    assert "reader" in response.content.decode()


def test_superusers_may_do_all_but_empty_the_roles(admin_client: Client) -> None:
    user = staff("reader")
    assert admin_client.get(account(user)).context["adminform"].form.fields.keys() >= {"is_superuser"}
    group = Group.objects.get(name="reader")
    assert admin_client.post(reverse("admin:auth_group_change", args=[group.pk]), {"name": "x"}).status_code == 403
