"""An email address: one that we can write to, its key, and how it looks to others. Pure but for the pepper."""

import hashlib
import hmac
import re
import unicodedata

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

LONGEST = 254  # RFC 5321: a path of 256 characters, less its angle brackets
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_MESSAGE = "Type one email address, like name@example.org."
_valid = EmailValidator(_MESSAGE, allowlist=[])


def clean(typed: str) -> str:
    """The address to write to, its domain in lower-case ASCII. Lists, names, quotes and line breaks are refused."""
    address = unicodedata.normalize("NFC", typed.strip(" \t"))
    local, at, domain = address.rpartition("@")
    if not at or len(local) > 64 or not _LOCAL_PART.fullmatch(local) or domain.startswith("["):
        raise ValidationError(_MESSAGE)
    try:
        domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise ValidationError(_MESSAGE) from error
    address = f"{local}@{domain}"
    if len(address) > LONGEST:
        raise ValidationError(_MESSAGE)
    _valid(address)
    return address


def key(address: str) -> str:
    """What two spellings of one mailbox share: a keyed hash, so that the table of keys tells nobody's address."""
    pepper = settings.SUPPRESSION_PEPPER.encode()
    return hmac.new(pepper, b"address:" + address.lower().encode(), hashlib.sha256).hexdigest()


def domain_key(address: str) -> str:
    return hashed("domain:" + address.rpartition("@")[2].lower())


def hashed(value: str) -> str:
    """For counting without keeping what is counted."""
    return hmac.new(settings.SUPPRESSION_PEPPER.encode(), value.encode(), hashlib.sha256).hexdigest()[:24]


def masked(address: str | None) -> str:
    """a•••@e•••.org: enough for an administrator to recognise an address, not enough to use it."""
    local, at, domain = (address or "").rpartition("@")
    if not at:
        return "(erased)"
    name, _, suffix = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••.{suffix}"
