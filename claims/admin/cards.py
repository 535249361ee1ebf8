"""Related rows of a record, shown on its page as cards, with an empty form to add another.

Cards are not forms: a page with fifty takes as many queries as a page with one, and saving the page doesn't save them
again. Each row is edited on its own page, which checks its version.
"""

from typing import Any

from django.contrib import admin
from django.db import models
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from claims.admin.base import RETURN, WIDGETS, admin_url
from claims.admin.rights import RowsByRole
from claims.desk.roles import may
from claims.models.visibility import sight_of, visible

#: Cards per page. The page links to a list of all of them.
MOST = 50


class AddingFormSet(BaseInlineFormSet):
    """A formset for new rows only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        nothing = self.model._default_manager.none()  # type: ignore[union-attr]
        super().__init__(*args, **kwargs | {"queryset": nothing})


class CardInline(RowsByRole, admin.StackedInline):
    extra = 0
    can_delete = False
    formset = AddingFormSet
    formfield_overrides = WIDGETS
    template = "admin/claims/cards_inline.html"
    #: the template of one card, given `card`
    card: str
    #: the record whose page this is, or None on a page for a new one
    parent: Any = None
    #: the user who views the page
    user: Any
    #: whether there are rows without a card
    more = False

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        self.parent, self.user = obj, request.user
        return super().get_formset(request, obj, **kwargs)

    def rows(self) -> models.QuerySet[Any]:
        """The rows of `parent`, with everything that their cards show."""
        raise NotImplementedError

    def cards(self) -> list[Any]:
        """The `card` of the card template, for each row."""
        return list(self._some())

    def _some(self) -> list[Any]:
        if self.parent is None:
            return []
        found = list(self.rows().filter(visible(self.model, sight_of(self.user)))[: MOST + 1])
        self.more = len(found) > MOST
        return found[:MOST]

    def summary(self) -> str:
        """A line above the cards."""
        return ""

    def add_url(self) -> str | None:
        """The page for adding a row, for users who may add rows but can't change the parent."""
        if self.parent is None or not may(self.user, "add", self.model):
            return None
        side = self.fk_name or self.parent._meta.model_name
        return admin_url(self.model, "add", **{side: self.parent.pk, RETURN: admin_url(self.parent, "change")})

    def all_url(self) -> str:
        """The list of all rows."""
        raise NotImplementedError
