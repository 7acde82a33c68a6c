"""How many mails strangers may cause. Counted in Postgres, so that a missing cache neither opens nor shuts the form.

SIGNUP_LIMITS, an hour each: `network=100 domain=500 site=5000`; `off` for a machine that nobody else reaches.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

from subscriptions import addresses
from subscriptions.models import Confirmation
from trials.limits import network as network_of

log = logging.getLogger(__name__)

HOUR = timedelta(hours=1)
DEFAULTS = {"network": 100, "domain": 500, "site": 5000}


def limits() -> dict[str, int]:
    """Empty when off."""
    text = settings.SIGNUP_LIMITS
    if text.lower() == "off":
        return {}
    try:
        given = {name: int(most) for name, _, most in (word.partition("=") for word in text.replace(",", " ").split())}
    except ValueError as error:
        raise ImproperlyConfigured(
            "SIGNUP_LIMITS takes off, or numbers like network=100 domain=500 site=5000."
        ) from error
    if unknown := given.keys() - DEFAULTS.keys():
        raise ImproperlyConfigured(f"SIGNUP_LIMITS knows network, domain and site, not {', '.join(sorted(unknown))}.")
    return DEFAULTS | given


def network_key(request: HttpRequest) -> str:
    return addresses.hashed(f"network:{network_of(request)}")


def wait_before_asking(network: str, *, now: datetime) -> int:
    """The seconds until this network, or anybody, may ask again; 0 when it may ask now."""
    most = limits()
    lately = Confirmation.objects.filter(created_at__gt=now - HOUR)
    if not most:
        return 0
    if lately.count() >= most["site"]:
        log.error("The site's limit of %s sign-ups an hour is reached.", most["site"])
        return 600
    return int(HOUR.total_seconds()) if lately.filter(network=network).count() >= most["network"] else 0


def domain_is_full(domain: str, *, now: datetime) -> bool:
    most = limits()
    return bool(most) and Confirmation.objects.filter(domain=domain, mailed_at__gt=now - HOUR).count() >= most["domain"]
