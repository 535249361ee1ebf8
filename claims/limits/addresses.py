"""Client addresses, behind proxies or not."""

from functools import lru_cache
from ipaddress import IPv4Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def address(request: HttpRequest) -> str:
    """The address of the client of a request."""
    return client_address(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR"))


def client_address(nearest: str, forwarded: str | None) -> str:
    """The address of a client: `nearest`, from which the connection comes; or, behind as many proxies as the setting
    PROXIES says, the one that the first of them added to `forwarded`, which is X-Forwarded-For.

    What is further to the left was written by the client, who may write anything.
    """
    if not settings.PROXIES or not forwarded:
        return nearest
    hops = forwarded.split(",")
    return _plain(hops[-min(int(settings.PROXIES), len(hops))]) or nearest


@lru_cache(maxsize=4096)
def _plain(hop: str) -> str | None:
    """The address in what a proxy wrote, as the ways go: 192.0.2.1:4711, [2001:db8::1]:4711, with a zone, in quotes, or
    as `for=…;proto=…` of RFC 7239. None if it is no address."""
    text = hop.strip().lower()
    if text.startswith("for="):
        text = text.removeprefix("for=").partition(";")[0]
    text = text.strip('" ')
    if text.startswith("["):
        text = text.removeprefix("[").partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)


@lru_cache(maxsize=4096)
def network(address: str) -> str:
    """What is counted as one: an address of IPv4, or the first 64 bits of one of IPv6, which a subscriber has alone."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return address
    return str(found.ipv4_mapped or found.exploded[:19])
