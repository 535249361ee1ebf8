"""Client addresses, with or without proxies."""

from functools import lru_cache
from ipaddress import IPv4Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def address(request: HttpRequest) -> str:
    """The client address of a request."""
    return client_address(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR"))


def client_address(nearest: str, forwarded: str | None) -> str:
    """The client address: `nearest`, the peer of the connection, or, behind PROXIES (a setting) many proxies, the one
    that the outermost of them added to `forwarded`, the header X-Forwarded-For.

    Anything further to the left in the header came from the client and can't be trusted.
    """
    if not settings.PROXIES or not forwarded:
        return nearest
    hops = forwarded.split(",")
    return _plain(hops[-min(int(settings.PROXIES), len(hops))]) or nearest


@lru_cache(maxsize=4096)
def _plain(hop: str) -> str | None:
    """The address in an entry of X-Forwarded-For, None if there is none.

    Proxies write 192.0.2.1:4711, [2001:db8::1]:4711, a zone, quotes, or `for=…;proto=…` of RFC 7239.
    """
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
    """What rate limits count as one client: an IPv4 address, or the first 64 bits of an IPv6 address, since one
    subscriber usually has all addresses below them."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return address
    return str(found.ipv4_mapped or found.exploded[:19])
