"""`manage.py demo` as a newcomer meets it: real processes, a page, a sign-up, a mail, an alert, a clean end."""

import json
import mailbox
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.processes import ROOT, free_port
from tests.subscriptions.sink import text_of

OURS = ("DATABASE_URL", "REDIS_URL", "CACHE_URL", "EMAIL_URL", "SITE_URL", "SECRET_KEY", "PLAINTRIALS_TEST",
        "DJANGO_SETTINGS_MODULE", "SUPPRESSION_PEPPER", "REGISTRY_URL")  # fmt: skip
PATIENCE = 60.0


@contextmanager
def demo(port: int, data: Path) -> Iterator[subprocess.Popen[bytes]]:
    env = {name: value for name, value in os.environ.items() if name not in OURS} | {
        "PLAINTRIALS_NO_VENV": "1", "SAMPLE_CHANGE_SECONDS": "3",
    }  # fmt: skip
    command = [sys.executable, str(ROOT / "manage.py"), "demo", "--port", str(port), "--data", str(data)]
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0
        assert not _running_in(data)


def _running_in(data: Path) -> list[str]:
    """Command lines that still name the demo's folder."""
    lines = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if any(str(data) in word for word in words) and "pytest" not in " ".join(words):
            lines.append(" ".join(words))
    return lines


def until(look: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if look():
                return
        except OSError:
            pass
        time.sleep(0.25)
    raise AssertionError(f"{what} did not happen within {PATIENCE:.0f} s")


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def post(url: str, **fields: str) -> str:
    with urllib.request.urlopen(url, data=urllib.parse.urlencode(fields).encode(), timeout=10) as answer:
        return str(answer.read().decode())


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="counts processes by /proc, which is not here")
def test_a_newcomer_signs_up_gets_an_alert_and_finds_all_of_it_again(tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "demo"
    site = f"http://127.0.0.1:{port}"
    page = f"{site}/trials/NCT99000004/"

    def letters() -> list[str]:
        return [text_of(message) for message in mailbox.Maildir(data / "mail", factory=_message)]

    with demo(port, data):
        until(lambda: "NCT07103668" in get(f"{site}/trials/NCT07103668/"), "the first page")
        post(f"{site}/updates/", email="ada@example.org", trial="NCT99000004", follow_trial="on", scope="everything")
        until(letters, "the confirmation mail")
        link = re.search(rf"{site}/updates/confirm/\S+", letters()[0])
        assert link
        post(link[0])
        logins = json.loads((data / "demo-logins.json").read_text())
        assert set(logins) == {"admin", "editor", "reviewer"}

    with demo(port, data):
        until(lambda: get(page), "the page after a restart")
        until(lambda: "Updated" in get(page), "a change of the followed trial")
        until(lambda: any("NCT99000004" in letter for letter in letters()[1:]), "the alert")


def _message(file: object) -> object:
    import email
    import email.policy

    return email.message_from_binary_file(file, policy=email.policy.default)  # type: ignore[arg-type]
