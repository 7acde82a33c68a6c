"""What a container asks of itself."""

import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from config import health


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A web server that answers to the site's own name only, as Django does."""
    hosts: list[str] = []

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hosts.append(self.headers["Host"])
            self.send_response(200 if self.path == "/health/live" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("PORT", str(server.server_port))
    monkeypatch.setenv("SITE_URL", "https://trials.example.org")
    yield hosts
    server.shutdown()
    thread.join()
    server.server_close()


def test_web_is_well_when_it_answers_to_the_sites_name(asked: list[str]) -> None:
    assert health.main(["web"]) == 0
    assert asked == ["trials.example.org"]


def test_web_is_ill_when_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9")
    assert health.main(["web"]) == 1


@pytest.mark.parametrize(("age", "code"), [(0, 0), (500, 0), (700, 1)])
def test_beat_is_well_while_it_writes_its_schedule(tmp_path: Path, monkeypatch, age: int, code: int) -> None:
    file = tmp_path / "beat-schedule"
    file.touch()
    os.utime(file, (time.time() - age,) * 2)
    monkeypatch.setattr(health, "BEAT_FILE", str(file))
    assert health.main(["beat"]) == code


def test_beat_is_ill_before_it_wrote_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "BEAT_FILE", str(tmp_path / "none"))
    assert health.main(["beat"]) == 1


def test_a_worker_is_ill_when_it_does_not_answer() -> None:
    assert health.main(["worker"]) == 1


def test_an_unknown_part_is_told_apart_from_an_ill_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert health.main(["cook"]) == 2
    assert "web|worker|beat" in capsys.readouterr().err
