"""How many rows each table gets, and the random values that several tables share."""

from dataclasses import dataclass, field

from claims.models.choices import Status
from claims.synthetic.chance import Mix, stream
from claims.synthetic.words import Speech, urn, vocabulary

TOPICS = 400
STATUSES = list(Status)
_STATUS = Mix(
    {
        STATUSES.index(Status.UNVERIFIED): 40,
        STATUSES.index(Status.SUPPORTED): 24,
        STATUSES.index(Status.REFUTED): 16,
        STATUSES.index(Status.CONFLICTING): 6,
        STATUSES.index(Status.NOT_ENOUGH_EVIDENCE): 9,
        STATUSES.index(Status.NOT_CHECKABLE): 5,
    }
)
# number per claim: percentage of the claims
_ASSERTIONS = Mix({0: 8, 1: 30, 2: 32, 3: 18, 4: 8, 5: 4})  # mean: 2
_EVIDENCE = Mix({0: 15, 1: 25, 2: 28, 3: 17, 4: 9, 5: 4, 6: 2})  # mean: 2
_TOPICS = Mix({0: 12, 1: 46, 2: 27, 3: 10, 4: 5})  # mean: 1.5
_ABOUT = Mix({0: 30, 1: 45, 2: 20, 3: 5})  # mean: 1
_OTHER_VERDICT = Mix({0: 90, 1: 10})  # mean: 0.1


@dataclass
class Plan:
    """What to generate for `claims` claims. The bytes fields have one byte per claim: its status (an index into
    STATUSES), and its numbers of assertions, pieces of evidence, topics, actors and other issuers' verdicts.
    """

    claims: int
    seed: int
    actors: int = field(init=False)
    sources: int = field(init=False)
    relations: int = field(init=False)
    status: bytes = field(init=False)
    assertions: bytes = field(init=False)
    evidence: bytes = field(init=False)
    topics: bytes = field(init=False)
    about: bytes = field(init=False)
    other_verdicts: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.actors = min(10_000, max(50, self.claims // 100))
        self.sources = max(20, self.claims // 10)
        self.relations = self.claims // 5
        rng = stream(self.seed, "plan")
        self.status = bytes(_STATUS.draw(rng, self.claims))
        self.assertions = bytes(_ASSERTIONS.draw(rng, self.claims))
        self.evidence = bytes(_EVIDENCE.draw(rng, self.claims))
        self.topics = bytes(_TOPICS.draw(rng, self.claims))
        self.about = bytes(_ABOUT.draw(rng, self.claims))
        self.other_verdicts = bytes(_OTHER_VERDICT.draw(rng, self.claims))
        self._words = urn(vocabulary(self.seed))

    def speech(self, noun: str) -> Speech:
        return Speech(self.seed, noun, self._words)

    def slug(self, noun: str) -> str:
        """The start of the slugs of a noun; a number, counted from 1, follows."""
        return f"{prefix(self.seed)}{noun}-"


def prefix(seed: int) -> str:
    """The start of all slugs of a seed."""
    return f"synthetic-{seed}-"
