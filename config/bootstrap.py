"""The first run: make .venv, install what requirements.lock names, start again inside it. Standard library only."""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = ".plaintrials-stamp"
UNFINISHED = "unfinished"

MISSING_VENV = (
    "This Python cannot make a virtual environment. On Debian or Ubuntu this line adds what is missing:\n"
    "    sudo apt-get install -y python3-venv"
)


def ensure_environment() -> None:
    """Return inside a complete .venv; from outside it, build it where needed and never return."""
    if os.environ.get("PLAINTRIALS_NO_VENV") == "1" or Path(sys.prefix).resolve() == VENV.resolve():
        return
    wanted = fingerprint(LOCK.read_bytes())
    if not is_ready(VENV, wanted):
        with _one_at_a_time():
            if not is_ready(VENV, wanted):  # another first run may have done it while we waited
                _build(wanted)
    python = str(VENV / "bin" / "python")
    os.execv(python, [python, str(ROOT / "manage.py"), *sys.argv[1:]])  # noqa: S606


def fingerprint(lock: bytes, version: tuple[int, int] = sys.version_info[:2]) -> str:
    """Changes with the locked packages and with the Python they were installed for."""
    return hashlib.sha256(lock + b"\npython %d.%d" % version).hexdigest()


def is_ready(venv: Path, wanted: str) -> bool:
    # exists() follows the link, so an interpreter that was since removed counts as missing
    return (venv / "bin" / "python").exists() and read_stamp(venv) == wanted


def read_stamp(venv: Path) -> str | None:
    try:
        return (venv / STAMP).read_text().strip()
    except OSError:
        return None


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    try:
        handle = open(ROOT / ".venv.lock", "w")  # noqa: SIM115
    except OSError as error:
        sys.exit(f"The set-up cannot write to {ROOT}: {error.strerror}.")
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another run is setting up .venv; waiting for it.", file=sys.stderr, flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build(wanted: str) -> None:
    started = time.monotonic()
    print("Setting up .venv (first run only)...", file=sys.stderr, flush=True)
    _create(VENV)
    _install(VENV)
    (VENV / STAMP).write_text(wanted + "\n")
    print(f"Set up in {time.monotonic() - started:.0f} s.", file=sys.stderr, flush=True)


def _create(venv: Path) -> None:
    """A .venv that we made, whole or half, is made anew; one that somebody else made is completed, not emptied."""
    if any(importlib.util.find_spec(name) is None for name in ("venv", "ensurepip")):
        sys.exit(MISSING_VENV)
    import venv as stdlib_venv

    ours = read_stamp(venv) is not None or not (venv / "bin" / "python").exists()
    if ours:
        shutil.rmtree(venv, ignore_errors=True)
    venv.mkdir(exist_ok=True)
    (venv / STAMP).write_text(UNFINISHED + "\n")
    try:
        stdlib_venv.EnvBuilder(with_pip=True, symlinks=True).create(venv)
    except (OSError, subprocess.CalledProcessError, SystemExit) as error:
        shutil.rmtree(venv, ignore_errors=ours)
        sys.exit(f"{MISSING_VENV}\n({error})")


def install_command(venv: Path) -> list[str]:
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input", "-q", "-q"]
    return [*pip, "install", "--no-deps", "--require-hashes", "-r", str(LOCK)]


def _install(venv: Path) -> None:
    # A user's own PIP_USER or PYTHONHOME would send the packages elsewhere
    env = {name: value for name, value in os.environ.items() if name not in ("PIP_USER", "PYTHONHOME")}
    done = subprocess.run(install_command(venv), env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(f"{done.stdout.rstrip()}\nThe packages of requirements.lock could not be installed; see above.")
