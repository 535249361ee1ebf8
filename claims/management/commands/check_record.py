"""`check_record`: check the claims, evidence and verdicts against the rules of the desk."""

import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from claims.desk.audit import RULES, audit
from claims.models import Claim
from claims.models.choices import Status


class Command(BaseCommand):
    help = "Check the record against the rules of the desk and list violations; exit with status 1 if there are any."

    def handle(self, *args: Any, **options: Any) -> None:
        findings = audit()
        for finding in findings:
            detail = f" ({finding.detail})" if finding.detail else ""
            self.stdout.write(f"{finding.rule}: {finding.record}{detail}")
        statuses = Counter(Claim.objects.values_list("status", flat=True))
        summary = ", ".join(f"{statuses[s.value]} {s.label.lower()}" for s in Status if statuses[s.value])
        self.stdout.write(f"{statuses.total()} claims: {summary or 'none'}.")
        if findings:
            self.stdout.write(f"Violations of the rules: {len(findings)}.")
            sys.exit(1)
        self.stdout.write(f"No violations of the {len(RULES)} rules.")
