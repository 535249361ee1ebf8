"""Helpers for the tests of the admin."""

from typing import Any

from django.contrib import admin
from django.db import connection
from django.forms import ModelMultipleChoiceField
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.models.base import Record

#: the models of the record
MODELS = [model for model in admin.site._registry if issubclass(model, Record)]


def url(model: type, page: str, *args: Any) -> str:
    return reverse(f"admin:claims_{model._meta.model_name}_{page}", args=args)


def form_of(client: Client, address: str) -> dict[str, Any]:
    """The data that a browser would submit from the form at `address`."""
    context = client.get(address).context
    forms = [context["adminform"].form]
    data = {"_form": context["form_key"]}
    if context["original"]:
        data["_version"] = str(context["original"].version)
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for field in form:
            value = field.value()
            several = isinstance(field.field, ModelMultipleChoiceField)
            data[field.html_name] = ([] if several else "") if value is None else value
    return data


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


def delete(client: Client, record: Any) -> Any:
    """Open the confirmation page for deleting a record, and confirm."""
    address = url(type(record), "delete", record.pk)
    page = client.get(address)
    assert page.status_code == 200
    return client.post(address, {"post": "yes", "_shown": page.wsgi_request.shown}, follow=True)
