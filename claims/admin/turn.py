"""Whose turn it is with a verdict before it can be published."""

from typing import Any, NamedTuple

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from claims.desk.verdicts import WORKED_ON
from claims.models import Claim, Verdict
from claims.models.choices import VerdictState
from claims.models.visibility import sight_of

#: the query parameter of lists
TURN = "turn"
SUBMITTED = Q(state=VerdictState.SUBMITTED)


class Turn(NamedTuple):
    words: str
    #: a condition for verdicts
    which: Q


def turns(user: Any) -> dict[str, Turn]:
    """The choices of the filter."""
    own = Q(drafted_by=user.pk)
    return {
        "read": Turn("mine, as second reader", SUBMITTED & ~own),
        "finish": Turn("mine, to finish my draft", Q(state__in=WORKED_ON) & own),
        "wait": Turn("a second reader’s, of my verdict", SUBMITTED & own),
    }


def waits_for(verdict: Verdict, user: Any) -> str:
    """The next person to act on a verdict, in words; empty if there is none."""
    is_own = verdict.drafted_by_id == user.pk
    if verdict.state == VerdictState.SUBMITTED:
        return "another reader" if is_own else "a second reader"
    if verdict.state in WORKED_ON:
        return "you" if is_own else str(verdict.drafted_by or "its authors")
    return ""


class TurnFilter(admin.SimpleListFilter):
    """Verdicts, or claims with verdicts, that wait for the user or for others. For those who see unpublished ones."""

    title = "whose turn it is"
    parameter_name = TURN

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        if not sight_of(request.user).desk:
            return []
        return [(name, turn.words) for name, turn in turns(request.user).items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found = turns(request.user).get(self.value() or "")
        if found is None:
            return queryset
        verdicts = Verdict.objects.filter(found.which).visible_to(request.user)
        if queryset.model is Claim:
            return queryset.filter(pk__in=verdicts.order_by().values("claim"))
        return queryset.filter(pk__in=verdicts.order_by().values("pk"))
