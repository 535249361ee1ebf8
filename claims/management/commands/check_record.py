"""`check_record`: are the claims, their evidence and their verdicts sound together?"""

import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from claims.desk.audit import RULES, audit
from claims.models import Claim
from claims.models.choices import Status


class Command(BaseCommand):
    help = "Hold the record against the rules of the desk, list what breaks one, and exit with status 1 if any does."

    def handle(self, *args: Any, **options: Any) -> None:
        findings = audit()
        for finding in findings:
            detail = f" ({finding.detail})" if finding.detail else ""
            self.stdout.write(f"{finding.rule}: {finding.record}{detail}")
        statuses = Counter(Claim.objects.values_list("status", flat=True))
        told = ", ".join(f"{statuses[s.value]} {s.label.lower()}" for s in Status if statuses[s.value])
        self.stdout.write(f"{statuses.total()} claims: {told or 'none'}.")
        if findings:
            self.stdout.write(f"{len(findings)} times a rule is broken.")
            sys.exit(1)
        self.stdout.write(f"All {len(RULES)} rules are kept.")
