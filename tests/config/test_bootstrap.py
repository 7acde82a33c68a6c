"""The first run: when it builds, what it says when it cannot."""

import ast
import fcntl
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config import bootstrap

ROOT = bootstrap.ROOT


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with its lock, outside any virtual environment."""
    (tmp_path / "requirements.lock").write_text("django==5.2.19 --hash=sha256:0\n")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "LOCK", tmp_path / "requirements.lock")
    monkeypatch.setattr(bootstrap.sys, "prefix", "/usr")
    monkeypatch.delenv("PLAINTRIALS_NO_VENV", raising=False)
    return tmp_path


def make_venv(project: Path, stamp: str | None) -> Path:
    venv = project / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    if stamp is not None:
        (venv / bootstrap.STAMP).write_text(stamp)
    return venv


def test_fingerprint_changes_with_the_lock_and_with_the_python() -> None:
    first = bootstrap.fingerprint(b"a==1", (3, 11))
    assert first == bootstrap.fingerprint(b"a==1", (3, 11))
    assert first != bootstrap.fingerprint(b"a==2", (3, 11))
    assert first != bootstrap.fingerprint(b"a==1", (3, 12))


def test_environment_is_ready_only_with_the_right_stamp(project: Path) -> None:
    venv = make_venv(project, "abc\n")
    assert bootstrap.is_ready(venv, "abc")
    assert not bootstrap.is_ready(venv, "another")


def test_environment_without_a_stamp_or_an_interpreter_is_not_ready(project: Path) -> None:
    assert not bootstrap.is_ready(project / ".venv", "abc")
    venv = make_venv(project, None)
    assert not bootstrap.is_ready(venv, "abc")
    (venv / bootstrap.STAMP).write_text("abc")
    (venv / "bin" / "python").unlink()
    (venv / "bin" / "python").symlink_to("/gone/python3")
    assert not bootstrap.is_ready(venv, "abc")


def test_nothing_is_built_inside_the_environment_or_when_told_not_to(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "_build", lambda wanted: pytest.fail("built"))
    monkeypatch.setenv("PLAINTRIALS_NO_VENV", "1")
    bootstrap.ensure_environment()
    monkeypatch.delenv("PLAINTRIALS_NO_VENV")
    monkeypatch.setattr(bootstrap.sys, "prefix", str(project / ".venv"))
    bootstrap.ensure_environment()


def test_a_ready_environment_is_entered_without_building(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_venv(project, bootstrap.fingerprint(bootstrap.LOCK.read_bytes()))
    entered: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "_build", lambda wanted: pytest.fail("built"))
    monkeypatch.setattr(bootstrap.os, "execv", lambda python, words: entered.append([python, *words]))
    monkeypatch.setattr(bootstrap.sys, "argv", ["manage.py", "demo", "--port", "8001"])

    bootstrap.ensure_environment()

    python = str(project / ".venv" / "bin" / "python")
    assert entered == [[python, python, str(project / "manage.py"), "demo", "--port", "8001"]]


def test_an_interrupted_first_run_is_done_again_from_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv = make_venv(project, bootstrap.UNFINISHED)
    (venv / "half-installed").write_text("")
    monkeypatch.setattr("venv.EnvBuilder.create", lambda self, folder: None)
    monkeypatch.setattr(bootstrap, "_install", lambda folder: None)

    bootstrap._build("wanted")

    assert not (venv / "half-installed").exists()
    assert bootstrap.read_stamp(venv) == "wanted"


def test_an_environment_that_somebody_else_made_is_kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv = make_venv(project, None)
    (venv / "their-file").write_text("")
    monkeypatch.setattr("venv.EnvBuilder.create", lambda self, folder: None)
    monkeypatch.setattr(bootstrap, "_install", lambda folder: None)

    bootstrap._build("wanted")

    assert (venv / "their-file").exists()


def test_failed_installation_leaves_no_stamp_and_shows_pips_words(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("venv.EnvBuilder.create", lambda self, folder: None)
    monkeypatch.setattr(bootstrap, "install_command", lambda venv: ["/bin/sh", "-c", "echo no such package; exit 1"])

    with pytest.raises(SystemExit, match="no such package"):
        bootstrap._build("wanted")

    assert not bootstrap.is_ready(project / ".venv", "wanted")


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_missing_venv_gets_the_one_apt_line(project: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    present = bootstrap.importlib.util.find_spec
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None if name == missing else present(name))

    with pytest.raises(SystemExit, match="apt-get install -y python3-venv"):
        bootstrap._build("wanted")

    assert not (project / ".venv").exists()


def test_second_first_run_waits_for_the_first(project: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from config import bootstrap\n"
        "bootstrap.ROOT = Path(sys.argv[1])\n"
        "with bootstrap._one_at_a_time(): print('in', flush=True)\n"
    )
    with (project / ".venv.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        command = [sys.executable, "-c", code, str(project)]
        pipe = subprocess.PIPE
        second = subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)
        assert second.stderr is not None
        assert "waiting" in second.stderr.readline()
        time.sleep(0.1)
        assert second.poll() is None
    output, _errors = second.communicate(timeout=10)
    assert output == "in\n"


def test_older_python_is_told_so_in_one_sentence() -> None:
    code = "import sys, runpy; sys.version_info = (3, 10, 13); runpy.run_path('manage.py', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Python 3.11 or newer is needed; this is Python ")
    assert done.stderr.count("\n") == 1


def test_the_first_lines_are_readable_by_very_old_pythons() -> None:
    ast.parse((ROOT / "manage.py").read_text(encoding="ascii"), feature_version=(3, 4))


def test_bootstrap_needs_the_standard_library_alone() -> None:
    nodes = list(ast.walk(ast.parse(Path(bootstrap.__file__).read_text())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names
