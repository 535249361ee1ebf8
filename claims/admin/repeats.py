"""Process a form only once if it is submitted twice, for example by a double click."""

import hashlib
import secrets
from typing import Any

from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from claims.models.idempotency import KEY_LENGTH, IdempotencyKey

#: The hidden field with a random key that identifies one rendering of a form.
FORM_KEY = "_form"


def form_key(request: HttpRequest) -> str:
    """The key of the form to show: that of the submitted form if it is shown again, otherwise a new one."""
    return request.POST.get(FORM_KEY) or secrets.token_urlsafe(16)


def earlier_answer(request: HttpRequest) -> HttpResponse | None:
    """The redirect that answered the same form before, if any.

    Waits for a concurrent submission to finish. Must run in a transaction.
    """
    key = _key(request)
    if key is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{request.user.pk} {key}"])
    kept = IdempotencyKey.objects.filter(user=request.user.pk, key=key, request=_digest(request)).first()
    if kept is None:
        return None
    messages.info(request, "The form was submitted twice. It was processed once.")
    return HttpResponseRedirect(kept.headers["Location"])


def keep_answer(request: HttpRequest, response: HttpResponse) -> None:
    """Store the redirect of a processed form, in the same transaction as the form's changes."""
    key = _key(request)
    if key is None or not response.has_header("Location"):
        return
    user: Any = request.user
    IdempotencyKey.remove_old()
    kept: dict[str, Any] = {
        "request": _digest(request),
        "status": response.status_code,
        "headers": {"Location": response["Location"]},
        "body": b"",
    }
    IdempotencyKey.objects.update_or_create(user=user, key=key, defaults=kept)


def _key(request: HttpRequest) -> str | None:
    key = f"form {request.POST.get(FORM_KEY, '')}"
    return key if len("form ") < len(key) <= KEY_LENGTH and key.isascii() and key.isprintable() else None


def _digest(request: HttpRequest) -> str:
    sent = request.POST.copy()
    sent.pop("csrfmiddlewaretoken", None)
    return hashlib.sha256(f"{request.get_full_path()} {sent.urlencode()}".encode()).hexdigest()
