"""`Idempotency-Key`: a POST that is sent again, because its answer was lost, is not carried out again.

As in the draft of the IETF (draft-ietf-httpapi-idempotency-key-header): the same key with another request is a 422, and
one that is still being carried out a 409. What failed is not kept: it may be sent again, put right.
"""

import hashlib
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.db import connection
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from claims.models.idempotency import KEPT, KEY_LENGTH, IdempotencyKey
from claims.rest.problems import Conflict
from claims.rest.writing import checked_transaction


class OtherRequest(exceptions.APIException):
    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_detail = (
        "This Idempotency-Key was used for another request (another address or body) within the last 24 hours. "
        "Take a new key for a new request."
    )
    default_code = "key_of_another_request"


def key_in(request: Request) -> str | None:
    """The key that a request brings. Raises ValidationError (400) for one that is empty, too long or not in ASCII."""
    key: str | None = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not (0 < len(key) <= KEY_LENGTH and key.isascii() and key.isprintable()):
        detail = f"Give 1 to {KEY_LENGTH} printable ASCII characters, such as a random UUID."
        raise exceptions.ValidationError({"Idempotency-Key": [exceptions.ErrorDetail(detail, "invalid")]})
    return key


def idempotent(request: Request, act: Callable[[], Response]) -> Response:
    """The answer of `act`, in one transaction with what it writes; or the one that this key was given before.

    Raises ValidationError (400), Conflict (409) or OtherRequest (422).
    """
    key = key_in(request)
    if key is None:
        with checked_transaction():
            return act()
    user: Any = request.user.pk
    asked = json.dumps([request.get_full_path(), request.data], sort_keys=True)
    digest = hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()
    with checked_transaction():
        if not _is_mine(f"{user} {key}"):
            raise Conflict("A request with this Idempotency-Key is still being carried out. Ask again in a moment.")
        own = IdempotencyKey.objects.filter(user=user, key=key)
        kept = own.first()
        if kept is not None and kept.created_at > timezone.now() - KEPT:
            if kept.request != digest:
                raise OtherRequest
            headers = kept.headers | {"Idempotency-Replayed": "true"}
            return Response(bytes(kept.body), kept.status, headers=headers)
        own.delete()
        IdempotencyKey.remove_old()
        answer = act()
        headers = {name: answer[name] for name in ("Location", "ETag") if name in answer}
        IdempotencyKey.objects.create(
            user_id=user, key=key, request=digest, status=answer.status_code, headers=headers, body=answer.data
        )
        return answer


def _is_mine(name: str) -> bool:
    """Whether no other transaction holds the name; this one then holds it until it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        (locked,) = cursor.fetchone()
        return bool(locked)
