"""The forms of verdicts in the admin: what forged ones can't do, superseding, and a desk of one."""

from html import escape
from typing import Any

import pytest

from claims.models import Verdict
from tests.admin.pressing import page_of, state_of, step, submitted_by, text_of, verdict_form
from tests.adminpages import form_of, url
from tests.factories import make_actor, make_claim, make_verdict
from tests.reviewers import WORDS, desk, draft_of, evidence_on, published, superseded, withdrawn

pytestmark = pytest.mark.django_db


# Forged forms


FORGED = {"state": "published", "of_record": "on", "revision": "7", "second_reader": "on", "published_by": "1"}


def test_state_and_record_are_not_taken_from_forms(hands: Any, users: Any) -> None:
    anna, _ = hands
    claim, issuer = make_claim(), desk()
    inline = {f"verdicts-0-{name}": value for name, value in FORGED.items()}
    anna.post(page_of(claim), verdict_form(anna, claim, issuer=issuer.pk) | inline)
    add = url(Verdict, "add") + f"?claim={claim.pk}"
    data = form_of(anna, add) | {"status": "refuted", "rationale": WORDS[1], "issuer": issuer.pk} | FORGED
    assert anna.post(add, data).status_code == 302
    draft = draft_of(users[0], claim=claim)
    anna.post(page_of(draft), form_of(anna, page_of(draft)) | FORGED | {"comment": "Forged.", "drafted_by": ""})
    found = Verdict.objects.values_list("state", "of_record", "revision", "published_by", "comment", "drafted_by")
    assert list(found) == [("draft", False, 0, None, "", users[0].pk)] * 3


@pytest.mark.parametrize("state", ["submitted", "published", "superseded", "withdrawn"])
def test_what_is_submitted_or_published_is_not_changed_by_forms(hands: Any, users: Any, state: str) -> None:
    _, boris = hands
    made = {"submitted": lambda: submitted_by(users[0]), "published": published, "superseded": superseded}
    verdict = made.get(state, withdrawn)()
    other = make_claim()
    before = Verdict.objects.values().get(pk=verdict.pk)
    evidence = list(verdict.evidence.values_list("pk", flat=True))
    forged = {"rationale": "Forged.", "status": "conflicting", "label": "Forged", "claim": other.pk, "reason": "Forged"}
    forged |= {"supersedes": "", "relies_on": [], "issuer": make_actor().pk, "withdrawal": "Forged"} | FORGED
    kept = form_of(boris, page_of(verdict))
    more = {"url": "https://example.org/verdict", "issued": "2026-01"}
    assert boris.post(page_of(verdict), kept | forged | more).status_code == 302
    after = Verdict.objects.values().get(pk=verdict.pk)
    changed = {name for name in before if before[name] != after[name]}
    # where and when it was published can be corrected, once it was
    corrected = {"url", "issued", "issued_first", "issued_last", "version", "updated_at"}
    assert changed == (set() if state == "submitted" else corrected)
    assert list(verdict.evidence.values_list("pk", flat=True)) == evidence


def test_an_unknown_step_is_refused(hands: Any, users: Any) -> None:
    verdict = submitted_by(users[0])
    assert hands[1].post(page_of(verdict), {"_step": "delete", "_version": verdict.version}).status_code == 403
    assert hands[1].post(url(Verdict, "change", 10**9), {"_step": "publish"}).status_code == 302


# Superseding


def test_a_form_that_supersedes_starts_from_the_old_words(hands: Any, users: Any) -> None:
    _, boris = hands
    # whose latest verdict is by another issuer
    make_verdict(drafted_by=users[1])
    first = published(status="refuted", rationale=WORDS[2], label="False")
    (more,) = evidence_on(first.claim)
    link = f"?supersedes={first.pk}"
    form = boris.get(url(Verdict, "add") + link).context["adminform"].form
    found = {name: form[name].value() for name in ("claim", "issuer", "status", "rationale", "label", "supersedes")}
    assert found == {
        "claim": first.claim_id,
        "issuer": first.issuer_id,
        "status": "refuted",
        "rationale": WORDS[2],
        "label": "False",
        "supersedes": str(first.pk),
    }
    old = list(first.evidence.values_list("pk", flat=True))
    assert form["relies_on"].value() == old
    data = form_of(boris, url(Verdict, "add") + link) | {"rationale": WORDS[3], "relies_on": [*old, more.pk]}
    page = boris.post(url(Verdict, "add") + link, data | {"_submit": "1"})
    assert page.context["adminform"].form.errors.keys() == {"reason_kind", "reason"}
    reasons = {"reason_kind": "new_evidence", "reason": "New figures."}
    assert boris.post(url(Verdict, "add") + link, data | reasons | {"_submit": "1"}).status_code == 302
    later = Verdict.objects.get(supersedes=first)
    assert (later.state, later.evidence.count(), later.drafted_by) == ("submitted", 2, users[1])


def test_pages_say_what_supersedes_what(hands: Any, users: Any) -> None:
    anna, boris = hands
    first = published(issuer=desk())
    assert escape(f"supersedes={first.pk}") in text_of(anna, page_of(first.claim))
    assert "Supersede …" in text_of(anna, page_of(first))
    reasons = {"supersedes": first, "reason": "New figures.", "reason_kind": "error"}
    later = submitted_by(users[0], claim=first.claim, issuer=first.issuer, rationale=WORDS[1], **reasons)
    for address in (page_of(first.claim), page_of(first)):
        page = text_of(boris, address)
        assert "hat is to supersede it is in work" in page or "hat is to supersede this one is in work" in page
        assert "Supersede …" not in page
    assert step(boris, later, "publish").status_code == 302
    assert f'superseded by <a href="#verdict-{later.pk}">no. 2</a>' in text_of(boris, page_of(first.claim))
    page = text_of(boris, page_of(first))
    assert f'This verdict is superseded by <a href="{page_of(later)}">no. 2</a>' in page
    assert "Supersede …" not in page
    assert f'<a href="{page_of(first)}">verdict {first.pk}, no. 1, published on' in text_of(boris, page_of(later))
    listed = text_of(boris, url(Verdict, "changelist"))
    assert "Published, no. 1, superseded" in listed
    assert "Published, no. 2<" in listed


# A desk of one


def test_a_desk_of_one_publishes_at_once(hands: Any, users: Any, settings: Any) -> None:
    settings.FOUR_EYES = False
    anna, _ = hands
    claim, issuer = make_claim(), desk()
    (evidence,) = evidence_on(claim)
    data = verdict_form(anna, claim, issuer=issuer.pk, relies_on=[evidence.pk], step="on")
    assert anna.post(page_of(claim), data).status_code == 302
    verdict = Verdict.objects.get()
    assert (verdict.state, verdict.second_reader) == ("published", False)
    assert "Published without a second reader." in text_of(anna, page_of(claim))
    draft = draft_of(users[0], rationale=WORDS[1])
    data = form_of(anna, page_of(draft)) | {"_publish": "1"}
    assert "The verdict was saved and published." in anna.post(page_of(draft), data, follow=True).content.decode()
    assert state_of(draft) == "published"
