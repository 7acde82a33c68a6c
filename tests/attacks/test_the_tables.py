"""docs/security.md says what proves each claim: those tests exist, no requirement is missing, and the last claims."""

import base64
import pickle
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from kombu.exceptions import ContentDisallowed
from kombu.serialization import loads

from config.processes import ROOT
from tests.factories import TrialFactory

TEXT = (ROOT / "docs/security.md").read_text(encoding="utf-8")
LEVELS_1_AND_2 = {
    1: (2, 9, 11, 0, 2), 2: (3, 3, 4, 1), 3: (0, 2, 4, 6, 5, 0, 2), 4: (3, 1), 5: (1, 3, 2, 3),
    6: (3, 12, 4, 4, 5, 3), 7: (3, 4, 2, 5, 2), 8: (2, 3, 1, 1), 11: (2, 3, 3, 4, 1, 1), 12: (3, 2, 4),
    13: (1, 5, 2, 5), 14: (2, 4, 3), 15: (3, 3, 7), 16: (1, 5, 4, 3, 3),
}  # fmt: skip
"""Chapter -> how many requirements of levels 1 and 2 its sections have, as ASVS 5.0 counts them."""
SOURCES = [path for app in ("trials", "explainers", "subscriptions") for path in (ROOT / app).rglob("*.py")]


# --- The tables ----------------------------------------------------------------------------------------------------


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`", TEXT)
    assert len(named) > 150
    lost = [f"{file}::{name}" for file, name in named
            if not (ROOT / file).is_file() or (name and f"def {name}(" not in (ROOT / file).read_text())]  # fmt: skip
    assert not lost


def test_every_requirement_is_spoken_of() -> None:
    spoken: set[str] = set()
    for first, last in re.findall(r"\b(\d+\.\d+\.\d+)(?: to (\d+\.\d+\.\d+))?", TEXT):
        chapter, section, low = map(int, first.split("."))
        high = int(last.split(".")[2]) if last else low
        spoken |= {f"{chapter}.{section}.{number}" for number in range(low, high + 1)}
    wanted = {
        f"{chapter}.{section}.{number}"
        for chapter, counts in LEVELS_1_AND_2.items()
        for section, count in enumerate(counts, 1)
        for number in range(1, count + 1)
    }
    assert len(wanted) > 130
    assert not sorted(wanted - spoken)


# --- Claims without a test elsewhere -------------------------------------------------------------------------------


def test_no_code_of_a_server_starts_a_shell() -> None:
    """Nor evaluates text, nor reads a pickle."""
    dangerous = re.compile(r"\bos\.system|shell=True|\bsubprocess\b|(?<![\w.])(?:eval|exec)\(|\bpickle\b|yaml\.load\(")
    assert not [str(path) for path in SOURCES if dangerous.search(path.read_text(encoding="utf-8"))]


class Trap:
    sprung: list[int] = []

    def __reduce__(self) -> Any:
        return Trap.sprung.append, (1,)


@pytest.mark.parametrize("kind", ["application/x-python-serialize", "application/x-yaml"])
def test_a_pickle_in_the_queue_is_refused(kind: str) -> None:
    """Somebody who reaches Redis can write there: the worker's reader takes JSON and nothing else."""
    accepted = {"application/json"}
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    with pytest.raises(ContentDisallowed):
        loads(base64.b64encode(pickle.dumps(Trap())), kind, "binary", accept=accepted)
    assert not Trap.sprung


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/trials.json", "/updates/", "/admin/login/", "/changes/feed/"])
def test_no_page_lets_another_origin_read(client: Client, path: str) -> None:
    for headers in ({"HTTP_ORIGIN": "https://evil.example"}, {"HTTP_ORIGIN": "null"}):
        answer = client.get(path, **headers)
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/trials.json", "/trials.csv", "/robots.txt", "/sitemap.xml", "/changes/feed/"])
def test_every_answer_says_its_type(client: Client, path: str) -> None:
    kind = client.get(path)["Content-Type"]
    assert "/" in kind
    if kind.startswith("text/"):
        assert "charset=utf-8" in kind.lower()


@pytest.mark.django_db
def test_downloads_are_named_by_us(client: Client) -> None:
    TrialFactory()
    answer = client.get("/trials.csv", {"q": 'x"; filename="evil.exe'})
    assert re.fullmatch(r'attachment; filename="[\w.-]+\.csv"', answer["Content-Disposition"])


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["password_reset/", "reset/x/y/", "password_reset/done/"])
def test_no_password_is_reset_by_mail(client: Client, path: str) -> None:
    answer = client.post(f"/admin/{path}", {"email": "admin@example.org"})
    assert answer.status_code in (302, 404)
    assert "/admin/login/" in answer.get("Location", "/admin/login/")


@pytest.mark.django_db
def test_a_disabled_account_is_out_at_once(client: Client) -> None:
    user = User.objects.create_superuser("gone", password="x")
    client.force_login(user)
    assert client.get("/admin/").status_code == 200
    User.objects.update(is_active=False)
    assert client.get("/admin/").status_code == 302


def test_passwords_are_kept_by_a_slow_hash() -> None:
    """The tests use a quick one; a server that is given none uses Django's first."""
    from django.conf import global_settings

    assert global_settings.PASSWORD_HASHERS[0].endswith("PBKDF2PasswordHasher")
    assert "if TESTING:\n    PASSWORD_HASHERS" in Path(ROOT / "config/settings.py").read_text(encoding="utf-8")


@pytest.mark.django_db
def test_a_refusal_is_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.force_login(User.objects.create_user("editor", password="x", is_staff=True))
    with caplog.at_level("WARNING"):
        assert client.get("/admin/auth/user/").status_code == 403
    assert any("/admin/auth/user/" in record.getMessage() for record in caplog.records)
