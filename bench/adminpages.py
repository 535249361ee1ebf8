"""The lists of the admin: as they open, with a search, with each filter.

Runs in the environment of an installation and prints the URLs as JSON.
"""

import json
import re
import statistics
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

import django

from bench.request import Request, connect

#: requests per page, for the median
TIMES = 5
#: fields to take a search word from
WORDS = ("text", "title", "name")


def addresses() -> Iterator[tuple[str, str]]:
    """Title and URL of each list, and of each search and filter in it."""
    from django.contrib import admin
    from django.contrib.auth import get_user_model
    from django.test import RequestFactory
    from django.urls import reverse

    from bench.visitor import NAME
    from claims.models import Claim

    request = RequestFactory().get("/")
    request.user = get_user_model().objects.get(username=NAME)
    for model, its in admin.site._registry.items():
        name, url = (
            str(model._meta.verbose_name_plural),
            reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"),
        )
        yield name, url
        changelist = its.get_changelist_instance(request)
        if changelist.search_fields:
            yield f"{name}, searched", f"{url}?{urlencode({'q': word_of(model) or word_of(Claim)})}"
        for spec in changelist.filter_specs:
            query = first_choice(spec, changelist)
            if query:
                yield f"{name}, by {spec.title}", url + query


def word_of(model: Any) -> str | None:
    """The longest word of a record in the middle of the table, or None."""
    fields = [field.name for field in model._meta.fields if field.name in WORDS]
    found = middle(model, fields[0]) if fields else None
    return max(re.findall(r"\w+", found), key=len) if found else None


def middle(model: Any, field: str) -> Any:
    rows = model._default_manager.order_by("-pk").values_list(field, flat=True)
    last = rows.values_list("pk", flat=True).first()
    return rows.filter(pk__lte=last // 2 + 1).first() if last else None


def first_choice(spec: Any, changelist: Any) -> str | None:
    """The query string of the first choice that a filter offers, in its form or its links."""
    if hasattr(spec, "field") and hasattr(spec, "chosen"):
        return "?" + urlencode({spec.parameters[0]: middle(spec.field.remote_field.model, "pk")})
    if spec.expected_parameters()[0].endswith("_from"):
        return "?" + urlencode({spec.expected_parameters()[0]: "2015"})
    links = (one.get("query_string") for one in spec.choices(changelist) if not one.get("selected"))
    return next(filter(None, links), None)


def times(pages: Iterable[tuple[str, str]], host: str, session: str) -> list[dict[str, Any]]:
    """The median milliseconds of each page, measured one after another. Exits if a response isn't 2xx."""
    connection = connect(host)
    found = []
    for name, url in pages:
        taken = []
        for _ in range(TIMES):
            begun = time.perf_counter()
            Request(url).send(connection, cookie=f"sessionid={session}")
            taken.append((time.perf_counter() - begun) * 1000)
        found.append({"page": name, "address": url, "median": statistics.median(taken)})
    connection.close()
    return found


if __name__ == "__main__":
    django.setup()
    json.dump(list(addresses()), sys.stdout)
