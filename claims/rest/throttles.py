"""Rate limits: per user or, for requests that aren't signed in, per address; and per address for failed attempts to
sign in. The rates are settings; the counters are shared by the workers of one machine, and take no query.
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
    """429. `wait`: seconds until it is worth trying again; `members`: further members of the problem."""

    status_code = HTTPStatus.TOO_MANY_REQUESTS
    default_code = "throttled"

    def __init__(self, detail: str, wait: float, members: dict[str, Any] | None = None) -> None:
        super().__init__(f"{detail} Try again in {_duration(wait)}.")
        self.headers, self.members = {"Retry-After": str(ceil(wait))}, members or {}


def _duration(seconds: float) -> str:
    number, unit = (ceil(seconds), "second") if seconds < 120 else (ceil(seconds / 60), "minute")
    return f"{number} {unit}{'' if number == 1 else 's'}"


def hit(request: HttpRequest, scope: str, who: object) -> None:
    """Counts a request, for the header fields of its answer as well. Raises TooMany (429)."""
    rate: Rate | None = settings.RATES[scope]
    if rate is None:
        return
    count, seconds = counters.hit(f"{scope} {who}", rate.quota, rate.window)
    _tell(request, rate, count, seconds)
    if count > rate.quota:
        raise _exceeded(rate, seconds)


def count_request(request: HttpRequest, user: AbstractBaseUser | AnonymousUser | None) -> None:
    """Counts a request for the user or, without one, the address. Raises TooMany (429)."""
    if user is not None and user.is_authenticated:
        hit(request, "user", user.pk)
    else:
        hit(request, "anonymous", network(address(request)))


def count_failure(request: HttpRequest) -> None:
    """Counts a failed attempt to sign in, which is a request from this address as well. Raises TooMany (429)."""
    hit(request, "failed", network(address(request)))
    count_request(request, None)


def is_counted(request: HttpRequest) -> bool:
    return bool(getattr(request, "rates", None))


def refuse_guessing(request: HttpRequest) -> None:
    """Raises TooMany (429) for an address from which too many attempts to sign in have failed."""
    rate: Rate | None = settings.RATES["failed"]
    if rate is None:
        return
    count, seconds = counters.counted(f"failed {network(address(request))}")
    if count >= rate.quota:
        _tell(request, rate, count, seconds)
        raise _exceeded(rate, seconds)


def _tell(request: HttpRequest, rate: Rate, count: int, seconds: int) -> None:
    """Leaves the values of RateLimit-Policy and RateLimit, by policy, for the middleware that writes them."""
    if not hasattr(request, "rates"):
        request.rates = {}  # type: ignore[attr-defined]
    request.rates[rate.name] = rate.policy, rate.limit(count, seconds)  # type: ignore[attr-defined]


def _exceeded(rate: Rate, seconds: int) -> TooMany:
    what = {"user": "requests", "anonymous": "requests from this address", "failed": "failed sign-ins from here"}
    window = "" if rate.window == 1 else f"{rate.window} "
    detail = f"Too many {what[rate.name]}: {rate.quota} in {window}second{'s' if rate.window > 1 else ''} are allowed."
    return TooMany(detail, seconds, {"type": QUOTA_EXCEEDED, "violated-policies": [rate.name]})


class RateThrottle(BaseThrottle):
    def allow_request(self, request: Request, view: Any) -> bool:
        """Counts the request. Raises TooMany (429), which says more than False would."""
        if not request.user.is_authenticated:
            bound_statements()
        count_request(request._request, request.user)
        return True
