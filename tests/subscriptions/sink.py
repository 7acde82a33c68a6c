"""A real SMTP server on loopback whose answers a test scripts. It writes its ledger before it answers."""

import asyncio
import email
import email.policy
import socket
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

Answer = Callable[[str], str]


class Sink:
    def __init__(self) -> None:
        self.ledger: list[tuple[str, EmailMessage]] = []
        self.attempts = 0
        self.connections = 0
        self.at_recipient: Answer = lambda address: ""
        self.at_data: Answer = lambda address: ""
        self.before_answer: Callable[[], None] = lambda: None
        self.hang_up_after_dot = 0
        self.stores_before_hanging_up = True
        self._controller = Controller(self, hostname="127.0.0.1", port=_free_port())

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def start(self) -> "Sink":
        self._controller.start()
        return self

    def stop(self) -> None:
        self._controller.stop()

    def to(self, address: str) -> list[EmailMessage]:
        return [message for recipient, message in self.ledger if recipient == address]

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: Any
    ) -> Any:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        self.attempts += 1
        refusal = self.at_recipient(address)
        if not refusal:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        recipient = envelope.rcpt_tos[0]
        if refusal := self.at_data(recipient):
            return refusal
        hangs_up = self.hang_up_after_dot > 0
        if not hangs_up or self.stores_before_hanging_up:
            self._write(envelope)
        await asyncio.get_running_loop().run_in_executor(None, self.before_answer)
        if hangs_up:
            self.hang_up_after_dot -= 1
            server.transport.abort()
        return "250 OK"

    def _write(self, envelope: Envelope) -> None:
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        message.raw = content  # type: ignore[attr-defined]
        self.ledger += [(address, message) for address in envelope.rcpt_tos]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())
