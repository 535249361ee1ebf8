"""What a verdict relied on when it was published, and the rules that hold from then on."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models

from claims.models.triggers import StoredChange, refuse

_REFUSE_ANY_CHANGE = refuse("publication_kept", "evidence", "'What a verdict relied on when it was published is kept.'")


class Publication(models.Model):
    """The evidence that a verdict relied on when it was published. Written by the database, at the commit that
    publishes the verdict; from then on each change of the verdict's links is held against it."""

    #: the database refuses to delete the verdict, and says why
    verdict = models.OneToOneField(
        "claims.Verdict", on_delete=models.DO_NOTHING, primary_key=True, related_name="publication"
    )
    evidence = ArrayField(models.BigIntegerField(), help_text="The ids of the evidence, in order.")
    sealed_at = models.DateTimeField()

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                # others, such as loaddata, change nothing: the function writes it once it has checked the verdict
                name="written_by_the_database",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="IF pg_trigger_depth() > 1 THEN RETURN NEW; END IF; RETURN NULL;",
            ),
            pgtrigger.Trigger(
                name="kept_on_change",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=StoredChange(),
                func=_REFUSE_ANY_CHANGE,
            ),
            pgtrigger.Trigger(name="kept", when=pgtrigger.Before, operation=pgtrigger.Delete, func=_REFUSE_ANY_CHANGE),
        ]

    def __str__(self) -> str:
        return f"{self.verdict_id}: {self.evidence}"


def check_publication(verdict: str) -> str:
    """PL/pgSQL that checks a verdict that is or was published, or records what it relies on (the function is in
    migration 0008). `verdict`: an SQL expression for its id."""
    return f"PERFORM claims_check_publication({verdict});"
