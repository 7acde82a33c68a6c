"""DKIM (RFC 6376), where no relay signs for us. The only file that signs. The key goes into no log and no error."""

import dkim
from django.conf import settings

from subscriptions.message_ids import mail_domain

# From stands twice: a second one, put in on the way, breaks the signature
COVERED = (
    b"from", b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type", b"auto-submitted",
    b"list-unsubscribe", b"list-unsubscribe-post", b"x-trial-changes", b"x-explainer-updates",
)  # fmt: skip


class CannotSign(Exception):
    """The mail is not sent unsigned: it waits like one that the server put off."""


def signed(message: bytes) -> bytes:
    """The message with our signature before it; as it is where the site has no key."""
    if not settings.DKIM_KEY:
        return message
    try:
        header: bytes = dkim.sign(
            message,
            settings.DKIM_SELECTOR.encode(),
            mail_domain().encode(),
            settings.DKIM_KEY.encode(),
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=_covered(message),
        )
    except Exception as error:  # without its cause: its frames hold the key
        raise CannotSign(type(error).__name__) from None
    return header + message


def _covered(message: bytes) -> list[bytes]:
    """Those that this mail has: naming an absent one would promise that nobody adds it, and lists do."""
    head = message.partition(b"\r\n\r\n")[0]
    names = {line.partition(b":")[0].lower() for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")}
    return [name for name in COVERED if name in names]
