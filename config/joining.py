"""Where a command that was given no DATABASE_URL finds its database: the running demo, or its cluster for a while."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from config import state as demo_state
from config.processes import Crew, Problem
from config.services import (
    full_environment,
    given,
    site_environment,
    start_mail_and_registry,
    start_stores,
)
from config.state import State

# They read no row; a running demo is joined all the same, so that they see its settings
NEED_NO_DATABASE = {
    "",
    "help",
    "version",
    "check",
    "makemigrations",
    "makemessages",
    "compilemessages",
    "collectstatic",
    "findstatic",
    "diffsettings",
    "startapp",
    "startproject",
}
ASK_THE_REGISTRY = {"sync_trials"}


def take_data_option(argv: Sequence[str]) -> tuple[list[str], Path]:
    """Strip `--data DIR`, which is ours and not Django's; the rest and the folder."""
    rest, folder, words = [], demo_state.DEFAULT, iter(argv)
    for word in words:
        if word == "--data":
            folder = Path(next(words, "") or _no_folder())
        elif word.startswith("--data="):
            folder = Path(word.removeprefix("--data=") or _no_folder())
        else:
            rest.append(word)
    return rest, folder


def _no_folder() -> str:
    raise Problem("--data needs a folder.")


def needs_database(argv: Sequence[str]) -> bool:
    command = argv[0] if argv and not argv[0].startswith("-") else ""
    if command == "check" and any(word.startswith("--database") for word in argv):
        return True
    return command not in NEED_NO_DATABASE and not {"-h", "--help"} & set(argv)


@contextlib.contextmanager
def services_for(argv: Sequence[str], folder: Path) -> Iterator[None]:
    """Have os.environ name the services that this command needs, for its duration."""
    if given("DATABASE_URL") or (argv[:1] == ["check"] and "--deploy" in argv):
        yield  # the caller has set things up, or wants to know whether that was done well
        return
    running = _running_environment(State(folder.absolute()))
    if running is not None:
        _adopt(running)
        yield
    elif not needs_database(argv):
        _do_without()
        yield
    else:
        with _own_services(argv, State.at(folder)):
            yield


def _do_without() -> None:
    """Settings that a bare clone can read. The database is nowhere: no server of this machine is to be touched."""
    _adopt({"SECRET_KEY": secrets.token_urlsafe(50), "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"})
    warnings.filterwarnings("ignore", message="Got an error checking a consistent migration history")


def _adopt(environment: dict[str, str]) -> None:
    os.environ.update(full_environment(environment))


def _running_environment(state: State) -> dict[str, str] | None:
    """What the demo on this folder told its own children; None if none runs."""
    deadline = time.monotonic() + 20
    while (holder := state.holder()) is not None:
        record = state.read_record()
        if record.get("pid") == holder:
            return {str(name): str(value) for name, value in record["environment"].items()}
        if time.monotonic() > deadline:
            raise Problem(f"The demo on {state.path} (process {holder}) is not ready; see {state.logs}.")
        time.sleep(0.1)
    return None


@contextlib.contextmanager
def _own_services(argv: Sequence[str], state: State) -> Iterator[None]:
    record = state.read_record()
    live = record.get("registry") == "live"
    signal.signal(signal.SIGTERM, lambda *_received: sys.exit(128 + signal.SIGTERM))  # leave through the stop below
    with state.lock(), Crew() as crew:
        services = start_stores(crew, state.path, state.logs)
        site_url = str(record.get("site_url", "http://127.0.0.1:8000"))
        services.environment |= site_environment(state, site_url=site_url, live=live)
        if argv[0] in ASK_THE_REGISTRY:
            start_mail_and_registry(crew, state, services, live=live)
        _adopt(services.environment)
        state.write_record(
            {
                "ports": {},
                "registry": "sample",
                **record,
                "pid": os.getpid(),
                "site_url": site_url,
                "environment": services.environment,
            }
        )
        if services.fresh_database and argv[0] != "migrate":
            subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=demo_state.ROOT, check=True)
        yield
