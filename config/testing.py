"""`manage.py test` and `manage.py bench`: the same services, on data that is thrown away."""

import contextlib
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from config import embedded
from config.processes import ROOT, Crew, Problem, StopAsked, end_with_parent
from config.services import NOWHERE, full_environment, given, start_stores

STOPPED = 128 + signal.SIGINT


def run_tests(argv: Sequence[str]) -> int:
    with contextlib.suppress(StopAsked), throw_away_services(embedded.THROW_AWAY) as services:
        env = full_environment({**services, "PLAINTRIALS_TEST": "1"})
        return _wait_for([sys.executable, "-m", "pytest", *argv], env)
    return STOPPED


def run_bench(argv: Sequence[str]) -> int:
    """The benchmarks fill their tables by the million, so a given DATABASE_URL lends its server, not its data."""
    with (
        contextlib.suppress(StopAsked),
        throw_away_services(embedded.BENCHMARK) as services,
        contextlib.ExitStack() as stack,
    ):
        env = full_environment({**services, "PLAINTRIALS_BENCH": "1"})
        if given("DATABASE_URL"):
            env["DATABASE_URL"] = stack.enter_context(scratch_database(env["DATABASE_URL"]))
        manage = [sys.executable, str(ROOT / "manage.py")]
        return _wait_for([*manage, "migrate", "-v", "0"], env) or _wait_for([*manage, "bench", *argv], env)
    return STOPPED


@contextlib.contextmanager
def throw_away_services(settings: Mapping[str, str]) -> Iterator[dict[str, str]]:
    # Directly under /tmp where we may: a socket's path has to be short
    with tempfile.TemporaryDirectory(prefix="plaintrials-", ignore_cleanup_errors=True) as name, Crew() as crew:
        folder = Path(name)
        crew.listen_for_stop()
        folder.chmod(0o711)  # PostgreSQL may run as nobody
        services = start_stores(crew, folder, folder, settings=settings)
        yield {
            **services.environment,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "SITE_URL": "http://127.0.0.1:8000",
            "EMAIL_URL": NOWHERE,
        }


@contextlib.contextmanager
def scratch_database(url: str) -> Iterator[str]:
    """A new database on the server of `url`, dropped afterwards."""
    name = f"plaintrials_bench_{secrets.token_hex(4)}"
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            try:
                yield _with_database(url, name)
            finally:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    except psycopg.Error as error:
        raise Problem(f"No scratch database could be made on the server of DATABASE_URL: {error}") from error


def _with_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def _wait_for(command: list[str], env: Mapping[str, str]) -> int:
    """Run in the same terminal session, so that a debugger works and Ctrl-C reaches the child itself."""
    child = subprocess.Popen(command, cwd=ROOT, env=env, preexec_fn=end_with_parent(signal.SIGTERM))
    signal.signal(signal.SIGTERM, lambda number, _frame: child.send_signal(number))
    code = child.wait()
    return code if code >= 0 else 128 - code  # as a shell says it
