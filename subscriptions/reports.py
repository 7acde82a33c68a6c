"""What a machine wrote back: a delivery status (RFC 3464) or a complaint (RFC 5965). Reads values, changes nothing.

Only the machine-readable part counts, so no phrase book of mail programs is needed; what has none says nothing.
"""

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum

BIGGEST = 1_000_000
MOST_PARTS = 50
DEEPEST = 8
_POLICY = email.policy.compat32  # reads broken headers without raising


class Kind(StrEnum):
    HARD = "hard"
    SOFT = "soft"
    POLICY = "policy"
    COMPLAINT = "complaint"


@dataclass(frozen=True)
class Report:
    kind: Kind
    recipient: str
    status: str = ""
    about: str = ""
    """The sender of the mail that somebody complained of: a complaint goes to another address."""


def read(raw: bytes) -> Report | None:
    """None for whatever is no report of a failure: replies, delays, receipts, and what is too big to be one."""
    if len(raw) > BIGGEST:
        return None
    message = email.message_from_bytes(raw, policy=_POLICY)
    if message.get_content_type() != "multipart/report":
        return None
    for part in _parts(message, DEEPEST):
        match part.get_content_type():
            case "message/delivery-status":
                return _delivery_status(part)
            case "message/feedback-report":
                return _complaint(part)
    return None


def addressed_to(raw: bytes) -> list[str]:
    """The addresses that the report itself came to, as the mail server wrote them down."""
    message = email.message_from_bytes(raw[:BIGGEST], policy=_POLICY)
    return [
        str(value).strip() for name in ("Delivered-To", "X-Original-To", "To") for value in message.get_all(name, [])
    ]


def _parts(message: Message, depth: int) -> Iterator[Message]:
    """The parts of the report itself. A message inside it is somebody else's word, so it is not opened."""
    if depth and message.get_content_maintype() == "multipart" and isinstance(message.get_payload(), list):
        for part in message.get_payload()[:MOST_PARTS]:  # type: ignore[index]
            if isinstance(part, Message):
                yield from _parts(part, depth - 1)
    else:
        yield message


def _delivery_status(part: Message) -> Report | None:
    failed = []
    for block in _blocks(part):
        if (block.get("Action") or "").strip().lower() == "failed":
            status = (block.get("Status") or "").split()[0:1]
            recipient = block.get("Original-Recipient") or block.get("Final-Recipient") or ""
            failed.append(Report(kind_of("".join(status)), _address(recipient), "".join(status)))
    return failed[0] if len(failed) == 1 else None  # our mails have one recipient each


def _complaint(part: Message) -> Report | None:
    for block in _blocks(part):
        if (block.get("Feedback-Type") or "").strip().lower() == "abuse":
            return Report(
                Kind.COMPLAINT,
                _address(block.get("Original-Rcpt-To") or ""),
                about=_address(block.get("Original-Mail-From") or ""),
            )
    return None


def _blocks(part: Message) -> list[Message]:
    """The groups of fields. Some senders encode the part, which the parser then keeps as text."""
    payload = part.get_payload()
    if isinstance(payload, list) and any(block.keys() for block in payload if isinstance(block, Message)):
        return [block for block in payload if isinstance(block, Message)][:MOST_PARTS]
    raw = part.get_payload(decode=True)
    text = raw if isinstance(raw, bytes) else str(payload or "").encode()
    chunks = text.replace(b"\r\n", b"\n").split(b"\n\n")[:MOST_PARTS]
    return [email.message_from_bytes(chunk, policy=_POLICY) for chunk in chunks]


def kind_of(status: str) -> Kind:
    """5.1.x and 5.2.1: no such mailbox. 5.7.x and 5.4.4: our mail, or the way, not the person's address."""
    if status.startswith("5.7.") or status == "5.4.4":
        return Kind.POLICY
    if status.startswith("5.1.") or status == "5.2.1":
        return Kind.HARD
    return Kind.SOFT


def _address(field: str) -> str:
    return field.rpartition(";")[2].strip().strip("<>").lower()
