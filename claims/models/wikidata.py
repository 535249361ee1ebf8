"""Wikidata items: their ids and URLs."""

import re

from django.db.models import CheckConstraint

from claims.models.rules import well_formed

FORM = r"^Q[1-9][0-9]*$"
WIKIDATA_ID = re.compile(FORM)
WIKIDATA_MESSAGE = "A Wikidata id is the letter Q followed by a number, such as Q7747."
_ADDRESS = re.compile(
    r"\s*(?:https?://)?(?:www\.|m\.)?wikidata\.org/(?:wiki|entity)/(?:Special:EntityPage/|Item:)?(Q[1-9][0-9]*)"
    r"(?:\.\w+)?(?:[?#].*)?\s*",
    re.IGNORECASE,
)


def wikidata_rule(model: str) -> CheckConstraint:
    return well_formed(model, "wikidata_id", FORM, WIKIDATA_MESSAGE)


def wikidata_id_in(text: str) -> str:
    """The id in the URL of an item; any other text is returned unchanged."""
    found = _ADDRESS.fullmatch(text)
    return found[1].upper() if found else text
