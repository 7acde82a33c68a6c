"""The folder where one demo keeps its state: who runs it, its secrets, what it told its children, its logs."""

import contextlib
import fcntl
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from config.processes import ROOT, Problem

DEFAULT = ROOT / ".demo"
ACCOUNTS = ("admin", "editor", "reviewer")


@dataclass(frozen=True)
class State:
    path: Path

    @classmethod
    def at(cls, path: Path) -> "State":
        state = cls(path.absolute())
        try:
            state.path.mkdir(parents=True, exist_ok=True)
            # mails hold the links that let their readers in; a Maildir makes its folders only if it is new itself
            for folder in (state.logs, state.mail, *(state.mail / name for name in ("cur", "new", "tmp"))):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise Problem(f"The folder {state.path} cannot be used: {error.strerror}.") from error
        if not os.access(state.path, os.W_OK):
            raise Problem(f"The folder {state.path} cannot be used: it is not writable.")
        return state

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def mail(self) -> Path:
        return self.path / "mail"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def lock(self) -> IO[str]:
        """Hold the folder until the returned handle closes; the system frees it even after a kill -9."""
        handle = (self.path / "lock").open("a+")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = self.holder()
            handle.close()
            raise Problem(
                f"A demo already runs on {self.path} (process {holder or 'unknown'}). "
                "Stop it first, or give this one its own folder with --data."
            ) from None
        handle.truncate(0)
        handle.write(f"{os.getpid()}\n")
        handle.flush()
        return handle

    def holder(self) -> int | None:
        """The process that holds the folder now, if any."""
        try:
            handle = (self.path / "lock").open()
        except OSError:
            return None
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                with contextlib.suppress(ValueError):
                    return int(handle.read())
            return None

    def secret(self, name: str) -> str:
        """Made on first use, then the same for ever."""
        file = self.path / name
        if not file.exists():
            write_private(file, secrets.token_urlsafe(50) + "\n")
        return file.read_text().strip()

    def logins(self) -> dict[str, str]:
        """User name -> password of the demo's accounts."""
        file = self.path / "demo-logins.json"
        if not file.exists():
            write_private(file, json.dumps({name: secrets.token_urlsafe(12) for name in ACCOUNTS}, indent=2) + "\n")
        logins: dict[str, str] = json.loads(file.read_text())
        return logins

    def read_record(self) -> dict[str, Any]:
        """What the last run wrote down; empty before the first."""
        try:
            record = json.loads((self.path / "demo.json").read_text())
        except (OSError, ValueError):
            return {}
        return record if isinstance(record, dict) else {}

    def write_record(self, record: dict[str, Any]) -> None:
        write_private(self.path / "demo.json", json.dumps(record, indent=2) + "\n")


def write_private(file: Path, text: str) -> None:
    """Whole or not at all, and readable by its owner alone."""
    half = file.with_name(file.name + ".half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
    half.replace(file)
