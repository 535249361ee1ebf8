"""Two at once: one takes a record back while the other makes something public that points to it.

One of them is refused, or what points to it is hidden with it. In the end nothing public points to a hidden record."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test import Client

from claims.admin.base import admin_url
from claims.api.urls import router
from claims.desk.releases import release, withhold
from tests import factories as make
from tests.client import administrator, anonymous, get, url
from tests.private import HIDDEN

pytestmark = pytest.mark.django_db(transaction=True)

PREFIXES = {view.serializer_class.Meta.model: prefix for prefix, view, _ in router.registry}


def is_awaited() -> bool:
    """Whether another connection waits for the transaction of this one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        )
        return bool(cursor.fetchone()[0])


def meanwhile(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[bool, Any]:
    """Begins `second` on another connection while the transaction of `first` is open, and commits that once `second`
    waits for it or is done. Gives whether `first` was committed, and the response of `second`."""

    def run() -> Any:
        try:
            return second()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        try:
            with transaction.atomic():
                first()
                running = pool.submit(run)
                for _ in range(1000):
                    if running.done() or is_awaited():
                        break
                    time.sleep(0.02)
        except IntegrityError:
            return False, running.result(20)
        return True, running.result(20)


def nothing_dangles() -> None:
    """All that a stranger finds in the lists refers to records that a stranger finds."""
    kinds = {"publisher": "actors", "derived_from": "sources", "part_of": "actors", "claim": "claims"}
    kinds |= {"issuer": "actors", "from_claim": "claims", "to_claim": "claims", "source": "sources"}
    for prefix in PREFIXES.values():
        for row in get(url(prefix))["results"]:
            named = [(kinds[name], row[name]) for name in kinds.keys() & row.keys() if row[name] is not None]
            named += [("evidence", pk) for pk in row.get("evidence", ())]
            for kind, key in named:
                assert anonymous().get(url(kind, key)).status_code == 200, (prefix, row, kind)
    for verdict in get(url("verdicts"))["results"]:
        if verdict["of_record"]:
            assert get(url("claims", verdict["claim"]))["status"] == verdict["status"]


def publish() -> tuple[Any, Callable[[], Any], tuple[str, Any]]:
    claim, issuer = make.make_claim(), make.make_actor()
    return claim, lambda: make.make_verdict(claim=claim, issuer=issuer), publication(claim, issuer=issuer)


def issue() -> tuple[Any, Callable[[], Any], tuple[str, Any]]:
    claim, issuer = make.make_claim(), make.make_actor()
    return issuer, lambda: make.make_verdict(claim=claim, issuer=issuer), publication(claim, issuer=issuer)


def rely() -> tuple[Any, Callable[[], Any], tuple[str, Any]]:
    evidence = make.make_evidence()
    claim = evidence.claim
    return (
        evidence,
        lambda: make.make_verdict(claim=claim, evidence=[evidence]),
        publication(claim, evidence=[evidence]),
    )


def publication(claim: Any, **values: Any) -> tuple[str, Any]:
    """The request that publishes a submitted verdict as the position of record."""
    values |= {"status": "not_checkable", "state": "submitted", "of_record": False}
    return url("verdicts", make.make_verdict(claim=claim, **values).pk, "publish"), {"of_record": True}


def relate() -> tuple[Any, Callable[[], Any], tuple[str, Any]]:
    claim, other = make.make_claim(), make.make_claim()
    body = {"from_claim": other.slug, "to_claim": claim.slug, "kind": "refines"}
    return claim, lambda: make.make_relation(from_claim=other, to_claim=claim), (url("relations"), body)


def say() -> tuple[Any, Callable[[], Any], tuple[str, Any]]:
    claim, source = make.make_claim(), make.make_source()
    body = {"claim": claim.slug, "source": source.slug}
    return source, lambda: make.make_assertion(claim=claim, source=source), (url("assertions"), body)


def attribute() -> tuple[Any, Callable[[], Any], tuple[str, Any]]:
    publisher = make.make_actor()
    body = {"title": "A report", "kind": "report", "publisher": publisher.slug}
    return publisher, lambda: make.make_source(publisher=publisher), (url("sources"), body)


def released(factory: Any, field: str) -> tuple[Any, Callable[[], Any], tuple[str, Any]]:
    target = make.make_actor() if field in ("publisher", "part_of") else make.make_source()
    row = factory(**{field: target}, **HIDDEN)
    return target, lambda: release(row), (url(PREFIXES[type(row)], row.slug, "release"), {})


WRITES: dict[str, Callable[[], tuple[Any, Callable[[], Any], tuple[str, Any]]]] = {
    "verdict": publish,
    "issuer": issue,
    "evidence": rely,
    "relation": relate,
    "assertion": say,
    "publisher": attribute,
    "release of a source by": lambda: released(make.make_source, "publisher"),
    "release of a source from": lambda: released(make.make_source, "derived_from"),
    "release of a part": lambda: released(make.make_actor, "part_of"),
}
#: rows that are hidden with what they refer to, so that both may succeed
HIDDEN_WITH_IT = {"relation", "assertion"}


@pytest.mark.parametrize("through", ["api", "admin"])
@pytest.mark.parametrize("name", WRITES)
def test_a_record_is_not_taken_back_under_what_relies_on_it(name: str, through: str) -> None:
    target, first, _ = WRITES[name]()

    def take_back() -> Any:
        if through == "api":
            return administrator().post(url(PREFIXES[type(target)], target.pk, "withhold"))
        client = Client()
        client.force_login(User.objects.create_superuser("rita"))
        return client.post(admin_url(target, "withhold"), follow=True)

    done, response = meanwhile(first, take_back)
    target.refresh_from_db()
    if name not in HIDDEN_WITH_IT:
        assert done == (target.public_from is not None)
        assert done == ("It can’t be taken back" in response.content.decode()), response.content
        assert response.status_code == (409 if done and through == "api" else 200)
    nothing_dangles()


@pytest.mark.parametrize("name", WRITES)
def test_nothing_becomes_public_that_points_to_what_is_taken_back(name: str) -> None:
    target, _, (address, body) = WRITES[name]()
    done, response = meanwhile(lambda: withhold(target), lambda: administrator().post(address, body, format="json"))
    if name in HIDDEN_WITH_IT | {"verdict"}:
        assert done
        assert response.status_code == (200 if name == "verdict" else 201), response.content
    else:
        assert response.status_code in ((400, 409) if done else (200, 201)), response.content
    target.refresh_from_db()
    assert done == (target.public_from is None)
    nothing_dangles()
