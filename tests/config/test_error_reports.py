"""Reports of faults leave only where a server is named, and carry nothing of who asked. The server here is our own."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from config.processes import ROOT

ADDRESS = "greta.unlikely-name@patients.example.org"
TOKEN = (
    "WzEsIjl5aFdFLTY3eGJUWmxuWElXSTFKYTFsTjdIT0t3TmZBcmxId2FtNEpTLVEiXQ:2WNBANd9YDBndbVTgAvAjAWIn8CLYVXvyT4mqub8tG4"
)
FAULT = f"""
import io
from config.wsgi import application
from django.urls import clear_url_caches, path
from django.views.decorators.csrf import csrf_exempt
from config import urls
@csrf_exempt
def broken(request, token):
    secret_local = "{ADDRESS}"
    raise RuntimeError("could not write to " + secret_local + " by /updates/confirm/" + token + "/")
urls.urlpatterns.insert(0, path("updates/confirm/<str:token>/", broken))
clear_url_caches()
answers = []
body = b"email={ADDRESS}"
list(application({{
    "REQUEST_METHOD": "POST", "PATH_INFO": "/updates/confirm/{TOKEN}/", "QUERY_STRING": "email={ADDRESS}",
    "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "198.51.100.77",
    "HTTP_AUTHORIZATION": "Bearer of-a-secret", "HTTP_COOKIE": "session=a-session-of-somebody",
    "CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body)),
    "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(), "wsgi.url_scheme": "http",
}}, lambda status, headers: answers.append(status)))
assert answers == ["500 Internal Server Error"], answers
import sys
if "sentry_sdk" in sys.modules:
    import sentry_sdk
    sentry_sdk.flush(5)
print("sentry_sdk" in sys.modules)
"""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[str]]]:
    """A DSN on this machine, and what came to it."""
    came: list[str] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append((gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body).decode())
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Take) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://public@127.0.0.1:{server.server_port}/1", came
        server.shutdown()
        thread.join()


def fail(**more: str) -> str:
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", **more}
    done = subprocess.run([sys.executable, "-c", FAULT], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def test_a_report_says_what_failed_and_nothing_of_who_asked(collector: tuple[str, list[str]]) -> None:
    dsn, came = collector
    assert fail(SENTRY_DSN=dsn) == "True"
    (report,) = [envelope for envelope in came if "RuntimeError" in envelope]
    event = json.loads(report.splitlines()[2])
    assert event["exception"]["values"][-1]["type"] == "RuntimeError"
    assert event["request"]["method"] == "POST"
    assert set(event["request"]) <= {"method", "url"}
    for secret in (ADDRESS, "greta", TOKEN, TOKEN[:30], "a-session-of-somebody", "of-a-secret", "198.51.100.77"):
        assert not [envelope for envelope in came if secret in envelope], secret
    assert not [frame for frame in event["exception"]["values"][-1]["stacktrace"]["frames"] if "vars" in frame]


def test_without_a_server_nothing_is_loaded_nor_sent(collector: tuple[str, list[str]]) -> None:
    assert fail(SENTRY_DSN="") == "False"
    assert not collector[1]


def test_a_dsn_without_the_package_stops_the_start_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    from django.core.exceptions import ImproperlyConfigured

    from config import error_reports

    settings.SENTRY_DSN = "http://public@127.0.0.1:9/1"
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with pytest.raises(ImproperlyConfigured, match="extra 'sentry'"):
        error_reports.start()
