"""docs/operations.md as it is printed, from a fresh clone to a restored backup: whoever follows it gets there.

Only paths and ports are other ones; what a server has and this machine may not is stood in for: tests/deploy/shims.py.
"""

import contextlib
import email
import email.policy
import os
import re
import secrets
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config import embedded
from config.processes import ROOT, Crew, free_port
from tests.deploy.handbook import HANDBOOK, commands
from tests.deploy.shims import SHIMS
from tests.deploy.stack import debian_programs

HOST = "trials.example.org"
PATHS = (
    "/srv/plaintrials /etc/plaintrials /etc/redis /etc/caddy /etc/cron.d /etc/systemd/system /usr/local/bin "
    "/var/backups /var/lib/plaintrials /var/lib/redis /var/log/redis /run/redis-cache /var/run/postgresql "
    "/opt/rehearsal /var/tmp/rehearsal-registry /run/plaintrials"
).split()
DEBIANS_REDIS = "bind 127.0.0.1\nport 6379\ndaemonize no\nappendonly no\ndir /var/lib/redis\nloglevel warning\n"
LANES = ("confirmations", "alerts", "digests", "sync", "celery")
UNITS = {"plaintrials-web", "plaintrials-beat", *(f"plaintrials-worker@{lane}" for lane in LANES)}


