"""What reviewers do with verdicts in the admin."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from claims.models import Claim, Verdict
from tests.adminpages import form_of, url
from tests.reviewers import WORDS, draft_of


def submitted_by(user: User, **kw: Any) -> Verdict:
    verdict = draft_of(user, **kw)
    Verdict.objects.filter(pk=verdict.pk).update(state="submitted")
    verdict.refresh_from_db()
    return verdict


def page_of(record: Any, query: str = "") -> str:
    return url(type(record), "change", record.pk) + query


def text_of(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def step(client: Client, verdict: Verdict, verb: str, query: str = "", **data: Any) -> Any:
    """Press the button of a step on the page of a verdict. `data`: fields of its form."""
    fields = {f"{verb}-{name}": value for name, value in data.items()}
    verdict.refresh_from_db()
    return client.post(page_of(verdict, query), {"_step": verb, "_version": verdict.version} | fields)


def press(client: Client, verdict: Verdict, verb: str, **data: Any) -> Any:
    """Press the button of a step on the card of a verdict, on the page of its claim."""
    address = page_of(verdict.claim)
    asked = form_of(client, address) | {"_step": f"{verb}-{verdict.pk}-{verdict.version}"} | data
    return client.post(address, asked, follow=True)


def verdict_form(client: Client, claim: Claim, **values: Any) -> dict[str, Any]:
    """The form of a claim with a new verdict filled in."""
    given = {"status": "refuted", "rationale": WORDS[0]} | values
    return form_of(client, page_of(claim)) | {
        "verdicts-TOTAL_FORMS": "1",
        **{f"verdicts-0-{name}": value for name, value in given.items()},
    }


def state_of(verdict: Verdict) -> str:
    verdict.refresh_from_db()
    return verdict.state
