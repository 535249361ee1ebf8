"""The rules on single records and fields, through the API, and the table itself."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.desk import roles
from claims.models import Actor, Claim, Verdict
from claims.models.base import Record
from claims.models.choices import VerdictState
from claims.models.visibility import sight_of
from claims.rest.serializers import RecordSerializer
from tests import factories as make
from tests.client import RESOURCES, VIEWS, anonymous, problem, url
from tests.people import client_of, decided_claim, people, put_body, row, write

pytestmark = pytest.mark.django_db

# Fields


LOCKED = [
    ("sources", "reliability", "A"),
    *((p, "slug", "another-name") for p in ("claims", "sources", "actors", "topics")),
]


@pytest.mark.parametrize(("prefix", "field", "value"), LOCKED)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_locked_fields_are_refused_by_name(prefix: str, field: str, value: str, method: str) -> None:
    users = people()
    record = row(prefix, users["contributor"])
    body = (put_body(prefix, record) if method == "PUT" else {}) | {field: value}
    problem(write(client_of(users["contributor"]), method, url(prefix, record.pk), body, record), 403, field)
    record.refresh_from_db()
    assert getattr(record, field) != value
    assert write(client_of(users["reviewer"]), method, url(prefix, record.pk), body, record).status_code == 200


def test_a_contributor_gives_a_slug_but_no_reliability_to_a_new_source() -> None:
    client = client_of(people()["contributor"])
    body = {"title": "A report", "kind": "report", "slug": "the-report"}
    problem(client.post(url("sources"), body | {"reliability": "A"}, format="json"), 403, "reliability")
    assert client.post(url("sources"), body, format="json").status_code == 201


def test_a_put_does_not_change_fields_that_the_user_may_not_write() -> None:
    contributor = people()["contributor"]
    source = make.make_source(created_by=contributor, reliability="B")
    body = put_body("sources", source) | {"title": "Another title"}
    assert write(client_of(contributor), "PUT", url("sources", source.pk), body, source).status_code == 200
    source.refresh_from_db()
    assert (source.title, source.reliability) == ("Another title", "B")


NOBODYS = ("created_at", "updated_at", "created_by")


@pytest.mark.parametrize("prefix", RESOURCES)
def test_nobody_writes_fields_that_the_database_maintains(prefix: str) -> None:
    users = people()
    administrator = client_of(users["administrator"])
    more = {"claims": ["status"], "actors": ["merged_into"], "verdicts": list(roles.LOCKED["claims.verdict"])}
    for field in [*NOBODYS, *more.get(prefix, [])]:
        problem(administrator.post(url(prefix), RESOURCES[prefix].body() | {field: 1}, format="json"), 400, field)
    serializer: type[RecordSerializer] = VIEWS[prefix].serializer_class
    assert "created_by" not in serializer().fields


def test_nested_rows_follow_the_table_too(monkeypatch: pytest.MonkeyPatch) -> None:
    contributor = client_of(people()["contributor"])
    place = {"source": make.make_source().slug, "speaker": make.make_actor().slug}
    body = {"text": "The bridge fell.", "kind": "fact", "assertions": [place]}
    only_reviewers = roles.TABLE["claims.assertion"][:1] + (roles.REVIEW,) * 3
    monkeypatch.setitem(roles.TABLE, "claims.assertion", only_reviewers)
    problem(contributor.post(url("claims"), body, format="json"), 403, "assertions")
    monkeypatch.undo()
    assert contributor.post(url("claims"), body, format="json").status_code == 201


# Lists that are stored in link tables


def with_topics(user: User, other: User) -> tuple[str, Any, dict[str, Any], dict[str, Any]]:
    mine, theirs = make.make_topic(), make.make_topic()
    claim = make.make_claim(created_by=user)
    make.make_claim_topic(claim=claim, topic=mine, created_by=user)
    make.make_claim_topic(claim=claim, topic=theirs, created_by=other)
    return "claims", claim, {"topics": [theirs.slug]}, {"topics": [mine.slug]}


def with_authors(user: User, other: User) -> tuple[str, Any, dict[str, Any], dict[str, Any]]:
    mine, theirs = make.make_actor(), make.make_actor()
    source = make.make_source(created_by=user)
    make.make_source_author(source=source, actor=mine, created_by=user)
    make.make_source_author(source=source, actor=theirs, created_by=other, position=2)
    return "sources", source, {"authors": [theirs.slug]}, {"authors": [mine.slug]}


def with_names(user: User, other: User) -> tuple[str, Any, dict[str, Any], dict[str, Any]]:
    actor = make.make_actor(created_by=user)
    make.make_actor_name(actor=actor, name="Mine", created_by=user)
    make.make_actor_name(actor=actor, name="Theirs", created_by=other)
    names = [{"language": "en", "name": name, "kind": "alias"} for name in ("Mine", "Theirs")]
    return "actors", actor, {"names": names[1:]}, {"names": [names[0], names[1] | {"kind": "acronym"}]}


@pytest.mark.parametrize("case", [with_topics, with_authors, with_names])
def test_a_contributor_removes_from_a_list_only_what_they_added(case: Callable[..., Any]) -> None:
    users = people()
    contributor = client_of(users["contributor"])
    prefix, record, fine, refused = case(users["contributor"], users["reviewer"])
    field = next(iter(fine))
    problem(write(contributor, "PATCH", url(prefix, record.pk), refused, record), 403, field)
    assert len(anonymous().get(url(prefix, record.pk)).json()[field]) == 2
    assert write(contributor, "PATCH", url(prefix, record.pk), fine, record).status_code == 200
    assert len(anonymous().get(url(prefix, record.pk)).json()[field]) == 1


# What is deleted with a claim


HANGING = {
    "assertion": make.make_assertion,
    "evidence": make.make_evidence,
    "relation from it": lambda claim, **kw: make.make_relation(from_claim=claim, **kw),
    "relation to it": lambda claim, **kw: make.make_relation(to_claim=claim, **kw),
}


@pytest.mark.parametrize("what", HANGING)
def test_a_contributor_deletes_a_claim_only_if_all_its_rows_are_theirs(what: str) -> None:
    users = people()
    theirs, mine = make.make_claim(created_by=users["contributor"]), make.make_claim(created_by=users["contributor"])
    HANGING[what](claim=theirs, created_by=users["reviewer"])
    HANGING[what](claim=mine, created_by=users["contributor"])
    contributor = client_of(users["contributor"])
    assert "others" in problem(write(contributor, "DELETE", url("claims", theirs.pk), None, theirs), 403)["detail"]
    assert write(contributor, "DELETE", url("claims", mine.pk), None, mine).status_code == 204


def test_nobody_deletes_a_claim_with_a_published_verdict() -> None:
    users = people()
    drafted, published = make.make_claim(), make.make_verdict().claim
    make.make_verdict(claim=drafted, state=VerdictState.DRAFT, of_record=False)
    reviewer = client_of(users["reviewer"])
    assert write(reviewer, "DELETE", url("claims", drafted.pk), None, drafted).status_code == 204
    users |= {"superuser": User.objects.create(username="super", is_superuser=True)}
    for name, status in (("reviewer", 403), ("administrator", 403), ("superuser", 400)):
        response = write(client_of(users[name]), "DELETE", url("claims", published.pk), None, published)
        assert "has been published" in problem(response, status)["detail"]


@pytest.mark.parametrize("state", ["published", "withdrawn", "superseded"])
def test_nobody_deletes_a_verdict_that_was_ever_published(state: str) -> None:
    users = people()
    draft = make.make_verdict(state=VerdictState.DRAFT, of_record=False)
    made = make.make_verdict(state="withdrawn" if state == "withdrawn" else "published", of_record=False)
    if state == "superseded":
        make.make_verdict(claim=made.claim, issuer=made.issuer, supersedes=made, reason="News.")
    users |= {"superuser": User.objects.create(username="super", is_superuser=True)}
    # the table holds for all roles, the database for superusers
    for name, status in (
        ("reviewer", 403),
        ("administrator", 403),
        ("superuser", 409 if state == "superseded" else 400),
    ):
        response = write(client_of(users[name]), "DELETE", url("verdicts", made.pk), None, made)
        expected = "in use by: verdict" if status == 409 else "has been published"
        assert expected in problem(response, status)["detail"]
    assert write(client_of(users["reviewer"]), "DELETE", url("verdicts", draft.pk), None, draft).status_code == 204


@pytest.mark.parametrize("prefix", ["claims", "evidence"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_contributor_rewords_nothing_on_which_a_verdict_was_published(prefix: str, method: str) -> None:
    """Not even what they added themselves, on a claim without a position of record."""
    users = people()
    claim = make.make_claim(created_by=users["contributor"])
    evidence = make.make_evidence(claim=claim, created_by=users["contributor"])
    make.make_verdict(claim=claim, evidence=[evidence], of_record=False)
    connection.check_constraints()
    record: Any = claim if prefix == "claims" else evidence
    address = url(prefix, record.pk)
    changed = {"context": "By 2020."} if prefix == "claims" else {"summary": "It stood."}
    body = (put_body(prefix, record) if method == "PUT" else {}) | changed
    reason = {"rewording": {"kind": "error", "reason": "A slip."}}
    contributor, reviewer = client_of(users["contributor"]), client_of(users["reviewer"])
    problem(write(contributor, method, address, body, record), 400, *changed)
    problem(write(contributor, method, address, body | reason, record), 403, "rewording")
    assert write(reviewer, method, address, body | reason, record).status_code == 200


# The table and its functions


def test_many_records_take_as_many_queries_as_one() -> None:
    contributor = people()["contributor"]
    assert roles.role_of(contributor) == roles.Role.CONTRIBUTOR

    def asked(verb: str, number: int, **kw: Any) -> int:
        rows = [make.make_evidence(created_by=contributor) for _ in range(number)]
        if verb == "delete":
            records: list[Any] = [make.make_claim(created_by=contributor) for _ in range(number)]
        else:
            records = list(type(rows[0]).objects.filter(pk__in=[r.pk for r in rows]))
        with CaptureQueriesContext(connection) as found:
            assert roles.refused(contributor, verb, records) == {}
        return len(found)

    assert asked("change", 20) == asked("change", 1) == 1
    assert asked("delete", 20) == asked("delete", 1) == 1


def test_refusals_have_the_indexes() -> None:
    users = people()
    contributor = users["contributor"]
    decided = Claim.objects.get(pk=decided_claim().pk)
    rows = [
        make.make_evidence(created_by=contributor),
        make.make_evidence(created_by=users["reviewer"]),
        make.make_evidence(created_by=contributor, claim=decided),
    ]
    found = roles.refused(contributor, "change", rows)
    assert set(found) == {1, 2}
    assert "Someone else" in found[1]
    assert "verdict of record" in found[2]
    assert set(roles.refused(contributor, "change", type(rows[0]).objects.order_by("pk"))) == {1, 2}
    assert roles.refused(users["reviewer"], "change", rows) == {}
    assert set(roles.refused(users["reader"], "change", rows)) == {0, 1, 2}


def test_the_role_takes_one_query_and_reading_none() -> None:
    users = people()
    reviewer = User.objects.get(pk=users["reviewer"].pk)
    with CaptureQueriesContext(connection) as found:
        assert roles.may(reviewer, "add", Verdict)
        assert sight_of(reviewer).desk
        assert not roles.may(reviewer, "view", User)
    assert len(found) == 1
    make.make_claim()
    with CaptureQueriesContext(connection) as found:
        anonymous().get(url("claims"))
    assert not [q for q in found if "auth_" in q["sql"]]


def test_the_highest_role_counts_and_users_without_one_are_readers() -> None:
    users = people()
    users["reader"].groups.add(Group.objects.get(name="reviewer"), Group.objects.create(name="desk"))
    assert roles.role_of(users["reader"]) == roles.Role.REVIEWER
    nobody = User.objects.create(username="nobody")
    assert roles.role_of(nobody) == roles.Role.READER
    nobody.is_active = False
    nobody.is_superuser = True
    assert not any(roles.may(nobody, verb, Claim) for verb in roles.VERBS)


def test_what_each_role_sees() -> None:
    users = people() | {"anonymous": AnonymousUser()}
    assert {name for name, user in users.items() if sight_of(user).desk} == {
        *("contributor", "reviewer", "administrator")
    }
    assert {name for name, user in users.items() if not sight_of(user).names} == {"anonymous"}


def test_djangos_permissions_agree_with_the_table() -> None:
    users = people()
    for user in users.values():
        for permission in Permission.objects.select_related("content_type"):
            model = permission.content_type.model_class()
            verb, _, name = permission.codename.partition("_")
            if model is None or name != model._meta.model_name:
                continue
            asked = f"{permission.content_type.app_label}.{permission.codename}"
            assert user.has_perm(asked) == roles.may(user, verb, model), (user, asked)


def test_the_groups_are_restored() -> None:
    before = set(Group.objects.values_list("name", "permissions__codename"))
    Group.objects.get(name="reviewer").permissions.clear()
    Group.objects.get(name="reader").permissions.add(Permission.objects.get(codename="delete_claim"))
    Group.objects.get(name="contributor").delete()
    call_command("migrate", verbosity=0)
    assert set(Group.objects.values_list("name", "permissions__codename")) == before


def test_every_model_of_the_record_is_in_the_table() -> None:
    there = {m._meta.label_lower for m in apps.get_models() if not hasattr(m, "pgh_tracked_model")}
    record = {m._meta.label_lower for m in apps.get_models() if issubclass(m, Record)}
    assert record <= set(roles.TABLE) <= there


def test_merging_takes_the_right_on_both(monkeypatch: pytest.MonkeyPatch) -> None:
    users = people()
    actor, into = make.make_actor(), make.make_actor()

    def kept(user: Any, records: Any) -> dict[int, str]:
        return {at: "It is to stay as it is, whoever asks for more." for at, r in enumerate(records) if r.pk == into.pk}

    rules = (*roles.TABLE["claims.actor"][:4], (roles.Rule(roles.Role.REVIEWER, kept),))
    monkeypatch.setitem(roles.TABLE, "claims.actor", rules)
    body = {"into": into.slug}
    problem(write(client_of(users["reviewer"]), "POST", url("actors", actor.pk, "merge"), body, actor), 403)
    assert not Actor.objects.filter(merged_into=into).exists()


def test_a_claim_is_added_by_its_sender() -> None:
    contributor = people()["contributor"]
    client = client_of(contributor)
    response = client.post(url("claims"), {"text": "The bridge fell.", "kind": "fact"}, format="json")
    claim = Claim.objects.get(pk=response.json()["id"])
    assert claim.created_by == contributor
    assert write(client, "PATCH", url("claims", claim.pk), {"context": "By 2020."}, claim).status_code == 200
