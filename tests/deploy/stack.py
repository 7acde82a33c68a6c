"""The commands of docker-compose.yml as processes of this machine: what compose runs is what is tried here."""

import contextlib
import email
import email.policy
import http.client
import json
import os
import re
import secrets
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from config import embedded
from config.processes import ROOT, Child, Crew, free_port, spawn

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
HOST = "trials.example.org"
QUICK = {"SWEEP_SECONDS": "2", "REGISTRY_POLL_SECONDS": "5", "MAIL_RATE": "200", "SIGNUP_LIMITS": "off"}


def service(name: str) -> dict[str, Any]:
    found: dict[str, Any] = COMPOSE["services"][name]
    return found


def substituted(text: str, values: Mapping[str, str]) -> str:
    """${NAME:-default} and ${NAME:?message} as compose reads them; $$ is one dollar."""
    pattern = r"\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}"

    def value(found: re.Match[str]) -> str:
        if found.group() == "$$":
            return "$"
        return values.get(found.group(1)) or (found.group(3) if found.group(2) == "-" else "")

    return re.sub(pattern, value, text)


class Stack:
    """One machine's worth of the site, in a folder. Paths and ports of the containers become this folder's."""

    def __init__(self, crew: Crew, folder: Path) -> None:
        self.crew, self.folder = crew, folder
        self.secrets, self.mail, self.logs = folder / "secrets", folder / "mail", folder / "logs"
        for path in (self.secrets, self.logs, folder / "tmp"):
            path.mkdir()
        self.ports = {name: free_port() for name in ("broker", "cache", "web", "web-2", "mail", "registry")}
        self.children: dict[str, Child] = {}
        self._database = ""

    # --- What compose calls services -------------------------------------------------------------------------------

    def start_stores(self) -> None:
        home = self.folder / "pg"
        home.mkdir()
        home.chmod(0o711)
        self._database, _ = embedded.start_postgres(
            self.crew, home, log=self.logs / "postgres.log", settings=embedded.THROW_AWAY
        )
        self.children["postgres"] = self.crew._stages[-1][0]
        for name in ("broker", "cache"):
            self.write_secret(f"{name}_password", secrets.token_urlsafe(20))
            self.start_redis(name)
        self._write_urls()

    def start_redis(self, name: str) -> None:
        """The shell line of compose, its paths and its port replaced."""
        command = [substituted(word, {}) for word in service(name)["command"]]
        conf = self.folder / f"{name}.conf"
        text = (ROOT / f"deploy/{name}.conf").read_text().replace("/data", str(self._data(name)))
        conf.write_text(text.replace("port 6379", f"port {self.ports[name]}\nbind 127.0.0.1"))
        replace = {
            f"/etc/valkey/{name}.conf": str(conf),
            "/run/secrets": str(self.secrets),
            "/tmp/valkey.conf": str(self.folder / "tmp" / f"{name}.conf"),
            "exec valkey-server": f"exec {embedded.find_valkey()}",
        }
        for old, new in replace.items():
            assert old in command[2], f"compose no longer says {old}"
            command[2] = command[2].replace(old, new)
        self._spawn(name, command, env=embedded.PLAIN_ENV)
        self._wait_for_port(self.ports[name])

    def start_outside_world(self) -> None:
        """A mail server and a registry, which compose does not bring."""
        env = {"PATH": os.environ["PATH"], "SECRET_KEY": "unused", "PYTHONPATH": str(ROOT)}
        self.mail_server(env)
        command = [sys.executable, "-m", "config.sample_registry", "--port", str(self.ports["registry"]),
                   "--state", str(self.folder / "registry")]  # fmt: skip
        self._spawn("registry", command, env=env)
        for name in ("mail", "registry"):
            self._wait_for_port(self.ports[name])

    def mail_server(self, env: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "aiosmtpd", "-n", "-u", "-l", f"127.0.0.1:{self.ports['mail']}",
                   "-c", "aiosmtpd.handlers.Mailbox", str(self.mail)]  # fmt: skip
        self._spawn("mail", command, env=env)

    def run_once(self, name: str) -> None:
        child = self._spawn(name, self._command(name), env=self.environment(name))
        assert child.process.wait(120) == 0, child.log.read_text()[-3000:]
        del self.children[name]

    def collect_static(self) -> None:
        """What the Dockerfile does while it builds."""
        written = (ROOT / "Dockerfile").read_text()
        words = re.findall(r"(?m)manage\.py (collectstatic.*?)(?: \\)?$", written)[0].split()
        env = {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 50, "PLAINTRIALS_NO_VENV": "1"}
        child = self._spawn("collectstatic", [sys.executable, "manage.py", *words], env=env)
        assert child.process.wait(120) == 0, child.log.read_text()[-3000:]
        del self.children["collectstatic"]

    def start(self, name: str, label: str = "") -> None:
        """A service, or one more of it under another label."""
        label = label or name
        self._spawn(label, self._command(name, label), env=self.environment(name))

    def stop(self, label: str, number: int | None = None) -> None:
        child = self.children.pop(label)
        if number is None:
            child.ask_to_stop()
        else:
            os.killpg(child.process.pid, number)
        child.process.wait(30)

    # --- What they get ---------------------------------------------------------------------------------------------

    def environment(self, name: str) -> dict[str, str]:
        """Compose's own, with its paths replaced; nothing else of this machine's environment."""
        given = {"SITE_HOST": HOST, "REGISTRY_CONTACT": "ops@trials.example.org", "VERSION": "test",
                 "REGISTRY_URL": f"http://127.0.0.1:{self.ports['registry']}/api/v2", **QUICK}  # fmt: skip
        values = {key: substituted(str(value), given) for key, value in service(name).get("environment", {}).items()}
        values = {key: value.replace("/run/secrets", str(self.secrets)) for key, value in values.items()}
        values["TRUSTED_PROXIES"] = "127.0.0.1"
        return {**values, "PATH": os.environ["PATH"], "PLAINTRIALS_NO_VENV": "1", "PORT": str(self.ports["web"])}

    def write_secret(self, name: str, value: str) -> None:
        (self.secrets / name).write_text(value + "\n")

    def _write_urls(self) -> None:
        for name in ("secret_key", "suppression_pepper", "webhook_secret"):
            self.write_secret(name, secrets.token_urlsafe(50))
        self.write_secret("database_url", self._database)
        for name in ("broker", "cache"):
            password = (self.secrets / f"{name}_password").read_text().strip()
            self.write_secret(f"{name}_url", f"redis://:{password}@127.0.0.1:{self.ports[name]}/0")
        self.write_secret("email_url", f"smtp://127.0.0.1:{self.ports['mail']}")

    def _command(self, name: str, label: str = "") -> list[str]:
        words = [str(word) for word in service(name)["command"]]
        place = {
            "0.0.0.0:8000": f"127.0.0.1:{self.ports.get(label or name, 0)}",
            "/tmp": str(self.folder / "tmp"),
            "/tmp/beat-schedule": str(self.folder / "tmp" / "beat-schedule"),
        }
        words = [place.get(word, word) for word in words]
        if words[0] in ("gunicorn", "celery"):
            words[:1] = [sys.executable, "-m", words[0]]
        elif words[0] == "python":
            words[0] = sys.executable
        return words + (["-n", f"{label}@test"] if "worker" in words else [])

    def _data(self, name: str) -> Path:
        path = self.folder / f"{name}-data"
        path.mkdir(exist_ok=True)
        return path

    def _spawn(self, label: str, command: list[str], *, env: Mapping[str, str]) -> Child:
        assert label not in self.children
        child = spawn(label, command, log=self.logs / f"{label}.log", env=env)
        self.children[label] = child
        return child

    def stop_all(self) -> None:
        for label in reversed([label for label in self.children if label != "postgres"]):
            with contextlib.suppress(ProcessLookupError):
                self.children[label].ask_to_stop()
        for label, child in self.children.items():
            if label != "postgres":
                child.wait_for_end(15)

    # --- What a visitor does ---------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, form: Mapping[str, str] | None = None, *, web: str = "web") -> "Answer":
        """As the proxy passes it on."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[web], timeout=20)
        headers = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
        body = urlencode(form) if form is not None else None
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read().decode())
        finally:
            connection.close()

    def letters(self) -> list[EmailMessage]:
        if not (self.mail / "new").is_dir():
            return []
        files = sorted((self.mail / "new").iterdir(), key=lambda path: path.stat().st_mtime_ns)
        read = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in files]
        return [message for message in read if isinstance(message, EmailMessage)]

    def letters_to(self, address: str) -> list[EmailMessage]:
        return [letter for letter in self.letters() if address in str(letter["To"])]

    def until(self, true: Callable[[], Any], seconds: float = 40, what: str = "") -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if value := true():
                return value
            self._all_run()
            time.sleep(0.1)
        raise AssertionError(f"not in {seconds} s: {what or true}\n{self.tail()}")

    def tail(self) -> str:
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in self.logs.iterdir())

    def _all_run(self) -> None:
        for label, child in self.children.items():
            assert child.running, f"{label} stopped:\n{child.log.read_text(errors='replace')[-3000:]}"

    def _wait_for_port(self, port: int) -> None:
        def open_() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        self.until(open_, 30, f"port {port}")


class Answer:
    def __init__(self, status: int, headers: dict[str, str], text: str) -> None:
        self.status, self.headers, self.text = status, headers, text

    def json(self) -> Any:
        return json.loads(self.text)


@contextlib.contextmanager
def debian_programs() -> Iterator[None]:
    """Debian's PostgreSQL and Redis where they are installed, as on a server; else the embedded ones."""
    found = {}
    if folders := sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        found["PG_BIN"] = str(folders[-1].parent)
    if redis_server := shutil.which("redis-server") or shutil.which("valkey-server"):
        found["REDIS_BIN"] = redis_server
    before = {name: os.environ.get(name) for name in found}
    os.environ.update({name: before[name] or value for name, value in found.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Stack]:
    """Everything that compose starts but the proxy, in compose's order."""
    with debian_programs(), Crew() as crew:
        stack = Stack(crew, folder)
        try:
            stack.start_stores()
            stack.start_outside_world()
            stack.collect_static()
            stack.run_once("migrate")
            for name in ("web", *(name for name in COMPOSE["services"] if name.startswith("worker-")), "beat"):
                stack.start(name)
            stack.until(lambda: answers(stack), 60, "the site answers")
            yield stack
        finally:
            stack.stop_all()


def answers(stack: Stack) -> bool:
    try:
        return stack.ask("GET", "/health/live").status == 200
    except OSError:
        return False


