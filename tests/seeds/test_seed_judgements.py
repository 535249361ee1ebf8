"""Evidence and verdicts can be in a different file from their claims."""

import pytest
from django.core.management import CommandError

from claims.models import Claim, Evidence, Verdict
from claims.models.choices import Status
from tests.seedfiles import SeedFolder, load

pytestmark = pytest.mark.django_db

JUDGED = """\
sources:
- {slug: roll-of-the-hurt, title: Roll of the hurt, kind: report, published: 2017}
judgements:
  nobody-hurt:
    evidence:
    - {key: roll, source: roll-of-the-hurt, stance: refutes, summary: It names three., read_on: 2024-03-22}
    verdicts:
    - {issuer: desk, status: refuted, rationale: Three were hurt., evidence: [roll]}
"""


@pytest.fixture
def seeds(seeds: SeedFolder) -> SeedFolder:
    seeds.write("judged.yaml", JUDGED)
    return seeds


def test_evidence_and_verdict_for_a_claim_of_another_file(seeds: SeedFolder) -> None:
    load()
    claim = Claim.objects.get(slug="nobody-hurt")
    assert claim.status == Status.REFUTED
    assert [e.source.slug for e in claim.verdicts.get().evidence.all()] == ["roll-of-the-hurt"]
    assert "nothing" in load().lower()


def test_a_draft_and_its_evidence_are_removed_with_their_file(seeds: SeedFolder) -> None:
    seeds.replace("rationale: Three were hurt.,", "rationale: Three were hurt., state: draft,", "judged.yaml")
    load()
    (seeds.folder / "judged.yaml").unlink()
    load()
    assert not Evidence.objects.filter(claim__slug="nobody-hurt").exists()
    assert not Verdict.objects.filter(claim__slug="nobody-hurt").exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  nobody-hurt:", "  nobody-hrt:", "unknown claim “nobody-hrt” – did you mean nobody-hurt?"),
        ("    verdicts:", "    verdict:", "unknown key “verdict” in a judgement – did you mean verdicts?"),
        ("evidence: [roll]", "evidence: [rol]", "this claim has no evidence with the key “rol” – did you mean roll?"),
    ],
)
def test_faults_are_reported_with_their_line(seeds: SeedFolder, old: str, new: str, message: str) -> None:
    seeds.replace(old, new, "judged.yaml")
    with pytest.raises(CommandError) as caught:
        load()
    assert f"judged.yaml:{seeds.line(new, 'judged.yaml')}: {message}" in str(caught.value)
    assert not Claim.objects.exists()
