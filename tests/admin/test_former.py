"""Renaming in the admin: the old slug redirects, and a former slug is refused with an error on its field."""

import pytest
from django.test import Client

from claims.models import Actor, Claim
from tests.adminpages import delete, form_of, url
from tests.client import anonymous
from tests.client import url as address
from tests.factories import make_actor, make_claim

pytestmark = pytest.mark.django_db


def test_a_claim_that_is_renamed_keeps_its_old_address(admin_client: Client) -> None:
    claim, other = make_claim(slug="old"), make_claim()
    form = url(Claim, "change", claim.pk)
    assert admin_client.post(form, form_of(admin_client, form) | {"slug": "new"}).status_code == 302
    assert anonymous().get(address("claims", "old"))["Location"].endswith(address("claims", "new"))
    page = url(Claim, "change", other.pk)
    response = admin_client.post(page, form_of(admin_client, page) | {"slug": "old"})
    assert response.context["adminform"].form.errors["slug"][0].startswith("This slug once belonged to another claim")
    assert admin_client.post(form, form_of(admin_client, form) | {"slug": "old"}).status_code == 302
    assert delete(admin_client, Claim.objects.get(pk=claim.pk)).status_code == 200
    assert anonymous().get(address("claims", "new")).status_code == 410


def test_the_address_of_an_item_is_taken_for_its_id(admin_client: Client) -> None:
    actor = make_actor()
    form = url(Actor, "change", actor.pk)
    data = form_of(admin_client, form) | {"wikidata_id": "https://www.wikidata.org/wiki/Q7747"}
    assert admin_client.post(form, data).status_code == 302
    actor.refresh_from_db()
    assert actor.wikidata_id == "Q7747"
    response = admin_client.post(form, form_of(admin_client, form) | {"wikidata_id": "https://example.org/Q7747"})
    assert (
        "A Wikidata id is the letter Q followed by a number, such as Q7747."
        in response.context["adminform"].form.errors["wikidata_id"]
    )