class Machine:
    """A folder that a server's paths lead into, and shells in which the handbook's lines are pasted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {port: free_port() for port in ("8000", "6379", "6380", "8100", "2525")}
        for name in ("bin", "pids", "logs", "etc/systemd/system", "etc/redis", "etc/caddy", "etc/cron.d",
                     "usr/local/bin", "var/lib/redis", "var/log/redis", "run/redis-cache", "var/run", "opt", "var/tmp",
                     "var/backups"):  # fmt: skip
            (folder / name).mkdir(parents=True)
        for name in SHIMS:
            self._program(folder / "bin" / name, f"exec {sys.executable} -m tests.deploy.shims {name}")
        (folder / "etc/redis/redis.conf").write_text(self.here(DEBIANS_REDIS))
        self.exported: dict[str, str] = {}

    def start_postgres(self, crew: Crew) -> None:
        home = self.folder / "pg"
        home.mkdir()
        home.chmod(0o711)
        embedded.start_postgres(crew, home, log=self.folder / "logs/postgres", settings=embedded.THROW_AWAY)
        self.socket = self._socket(home)
        (self.folder / "var/run/postgresql").symlink_to(self.socket)
        for name in ("psql", "createdb", "dropdb", "createuser", "pg_dump", "pg_restore"):
            self._program(self.folder / "bin" / name, f"exec {embedded.find_postgres() / name}")
        self.rows("DROP DATABASE plaintrials", database="postgres")  # made with the cluster; a server's has none

    @staticmethod
    def _socket(home: Path) -> Path:
        (found,) = [path.parent for path in home.rglob(".s.PGSQL.5432")]
        return found

    @staticmethod
    def _program(path: Path, line: str) -> None:
        path.write_text(f'#!/bin/sh\n{line} "$@"\n')
        path.chmod(0o755)

    def here(self, text: str) -> str:
        for path in PATHS:
            text = re.sub(rf"(?<![\w.])({re.escape(path)})(?![\w-])", lambda found: f"{self.folder}{found[1]}", text)
        for port, ours in self.ports.items():
            text = re.sub(rf"(?<![\d.])({port})(?!\d)", str(ours), text)
        return text

    def move_scripts(self) -> None:
        """The clone's own scripts name a server's paths as well."""
        for path in (self.folder / "srv/plaintrials/deploy").rglob("*"):
            if path.is_file():
                path.write_text(self.here(path.read_text()))

    def paste(self, printed: str, **values: str) -> str:
        """In one shell that stops at the first line that fails; what it exports is there for the next one."""
        self.exported |= values
        env = {"PATH": f"{self.folder}/bin:{self.folder}/usr/local/bin:/usr/bin:/bin", "WORLD": str(self.folder),
               "PYTHONPATH": str(ROOT), "PGHOST": str(self.socket), "LANG": "C.UTF-8", "HOME": str(self.folder),
               "REDIS_SERVER": embedded.find_valkey(), "WEB_PORT": str(self.ports["8000"]),
               "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
               **self.exported}  # fmt: skip
        script = f"set -eu -o pipefail\n{self.here(printed)}\nenv -0 > {self.folder}/env.after\n"
        done = subprocess.run(["bash", "-c", script], cwd=self._cwd(), env=env, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240)  # fmt: skip
        assert done.returncode == 0, f"{script}\n---\n{done.stdout[-4000:]}\n{self.tail()}"
        after = dict(line.split("=", 1) for line in (self.folder / "env.after").read_text().split("\0") if line)
        self.exported |= {name: value for name, value in after.items() if name not in env and name.isupper()}
        return done.stdout

    def _cwd(self) -> Path:
        site = self.folder / "srv/plaintrials"
        return site if site.exists() else self.folder

    def tail(self) -> str:
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-700:]}" for log in
                         (self.folder / "logs").iterdir())  # fmt: skip

    def ask(self, path: str, method: str = "GET") -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.ports["8000"], timeout=20)
        with contextlib.closing(connection):
            connection.request(method, path, headers={"Host": HOST, "X-Forwarded-Proto": "https"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def letters(self) -> list[EmailMessage]:
        files = sorted((self.folder / "opt/rehearsal/mail/new").glob("*"), key=lambda path: path.stat().st_mtime_ns)
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in files]  # type: ignore[misc]

    def rows(self, sql: str, database: str = "plaintrials") -> list[Any]:
        with psycopg.connect(f"host={self.socket} user=app dbname={database}", autocommit=True) as connection:
            cursor = connection.execute(sql)  # type: ignore[call-overload]
            return list(cursor.fetchall()) if cursor.description else []

    def until(self, true: Callable[[], Any], seconds: float, what: str) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                if value := true():
                    return value
            time.sleep(0.2)
        raise AssertionError(f"not in {seconds} s: {what}\n{self.tail()}")


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    folder = tempfile.TemporaryDirectory(prefix="pt-", ignore_cleanup_errors=True)
    with folder as name, debian_programs(), Crew() as crew:
        Path(name).chmod(0o711)
        made = Machine(Path(name))
        made.start_postgres(crew)
        try:
            yield made
        finally:
            subprocess.run([made.folder / "bin/systemctl", "stop", "*"], check=False,
                           env={**os.environ, "WORLD": name, "PYTHONPATH": str(ROOT)})  # fmt: skip


def split(printed: str, before: str) -> tuple[str, str]:
    """The lines up to the one that begins so, and the rest."""
    lines = printed.splitlines()
    (place,) = [number for number, line in enumerate(lines) if line.startswith(before)]
    return "\n".join(lines[:place]), "\n".join(lines[place:])


def test_the_install_ends_with_a_running_site(machine: Machine) -> None:
    yours, rest = split(commands("Install: Debian"), "apt-get update")
    assert {line.split("=")[0] for line in shlex.split(yours) if "=" in line} == {
        "SITE_HOST", "CONTACT", "REPOSITORY", "MAIL_SERVER"}  # fmt: skip
    clone, rest = split(rest, "ln -sf")
    machine.paste(clone, SITE_HOST=HOST, CONTACT="you@example.org", REPOSITORY=str(ROOT),
                  MAIL_SERVER="smtp://127.0.0.1:2525")  # fmt: skip
    machine.move_scripts()
    install, first = split(rest, "manage createsuperuser")
    machine.paste(install)
    assert first.splitlines() == ["manage createsuperuser", "manage sync_trials --full --baseline"]
    machine.until(lambda: machine.ask("/health/live")[0] == 200, 60, "the site answers")
    assert {path.name for path in (machine.folder / "pids").iterdir()} >= {*UNITS, "redis-server@cache", "redis-server"}
    assert "MAIL_HOLD=true" in (machine.folder / "etc/plaintrials/env").read_text()
    assert HOST in (machine.folder / "etc/caddy/Caddyfile").read_text()


def test_the_first_administrator_can_be_made_and_has_to_bring_a_second_factor(machine: Machine) -> None:
    answers = {"USERNAME": "ada", "EMAIL": "ada@example.org", "PASSWORD": secrets.token_urlsafe(12)}
    machine.paste("manage createsuperuser --noinput", **{f"DJANGO_SUPERUSER_{k}": v for k, v in answers.items()})
    assert machine.rows("SELECT username, is_superuser FROM auth_user") == [("ada", True)]
    assert machine.ask("/admin/")[0] == 302


def test_the_rehearsal_brings_trials_a_confirmation_and_an_alert(machine: Machine) -> None:
    begin, rest = split(commands("Rehearsal"), "curl")
    start, first = split(begin, "manage sync_trials --full --baseline")
    assert "--change-every 30" in start
    machine.paste(start.replace("--change-every 30", "--change-every 10"))
    machine.until(lambda: is_read(machine, first), 60, "the first import")
    machine.until(lambda: machine.ask("/trials/NCT99000003/")[0] == 200, 30, "the sample trials")
    asking, rest = rest.split("sleep 5; cat", 1)
    machine.paste(asking)
    (letter,) = machine.until(machine.letters, 60, "the confirmation")
    (link,) = set(re.findall(rf"https://{HOST}(/updates/confirm/\S+)", text_of(letter)))
    assert machine.ask(link, "POST")[0] == 200
    news = next(line for line in rest.splitlines() if line.startswith("manage"))
    machine.until(lambda: is_read(machine, news) and len(machine.letters()) > 1, 150, "the alert")
    assert "NCT99000003" in text_of(machine.letters()[-1])


def is_read(machine: Machine, command: str) -> bool:
    """The registry may change in the middle of a look at it: then the look fails, as it should."""
    try:
        machine.paste(command)
    except AssertionError as error:
        if "the data moved" not in str(error):
            raise
        return False
    return True


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


VISITOR = """
import http.client, sys, time
while True:
    asking = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=10)
    asking.request("GET", f"/terms/?t={time.time()}", headers={"Host": sys.argv[2], "X-Forwarded-Proto": "https"})
    print(asking.getresponse().status, flush=True)
    asking.close()
    time.sleep(0.05)
