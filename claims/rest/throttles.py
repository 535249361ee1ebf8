"""Rate limits: per user, per client address for unauthenticated requests, and per client address for failed sign-ins.

The rates are settings. The counters are shared by the workers of one machine and need no query.
"""

from http import HTTPStatus
from math import ceil
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from claims.limits import counters
from claims.limits.addresses import address, network
from claims.limits.rates import Rate
from claims.limits.statements import bound_statements

#: a problem type of draft-ietf-httpapi-ratelimit-headers-11, section 5.1
QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"


class TooMany(APIException):
    """429. `wait`: seconds until a retry makes sense; `members`: additional members of the problem."""

    status_code = HTTPStatus.TOO_MANY_REQUESTS
    default_code = "throttled"

    def __init__(self, detail: str, wait: float, members: dict[str, Any] | None = None) -> None:
        super().__init__(f"{detail} Try again in {_duration(wait)}.")
        self.headers, self.members = {"Retry-After": str(ceil(wait))}, members or {}


def _duration(seconds: float) -> str:
    number, unit = (ceil(seconds), "second") if seconds < 120 else (ceil(seconds / 60), "minute")
    return f"{number} {unit}{'' if number == 1 else 's'}"


def hit(request: HttpRequest, scope: str, who: object) -> None:
    """Counts a request, and notes the limit for the response headers. Raises TooMany (429)."""
    rate: Rate | None = settings.RATES[scope]
    if rate is None:
        return
    count, seconds = counters.hit(f"{scope} {who}", rate.quota, rate.window)
    _note_limit(request, rate, count, seconds)
    if count > rate.quota:
        raise _exceeded(rate, seconds)


def count_request(request: HttpRequest, user: AbstractBaseUser | AnonymousUser | None) -> None:
    """Counts a request for its user or, if it is unauthenticated, its client address. Raises TooMany (429)."""
    if user is not None and user.is_authenticated:
        hit(request, "user", user.pk)
    else:
        hit(request, "anonymous", network(address(request)))


def count_failure(request: HttpRequest) -> None:
    """Counts a failed sign-in, and the request itself, for the client address. Raises TooMany (429)."""
    hit(request, "failed", network(address(request)))
    count_request(request, None)


def is_counted(request: HttpRequest) -> bool:
    return bool(getattr(request, "rates", None))


def refuse_guessing(request: HttpRequest) -> None:
    """Raises TooMany (429) if there were too many failed sign-ins from the client address."""
    rate: Rate | None = settings.RATES["failed"]
    if rate is None:
        return
    count, seconds = counters.counted(f"failed {network(address(request))}")
    if count >= rate.quota:
        _note_limit(request, rate, count, seconds)
        raise _exceeded(rate, seconds)


def _note_limit(request: HttpRequest, rate: Rate, count: int, seconds: int) -> None:
    """Stores the values of RateLimit-Policy and RateLimit, by policy, for ApiMiddleware, which sets the headers."""
    if not hasattr(request, "rates"):
        request.rates = {}  # type: ignore[attr-defined]
    request.rates[rate.name] = rate.policy, rate.limit(count, seconds)  # type: ignore[attr-defined]


def _exceeded(rate: Rate, seconds: int) -> TooMany:
    what = {
        "user": "requests",
        "anonymous": "requests from this address",
        "failed": "failed sign-ins from this address",
    }
    window = "" if rate.window == 1 else f"{rate.window} "
    detail = f"Too many {what[rate.name]}: {rate.quota} in {window}second{'s' if rate.window > 1 else ''} are allowed."
    return TooMany(detail, seconds, {"type": QUOTA_EXCEEDED, "violated-policies": [rate.name]})


class RateThrottle(BaseThrottle):
    def allow_request(self, request: Request, view: Any) -> bool:
        """Counts the request. Raises TooMany (429) rather than return False, to say more."""
        if not request.user.is_authenticated:
            bound_statements()
        count_request(request._request, request.user)
        return True
