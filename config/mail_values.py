"""Settings of mail and sign-ups: senders, domains, rates. Pure."""

import re
from collections.abc import Collection
from email.utils import getaddresses
from math import isfinite

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from config.bad_setting import bad_setting
from config.service_urls import is_host

SENDER = "Plain Trials <updates@trials.example.org>"
RATES = "10 example.org=2"
SIGNUPS = "network=100 domain=500 site=5000"
COUNTED = ("network", "domain", "site")


def sender(name: str, value: str) -> str:
    """One address, with or without a name before it."""
    found = getaddresses([value])
    if len(found) != 1:
        raise bad_setting(name, "holds more than one address, or a name with a comma and no quotes", SENDER)
    try:
        validate_email(found[0][1])
    except ValidationError as error:
        raise bad_setting(name, "holds no mail address", SENDER) from error
    return value


def domain(name: str, value: str) -> str:
    if value and not is_host(value):
        raise bad_setting(name, "is no domain", "bounces.example.org")
    return value


def contact(name: str, value: str) -> str:
    """Goes into a header and into a link."""
    if (value and not re.fullmatch(r"[!-~]+", value)) or set("()<>") & set(value):
        raise bad_setting(name, "takes one address of plain letters, without blanks and brackets", "you@example.org")
    return value


def rates(name: str, words: Collection[str]) -> dict[str, float]:
    """`10 example.org=2`: numbers above 0, by domain, under "" for all others."""
    found: dict[str, float] = {}
    for word in words:
        key, sign, number = word.rpartition("=")
        rate = _number(number)
        if not rate > 0 or (sign and not is_host(key)):
            raise bad_setting(name, f"holds {word!r}, where it takes numbers above 0, alone or of a domain", RATES)
        if key.lower() in found:
            raise bad_setting(name, f"says twice how many go to {key or 'all others'}", RATES)
        found[key.lower()] = rate
    return found


def _number(text: str) -> float:
    """0 for what is none."""
    try:
        number = float(text)
    except ValueError:
        return 0
    return number if isfinite(number) else 0


def signup_limits(name: str, text: str) -> str:
    """As subscriptions.limits reads it: `off`, or some of its three numbers."""
    words = [] if text.lower() == "off" else text.replace(",", " ").split()
    for word in words:
        key, _, most = word.partition("=")
        if key not in COUNTED or not re.fullmatch(r"[1-9]\d{0,8}", most):
            raise bad_setting(name, f"holds {word!r}, where it takes off, or whole numbers of {', '.join(COUNTED)}",
                              SIGNUPS)  # fmt: skip
    return text


def webhook_secret(name: str, value: str) -> str:
    """`name:password`; a password alone is that of `reports`."""
    if not value:
        return ""
    whole = value if ":" in value else f"reports:{value}"
    if not all(whole.partition(":")):
        raise bad_setting(name, "lacks the part before or after its colon", "name:password, or a password alone")
    return whole
