"""The demo's folder, its messages, and the commands that join it."""

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import commands, joining, services
from config.demo import demo
from config.joining import needs_database, services_for, take_data_option
from config.processes import ROOT, Problem
from config.state import State
from config.testing import _with_database

OURS = ("DATABASE_URL", "REDIS_URL", "CACHE_URL", "EMAIL_URL", "REGISTRY_URL", "SECRET_KEY", "SITE_URL")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a fresh clone; joining writes to os.environ, so all of it is put back."""
    before = dict(os.environ)
    for name in OURS:
        monkeypatch.delenv(name, raising=False)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.at(tmp_path / "demo")


def test_second_demo_on_the_same_folder_says_so(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    with state.lock():
        assert demo(["--data", str(state.path)]) == 1
    assert f"A demo already runs on {state.path} (process {os.getpid()})." in capsys.readouterr().err


def test_folder_is_free_again_after_its_demo(state: State) -> None:
    with state.lock():
        assert state.holder() == os.getpid()
    assert state.holder() is None
    with state.lock():
        pass


def test_taken_port_gets_one_sentence_and_starts_nothing(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert demo(["--data", str(state.path), "--port", str(port)]) == 1
    assert capsys.readouterr().err == f"Port {port} is taken. Free it, or choose another with --port.\n"
    assert not (state.path / "postgres").exists()


def test_folder_that_cannot_be_made_gets_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert demo(["--data", str(tmp_path / "file" / "demo")]) == 1
    assert "cannot be used" in capsys.readouterr().err


def test_secrets_are_made_once_and_for_their_owner_alone(state: State) -> None:
    assert len(state.secret("secret_key")) >= 50
    assert state.secret("secret_key") == state.secret("secret_key")
    assert state.secret("secret_key") != state.secret("suppression_pepper")
    assert state.logins() == state.logins()
    assert set(state.logins()) == {"admin", "editor", "reviewer"}
    state.write_record({"pid": 1})
    for name in ("secret_key", "demo-logins.json", "demo.json"):
        assert stat.S_IMODE((state.path / name).stat().st_mode) == 0o600


def test_data_option_is_ours_and_does_not_reach_django() -> None:
    assert take_data_option(["sync_trials", "--data", "/d", "--full"]) == (["sync_trials", "--full"], Path("/d"))
    assert take_data_option(["shell", "--data=/d"]) == (["shell"], Path("/d"))
    assert take_data_option(["shell"])[1].name == ".demo"
    with pytest.raises(Problem, match="--data needs a folder"):
        take_data_option(["shell", "--data"])


@pytest.mark.parametrize("line", ["check", "makemigrations --check", "migrate --help", "--version", ""])
def test_commands_that_read_no_row_start_nothing(line: str, state: State) -> None:
    assert not needs_database(line.split())
    with services_for(line.split(), state.path):
        assert os.environ["DATABASE_URL"] == "postgresql://nobody@127.0.0.1:9/none"
        assert len(os.environ["SECRET_KEY"]) >= 50
    assert not (state.path / "postgres").exists()


@pytest.mark.parametrize("line", ["migrate", "sync_trials --full", "shell", "check --database default"])
def test_other_commands_need_the_database(line: str) -> None:
    assert needs_database(line.split())


def test_deployment_check_is_left_to_the_callers_own_settings(state: State) -> None:
    with services_for(["check", "--deploy"], state.path):
        assert "SECRET_KEY" not in os.environ


def test_given_database_is_used_and_nothing_else_is_set(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/db")
    with services_for(["migrate"], state.path):
        assert os.environ["DATABASE_URL"] == "postgresql://elsewhere/db"
        assert "SECRET_KEY" not in os.environ


def test_command_joins_the_running_demo_but_keeps_the_callers_values(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGISTRY_URL", "http://127.0.0.1:1/mine")
    told = {"DATABASE_URL": "postgresql://demo/db", "REGISTRY_URL": "http://127.0.0.1:2/sample"}
    with state.lock():
        state.write_record({"pid": os.getpid(), "environment": told})
        with services_for(["migrate"], state.path):
            assert os.environ["DATABASE_URL"] == "postgresql://demo/db"
            assert os.environ["REGISTRY_URL"] == "http://127.0.0.1:1/mine"


def test_record_of_an_ended_demo_is_not_joined(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    state.write_record({"pid": os.getpid(), "environment": {"DATABASE_URL": "postgresql://ended/db"}})
    assert joining._running_environment(state) is None


def test_command_without_a_demo_starts_the_cluster_for_its_own_duration(open_folder: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; import psycopg\n"
        "from config.joining import services_for\n"
        "with services_for(['migrate'], Path(sys.argv[1])):\n"
        "    url = os.environ['DATABASE_URL']\n"
        "    print(psycopg.connect(url).execute('SELECT 1').fetchone()[0], url, 'PLAINTRIALS_DEMO' in os.environ)\n"
    )
    folder = open_folder / "demo"
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    one, _url, demo_mode = done.stdout.split()
    assert (one, demo_mode) == ("1", "True")
    assert State(folder).holder() is None
    assert json.loads((folder / "demo.json").read_text())["environment"]["SITE_URL"] == "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("url", "mode", "public"),
    [
        ("", "sample", False),
        ("", "live", True),
        ("http://127.0.0.1:5/api/v2", "live", False),
        ("https://clinicaltrials.gov/api/v2", "sample", True),
        ("https://notclinicaltrials.gov/api/v2", "sample", False),
    ],
)
def test_full_import_is_kept_from_the_public_registry(
    url: str, mode: str, public: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGISTRY_URL", url)
    assert services.asks_public_registry(mode) is public


def test_callers_environment_wins_and_empty_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE_URL", "http://127.0.0.1:9999")
    monkeypatch.setenv("EMAIL_URL", "")
    env = services.full_environment({"SITE_URL": "ours", "EMAIL_URL": "ours"})
    assert env["SITE_URL"] == "http://127.0.0.1:9999"
    assert env["EMAIL_URL"] == "ours"


@pytest.mark.parametrize("port", ["0", "65536", "eighty"])
def test_bad_port_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        demo(["--port", port])
    assert ended.value.code == 2
    assert "it takes a number from 1 to 65535" in capsys.readouterr().err


def test_benchmarks_get_a_database_of_their_own_on_a_given_server() -> None:
    assert _with_database("postgresql://u:p@h:5/live?sslmode=require", "b") == "postgresql://u:p@h:5/b?sslmode=require"
    assert _with_database("postgresql://app@/live?host=/s&port=1", "b") == "postgresql://app@/b?host=/s&port=1"


def test_problems_reach_the_terminal_as_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.run(["shell", "--data="]) == 1
    assert capsys.readouterr().err == "--data needs a folder.\n"
