"""Client addresses, behind proxies or not."""

from functools import lru_cache
from ipaddress import IPv4Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def address(request: HttpRequest) -> str:
    """The address of who asks; behind as many proxies as the setting PROXIES says, the one that the first of them saw.

    What stands in X-Forwarded-For further to the left was written by the client, who may write anything.
    """
    nearest: str = request.META.get("REMOTE_ADDR", "")
    said = request.META.get("HTTP_X_FORWARDED_FOR")
    if not settings.PROXIES or not said:
        return nearest
    hops = said.split(",")
    found = hops[-min(settings.PROXIES, len(hops))].strip()
    try:
        return str(ip_address(found))
    except ValueError:
        return nearest


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