"""


def test_an_upgrade_of_a_running_site_drops_no_request(machine: Machine) -> None:
    """The old code answers until the new one is there: a visitor asks twenty times a second meanwhile."""
    upgrade = commands("Upgrade").partition("\n")[2]
    assert upgrade.startswith("cd /srv/plaintrials")
    units = "cp deploy/systemd/*"
    assert units in upgrade
    words = [sys.executable, "-c", VISITOR, str(machine.ports["8000"]), HOST]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as visitor:
        try:
            machine.paste("git checkout -q -- deploy\n" + upgrade.replace(units, "true"))
            time.sleep(3)
        finally:
            visitor.terminate()
            machine.move_scripts()
        assert visitor.stdout is not None
        answers = [int(line) for line in visitor.stdout.read().split()]
    assert len(answers) > 5
    assert set(answers) == {200}
    machine.until(lambda: machine.ask("/health/live")[0] == 200, 30, "the site after the upgrade")
    assert {path.name for path in (machine.folder / "pids").iterdir()} >= UNITS


def test_a_restored_backup_starts_held_and_forgets_nobody_who_left(machine: Machine) -> None:
    backup, rest = split(commands("Backup and"), "export DUMP")
    compose = [line for line in rest.splitlines() if "docker" in line]
    assert not compose
    machine.paste(backup)
    left = "UPDATE subscriptions_subscription SET ended_at = now(), ended_reason = 'unsubscribed'"
    machine.rows(left)  # after the dump
    machine.paste(backup.splitlines()[-1])
    machine.paste(rest)
    assert machine.rows("SELECT count(*) FROM subscriptions_subscription WHERE ended_at IS NULL") == [(0,)]
    trials = "SELECT count(*) FROM trials_trial"
    assert machine.rows(trials) == machine.rows(trials, "plaintrials_lost")
    machine.until(lambda: machine.ask("/trials/NCT99000003/")[0] == 200, 60, "the restored site")
    so_far = len(machine.letters())
    machine.paste(f'curl -sS "https://{HOST}/updates/" -d email=later@example.org -d trial=NCT99000003')
    reason = "SELECT reason FROM subscriptions_mailswitch"
    machine.until(lambda: "restored" in str(machine.rows(reason)), 90, "the hold")
    assert len(machine.letters()) == so_far
    machine.paste('manage shell -c "from subscriptions import pace; from django.utils import timezone;'
                  ' pace.let_go(now=timezone.now())"')  # fmt: skip
    machine.until(lambda: len(machine.letters()) > so_far, 90, "the mail that waited")


def test_the_rehearsal_is_put_away_as_printed(machine: Machine) -> None:
    _, rest = split(commands("Rehearsal"), "systemctl stop")
    machine.paste(rest)
    machine.until(lambda: machine.ask("/health/live")[0] == 200, 60, "the empty site")
    assert machine.rows("SELECT count(*) FROM trials_trial") == [(0,)]
    assert "REGISTRY_URL" not in (machine.folder / "etc/plaintrials/env").read_text()


def test_every_script_and_file_that_the_handbook_names_exists() -> None:
    text = HANDBOOK.read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w/.])(deploy/[\w./-]*\w)", text))
    assert {"deploy/backup", "deploy/cron", "deploy/make-secrets"} <= named
    assert not [name for name in named if not (ROOT / name).exists() and not name.startswith("deploy/secrets")]
