"""The steps of verdicts in the admin: what each page offers, and what prevents a step."""

from html import escape
from typing import Any

import pytest

from claims.models import Verdict
from claims.models.choices import Status
from tests.admin.pressing import page_of, press, state_of, step, submitted_by, text_of, verdict_form
from tests.adminpages import form_of, url
from tests.factories import make_actor, make_claim, make_evidence, make_verdict
from tests.reviewers import WORDS, desk, draft_of, evidence_on, published

pytestmark = pytest.mark.django_db


# On the page of a claim


def test_a_verdict_is_drafted_submitted_and_published_on_the_claims_page(hands: Any, users: Any) -> None:
    anna, boris = hands
    claim, issuer = make_claim(), desk()
    (evidence,) = evidence_on(claim)
    data = verdict_form(anna, claim, issuer=issuer.pk, relies_on=[evidence.pk], step="on")
    # also on the page of the next claim it is said which one this is about
    make_claim()
    page = anna.post(page_of(claim), data | {"_next": "1"}, follow=True).content.decode()
    assert f'The verdict on “<a dir="auto" href="{page_of(claim)}">{claim}</a>” was submitted.' in page
    verdict = Verdict.objects.get()
    assert (verdict.state, verdict.drafted_by, list(verdict.evidence.all())) == ("submitted", users[0], [evidence])
    page = press(boris, verdict, "publish", context="As measured.").content.decode()
    assert "The verdict was published." in page
    verdict.refresh_from_db()
    claim.refresh_from_db()
    assert (verdict.state, verdict.of_record, verdict.published_by) == ("published", True, users[1])
    assert (claim.status, claim.context) == (Status.REFUTED, "As measured.")


def test_a_verdict_without_evidence_is_saved_but_not_submitted(hands: Any) -> None:
    anna, _ = hands
    claim, issuer = make_claim(), desk()
    page = anna.post(page_of(claim), verdict_form(anna, claim, issuer=issuer.pk, step="on"), follow=True)
    assert "</a>” was saved as a draft. Choose the evidence that it relies on." in page.content.decode()
    verdict = Verdict.objects.get()
    assert verdict.state == "draft"
    page = press(anna, verdict, "submit").content.decode()
    assert "The verdict was not submitted. Choose the evidence" in page
    # the button says so before it is pressed, in text
    assert f'disabled aria-describedby="missing-submit-{verdict.pk}"' in page
    assert f'id="missing-submit-{verdict.pk}">Choose the evidence' in page
    assert state_of(verdict) == "draft"


def test_only_evidence_on_the_same_claim_can_be_relied_on(hands: Any) -> None:
    anna, _ = hands
    claim, elsewhere = make_claim(), make_evidence()
    data = verdict_form(anna, claim, issuer=make_actor().pk, relies_on=[elsewhere.pk])
    assert anna.post(page_of(claim), data).status_code == 200
    assert not Verdict.objects.exists()


def test_the_form_for_a_new_verdict_suggests_our_desk_then_the_latest_issuer(hands: Any, users: Any) -> None:
    def suggested() -> Any:
        formsets = hands[0].get(page_of(claim)).context["inline_admin_formsets"]
        return formsets[2].formset.empty_form["issuer"].value()

    claim, issuer = make_claim(), desk()
    assert suggested() == issuer.pk
    other = make_verdict(drafted_by=users[0]).issuer
    assert suggested() == other.pk


def test_a_card_publishes_only_what_it_shows(hands: Any, users: Any) -> None:
    _, boris = hands
    verdict = submitted_by(users[0])
    shown = verdict.version
    Verdict.objects.filter(pk=verdict.pk).update(state="returned")
    Verdict.objects.filter(pk=verdict.pk).update(rationale=WORDS[1])
    Verdict.objects.filter(pk=verdict.pk).update(state="submitted")
    verdict.version = shown
    page = press(boris, verdict, "publish").content.decode()
    assert "The verdict was not published. Somebody changed this verdict while you had it open" in page
    assert state_of(verdict) == "submitted"
    for asked in (f"publish-{verdict.pk}", f"publish-{verdict.pk}-", f"withdraw-{verdict.pk}-{verdict.version}"):
        boris.post(page_of(verdict.claim), form_of(boris, page_of(verdict.claim)) | {"_step": asked})
        assert state_of(verdict) == "submitted", asked


def test_a_claims_page_takes_no_step_of_a_verdict_on_another(hands: Any, users: Any) -> None:
    verdict, other = submitted_by(users[0]), make_claim()
    data = form_of(hands[1], page_of(other)) | {"_step": f"publish-{verdict.pk}-{verdict.version}"}
    assert hands[1].post(page_of(other), data).status_code == 404
    assert state_of(verdict) == "submitted"


# On its own page


