"""The workflow of verdicts against a model of it in plain Python: random steps over the API and in the admin at once.

After each step all verdicts, the statuses that the claims ever had, and what a stranger finds are compared with the
model.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from claims.desk.verdicts import written_by
from claims.models import Claim, ClaimEvent, Verdict, VerdictEvidence
from tests import factories as make
from tests.amounts import examples
from tests.client import anonymous, url
from tests.reviewers import WORDS, ByAdmin, ByApi, desk, evidence_on, newest, reviewer, seal

pytestmark = pytest.mark.django_db

USERS = ("anna", "boris", "carol")
STATUSES = ("supported", "refuted", "not_checkable")
#: texts that share sentences
TEXTS = (*WORDS[:2], f"{WORDS[0]} {WORDS[1]}", f"{WORDS[1]} {WORDS[2]}")
REASONS = ("New figures came out.", "New figures came out late.")
BODIES = {"return": {"comment": "Say how often."}, "withdraw": {"kind": "error", "reason": "It was wrong."}}
AFTER = {"submit": "submitted", "return": "returned", "publish": "published", "withdraw": "withdrawn"}
#: steps that are taken with too few words
BARE = {"return": {"comment": " "}, "withdraw": {"kind": "error", "reason": ""}}

# The model


def runs(text: str) -> set[tuple[str, ...]]:
    """Four words in a row, or all of a shorter text, with its ends."""
    words = ["<", *text.split(), ">"] if text else []
    return {tuple(words[at : at + 4]) for at in range(max(1, len(words) - 3))} if words else set()


@dataclass
class Model:
    """A verdict. `texts`: by field, who first wrote each run of words; `chosen`: by field, who made the choice."""

    claim: int
    issuer: int
    values: dict[str, Any]
    state: str = "draft"
    revision: int = 0
    of_record: bool = False
    supersedes: int | None = None
    second_reader: bool = True
    publisher: str | None = None
    ticks: dict[int, str | None] = field(default_factory=dict)
    texts: dict[str, dict[tuple[str, ...], str | None]] = field(default_factory=dict)
    chosen: dict[str, str | None] = field(default_factory=dict)

    def write(self, user: str | None, **values: Any) -> None:
        for name, value in values.items():
            if name in ("rationale", "reason"):
                for run in runs(value):
                    self.texts.setdefault(name, {}).setdefault(run, user)
            elif self.values.get(name, "") != value:
                self.chosen[name] = user
            self.values[name] = value

    def tick(self, user: str | None, evidence: list[int]) -> None:
        self.ticks = {pk: self.ticks.get(pk, user) for pk in evidence}

    def authors(self) -> dict[str, set[str]]:
        """By author, the fields that are theirs."""
        found: dict[str, set[str]] = {}
        owned = [(self.chosen.get(name), name) for name in self.chosen if self.values[name] != ""]
        owned += [(self.texts[name][run], name) for name in self.texts for run in runs(self.values[name])]
        owned += [(user, "evidence") for user in self.ticks.values()]
        for user, name in owned:
            if user is not None:
                found.setdefault(user, set()).add(name)
        return found

    @property
    def was_published(self) -> bool:
        return self.state in ("published", "withdrawn")


class World:
    """Who works on what; made once, since each run of the machine is undone."""

    def __init__(self) -> None:
        self.users = {name: reviewer(name) for name in USERS}
        self.ways = {(way, name): way(user) for way in (ByApi, ByAdmin) for name, user in self.users.items()}
        self.claims = [make.make_claim() for _ in range(2)]
        self.issuers = [desk(), make.make_actor()]
        self.evidence = {claim.pk: [each.pk for each in evidence_on(claim, 2)] for claim in self.claims}


class Workflow(RuleBasedStateMachine):
    world: World
    #: the settings of the site
    site: Any

    def __init__(self) -> None:
        super().__init__()
        self.own = transaction.atomic()
        self.own.__enter__()
        self.models: dict[int, Model] = {}
        self.history = {claim.pk: ["unverified"] for claim in self.world.claims}
        self.four_eyes = True

    def teardown(self) -> None:
        seal()
        transaction.set_rollback(True)
        self.own.__exit__(None, None, None)

    @initialize(four_eyes=st.sampled_from([True, True, False]))
    def begin(self, four_eyes: bool) -> None:
        self.four_eyes = self.site.FOUR_EYES = four_eyes

    # A single rule, since Hypothesis leaves out some of several rules in each run, and few verdicts would get far.

    @rule(data=st.data(), who=st.sampled_from(USERS), way=st.sampled_from([ByApi, ByApi, ByAdmin]))
    def act(self, data: Any, who: str, way: Any) -> None:
        acts = [self.draft, self.supersede, self.change, self.change, self.choose, self.delete, self.ask_who_wrote_it]
        acts += [self.step] * 8
        data.draw(st.sampled_from(acts if self.models else [self.draft]))(data, who, self.world.ways[way, who])

    def one(self, data: Any, *states: str) -> int:
        """The id of one of the latest verdicts, most often one in these states."""
        likely = [pk for pk, model in self.models.items() if model.state in states]
        found: int = data.draw(st.sampled_from([*likely[-3:] * 3, *[*self.models][-3:]]))
        return found

    def some(self, data: Any, claim: int) -> list[int]:
        """Some of the evidence on a claim."""
        evidence = self.world.evidence[claim]
        return data.draw(st.sampled_from([evidence[:1], evidence[:1], evidence[1:], evidence, []]))  # type: ignore[no-any-return]

    def words(self, data: Any) -> dict[str, str]:
        return {"status": data.draw(st.sampled_from(STATUSES)), "rationale": data.draw(st.sampled_from(TEXTS))}

    def draft(self, data: Any, who: str, hand: Any) -> None:
        claim, issuer = (data.draw(st.sampled_from(each)) for each in (self.world.claims, self.world.issuers))
        self._draft(data, who, hand, claim, issuer, None, {})

    def supersede(self, data: Any, who: str, hand: Any) -> None:
        earlier = self.one(data, "published")
        old = self.models[earlier]
        claim = next(claim for claim in self.world.claims if claim.pk == old.claim)
        issuer = next(issuer for issuer in self.world.issuers if issuer.pk == old.issuer)
        why = {"supersedes": earlier, "reason": data.draw(st.sampled_from(REASONS)), "reason_kind": "error"}
        self._draft(data, who, hand, claim, issuer, earlier, why)

    def _draft(self, data: Any, who: str, hand: Any, claim: Any, issuer: Any, earlier: Any, why: Any) -> None:
        said, evidence = self.words(data) | why, self.some(data, claim.pk)
        answer = hand.draft(claim, issuer, evidence=evidence, **said)
        assert answer, answer.words
        model = self.models[newest().pk] = Model(claim.pk, issuer.pk, {}, supersedes=earlier)
        model.write(who, claim=claim.pk, issuer=issuer.pk, **said)
        model.tick(who, evidence)

    def change(self, data: Any, who: str, hand: Any) -> None:
        self._change(who, hand, self.one(data, "draft", "returned"), self.words(data))

    def choose(self, data: Any, who: str, hand: Any) -> None:
        pk = self.one(data)
        self._change(who, hand, pk, {"evidence": self.some(data, self.models[pk].claim)})

    def _change(self, who: str, hand: Any, pk: int, values: dict[str, Any]) -> None:
        model = self.models[pk]
        answer = hand.change(pk, **values)
        is_new = any(model.values.get(name) != value for name, value in values.items() if name != "evidence")
        is_new |= "evidence" in values and values["evidence"] != sorted(model.ticks)
        if model.state in ("draft", "returned"):
            assert answer, answer.words
            model.write(who, **{name: value for name, value in values.items() if name != "evidence"})
            if "evidence" in values:
                model.tick(who, values["evidence"])
        elif isinstance(hand, ByApi):  # the form in the admin shows what can't change, and takes nothing else
            assert bool(answer) != is_new
            if is_new:
                words = "only after it has been returned" if model.state == "submitted" else "keeps its word"
                assert words in answer.words

    def delete(self, data: Any, who: str, hand: Any) -> None:
        pk = self.one(data)
        is_named = any(other.supersedes == pk for other in self.models.values())
        answer = hand.delete(pk)
        assert bool(answer) == (self.models[pk].state in ("draft", "returned") and not is_named)
        if answer:
            del self.models[pk]

    def step(self, data: Any, who: str, hand: Any) -> None:
        pk = self.one(data, "draft", "submitted", "returned")
        likely = {"draft": ["submit"] * 6, "returned": ["submit"] * 6, "submitted": ["publish"] * 4}
        verb = data.draw(st.sampled_from([*likely.get(self.models[pk].state, []), *AFTER]))
        bodies = [BODIES, BODIES, BODIES, BARE]
        self._step(who, hand, pk, verb, data.draw(st.sampled_from(bodies)).get(verb, {}))

    # what a step does

    def _step(self, who: str, hand: Any, pk: int, verb: str, body: dict[str, str]) -> None:
        model = self.models[pk]
        refusal = self._refusal(who, pk, verb, body)
        answer = hand.step(pk, verb, **body)
        if refusal is not None:
            status, words = refusal
            assert not answer
            assert words in answer.words
            assert isinstance(hand, ByAdmin) or answer.response.status_code == status
            return
        assert answer, answer.words
        if verb == "publish":
            self._publish(who, pk)
        elif verb == "withdraw" and model.of_record:
            model.of_record = False
            self.history[model.claim].append("unverified")
        model.state = {"submit": "submitted", "return": "returned", "publish": "published", "withdraw": "withdrawn"}[
            verb
        ]

    def _refusal(self, who: str, pk: int, verb: str, body: dict[str, str]) -> tuple[int, str] | None:
        """The status over the API and the words with which a step is refused; None if it is taken."""
        model = self.models[pk]
        before = {"submit": ["draft", "returned"], "return": ["submitted"], "withdraw": ["published"]}
        before["publish"] = ["submitted"] if self.four_eyes else ["submitted", "draft", "returned"]
        if model.state not in before[verb]:
            return 409, f"A verdict that is {model.state} can’t be"
        if body in BARE.values():
            return 400, ""
        if verb != "publish":
            return None
        if model.values["status"] != "not_checkable" and not model.ticks:
            return 400, "Choose the evidence"
        earlier = self.models.get(model.supersedes or 0)
        if earlier is not None and not earlier.was_published:
            return 400, "was never published"
        others = {key: other for key, other in self.models.items() if key != pk and other.was_published}
        if earlier is not None and any(other.supersedes == model.supersedes for other in others.values()):
            return 400, "supersede that one"
        if self._current(model, others) - {model.supersedes}:
            return 400, "supersede that one, and say why"
        own = model.authors().get(who)
        return (403, "somebody else must publish it") if self.four_eyes and own else None

    @staticmethod
    def _current(model: Model, others: dict[int, Model]) -> set[int | None]:
        """The current verdicts of the issuer on the claim."""
        over = {other.supersedes for other in others.values()}
        same = {k: o for k, o in others.items() if (o.claim, o.issuer) == (model.claim, model.issuer)}
        return {key for key, other in same.items() if other.state == "published" and key not in over}

    def _publish(self, who: str, pk: int) -> None:
        model = self.models[pk]
        same = [o for o in self.models.values() if (o.claim, o.issuer) == (model.claim, model.issuer)]
        model.revision = 1 + max(other.revision for other in same)
        model.publisher, model.second_reader = who, self.four_eyes
        of_record = [key for key, other in self.models.items() if other.claim == model.claim and other.of_record]
        if of_record:
            model.of_record = of_record == [model.supersedes]
        else:
            model.of_record = model.issuer == self.world.issuers[0].pk
        if model.of_record:
            for key in of_record:
                self.models[key].of_record = False
            if self.history[model.claim][-1] != model.values["status"]:
                self.history[model.claim].append(model.values["status"])

    # what is compared

    def check_invariants(self, *args: Any, **kwargs: Any) -> None:
        super().check_invariants(*args, **kwargs)
        rows = {verdict.pk: verdict for verdict in Verdict.objects.select_related("published_by")}
        ticks: dict[int, list[int]] = {pk: [] for pk in rows}
        for verdict, evidence in VerdictEvidence.objects.order_by("evidence").values_list("verdict", "evidence"):
            ticks[verdict].append(evidence)
        assert rows.keys() == self.models.keys()
        for pk, model in self.models.items():
            row = rows[pk]
            assert (row.state, row.revision, row.of_record) == (model.state, model.revision, model.of_record)
            assert (row.claim_id, row.issuer_id, row.supersedes_id) == (model.claim, model.issuer, model.supersedes)
            assert (row.published_at is not None) == model.was_published
            assert (row.published_by and row.published_by.username) == model.publisher
            assert row.second_reader == model.second_reader or not model.was_published
            said = {name: getattr(row, name) for name in ("status", "rationale", "reason")}
            assert said == {name: model.values.get(name, "") for name in said}
            assert ticks[pk] == sorted(model.ticks)
        history: dict[int, list[str]] = {claim.pk: [] for claim in self.world.claims}
        for claim, status in ClaimEvent.objects.order_by("pgh_id").values_list("pgh_obj_id", "status"):
            history[claim].append(status)
        for claim, status in Claim.objects.values_list("pk", "status"):
            history[claim].append(status)
        assert history == self.history
        public = {row["id"] for row in anonymous().get(url("verdicts")).json()["results"]}
        assert public == {pk for pk, model in self.models.items() if model.state == "published"}

    def ask_who_wrote_it(self, data: Any, who: str, hand: Any) -> None:
        pk = self.one(data)
        verdict, authors = Verdict.objects.get(pk=pk), self.models[pk].authors()
        found = {name: {*written_by(verdict, user)} for name, user in self.world.users.items()}
        assert {name: fields for name, fields in found.items() if fields} == authors


def test_the_workflow_follows_its_model(settings: Any) -> None:
    Workflow.world, Workflow.site = World(), settings
    run_state_machine_as_test(Workflow, settings=examples(8, stateful_step_count=30))
