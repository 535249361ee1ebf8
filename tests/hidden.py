"""A record with verdicts that are hidden from readers, whose words are like no others."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from claims.models import Claim, Evidence, Verdict
from tests import factories as make
from tests.people import people

#: in all words of the hidden verdicts
WORD = "zebra"


@dataclass
class World:
    users: dict[str, User]
    claim: Claim
    #: a verdict that supersedes one that was withdrawn
    shown: Verdict
    withdrawn: Verdict
    #: a submitted one that is to supersede the shown one
    following: Verdict
    #: of an issuer of its own, on evidence that no other verdict relies on
    draft: Verdict
    evidence: Evidence
    #: what each address with a key can be asked about
    keys: dict[str, list[Any]]

    def hide(self) -> None:
        """Takes the drafts out of the record."""
        self.draft.delete()
        Verdict.objects.filter(pk=self.following.pk).update(state="returned")
        self.following.delete()


def hidden_world() -> World:
    """A record with a draft, a submitted and a withdrawn verdict, and all that may hang on them."""
    users = people()
    User.objects.update(is_staff=True)
    secretive = User.objects.create(username=f"{WORD}-writer")
    held = make.make_snapshot()
    topic, about = make.make_topic(), make.make_actor()
    claim = make.make_claim(topics=[topic], about=[about])
    bare = make.make_claim(topics=[topic], about=[about])
    make.make_assertion(claim=claim, snapshot=held, start=0, end=5)
    make.make_relation(from_claim=claim, to_claim=bare)
    make.make_skipped_passage(snapshot=held)
    make.make_erratum(snapshot=held)
    words = {
        "rationale": f"A {WORD} did it.",
        "label": WORD,
        "url": f"https://{WORD}.example/",
        "status": "conflicting",
        "issued": "1987-06-05",
        "of_record": False,
        "drafted_by": secretive,
    }
    evidence = make.make_evidence(claim=claim, snapshot=held, start=0, end=5)
    withdrawn = make.make_verdict(id=7_000_001, claim=claim, state="withdrawn", evidence=[evidence], **words)
    rest = {"issuer": withdrawn.issuer, "supersedes": withdrawn, "reason": "News."}
    shown = make.make_verdict(claim=claim, evidence=[evidence], drafted_by=users["contributor"], **rest)
    next_one = {
        "issuer": withdrawn.issuer,
        "supersedes": shown,
        "reason": f"A {WORD} came.",
        "comment": f"Which {WORD}?",
    }
    following = make.make_verdict(id=7_000_003, claim=claim, state="submitted", evidence=[evidence], **words | next_one)
    own = make.make_evidence(claim=bare)
    draft = make.make_verdict(id=7_000_002, claim=bare, state="draft", evidence=[own], **words)
    make.make_verdict(claim=bare, of_record=False, issuer=shown.issuer)
    rewording = make.make_rewording(evidence=evidence)
    keys = {
        "claims": [claim, bare],
        "sources": [held.source, own.source],
        "snapshots": [held],
        "actors": [draft.issuer, shown.issuer, about],
        "topics": [topic],
        "verdicts": [draft, withdrawn, following, shown],
        "rewordings": [rewording],
        "evidence": [evidence, own],
    }
    return World(users, claim, shown, withdrawn, following, draft, own, keys)


def answers(client: Any, addresses: Iterable[str], limit: int) -> dict[str, Any]:
    """For each URL the status, the headers that depend on the content, and the body; for lists with this `limit`, of
    all pages."""
    found: dict[str, Any] = {}
    waiting = list(addresses)
    while waiting:
        address = waiting.pop()
        response = client.get(address)
        headers = [response.get(name) for name in ("ETag", "Link", "Location", "Content-Length")]
        found[address] = (response.status_code, headers, response.content.decode())
        further = re.findall(rf'<([^>]*limit={limit}[^>]*)>; rel="next"', response.get("Link") or "")
        waiting += [following for following in further if following not in found]
    return found