def test_changes_are_saved_with_the_step(hands: Any, users: Any) -> None:
    anna, _ = hands
    draft = draft_of(users[0])
    more = make_evidence(claim=draft.claim)
    data = form_of(anna, page_of(draft)) | {"rationale": WORDS[2], "relies_on": [more.pk], "_submit": "1"}
    page = anna.post(page_of(draft), data, follow=True).content.decode()
    assert "The verdict was saved and submitted." in page
    draft.refresh_from_db()
    assert (draft.state, draft.rationale, list(draft.evidence.all())) == ("submitted", WORDS[2], [more])


def test_what_is_missing_is_said_and_what_was_typed_is_saved(hands: Any, users: Any) -> None:
    anna, _ = hands
    draft = draft_of(users[0])
    back = page_of(draft.claim)
    address = page_of(draft, f"?_return={back}")
    data = form_of(anna, address) | {"rationale": WORDS[2], "relies_on": [], "_submit": "1"}
    response = anna.post(address, data, follow=True)
    # on the same page, from which one still gets back
    assert response.redirect_chain == [(page_of(draft, f"?_return={escape(back).replace('/', '%2F')}"), 302)]
    page = response.content.decode()
    assert "The verdict was saved, but not submitted. Choose the evidence that it relies on." in page
    assert 'id="submit-missing"' in page
    draft.refresh_from_db()
    assert (draft.state, draft.rationale, draft.evidence.count()) == ("draft", WORDS[2], 0)
    # what is chosen on the page counts
    (evidence,) = evidence_on(draft.claim)
    data = form_of(anna, address) | {"relies_on": [evidence.pk], "_submit": "1"}
    assert anna.post(address, data).url == back
    assert state_of(draft) == "submitted"


def test_an_overtaken_form_takes_no_step(hands: Any, users: Any) -> None:
    anna, _ = hands
    draft = draft_of(users[0])
    data = form_of(anna, page_of(draft)) | {"rationale": WORDS[2], "_submit": "1"}
    Verdict.objects.filter(pk=draft.pk).update(rationale=WORDS[1])
    page = anna.post(page_of(draft), data).content.decode()
    assert "changed this verdict while you had it open" in page
    assert WORDS[2] in page
    assert state_of(draft) == "draft"


def test_a_submitted_verdict_can_only_be_decided_on(hands: Any, users: Any) -> None:
    verdict = submitted_by(users[0])
    for client, own in ((hands[0], True), (hands[1], False)):
        response = client.get(page_of(verdict))
        assert not response.context["adminform"].form.fields
        page = response.content.decode()
        assert 'name="_save"' not in page
        assert "deletelink" not in page
        assert ("so somebody else must publish it" in page) is own
        assert ('class="button" disabled aria-describedby="publish-missing"' in page) is own
        assert '<textarea name="return-comment"' in page


def test_it_says_what_becomes_of_the_position_of_record(hands: Any, users: Any) -> None:
    _, boris = hands
    alone, beside, following = (submitted_by(users[0], issuer=make_actor()) for _ in range(3))
    published(claim=beside.claim, issuer=make_actor(name="The Gazette"))
    first = published(claim=following.claim, issuer=following.issuer)
    Verdict.objects.filter(pk=following.pk).update(state="returned")
    Verdict.objects.filter(pk=following.pk).update(supersedes=first, reason="So.", reason_kind="error")
    Verdict.objects.filter(pk=following.pk).update(state="submitted")
    assert "The Gazette</bdi></a>; this verdict will stand beside it." in text_of(boris, page_of(beside))
    assert "It takes the place of the position of record, <a" in text_of(boris, page_of(following))
    # without one the reader decides; what the rule says is chosen already
    page = boris.get(page_of(alone)).context["steps"][0]["form"]
    assert page["of_record"].value() == "no"
    assert step(boris, alone, "publish", of_record="yes").status_code == 302
    alone.refresh_from_db()
    assert alone.of_record
    for verdict, expected in ((beside, False), (following, True)):
        assert step(boris, verdict, "publish").status_code == 302
        verdict.refresh_from_db()
        assert (verdict.state, verdict.of_record) == ("published", expected)


def test_what_the_reader_chose_is_refused_if_it_no_longer_holds(hands: Any, users: Any) -> None:
    _, boris = hands
    verdict = submitted_by(users[0], issuer=desk())
    published(claim=verdict.claim)
    page = step(boris, verdict, "publish", of_record="yes").content.decode()
    assert "The claim already has a verdict of record" in page
    assert state_of(verdict) == "submitted"
    # the page now says what will happen instead
    assert "this verdict will stand beside it" in page


def test_steps_lead_back_to_where_one_came_from(hands: Any, users: Any) -> None:
    _, boris = hands
    one, two = (submitted_by(users[0]) for _ in range(2))
    claim = page_of(one.claim)
    assert escape(f"{page_of(one)}?_return={claim.replace('/', '%2F')}#step-return") in text_of(boris, claim)
    assert step(boris, one, "return", f"?_return={claim}", comment="Say when.").url == claim
    filters = "?_changelist_filters=turn%3Dread"
    assert step(boris, two, "publish", filters).url == url(Verdict, "changelist") + "?turn=read"


