"""The address that a mail's bounces come back to: b+<id>.<mac>@BOUNCE_DOMAIN. It names a mail, never a person."""

import hashlib
import hmac
import re

from django.conf import settings

_LOCAL_PART = re.compile(r"b\+(\d{1,18})\.([0-9a-f]{20})", re.IGNORECASE)


def return_path(email_id: int) -> str:
    """Empty where the site has no domain for bounces: the mail's own sender is used then."""
    if not settings.BOUNCE_DOMAIN:
        return ""
    return f"b+{email_id}.{_mac(email_id, settings.SECRET_KEY)}@{settings.BOUNCE_DOMAIN}"


def mail_of(address: str) -> int | None:
    """The mail that this address was made for; None where it was not made here."""
    local, _, domain = address.strip("<> \t").rpartition("@")
    found = _LOCAL_PART.fullmatch(local)
    if found is None or not settings.BOUNCE_DOMAIN or domain.lower() != settings.BOUNCE_DOMAIN.lower():
        return None
    email_id, mac = int(found.group(1)), found.group(2).lower()
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return email_id if any(hmac.compare_digest(mac, _mac(email_id, key)) for key in keys) else None


def _mac(email_id: int, key: str) -> str:
    return hmac.new(f"bounce:{key}".encode(), str(email_id).encode(), hashlib.sha256).hexdigest()[:20]
