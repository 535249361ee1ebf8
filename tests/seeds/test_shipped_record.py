"""The shipped record keeps the rules of its own desk."""

import re

from django.db.models import F

from claims.desk.audit import audit
from claims.models import Claim, Evidence, Source, Verdict
from claims.models.choices import ClaimKind, Status
from tests.client import anonymous, url
from tests.documents import ROOT

CHECKABLE = (ClaimKind.FACT, ClaimKind.NUMBER, ClaimKind.QUOTE, ClaimKind.CAUSAL, ClaimKind.POSITION)


def sentences(text: str) -> int:
    return len(re.findall(r"[.!?][”’\")]*(?=\s+[A-Z“‘(0-9]|$)", text))


def test_every_checkable_claim_has_a_verdict_with_evidence(shipped: None) -> None:
    assert audit() == []

    checkable = Claim.objects.filter(kind__in=CHECKABLE)
    assert [c.slug for c in checkable.filter(status=Status.UNVERIFIED)] == []
    assert [c.slug for c in checkable if not c.evidence.exists()] == []
    judgements = Claim.objects.filter(kind=ClaimKind.VALUE)
    assert [c.slug for c in judgements.exclude(status=Status.NOT_CHECKABLE)] == []

    decided = Verdict.objects.filter(of_record=True, claim__kind__in=CHECKABLE).select_related("claim")
    assert [v.claim.slug for v in decided if not 3 <= sentences(v.rationale) <= 6] == []
    assert [v.claim.slug for v in decided if not v.issued] == []
    late = Evidence.objects.filter(verdict_links__verdict__issued_last__lt=F("read_on")).select_related("claim")
    assert [e.claim.slug for e in late] == []
    unread = Evidence.objects.filter(source__url="", source__derivatives=None).select_related("claim", "source")
    assert [(e.claim.slug, e.source.slug) for e in unread] == []
    # a title is that of the page, or in brackets; never shortened
    assert [s.slug for s in Source.objects.filter(title__contains="…")] == []
    ours = Source.objects.filter(title__startswith="[").count()
    assert f"{ours} of the {Source.objects.count()} titles" in (ROOT / "docs/record.md").read_text()


def test_former_slugs_of_claims_lead_to_them(shipped: None) -> None:
    merged = anonymous().get(url("claims", "isis-k-is-afghan"))
    assert merged.status_code == 308
    assert merged["Location"].endswith(url("claims", "isis-k-is-afghan-branch-of-islamic-state"))
    assert anonymous().get(url("claims", "kazan-cathedral-is-popular-location")).status_code == 410
