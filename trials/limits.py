"""How often one network may do a thing. Counts live in the cache under a keyed hash: no visitor's address is kept."""

import hashlib
import hmac
import logging
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

log = logging.getLogger(__name__)


class TooMany(Exception):
    """The visitor's network has to wait. A middleware makes the page of it, with Retry-After."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


def allow(request: HttpRequest, what: str, most: int, *, seconds: int) -> bool:
    """Counts this request; False once the visitor's network is past `most` in `seconds`, or if nobody can count."""
    key = f"limit:{what}:{_hashed(network(request))}"
    try:
        cache.add(key, 0, seconds)
        return cache.incr(key) <= most
    except ValueError:  # the count ran out between the two calls
        return True
    except Exception:
        log.warning("The cache does not answer: %s is closed until it does.", what)
        return False


def network(request: HttpRequest) -> str:
    """The visitor's /24 or /64: one household or provider's block, not one machine."""
    address = client_address(request)
    if isinstance(address, IPv4Address):
        return str(address).rpartition(".")[0]
    return str(address.exploded)[:19] if address else "unknown"


def client_address(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    """The peer, or the nearest forwarded address that none of our own proxies has."""
    hops = [request.META.get("REMOTE_ADDR", "")]
    hops += reversed([hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()])
    address = None
    for hop in hops:
        try:
            address = plain_address(hop)
        except ValueError:
            return address
        if not is_our_proxy(address):
            return address
    return address


def plain_address(text: str) -> IPv4Address | IPv6Address:
    """A server that listens on IPv6 names an IPv4 peer ::ffff:192.0.2.7; all of those would be one /64."""
    address = ip_address(text)
    return getattr(address, "ipv4_mapped", None) or address


def is_our_proxy(address: IPv4Address | IPv6Address) -> bool:
    return any(address in trusted for trusted in settings.TRUSTED_PROXIES)


def _hashed(value: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), value.encode(), hashlib.sha256).hexdigest()[:24]
