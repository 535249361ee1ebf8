"""Reviewers who decide on claims, and the ways in which they do: over the API and in the admin."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pghistory
from django.contrib.auth.models import Group, User
from django.contrib.messages import get_messages
from django.db import connection, transaction
from django.test import Client

from claims.models import Claim, Evidence, Verdict, VerdictEvidence
from tests import factories as make
from tests.adminpages import form_of
from tests.adminpages import url as page
from tests.client import url
from tests.people import client_of

#: words of which no two have four in a row in common
WORDS = (
    "The ballots were counted twice, and both counts agree.",
    "None of the three witnesses saw what the report describes.",
    "Its author withdrew that figure when journalists asked about it.",
    "Satellite pictures show no building at this place until spring.",
)


def reviewer(name: str) -> User:
    user = User.objects.create(username=name, is_staff=True)
    user.groups.add(Group.objects.get(name="reviewer"))
    return user


def reviewers() -> tuple[User, User]:
    return reviewer("anna"), reviewer("boris")


def desk() -> Any:
    """The actor that the setting DESK names."""
    return make.make_actor(slug="claimsdb-desk", name="Our desk", kind="organisation")


@contextmanager
def named(user: User | None) -> Iterator[None]:
    """Within this context, whatever writes, the database takes the user for the writer."""
    with pghistory.context(user=user.pk if user else None):
        yield
    if connection.in_atomic_block:
        # the name would hold until the end of the transaction, which for most tests is their own
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('pghistory.context_metadata', '', true)")


def draft_of(user: User, **kw: Any) -> Verdict:
    """A draft that the user wrote, on evidence that they ticked."""
    with named(user):
        kw["claim"] = kw.get("claim") or make.make_claim()
        evidence = kw.pop("evidence", None) or [make.make_evidence(claim=kw["claim"])]
        defaults = {"state": "draft", "of_record": False, "drafted_by": user, "rationale": WORDS[0]}
        return make.make_verdict(evidence=evidence, **defaults | kw)


def seal() -> None:
    """What happens at the end of the transaction, which for most tests is their own."""
    connection.check_constraints()


def at_commit(act: Callable[[], Any]) -> None:
    """Acts in a transaction and ends it."""
    with transaction.atomic():
        act()
        seal()


def published(**kw: Any) -> Verdict:
    """A published verdict of record with evidence, as an import brings it, at the end of its transaction."""
    kw["claim"] = kw.get("claim") or make.make_claim()
    kw.setdefault("evidence", [make.make_evidence(claim=kw["claim"])])
    verdict = make.make_verdict(**kw)
    seal()
    return verdict


def superseded(**kw: Any) -> Verdict:
    """A published verdict that a later one supersedes."""
    verdict = published(**kw)
    published(claim=verdict.claim, issuer=verdict.issuer, supersedes=verdict, reason="New figures.")
    verdict.refresh_from_db()
    return verdict


def withdrawn(**kw: Any) -> Verdict:
    """A verdict that was published and withdrawn."""
    verdict = published(**kw)
    Verdict.objects.filter(pk=verdict.pk).update(
        state="withdrawn", of_record=False, withdrawal="It was wrong.", withdrawal_kind="error"
    )
    verdict.refresh_from_db()
    return verdict


#: what becomes of a published verdict
ONCE_PUBLISHED: dict[str, Callable[..., Verdict]] = {
    "published": published,
    "superseded": superseded,
    "withdrawn": withdrawn,
}


def once_published(how: str) -> Verdict:
    """A verdict that supersedes another, with a value in each field, and what became of it."""
    anna, boris = reviewers()
    first = published(drafted_by=anna)
    return ONCE_PUBLISHED[how](
        claim=first.claim,
        issuer=first.issuer,
        supersedes=first,
        reason="New figures.",
        reason_kind="new_evidence",
        label="Half true",
        drafted_by=anna,
        published_by=boris,
    )


def stored(verdict: Verdict) -> dict[str, Any]:
    return Verdict.objects.values().get(pk=verdict.pk) | {"evidence": relied_on(verdict)}


def relied_on(verdict: Verdict) -> list[int]:
    return [*VerdictEvidence.objects.filter(verdict=verdict).order_by("evidence").values_list("evidence", flat=True)]


class Answer(NamedTuple):
    """Whether it was done, what was said if not, and over the API the response."""

    done: bool
    words: str = ""
    response: Any = None

    def __bool__(self) -> bool:
        return self.done


class ByApi:
    """A user who works over the API. `verdict`: the record or its id."""

    def __init__(self, user: User) -> None:
        self.user, self.client = user, client_of(user)
        self.client.credentials(HTTP_IF_MATCH="*")

    def draft(self, claim: Claim, issuer: Any, **values: Any) -> Answer:
        body = {"status": "refuted", "rationale": WORDS[0]} | self._keys(values)
        return self._answer(
            self.client.post(url("verdicts"), {"claim": claim.slug, "issuer": issuer.slug} | body, format="json")
        )

    def change(self, verdict: Any, **values: Any) -> Answer:
        return self._answer(
            self.client.patch(url("verdicts", getattr(verdict, "pk", verdict)), self._keys(values), format="json")
        )

    def step(self, verdict: Any, verb: str, **body: Any) -> Answer:
        return self._answer(
            self.client.post(url("verdicts", getattr(verdict, "pk", verdict), verb), body, format="json")
        )

    def delete(self, verdict: Any) -> Answer:
        return self._answer(self.client.delete(url("verdicts", getattr(verdict, "pk", verdict))))

    def reword(self, record: Any, **values: Any) -> Answer:
        """Changes a claim or evidence; `kind` and `reason`: those of a rewording."""
        reason = {name: values.pop(name) for name in ("kind", "reason") if name in values}
        prefix = "claims" if isinstance(record, Claim) else "evidence"
        body = values | ({"rewording": reason} if reason else {})
        return self._answer(self.client.patch(url(prefix, record.pk), body, format="json"))

    @staticmethod
    def _keys(values: dict[str, Any]) -> dict[str, Any]:
        def key(value: Any) -> Any:
            return [key(each) for each in value] if isinstance(value, list) else getattr(value, "pk", value)

        return {name: key(value) for name, value in values.items()}

    @staticmethod
    def _answer(response: Any) -> Answer:
        assert response.status_code < 500, response.content
        done = response.status_code < 400
        words = "" if done else " ".join([response.json()["detail"], *_details(response)])
        return Answer(done, words, response)


def _details(response: Any) -> list[str]:
    return [error["detail"] for error in response.json().get("errors", ())]


class ByAdmin:
    """A user who works in the admin."""

    def __init__(self, user: User) -> None:
        self.user, self.client = user, Client()
        self.client.force_login(user)

    def draft(self, claim: Claim, issuer: Any, **values: Any) -> Answer:
        values = {"status": "refuted", "rationale": WORDS[0]} | values | {"claim": claim, "issuer": issuer}
        about = {"claim": claim.pk, "issuer": issuer.pk}
        if values.get("supersedes"):
            about["supersedes"] = getattr(values["supersedes"], "pk", values["supersedes"])
        address = f"{page(Verdict, 'add')}?{'&'.join(f'{name}={pk}' for name, pk in about.items())}"
        return self._save(address, **values)

    def change(self, verdict: Any, **values: Any) -> Answer:
        return self._save(page(Verdict, "change", getattr(verdict, "pk", verdict)), **values)

    def step(self, verdict: Any, verb: str, **body: Any) -> Answer:
        pk = getattr(verdict, "pk", verdict)
        version = Verdict.objects.values_list("version", flat=True).get(pk=pk)
        data = {f"{verb}-{name}": value for name, value in body.items()} | {"_version": version, "_step": verb}
        response = self.client.post(page(Verdict, "change", pk), data)
        if response.status_code == 403:
            return Answer(False, "You may not do this.")
        if response.status_code == 302:
            return Answer(True)
        assert response.status_code == 200, response.content
        words = [str(message) for message in get_messages(response.wsgi_request)]
        words += [str(each) for found in response.context["asked"].errors.values() for each in found]
        return Answer(False, " ".join(words))

    def delete(self, verdict: Any) -> Answer:
        pk = getattr(verdict, "pk", verdict)
        address = page(Verdict, "delete", pk)
        shown = self.client.get(address)
        if shown.status_code != 200:
            return Answer(False, "You may not do this.")
        self.client.post(address, {"post": "yes", "_shown": shown.wsgi_request.shown})
        return Answer(not Verdict.objects.filter(pk=pk).exists())

    def reword(self, record: Any, **values: Any) -> Answer:
        values = {f"rewording_{n}" if n in ("kind", "reason") else n: value for n, value in values.items()}
        return self._save(page(type(record), "change", record.pk), **values)

    def _save(self, address: str, **values: Any) -> Answer:
        data = form_of(self.client, address)
        if "evidence" in values:
            values["relies_on"] = values.pop("evidence")
        data |= {n: getattr(value, "pk", value) for n, value in values.items() if not isinstance(value, list)}
        data |= {n: [getattr(each, "pk", each) for each in v] for n, v in values.items() if isinstance(v, list)}
        response = self.client.post(address, data)
        if response.status_code == 302:
            return Answer(True)
        assert response.status_code == 200, response.content
        errors = response.context["adminform"].form.errors
        return Answer(False, " ".join(str(each) for found in errors.values() for each in found))


#: the ways in which people write
WAYS = (ByApi, ByAdmin)


def evidence_on(claim: Claim, number: int = 1) -> list[Evidence]:
    return [make.make_evidence(claim=claim) for _ in range(number)]


def done(answer: Answer) -> None:
    assert answer, answer.words


def refused(answer: Answer, words: str) -> None:
    assert not answer
    assert words in answer.words


def newest() -> Verdict:
    return Verdict.objects.order_by("pk").last()  # type: ignore[return-value]


def submitted(author: Any, claim: Claim, issuer: Any, **values: Any) -> Verdict:
    """A verdict that an author drafted and submitted, over the API or in the admin."""
    evidence = values.pop("evidence") if "evidence" in values else evidence_on(claim)
    done(author.draft(claim, issuer, **values))
    verdict = newest()
    done(author.change(verdict, evidence=evidence))
    done(author.step(verdict, "submit"))
    verdict.refresh_from_db()
    return verdict


def statuses(claim: Claim) -> list[str]:
    """All statuses that the claim ever had, oldest first."""
    claim.refresh_from_db()
    return [*claim.events.order_by("pgh_id").values_list("status", flat=True), claim.status]  # type: ignore[attr-defined]