@pytest.mark.parametrize("comment", ["", "  ", "\u200b"])
def test_a_comment_is_needed_to_return_a_verdict(hands: Any, users: Any, comment: str) -> None:
    verdict = submitted_by(users[0])
    response = step(hands[1], verdict, "return", comment=comment)
    assert response.context["asked"].errors.keys() == {"comment"}
    assert state_of(verdict) == "submitted"


def test_errors_bring_back_what_was_typed(hands: Any, users: Any) -> None:
    _, boris = hands
    verdict = published()
    response = step(boris, verdict, "withdraw", reason="A source was <b>withdrawn</b>.")
    assert "A source was &lt;b&gt;withdrawn&lt;/b&gt;.</textarea>" in response.content.decode()
    assert response.context["asked"].errors.keys() == {"kind"}
    assert state_of(verdict) == "published"
    # also if the page was old, and pressing again is enough then
    waiting = submitted_by(users[0])
    data = {"_step": "return", "_version": "0", "return-comment": "Say how often."}
    response = boris.post(page_of(waiting), data)
    page = response.content.decode()
    assert "Nothing was done. anna changed this verdict while you had it open" in page or "Somebody changed" in page
    assert "Say how often.</textarea>" in page
    assert f'name="_version" value="{waiting.version}"' in page
    assert state_of(waiting) == "submitted"
    assert step(boris, waiting, "return", comment="Say how often.").status_code == 302
    assert state_of(waiting) == "returned"
    # and if somebody else was first
    response = boris.post(page_of(waiting), data | {"_version": waiting.version - 1})
    page = response.content.decode()
    assert 'You wrote: “<bdi dir="auto">Say how often.</bdi>”' in page
    assert "changed this verdict while you had it open" in page
    assert "A verdict that is returned can’t be returned. Possible: submit." in page
    # whatever else is wrong with the form
    page = boris.post(page_of(waiting), data | {"return-comment": " "}).content.decode()
    assert "A verdict that is returned can’t be returned. Possible: submit." in page
    assert "You wrote" not in page


@pytest.mark.parametrize("version", [None, "", "x", "1", "99"])
def test_no_step_without_the_version_that_was_read(hands: Any, users: Any, version: Any) -> None:
    verdict = submitted_by(users[0])
    assert verdict.version == 2
    data = {"_step": "publish"} | ({} if version is None else {"_version": version})
    assert "Nothing was done." in hands[1].post(page_of(verdict), data).content.decode()
    assert state_of(verdict) == "submitted"


def test_nobody_publishes_their_own_words(hands: Any, users: Any) -> None:
    anna, boris = hands
    verdict = submitted_by(users[0])
    page = step(anna, verdict, "publish").content.decode()
    assert "You wrote or chose part of this verdict (claim, evidence" in page
    page = press(anna, verdict, "publish").content.decode()
    assert "The verdict was not published. You wrote or chose part" in page
    assert state_of(verdict) == "submitted"
    assert step(boris, verdict, "publish").status_code == 302
    assert state_of(verdict) == "published"


def test_what_the_database_refuses_is_not_said_to_be_done(hands: Any, users: Any) -> None:
    _, boris = hands
    claim = make_claim()
    verdict = submitted_by(users[0], claim=claim, evidence=[make_evidence(claim=claim, public_from=None)])
    answers = step(boris, verdict, "publish"), press(boris, verdict, "publish", context="As measured.")
    for page in (answer.content.decode() for answer in answers):
        assert "relies on evidence" in page
        assert "which is in preparation" in page
        assert "messagelist" not in page
    assert "As measured.</textarea>" in answers[1].content.decode()
    assert state_of(verdict) == "submitted"


def test_a_comment_outlives_the_session(hands: Any, users: Any) -> None:
    _, boris = hands
    verdict = submitted_by(users[0])
    key = boris.get(page_of(verdict)).context["form_key"]
    data = {"_step": "return", "_version": verdict.version, "_form": key, "return-comment": "Say how often."}
    boris.cookies.pop("sessionid")
    asked = boris.post(page_of(verdict), data)
    users[1].set_password("a long enough word")
    users[1].save()
    signed = {"username": "boris", "password": "a long enough word", "next": page_of(verdict)}
    assert boris.post("/admin/login/", signed | {"_kept": asked.context["kept"]}).url == page_of(verdict)
    page = text_of(boris, page_of(verdict))
    assert "Your session had ended, so nothing has been saved yet." in page
    assert "Say how often.</textarea>" in page
    assert state_of(verdict) == "submitted"


def test_a_step_that_is_sent_twice_is_taken_once(hands: Any, users: Any) -> None:
    _, boris = hands
    verdict = submitted_by(users[0])
    data = {"_step": "return", "_version": verdict.version, "_form": "one", "return-comment": "Say how often."}
    answers = [boris.post(page_of(verdict), data, follow=True).content.decode() for _ in range(2)]
    assert "The verdict was returned." in answers[0]
    assert "The form was submitted twice. It was processed once." in answers[1]
