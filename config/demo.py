"""`manage.py demo`: the whole site on this machine, until Ctrl-C."""

import argparse
import http.client
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from config import state as demo_state
from config.processes import Child, Crew, Problem, StopAsked, port_is_free, spawn
from config.services import (
    OUTSIDE_SERVICES,
    Services,
    asks_public_registry,
    full_environment,
    given,
    site_environment,
    start_mail_and_registry,
    start_stores,
)
from config.state import State

QUEUES = "confirmations,alerts,digests,sync,celery"
LOAD_FAILED = 3  # config.prepare's exit code when everything but the first load went well


def demo(argv: Sequence[str]) -> int:
    options = _parser().parse_args(argv)
    try:
        with Crew() as crew:
            crew.listen_for_stop()
            _run(crew, options)
    except StopAsked:
        _say("Stopped.")
        return 0
    except Problem as problem:
        print(problem, file=sys.stderr, flush=True)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="manage.py demo", description="Run the whole site on this machine.")
    parser.add_argument("--port", type=_port, default=8000, help="where the site listens on 127.0.0.1 (default 8000)")
    parser.add_argument("--data", type=Path, default=demo_state.DEFAULT, help="folder that keeps the state (.demo)")
    parser.add_argument("--registry", choices=("sample", "live"), default="sample", help="whose trials to show")
    return parser


def _port(text: str) -> int:
    if text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port: it takes a number from 1 to 65535")


def _run(crew: Crew, options: argparse.Namespace) -> None:
    state = State.at(options.data)
    with state.lock():
        try:
            if not port_is_free(options.port):
                raise Problem(f"Port {options.port} is taken. Free it, or choose another with --port.")
            services = _start_services(crew, state, options)
            env = full_environment(services.environment)
            loaded = _prepare(crew, state, env, load=not asks_public_registry(options.registry))
            _start_site(crew, state, options.port, env)
            _announce(state, options, env, loaded)
            crew.watch()
        finally:
            crew.stop()  # before the folder is let go


def _start_services(crew: Crew, state: State, options: argparse.Namespace) -> Services:
    live = asks_public_registry(options.registry)
    if not (given("DATABASE_URL") and given("REDIS_URL")):
        _say("Starting PostgreSQL and Valkey...")
    services = start_stores(crew, state.path, state.logs)
    services.environment |= site_environment(state, site_url=f"http://127.0.0.1:{options.port}", live=live)
    start_mail_and_registry(crew, state, services, live=options.registry == "live")
    env = full_environment(services.environment)
    names = [*services.environment, *(name for name in OUTSIDE_SERVICES if given(name))]
    state.write_record(
        {
            "pid": os.getpid(),
            "site_url": env["SITE_URL"],
            "registry": options.registry,
            "ports": services.ports,
            "environment": {name: env[name] for name in names},
        }
    )
    return services


def _prepare(crew: Crew, state: State, env: dict[str, str], *, load: bool) -> bool:
    """Tables, static files, first trials, sample content. False if the registry gave no trials."""
    _say("Preparing the database...")
    command = [sys.executable, "-m", "config.prepare", *(["--load"] if load else [])]
    with_logins = {**env, "DEMO_LOGINS": json.dumps(state.logins())}
    code = crew.finish(spawn("The preparation", command, log=state.log("prepare"), env=with_logins))
    if code not in (0, LOAD_FAILED):
        raise Problem(f"The database could not be prepared. The log: {state.log('prepare')}")
    return code == 0


def _start_site(crew: Crew, state: State, port: int, env: dict[str, str]) -> None:
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "-A", "config"]
    serve = ["-b", f"127.0.0.1:{port}", "-w", "2", "-k", "gthread", "--threads", "4", "--no-control-socket"]
    work = ["-c", "2", "-Q", QUEUES, "-l", "INFO", "--without-gossip", "--without-mingle"]
    tick = ["-l", "INFO", "-s", str(state.path / "beat-schedule")]

    def start(name: str, log: str, command: list[str]) -> Child:
        return spawn(name, command, log=state.log(log), env=env)

    crew.add(
        start("The web server", "web", [*python, "gunicorn", "config.wsgi", *serve, "--graceful-timeout", "5"]),
        start("The worker", "worker", [*celery, "worker", *work]),
        start("The clock", "beat", [*celery, "beat", *tick]),
    )
    otherwise = f"The site does not answer without an error. Its log: {state.log('web')}"
    crew.wait_until(lambda: _serves(port), seconds=60, otherwise=otherwise)


def _serves(port: int) -> bool:
    """A redirect counts: with an https SITE_URL of the caller's, plain HTTP gets nothing else."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 400
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _announce(state: State, options: argparse.Namespace, env: dict[str, str], loaded: bool) -> None:
    site = f"http://127.0.0.1:{options.port}"
    lines = ["", "Plain Trials is running.", f"  Site           {site}/", f"  Admin          {site}/admin/"]
    for name, password in state.logins().items():
        lines.append(f"                   {name:<10} {password}")
    mail = "none: it goes to the server of EMAIL_URL" if given("EMAIL_URL") else f"{site}/demo/mail/"
    lines.append(f"  Captured mail  {mail}")
    lines.append(f"  Registry       {env.get('REGISTRY_URL', 'https://clinicaltrials.gov/api/v2')}")
    lines.append(f"  State, logs    {state.path}")
    if asks_public_registry(options.registry):
        folder = "" if state.path == demo_state.DEFAULT else f" --data {state.path}"
        lines.append("The public registry is large, so no full import ran. To load some of its trials:")
        lines.append(f"  python3 manage.py sync_trials --ids NCT07103668 NCT03323944{folder}")
    elif not loaded:
        lines.append(f"The registry gave no trials yet; the site keeps asking. The log: {state.log('prepare')}")
    _say("\n".join([*lines, "Press Ctrl-C to stop.", ""]))


def _say(text: str) -> None:
    print(text, flush=True)
