"""A form that is sent twice, as by a double click, is carried out once."""

import hashlib
import secrets
from typing import Any

from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from claims.models.idempotency import KEY_LENGTH, IdempotencyKey

#: The field of a form with a random text that tells it from every other one that was shown.
FORM_KEY = "_form"


def form_key(request: HttpRequest) -> str:
    """The key of the form to show: a new one, or that of the form which was sent and is shown again."""
    return request.POST.get(FORM_KEY) or secrets.token_urlsafe(16)


def earlier_answer(request: HttpRequest) -> HttpResponse | None:
    """Where the same form led when it was sent before. Waits for that, and must run inside a transaction."""
    key = _key(request)
    if key is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{request.user.pk} {key}"])
    kept = IdempotencyKey.objects.filter(user=request.user.pk, key=key, request=_digest(request)).first()
    if kept is None:
        return None
    messages.info(request, "The form was sent twice. It was carried out once.")
    return HttpResponseRedirect(kept.headers["Location"])


def keep_answer(request: HttpRequest, response: HttpResponse) -> None:
    """Keeps where a form led that was carried out, in the transaction of what it wrote."""
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
