"""ETags: each tells of every change that its answer shows, and what is known is not sent again."""

import pytest
from django.contrib.auth.models import User

from claims.models import Claim
from claims.models.snapshot import digest
from tests import factories as make
from tests.client import RESOURCES, anonymous, change, problem, save, tag, url, writer

pytestmark = pytest.mark.django_db

OTHER = '"of-another-state"'


@pytest.mark.parametrize("name", RESOURCES)
def test_the_etag_follows_the_record(name):
    resource = RESOURCES[name]
    row = resource.make()
    one, many = url(name, row.pk), url(name)
    shown, first = writer().get(one).json(), (tag(one), tag(many))
    assert (tag(one), tag(many)) == first

    same = change(one, {member: shown[member] for member in resource.change}, If_Match=first[0])
    assert (same.status_code, same["ETag"], same.json()["version"]) == (200, first[0], 1)
    assert (tag(one), tag(many)) == first

    changed = change(one, resource.change, If_Match=first[0])
    assert changed.status_code == 200, changed.content
    assert changed["ETag"] == tag(one) != first[0]
    assert tag(many) != first[1]
    second = (tag(one), tag(many))
    # of verdicts, only drafts can be deleted
    other = resource.make(**({"state": "draft", "of_record": False} if name == "verdicts" else {}))
    assert tag(one) == second[0]
    assert tag(many) != second[1]
    type(row).objects.filter(pk=other.pk).delete()
    assert tag(many) == second[1]


@pytest.mark.parametrize("name", RESOURCES)
@pytest.mark.parametrize("query", ["", "?fields=id,version"])
def test_what_is_made_has_the_etag_that_reading_it_gives(name, query):
    made = writer().post(url(name) + query, RESOURCES[name].body(), format="json")
    assert made.status_code == 201, made.content
    assert made["ETag"] == tag(made["Location"] + query)
    assert change(made["Location"] + query, RESOURCES[name].change, If_Match=made["ETag"]).status_code == 200


class Web:
    """A claim with one of everything that its representation shows."""

    def __init__(self):
        self.words = "The bridge fell."
        self.user = User.objects.create(username="somebody")
        self.topic, self.subject, self.speaker, self.issuer = (
            make.make_topic(),
            *(make.make_actor() for _ in range(3)),
        )
        self.claim = make.make_claim(topics=[self.topic], about=[self.subject])
        self.snapshot = make.make_snapshot(text=None, sha256=digest(self.words), length=len(self.words))
        self.source = self.snapshot.source
        span = {"start": 4, "end": 10, "quote_sha256": digest("bridge")}
        self.assertion = make.make_assertion(
            claim=self.claim, snapshot=self.snapshot, speaker=self.speaker, **span, source=self.source
        )
        self.evidence, self.spare = (make.make_evidence(claim=self.claim) for _ in range(2))
        self.verdict = make.make_verdict(
            claim=self.claim, issuer=self.issuer, evidence=[self.evidence], drafted_by=self.user
        )
        self.draft = make.make_verdict(claim=self.claim, state="draft", of_record=False)
        self.onward, self.back = make.make_relation(from_claim=self.claim), make.make_relation(to_claim=self.claim)


SHOWN = {
    "its text": lambda web: save(web.claim, text="The bridge stood."),
    "a topic added": lambda web: make.make_claim_topic(claim=web.claim),
    "a topic taken away": lambda web: web.claim.topic_links.all().delete(),
    "a topic's slug": lambda web: save(web.topic, slug="another"),
    "an actor added that it is about": lambda web: make.make_claim_actor(claim=web.claim),
    "an actor taken away": lambda web: web.claim.actor_links.all().delete(),
    "the slug of whom it is about": lambda web: save(web.subject, slug="another"),
    "an assertion added": lambda web: make.make_assertion(claim=web.claim),
    "an assertion changed": lambda web: save(web.assertion, note="See page 2."),
    "an assertion deleted": lambda web: web.assertion.delete(),
    "an assertion of another claim": lambda web: save(web.assertion, claim=make.make_claim()),
    "the speaker's slug": lambda web: save(web.speaker, slug="another"),
    "the source's slug": lambda web: save(web.source, slug="another"),
    "the words of its span, which arrive": lambda web: save(web.snapshot, text=web.words),
    "evidence added": lambda web: make.make_evidence(claim=web.claim),
    "evidence changed": lambda web: save(web.evidence, credibility=2),
    "evidence deleted": lambda web: web.spare.delete(),
    "the slug of a source of evidence": lambda web: save(web.evidence.source, slug="another"),
    "a verdict added": lambda web: make.make_verdict(claim=web.claim, of_record=False),
    "a verdict changed": lambda web: save(web.verdict, url="https://verdicts.example/7"),
    "a verdict withdrawn": lambda web: save(web.verdict, state="withdrawn", of_record=False, withdrawal="Wrong."),
    "a verdict superseded": lambda web: make.make_verdict(
        claim=web.claim, issuer=web.issuer, supersedes=web.verdict, reason="News."
    ),
    "a draft changed": lambda web: save(web.draft, label="Mostly true"),
    "a draft submitted": lambda web: save(web.draft, state="submitted"),
    "a draft deleted": lambda web: web.draft.delete(),
    "its words reworded": lambda web: make.make_rewording(claim=web.claim),
    "evidence reworded": lambda web: make.make_rewording(evidence=web.evidence),
    "a verdict that relies on more": lambda web: make.make_verdict_evidence(verdict=web.verdict, evidence=web.spare),
    "the issuer's slug": lambda web: save(web.issuer, slug="another"),
    "the name of who drafted a verdict": lambda web: save(web.user, username="another"),
    "a relation from it added": lambda web: make.make_relation(from_claim=web.claim),
    "a relation from it changed": lambda web: save(web.onward, note="In part."),
    "a relation from it deleted": lambda web: web.onward.delete(),
    "a relation to it added": lambda web: make.make_relation(to_claim=web.claim),
    "a relation to it changed": lambda web: save(web.back, note="In part."),
    "a relation to it deleted": lambda web: web.back.delete(),
    "the slug of a claim related to it": lambda web: save(web.back.from_claim, slug="another"),
}


