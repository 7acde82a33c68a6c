"""A mail server in a process of its own: it writes its ledger before it answers 250. Knows nothing of the product.

    python -m tests.chaos.sink --ledger FILE [--port N] [--delay SECONDS] [--hang-every N]

Prints its port, then nothing. A ledger line is one JSON object: to, sender, id, keys, links, unsubscribe, connection,
body (a hash), at.
"""

import argparse
import asyncio
import hashlib
import json
import quopri
import re
import time
from typing import IO, Any

_FOLD = re.compile(rb"\r\n[ \t]+")
_LINK = re.compile(r"https?://[^\s<>\"]+")
_LINE_END = b"\r\n"
_DOT = b"\r\n.\r\n"


class Ledger:
    """One line a mail. What is written here is what a reader got, whatever the product believes."""

    def __init__(self, path: str) -> None:
        self._file: IO[str] = open(path, "a", encoding="utf-8")  # noqa: SIM115  open as long as the server runs

    def write(self, sender: str, recipients: list[str], content: bytes, connection: int) -> None:
        head, _, body = content.partition(b"\r\n\r\n")
        headers = _headers(head)
        line = {
            "sender": sender,
            "id": headers.get("message-id", ""),
            "keys": [key.strip() for key in headers.get("x-trial-changes", "").split(",") if key.strip()],
            "links": _LINK.findall(quopri.decodestring(body).decode("utf-8", "replace")),
            "unsubscribe": headers.get("list-unsubscribe", "").strip("<>"),
            "connection": connection,
            "body": hashlib.sha256(body).hexdigest()[:16],
            "at": time.time(),
        }
        for recipient in recipients:
            self._file.write(json.dumps({"to": recipient, **line}) + "\n")
        self._file.flush()  # the operating system has it: it outlives this process


def _headers(head: bytes) -> dict[str, str]:
    lines = _FOLD.sub(b" ", head).decode("utf-8", "replace").split("\r\n")
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


class Session(asyncio.Protocol):
    count = 0

    def __init__(self, ledger: Ledger, delay: float, hang_every: int) -> None:
        Session.count += 1
        self._number = Session.count
        self._ledger, self._delay = ledger, delay
        self._hangs = hang_every > 0 and self._number % hang_every == 0
        self._buffer = bytearray()
        self._takes_data = False
        self._sender = ""
        self._recipients: list[str] = []

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._say("220 sink")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._message() if self._takes_data else self._command():
            pass

    def _message(self) -> bool:
        content, found, rest = bytes(self._buffer).partition(_DOT)
        if not found:
            return False
        self._buffer, self._takes_data = bytearray(rest), False
        self._ledger.write(self._sender, self._recipients, re.sub(rb"(?m)^\.\.", b".", content), self._number)
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._say, "250 kept")
        else:
            self._say("250 kept")
        return True

    def _command(self) -> bool:
        line, found, rest = bytes(self._buffer).partition(_LINE_END)
        if not found:
            return False
        self._buffer = bytearray(rest)
        text = line.decode("latin-1")
        if self._hangs and text[:4].upper() == "RCPT":
            return False  # and never another word
        match text[:4].upper():
            case "MAIL":
                self._sender, self._recipients = _address(text), []
            case "RCPT":
                self._recipients.append(_address(text))
            case "DATA":
                self._takes_data = True
        self._say({"DATA": "354 go on", "QUIT": "221 bye"}.get(text[:4].upper(), "250 OK"))
        if text[:4].upper() == "QUIT":
            self._transport.close()
        return True

    def _say(self, line: str) -> None:
        self._transport.write(line.encode() + _LINE_END)


def _address(line: str) -> str:
    return line[line.index("<") + 1 : line.index(">")]


async def _serve(port: int, ledger: Ledger, delay: float, hang_every: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Session(ledger, delay, hang_every), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ledger", required=True)
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--hang-every", type=int, default=0, help="each such connection falls silent for ever")
    options = parser.parse_args()
    asyncio.run(_serve(options.port, Ledger(options.ledger), options.delay, options.hang_every))
