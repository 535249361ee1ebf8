"""dumpdata and loaddata: what a record keeps on the way to another database."""

from io import StringIO
from pathlib import Path
from typing import Any

import pghistory
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.core.serializers.base import DeserializationError
from django.db import connection, transaction

from claims.desk import verdicts as desk
from claims.desk.rewordings import reword
from claims.models import Claim, Evidence, Publication, Rewording, Verdict, VerdictEvidence
from tests import factories as make

pytestmark = pytest.mark.django_db

#: cut to milliseconds in a dump, or new in a copy
MOMENTS = {"created_at", "updated_at", "public_from", "published_at", "sealed_at"}


def draft(claim: Claim, author: User, **kw: Any) -> Verdict:
    evidence = [make.make_evidence(claim=claim)]
    return make.make_verdict(claim=claim, state="draft", of_record=False, created_by=author, evidence=evidence, **kw)


def submit(verdict: Verdict) -> Verdict:
    desk.submit(verdict)
    verdict.refresh_from_db()
    return verdict


def write_record() -> None:
    """A verdict published by two, one that supersedes it, one withdrawn, and drafts, of which one was returned."""
    anna, boris = (User.objects.create(username=name) for name in ("anna", "boris"))
    draft(make.make_claim(), anna)
    first, second, returned = (submit(draft(make.make_claim(), anna)) for _ in range(3))
    desk.return_to_draft(returned, "Say more.")
    with pghistory.context(user=boris.pk):
        for verdict in (first, second):
            desk.publish(verdict, boris)
    connection.check_constraints()
    desk.withdraw(second, "error", "It was wrong.")
    make.make_verdict(
        claim=first.claim,
        issuer=first.issuer,
        supersedes=first,
        reason="News.",
        status="refuted",
        evidence=[*first.evidence.all()],
    )
    connection.check_constraints()


def content() -> dict[str, list[dict[str, Any]]]:
    models = (Claim, Evidence, Verdict, VerdictEvidence, Publication)
    rows = {model.__name__: [*model._default_manager.order_by("pk").values()] for model in models}
    return {
        name: [{key: value for key, value in row.items() if key not in MOMENTS} for row in some]
        for name, some in rows.items()
    }


def dump(path: Path, *options: str) -> str:
    call_command("dumpdata", "auth.user", "pghistory", "claims", *options, output=str(path), stdout=StringIO())
    return str(path)


def test_decisions_survive_a_dump(tmp_path: Path) -> None:
    with transaction.atomic():
        write_record()
        before, file = content(), dump(tmp_path / "all.json")
        transaction.set_rollback(True)
    assert not Verdict.objects.exists()
    call_command("loaddata", file, verbosity=0)
    assert content() == before
    assert sorted(Verdict.objects.values_list("state", "second_reader", "revision")) == [
        ("draft", True, 0),
        ("published", False, 2),
        ("published", True, 1),
        ("returned", True, 0),
        ("withdrawn", True, 1),
    ]


def test_a_submitted_verdict_survives_with_its_evidence(tmp_path: Path) -> None:
    with transaction.atomic():
        desk.submit(draft(make.make_claim(), User.objects.create(username="anna")))
        file = dump(tmp_path / "all.json")
        transaction.set_rollback(True)
    call_command("loaddata", file, verbosity=0)
    verdict = Verdict.objects.get()
    assert (verdict.state, verdict.evidence.count(), verdict.created_by.username) == ("submitted", 1, "anna")


@pytest.mark.parametrize("options", [("--natural-foreign",), ("--natural-foreign", "--natural-primary")])
def test_two_drafts_of_an_issuer_are_not_mixed_up_by_their_natural_keys(tmp_path: Path, options: tuple[str]) -> None:
    with transaction.atomic():
        anna, claim = User.objects.create(username="anna"), make.make_claim()
        draft(claim, anna, issuer=draft(claim, anna).issuer)
        file = dump(tmp_path / "all.json", *options)
        transaction.set_rollback(True)
    with pytest.raises((CommandError, DeserializationError), match=r"drafts of verdicts have no key|keys are the same"):
        call_command("loaddata", file, verbosity=0)
    assert not Verdict.objects.exists()


def test_rewordings_are_left_out_of_a_dump(tmp_path: Path) -> None:
    with transaction.atomic():
        claim = make.make_verdict().claim
        connection.check_constraints()
        reword([Rewording(claim=claim, kind="context", reason="Which bridge?")])
        Claim.objects.filter(pk=claim.pk).update(text="The old bridge fell.")
        connection.check_constraints()
        files = [dump(tmp_path / "all.json"), dump(tmp_path / "some.json", "--exclude", "claims.rewording")]
        transaction.set_rollback(True)
    with pytest.raises(CommandError, match="Rewordings can’t be loaded"):
        call_command("loaddata", files[0], verbosity=0)
    assert not Claim.objects.exists()
    call_command("loaddata", files[1], verbosity=0)
    assert Verdict.objects.get().on_earlier_words
