"""The demo's captured mail, to read in the browser. These addresses exist in the demo alone."""

import mailbox
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import NamedTuple

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

NEWEST = 100
_FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


class Letter(NamedTuple):
    key: str
    message: EmailMessage

    def __str__(self) -> str:
        return str(self.message.get("Subject", ""))

    @property
    def sender(self) -> str:
        return str(self.message.get("From", ""))

    @property
    def recipient(self) -> str:
        return str(self.message.get("To", ""))

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.message.items()]

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def sent(self) -> str:
        return str(self.message.get("Date", ""))

    def _part(self, kind: str) -> str:
        body = self.message.get_body(preferencelist=(kind,))
        return str(body.get_content()) if body is not None else ""


def letters() -> list[Letter]:
    """The newest first, by the time the file was written."""
    folder = Path(settings.DEMO_MAIL_DIR) if settings.DEMO_MAIL_DIR else None
    if folder is None or not (folder / "new").is_dir():
        return []
    files = [path for part in ("new", "cur") for path in (folder / part).glob("*")]
    files.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    return [Letter(_key(path), _read(path)) for path in files[:NEWEST]]


def _key(path: Path) -> str:
    return "".join(c if c.isalnum() else "-" for c in path.name.split(mailbox.Maildir.colon)[0])


def _read(path: Path) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    assert isinstance(message, EmailMessage)
    return message


def _letter(key: str) -> Letter:
    for letter in letters():
        if letter.key == key:
            return letter
    raise Http404("No such mail")


@never_cache
def inbox(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/demo_mail.html", {"letters": letters()})


@never_cache
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def letter(request: HttpRequest, key: str) -> HttpResponse:
    return render(request, "pages/demo_letter.html", {"letter": _letter(key)})


@never_cache
def letter_html(request: HttpRequest, key: str) -> HttpResponse:
    """The HTML part as a mail program would show it, in a frame that can run nothing and reach nothing but links."""
    in_new_tab = _letter(key).html.replace(
        "<head>", '<head><base target="_blank">', 1
    )  # the frame itself may go nowhere
    response = HttpResponse(in_new_tab)
    response["Content-Security-Policy"] = _FRAME_POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response
