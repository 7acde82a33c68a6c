"""Speaks SMTP, and remembers how far it came: the exception alone cannot tell whether the server kept the mail."""

import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings

CONNECT_TIMEOUT = 30
COMMAND_TIMEOUT = 120
_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")


def enhanced_code(answer: str) -> str:
    """RFC 3463's code, such as 5.1.1, in what a server wrote; or empty."""
    found = _ENHANCED.search(answer)
    return found.group() if found else ""


class Phase(StrEnum):
    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"  # the final dot was handed over: from here on the server may have the mail
    DONE = "done"


@dataclass
class Refusal(Exception):
    """The server answered no. `enhanced` is RFC 3463's code, such as 5.1.1, or empty."""

    phase: Phase
    code: int
    enhanced: str = ""

    def __str__(self) -> str:
        return f"{self.code} {self.enhanced} at {self.phase}".replace("  ", " ")


@dataclass
class Broken(Exception):
    """The connection failed. After the dot, nobody knows whether the server kept the mail."""

    phase: Phase
    cause: str

    def __str__(self) -> str:
        return f"{self.cause} at {self.phase}"


class Withheld(Exception):
    """The mail was called back before its final dot."""


class Connection:
    """One session, used for mail after mail."""

    def __init__(self) -> None:
        self._smtp: smtplib.SMTP | None = None
        self.phase = Phase.CONNECT

    def send(self, sender: str, recipient: str, message: bytes, may_finish: Callable[[], bool]) -> None:
        """Hand over one mail for one recipient. Raises Refusal, Broken or Withheld; the session is usable or closed.

        `may_finish` is asked when all but the final dot is handed over.
        """
        try:
            smtp = self._open()
            self._transact(smtp, sender, recipient, message, may_finish)
        except Refusal as refusal:
            self._after_refusal(refusal)
            raise
        except Withheld:
            self._hang_up()
            raise
        except (smtplib.SMTPException, OSError, ssl.SSLError) as error:
            phase = self.phase
            self.close()
            raise Broken(phase, type(error).__name__) from error

    def close(self) -> None:
        if self._smtp is not None:
            try:
                _set_timeout(self._smtp, 2)
                self._smtp.quit()
            except (smtplib.SMTPException, OSError):
                self._smtp.close()
        self._smtp = None

    def _hang_up(self) -> None:
        """Without a goodbye, which would be read as a line of the mail: the server drops what has no dot."""
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None

    def _open(self) -> smtplib.SMTP:
        self.phase = Phase.CONNECT
        if self._smtp is None:
            self._smtp = _connect()
        return self._smtp

    def _transact(
        self, smtp: smtplib.SMTP, sender: str, recipient: str, message: bytes, may_finish: Callable[[], bool]
    ) -> None:
        _set_timeout(smtp, COMMAND_TIMEOUT)
        self.phase = Phase.MAIL
        self._expect(smtp.docmd("MAIL", f"FROM:<{sender}>"), 250)
        self.phase = Phase.RCPT
        self._expect(smtp.docmd("RCPT", f"TO:<{recipient}>"), 250, 251)
        self.phase = Phase.DATA
        self._expect(smtp.docmd("DATA"), 354)
        body = re.sub(rb"(?m)^\.", b"..", message)
        smtp.send(body if body.endswith(b"\r\n") else body + b"\r\n")
        if not may_finish():
            raise Withheld
        _set_timeout(smtp, settings.EMAIL_TIMEOUT)
        self.phase = Phase.DOT
        smtp.send(b".\r\n")
        self._expect(smtp.getreply(), 250)
        self.phase = Phase.DONE

    def _expect(self, reply: tuple[int, bytes], *codes: int) -> None:
        code, text = reply
        if code not in codes:
            if code == -1:
                raise smtplib.SMTPServerDisconnected("no reply")
            raise Refusal(self.phase, code, enhanced_code(text.decode("latin-1")))

    def _after_refusal(self, refusal: Refusal) -> None:
        """A refused mail must not spoil the next: forget it, or begin a new session where the server hangs up."""
        if refusal.code == 421 or self._smtp is None:
            self.close()
            return
        try:
            self._smtp.rset()
        except (smtplib.SMTPException, OSError):
            self.close()


def _connect() -> smtplib.SMTP:
    context = ssl.create_default_context()
    name = socket.gethostname() if not settings.SITE_HOST else settings.SITE_HOST
    if settings.EMAIL_USE_SSL:
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.EMAIL_HOST, settings.EMAIL_PORT, name, timeout=CONNECT_TIMEOUT, context=context
        )
    else:
        smtp = smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT, name, timeout=CONNECT_TIMEOUT)
    if settings.EMAIL_USE_TLS:
        smtp.starttls(context=context)
    if smtp.sock is not None:  # or the final dot waits 40 ms for the body to be acknowledged
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    smtp.ehlo_or_helo_if_needed()
    if settings.EMAIL_HOST_USER:
        smtp.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
    return smtp


def _set_timeout(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)
