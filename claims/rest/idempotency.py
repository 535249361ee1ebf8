"""`Idempotency-Key`: a POST that is retried because its response was lost is carried out only once.

This follows draft-ietf-httpapi-idempotency-key-header: the same key with a different request gets 422, and 409 while
the first request is still in progress. Failed requests are not kept: they can be corrected and retried under the key.
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
        "This Idempotency-Key was used for a different request (another URL or body) within the last 24 hours. "
        "Use a new key for a new request."
    )
    default_code = "key_of_another_request"


def key_in(request: Request) -> str | None:
    """The key of a request, or None. Raises ValidationError (400) if it is empty, too long or not printable ASCII."""
    key: str | None = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not (0 < len(key) <= KEY_LENGTH and key.isascii() and key.isprintable()):
        detail = f"Give 1 to {KEY_LENGTH} printable ASCII characters, such as a random UUID."
        raise exceptions.ValidationError({"Idempotency-Key": [exceptions.ErrorDetail(detail, "invalid")]})
    return key


def idempotent(request: Request, act: Callable[[bool], Response]) -> Response:
    """The response of `act`, stored in the same transaction as its writes; or the one stored under this key before.

    `act` is called with whether it comes last in the transaction.

    Raises ValidationError (400), Conflict (409) or OtherRequest (422).
    """
    key = key_in(request)
    if key is None:
        with checked_transaction():
            return act(True)
    user: Any = request.user.pk
    content = json.dumps([request.get_full_path(), request.data], sort_keys=True)
    digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    with checked_transaction():
        if not _try_lock(f"{user} {key}"):
            raise Conflict("A request with this Idempotency-Key is still in progress. Try again in a moment.")
        own = IdempotencyKey.objects.filter(user=user, key=key)
        kept = own.first()
        if kept is not None and kept.created_at > timezone.now() - KEPT:
            if kept.request != digest:
                raise OtherRequest
            headers = kept.headers | {"Idempotency-Replayed": "true"}
            return Response(bytes(kept.body), kept.status, headers=headers)
        own.delete()
        IdempotencyKey.remove_old()
        answer = act(False)
        headers = {name: answer[name] for name in ("Location", "ETag") if name in answer}
        IdempotencyKey.objects.create(
            user_id=user, key=key, request=digest, status=answer.status_code, headers=headers, body=answer.data
        )
        return answer


def _try_lock(name: str) -> bool:
    """Takes an advisory lock until the transaction ends; False if another transaction holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        (locked,) = cursor.fetchone()
        return bool(locked)
