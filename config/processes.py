"""Child processes that never outlive us: a log each, stopped in the opposite order, signalled if we are killed."""

import ctypes
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PR_SET_PDEATHSIG = 1
STEP = 0.05


class Problem(Exception):
    """Something the person at the terminal has to know; its text is the whole message."""


class StopAsked(Exception):
    """Ctrl-C or SIGTERM arrived."""


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    @classmethod
    def named(cls, name: str) -> "Account":
        entry = pwd.getpwnam(name)
        return cls(entry.pw_uid, entry.pw_gid)

    @property
    def options(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        if self.running:
            self.process.send_signal(self.stop_signal)

    def wait_for_end(self, patience: float) -> None:
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def spawn(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str],
    account: Account | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    stdin: str = "",
) -> Child:
    """Start a child in a session of its own, so that Ctrl-C reaches us alone and the order of the stop is ours."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd="/" if account else ROOT,
            start_new_session=True,
            preexec_fn=end_with_parent(stop_signal),
            **(account.options if account else {}),
        )
    if process.stdin:
        process.stdin.write(stdin.encode())
        process.stdin.close()
    return Child(name, process, log, stop_signal)


def end_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Have the kernel signal the child when we die, even by kill -9. Linux only; elsewhere the next start cleans up."""
    if not sys.platform.startswith("linux"):
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def arrange() -> None:
        prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:  # we died between the fork and this line
            os._exit(1)

    return arrange


class Crew:
    """The children of one command. Stages stop newest first; the children of one stage stop side by side."""

    def __init__(self) -> None:
        self._stages: list[list[Child]] = []
        self._stop_asked = False
        self._handlers: dict[signal.Signals, Any] = {}  # those before ours

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()
        while self._handlers:
            signal.signal(*self._handlers.popitem())

    def add(self, *children: Child) -> None:
        self._stages.append(list(children))

    def listen_for_stop(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup asks to stay
                self._handlers[number] = signal.signal(number, self._note_stop)

    def _note_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_asked = True

    @property
    def dead(self) -> Child | None:
        return next((child for stage in self._stages for child in stage if not child.running), None)

    def look(self) -> None:
        """Raise if we were asked to stop or if a child has died."""
        if self._stop_asked:
            raise StopAsked
        if dead := self.dead:
            raise Problem(f"{dead.name} stopped by itself (exit code {dead.process.returncode}). Its log: {dead.log}")

    def wait_until(self, ready: Callable[[], bool], *, seconds: float, otherwise: str) -> None:
        end = time.monotonic() + seconds
        while not ready():
            self.look()
            if time.monotonic() > end:
                raise Problem(otherwise)
            time.sleep(STEP)

    def watch(self) -> None:
        """Return never: raise StopAsked, or Problem when a child dies."""
        while True:
            self.look()
            time.sleep(0.2)

    def finish(self, child: Child) -> int:
        """Wait for a child whose job is to end; its exit code."""
        try:
            while child.running:
                self.look()
                time.sleep(STEP)
        finally:
            child.ask_to_stop()
            child.wait_for_end(10)
        return child.process.returncode

    def stop(self, patience: float = 15) -> None:
        while self._stages:
            stage = self._stages.pop()
            for child in stage:
                child.ask_to_stop()
            for child in stage:
                child.wait_for_end(patience)


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do, or a port in TIME_WAIT would count as taken right after a restart
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port(preferred: int = 0) -> int:
    """The preferred port if nobody holds it, else any. Another program may take it before our child does."""
    if preferred and port_is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