@pytest.mark.parametrize("what", SHOWN)
def test_whatever_a_claim_shows_counts(what):
    web = Web()
    address = url("claims", web.claim.pk)
    before, shown = tag(address), writer().get(address).json()
    SHOWN[what](web)
    assert writer().get(address).json() != shown
    after = tag(address)
    assert after != before
    # who read it before that, and decides on what they read, is told
    stale = change(address, {"context": "As I read it."}, If_Match=before)
    problem(stale, 412)
    assert stale["ETag"] == after
    assert not Claim.objects.exclude(context="").exists()


def test_what_does_not_show_does_not_count():
    web = Web()
    address = url("claims", web.claim.pk)
    before = tag(address)
    save(web.speaker, description="A minister.")
    make.make_assertion(speaker=web.speaker, source=web.source)
    make.make_claim(topics=[web.topic])
    assert tag(address) == before
    few = tag(address, fields="slug,kind")
    save(web.claim, text="The bridge stood.")
    assert tag(address, fields="slug,kind") == few
    assert tag(address) != before


def test_a_draft_counts_for_who_sees_it():
    claim = make.make_claim()
    address = url("claims", claim.pk)
    before = tag(address), tag(address, anonymous())
    draft = make.make_verdict(claim=claim, status="not_checkable", state="draft", of_record=False)
    seen = tag(address)
    assert (seen != before[0], tag(address, anonymous())) == (True, before[1])
    save(draft, rationale="On second thoughts.")
    assert (tag(address) != seen, tag(address, anonymous())) == (True, before[1])
    save(draft, state="submitted")
    assert tag(address, anonymous()) == before[1]
    save(draft, state="published", second_reader=False)
    # they still differ: only the desk sees from when the claim is public
    assert tag(address) != tag(address, anonymous()) != before[1]


def test_each_shape_has_its_own_etag():
    web = Web()
    shapes = [{}, {"fields": "slug"}, {"fields": "text"}, {"expand": "topics"}, {"expand": "topics,about"}]
    for address in (url("claims", web.claim.pk), url("claims"), url("topics", web.topic.slug, "claims")):
        assert len({tag(address, **shape) for shape in shapes}) == len(shapes)


def test_lists_inside_a_record_follow_their_rows():
    web = Web()
    address = url("claims", web.claim.slug, "assertions")
    before = tag(address)
    save(web.assertion, note="See page 2.")
    changed = tag(address)
    make.make_assertion(claim=web.claim)
    assert len({before, changed, tag(address)}) == 3
    counted = tag(address, count="exact")
    make.make_assertion(claim=web.claim, locator="page 9")
    assert tag(address, count="exact", limit=1) != counted


PLACES = {
    "a record": lambda web: url("claims", web.claim.slug),
    "a list": lambda web: url("claims"),
    "a list in a record": lambda web: url("claims", web.claim.slug, "evidence"),
    "what is derived": lambda web: url("claims", web.claim.slug, "origins"),
    "what its parts say": lambda web: url("claims", web.claim.slug, "parts"),
    "coverage": lambda web: url("snapshots", web.snapshot.pk, "coverage"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_known_is_not_sent_again(place, method):
    address = PLACES[place](Web())
    first = anonymous().get(address)
    for known in ("{}", "W/{}", '"other", {}', '"other",W/"more" , W/{}', "*"):
        again = anonymous().generic(method, address, headers={"If-None-Match": known.format(first["ETag"])})
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
        assert again["Cache-Control"] == first["Cache-Control"] == "no-cache"
        assert again.get("Vary") == first.get("Vary")
        assert "Content-Type" not in again
        # the length, where it is said, is that of the 200 (RFC 9110, section 8.6)
        assert again["Content-Length"] == first["Content-Length"]


@pytest.mark.parametrize("place", PLACES)
def test_the_head_is_that_of_the_whole(place):
    address = PLACES[place](Web())
    whole, head = anonymous().get(address), anonymous().head(address)
    assert (head.status_code, head.content) == (200, b"")
    of_each = {"RateLimit", "X-Request-ID"}
    assert {n: v for n, v in head.items() if n not in of_each} == {n: v for n, v in whole.items() if n not in of_each}


@pytest.mark.parametrize("known", [OTHER, 'W/"x"', "", "no quotes", '"half'])
def test_what_is_not_known_is_sent(known):
    address = url("claims", make.make_claim().pk)
    assert anonymous().get(address, headers={"If-None-Match": known}).status_code == 200
    problem(anonymous().get(url("claims", "nowhere"), headers={"If-None-Match": "*"}), 404)


def test_a_change_ends_what_was_known():
    claim = make.make_claim()
    address = url("claims", claim.pk)
    before = tag(address)
    save(claim, context="By 2020.")
    now = anonymous().get(address, headers={"If-None-Match": before})
    assert (now.status_code, now.json()["context"]) == (200, "By 2020.")
